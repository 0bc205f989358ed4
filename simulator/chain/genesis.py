"""A world's accounts as a genesis allocation (the `alloc` of geth and anvil's `--init`) and back.

    {"0x…20 bytes": {"balance": "0x1", "nonce": "0x1", "code": "0x…", "storage": {"0x…": "0x…"}}}

Numbers may also be decimal text or JSON integers, and addresses may lack the 0x, as in other tools'
files. For whole worlds in a compact form see `RevmChain.to_bytes`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.chain.base import Chain
from simulator.chain.checks import UINT64_LIMIT, WORD_LIMIT
from simulator.chain.depth import DEEPEST_FILE, is_too_deep
from simulator.errors import InputError
from simulator.units import words_to_integers

Allocation = dict[str, dict[str, Any]]

FIELDS = ("balance", "nonce", "code", "storage")


def dump_allocation(chain: Chain) -> Allocation:
    """All accounts of a world, ascending, with what is not empty of each.

    On a fork: of the accounts and slots that were loaded, which is not all of the state.
    """
    return {f"0x{address.hex()}": _dump_account(chain, address) for address in chain.accounts()}


def _dump_account(chain: Chain, address: bytes) -> dict[str, Any]:
    account: dict[str, Any] = {"balance": hex(chain.balance(address))}
    nonce, code = chain.nonce(address), chain.code(address)
    slots, values = chain.slots_of(address)
    if nonce:
        account["nonce"] = hex(nonce)
    if code:
        account["code"] = f"0x{code.hex()}"
    if len(slots):
        integers = words_to_integers(values, signed=False)
        account["storage"] = {
            f"0x{slot.tobytes().hex()}": f"0x{value:064x}"
            for slot, value in zip(slots, integers, strict=True)
        }
    return account


def load_allocation(chain: Chain, allocation: Mapping[str, Mapping[str, Any]]) -> int:
    """Put accounts into a world; how many. Accounts that the world has already are overwritten
    field by field, their other slots stay.

    All of it is read before anything is written: InputError, which names account and field, leaves
    the world as it was.
    """
    accounts = [_read_account(text, fields) for text, fields in allocation.items()]
    for address, balance, nonce, code, storage in accounts:
        chain.set_balance(address, balance)
        chain.set_nonce(address, nonce)
        chain.set_code(address, code)
        for slot, value in storage.items():
            chain.set_storage(address, slot, value)
    return len(accounts)


_Account = tuple[bytes, int, int, bytes, dict[int, int]]


def _read_account(text: str, fields: Mapping[str, Any]) -> _Account:
    address = _bytes(f"alloc.{text}", text, 20)
    if not isinstance(fields, Mapping):
        raise InputError(f"alloc.{text}", fields, "must be an object")
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise InputError(f"alloc.{text}", unknown[0], f"must be one of {', '.join(FIELDS)}")
    place = f"alloc.{text}"
    storage = fields.get("storage", {})
    if not isinstance(storage, Mapping):
        raise InputError(f"{place}.storage", storage, "must be an object")
    return (
        address,
        _number(f"{place}.balance", fields.get("balance", 0), WORD_LIMIT),
        _number(f"{place}.nonce", fields.get("nonce", 0), UINT64_LIMIT),
        _bytes(f"{place}.code", fields.get("code", "0x"), None),
        {
            _number(f"{place}.storage", slot, WORD_LIMIT): _number(
                f"{place}.storage.{slot}", value, WORD_LIMIT
            )
            for slot, value in storage.items()
        },
    )


def _number(field: str, value: object, limit: int) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        number = value if isinstance(value, int) else int(value, 16 if "x" in value else 10)
    except ValueError:
        raise InputError(field, value, "must be a number, 0x-hex or decimal") from None
    if not 0 <= number < limit:
        raise InputError(field, value, f"must be at least 0 and below 2^{limit.bit_length() - 1}")
    return number


def _bytes(field: str, value: object, size: int | None) -> bytes:
    rule = "must be 0x-hex" if size is None else f"must be 0x-hex of {size} bytes"
    try:
        data = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError:
        raise InputError(field, value, rule) from None
    if size is not None and len(data) != size:
        raise InputError(field, value, rule)
    return data


def write_genesis(chain: Chain, path: Path) -> None:
    """A JSON file `{"alloc": …}`; written aside and moved into place, so that it is whole or not
    there."""
    text = json.dumps({"alloc": dump_allocation(chain)}, indent=1)
    aside = path.with_name(f"{path.name}.part")
    aside.write_text(text + "\n", encoding="utf-8")
    os.replace(aside, path)


def read_genesis(chain: Chain, path: Path) -> int:
    """Load the `alloc` of a genesis file, or a file that is an allocation; how many accounts."""
    try:
        text = path.read_text(encoding="utf-8")
        if is_too_deep(text.encode(), DEEPEST_FILE):
            raise InputError("genesis", str(path), "nests deeper than any genesis file")
        document = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError("genesis", str(path), f"cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise InputError("genesis", str(path), "must be a JSON object")
    return load_allocation(chain, document.get("alloc", document))
