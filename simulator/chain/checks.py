"""Checks at the door of a chain, and the errors that both back ends raise alike."""

from __future__ import annotations

from numbers import Real
from operator import index

from simulator.chain.base import (
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    Batch,
    BlockEnvironment,
)
from simulator.chain.reverts import revert_reason
from simulator.errors import ChainError, InputError, RevertError
from simulator.types import Address, Bytes2D

UINT64_LIMIT = 1 << 64
WORD_LIMIT = 1 << 256

DEPLOY_GAS_LIMIT = 100_000_000
"""Set-up is free and outside of the block's gas; forks with a cap per transaction lower this."""

CALL_GAS_LIMIT = 100_000_000
"""Views have a limit only to end endless loops."""


def check_address(field: str, address: bytes) -> bytes:
    """An address of exactly 20 raw bytes, or InputError."""
    if not isinstance(address, bytes) or len(address) != 20:
        raise InputError(field, address, "an address is 20 raw bytes")
    return address


def check_number(field: str, number: int, limit: int = UINT64_LIMIT) -> int:
    """An integer in [0, limit) as Python's own, or InputError."""
    whole = check_whole(field, number)
    if not 0 <= whole < limit:
        raise InputError(field, number, f"must be at least 0 and below 2^{limit.bit_length() - 1}")
    return whole


def check_whole(field: str, number: object) -> int:
    """Any integer, numpy's too, as Python's own, or InputError."""
    try:
        return index(number)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(field, number, "must be a whole number") from None


def check_bytes(field: str, data: bytes, size: int | None = None) -> bytes:
    """Raw bytes, of that size where one is given, or InputError."""
    if not isinstance(data, bytes):
        raise InputError(field, data, "must be bytes")
    if size is not None and len(data) != size:
        raise InputError(field, data, f"is {size} raw bytes")
    return data


def check_wish(field: str, wish: bool) -> bool:
    """True or false, or InputError."""
    if not isinstance(wish, bool):
        raise InputError(field, wish, "must be True or False")
    return wish


def check_batch(batch: Batch) -> Batch:
    """A Batch; its columns are checked where they are read."""
    if not isinstance(batch, Batch):
        raise InputError("batch", batch, "must be a Batch")
    return batch


def check_snapshot(snapshot: int) -> int:
    """A number that a snapshot may have; InputError if it is none, ChainError if none has it."""
    whole = check_whole("snapshot", snapshot)
    if not 0 <= whole < UINT64_LIMIT // 2:
        raise ChainError(f"snapshot {whole} is unknown, or was already used")
    return whole


def check_block(block: BlockEnvironment) -> None:
    """Numbers within 64 bits, coinbase and prevrandao of the right length."""
    if not isinstance(block, BlockEnvironment):
        raise InputError("block", block, "must be a BlockEnvironment")
    check_number("block.number", block.number)
    check_number("block.timestamp", block.timestamp)
    check_number("block.base_fee", block.base_fee)
    check_number("block.gas_limit", block.gas_limit)
    check_address("block.coinbase", block.coinbase)
    check_bytes("block.prevrandao", block.prevrandao, 32)
    if block.parent_hash is not None:
        check_bytes("block.parent_hash", block.parent_hash, 32)


def check_slots(slots: Bytes2D) -> None:
    """uint8[n, 32], or InputError."""
    if slots.dtype != "uint8" or slots.ndim != 2 or slots.shape[1] != 32:
        raise InputError("slots", f"array of {slots.dtype}, shape {slots.shape}", "is uint8[n, 32]")


def check_deadline(seconds: float | None) -> None:
    """A time that has an end and is not negative, or None; else InputError."""
    if seconds is None:
        return
    if not isinstance(seconds, Real) or not 0 <= seconds < float("inf"):
        raise InputError("deadline_seconds", seconds, "must be at least 0 and finite, or None")


MOST_THREADS = 256
"""Each takes memory for its stack, and more than there are cores gain nothing."""


def check_threads(threads: int | None) -> int | None:
    """At least one, at most MOST_THREADS of them, or None for all cores; else InputError."""
    if threads is None:
        return None
    whole = check_whole("threads", threads)
    if whole < 1:
        raise InputError("threads", threads, "must be at least 1, or None for all cores")
    return min(whole, MOST_THREADS)


def failure(what: str, status: int, output: bytes, reason: str | None) -> ChainError:
    """RevertError for a revert or halt, ChainError for a transaction that was not included."""
    if status == STATUS_NOT_INCLUDED:
        return ChainError(f"{what} cannot be included: {reason}")
    if status == STATUS_REVERTED:
        return RevertError(f"{what} reverted: {revert_reason(output)}", output)
    return RevertError(f"{what} halted: {reason}", output)


def name_of_call(target: Address, data: bytes) -> str:
    """A call in words for error messages: its target and selector."""
    selector = f", selector 0x{data[:4].hex()}" if len(data) >= 4 else ""
    return f"call to 0x{target.hex()}{selector}"
