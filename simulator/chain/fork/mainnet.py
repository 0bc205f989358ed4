"""Recorded state in the cache format of verbs, as a capsule that nobody verified.

The file is a JSON list `[timestamp, block, accounts, storage]`: accounts `[address, [balance,
nonce, code_hash, code]]`, storage `[address, slot, value]`, hexadecimal without 0x. Balance, slot
and value are 32 bytes, least significant first. Code is padded with 33 zero bytes (an interpreter's
form); exactly these are cut off, since real code may end in zeros, and its hash is checked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment
from simulator.chain.depth import DEEPEST, is_too_deep
from simulator.chain.fork.capsule import Capsule, RecordedAccount, RecordedState
from simulator.chain.fork.capsule_file import MAGIC
from simulator.chain.fork.hardforks import MAINNET, hardfork_of
from simulator.errors import CapsuleError

PADDING: Final = bytes(33)


def is_recorded_json(path: Path) -> bool:
    """Whether a file begins like a JSON list and not like a capsule."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError:
        return False  # the reader of capsules says why
    return start.lstrip()[:1] == b"["


def load_recorded_json(path: str | Path, hardfork: str | None = None) -> Capsule:
    """An unverified, partial capsule of mainnet; CapsuleError names what does not fit the format.

    Storage hashes are not known, so a slot that is not in the file is unknown, never zero.
    """
    try:
        data = Path(path).read_bytes()
        if is_too_deep(data):
            raise CapsuleError(path, f"is no recorded state: nested deeper than {DEEPEST} levels")
        document: Any = json.loads(data)
    except OSError as error:
        raise CapsuleError(path, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise CapsuleError(path, f"is no JSON: {error}") from None
    try:
        timestamp, number, accounts, storage = document
        block = BlockEnvironment(number=_count(number), timestamp=_count(timestamp))
        state = RecordedState()
        for row in accounts:
            _add_account(state, row)
        for row in storage:
            _add_slot(state, row)
    except (ValueError, TypeError) as error:
        raise CapsuleError(path, f"is no recorded state: {error}") from None
    return Capsule(
        chain_id=MAINNET,
        hardfork=hardfork_of(MAINNET, block, hardfork),
        verification="off",
        block=block,
        block_hash=b"",
        header=None,
        state=state,
    )


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise ValueError(f"{value!r} is no block number or timestamp")
    return value


def _add_account(state: RecordedState, row: Any) -> None:
    address, (balance, nonce, code_hash, padded) = row
    raw = _bytes(address, "address", 20)
    if raw in state.accounts:
        raise ValueError(f"account 0x{raw.hex()} is there twice")
    code = _bytes(padded, "code")
    if not code.endswith(PADDING):
        raise ValueError(f"the code of 0x{raw.hex()} does not end in {len(PADDING)} zero bytes")
    code = code[: -len(PADDING)]
    hashed = _bytes(code_hash, "code_hash", 32)
    if keccak(code) != hashed:
        raise ValueError(f"the code of 0x{raw.hex()} does not have the hash 0x{hashed.hex()}")
    state.accounts[raw] = RecordedAccount(_little_endian(balance), _count(nonce), hashed)
    if code:
        state.codes[hashed] = code


def _add_slot(state: RecordedState, row: Any) -> None:
    address, slot, value = row
    raw = _bytes(address, "address", 20)
    if raw not in state.accounts:
        raise ValueError(f"there is storage of 0x{raw.hex()}, which is no account of the file")
    key = _bytes(slot, "slot", 32)[::-1]
    slots = state.slots.setdefault(raw, {})
    if key in slots:
        raise ValueError(f"slot 0x{key.hex()} of 0x{raw.hex()} is there twice")
    slots[key] = _bytes(value, "value", 32)[::-1]


def _little_endian(text: object) -> int:
    return int.from_bytes(_bytes(text, "balance", 32), "little")


def _bytes(text: object, field: str, length: int | None = None) -> bytes:
    if not isinstance(text, str):
        raise ValueError(f"{field} = {text!r} is no text")
    data = bytes.fromhex(text)
    if length is not None and len(data) != length:
        raise ValueError(f"{field} has {len(data)} bytes instead of {length}")
    return data
