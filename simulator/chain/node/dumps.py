"""The whole state as one string, in the form that anvil dumps and loads: gzipped JSON in hex."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from simulator.chain.base import Chain
from simulator.chain.depth import is_too_deep
from simulator.chain.node import wire
from simulator.chain.node.faults import SERVER_ERROR, RpcError, invalid
from simulator.errors import ChainError

MOST_BYTES: Final = 1 << 30
"""Of an unpacked dump."""

_GZIP: Final = 16 + zlib.MAX_WBITS


def dumped(chain: Chain) -> bytes:
    """Accounts and the present block. RpcError on a fork, which holds only a part of its state."""
    try:
        chain.state_root()
    except ChainError:
        raise RpcError(
            SERVER_ERROR, "a fork cannot be dumped: what it has not read would become zero"
        ) from None
    block = chain.block
    accounts = {wire.hex_data(address): _account(chain, address) for address in chain.accounts()}
    document = {
        "block": {
            "number": hex(block.number),
            "beneficiary": wire.hex_data(block.coinbase),
            "timestamp": hex(block.timestamp),
            "gas_limit": block.gas_limit,
            "basefee": block.base_fee,
            "difficulty": "0x0",
            "prevrandao": wire.hex_data(block.prevrandao),
            "blob_excess_gas_and_price": {"excess_blob_gas": 0, "blob_gasprice": 1},
            "slot_num": 0,
        },
        "accounts": accounts,
        "best_block_number": block.number,
        "blocks": [],
        "transactions": [],
        "historical_states": None,
    }
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0)


def _account(chain: Chain, address: bytes) -> dict[str, Any]:
    slots, values = chain.slots_of(address)
    pairs = zip(slots, values.astype("<u8"), strict=True)
    return {
        "nonce": chain.nonce(address),
        "balance": hex(chain.balance(address)),
        "code": wire.hex_data(chain.code(address)),
        "storage": {
            wire.hex_data(slot.tobytes()): wire.hex_data(value.tobytes()[::-1])
            for slot, value in pairs
        },
    }


def load(chain: Chain, packed: bytes) -> None:
    """Give the accounts of a dump to a world; its other accounts and its block stay as they are.

    RpcError for a dump that is none, before anything is changed.
    """
    accounts = _unpacked(packed).get("accounts")
    steps = [
        step
        for address, account in wire.mapping("accounts", accounts).items()
        for step in _steps(f"accounts.{address}", address, account)
    ]
    for method, arguments in steps:
        getattr(chain, method)(*arguments)


def _unpacked(packed: bytes) -> Mapping[str, object]:
    try:
        unpacking = zlib.decompressobj(_GZIP)
        text = unpacking.decompress(packed, MOST_BYTES)
        if not unpacking.eof:
            raise ValueError("it is cut off, or too large")
        if is_too_deep(text):
            raise ValueError("it is nested too deep")
        document = json.loads(text)
    except (ValueError, RecursionError, zlib.error) as error:
        raise invalid("state", f"{len(packed):,} bytes", f"is no dump: {error}") from None
    return wire.mapping("state", document)


def _steps(name: str, text: str, value: object) -> list[tuple[str, tuple[Any, ...]]]:
    address, account = wire.address(name, text), wire.mapping(name, value)
    return [
        ("set_balance", (address, wire.quantity(f"{name}.balance", account.get("balance", 0)))),
        ("set_nonce", (address, wire.uint64(f"{name}.nonce", account.get("nonce", 0)))),
        ("set_code", (address, wire.data(f"{name}.code", account.get("code", "0x")))),
        *(
            ("set_storage", (address, wire.word(name, slot), wire.word(name, item)))
            for slot, item in wire.mapping(name, account.get("storage", {})).items()
        ),
    ]
