"""Revert data in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Error(string), what `revert("...")` and `assert x, "..."` give."""

PANIC_SELECTOR = bytes.fromhex("4e487b71")
"""Panic(uint256), a failed check of the language itself."""

PANICS = {
    0x01: "failed assertion",
    0x11: "arithmetic overflow or underflow",
    0x12: "division by zero",
    0x21: "value outside of the enum",
    0x22: "badly encoded storage",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "too much memory",
    0x51: "call of an unset function",
}


def revert_reason(data: bytes, abi: Iterable[Mapping[str, Any]] | None = None) -> str:
    """What revert data says: the text of Error(string), the meaning of a Panic, else hex.

    With the ABI of a contract (or of several) also its own errors with their arguments, such as
    `NotEnough(available=5, required=7)`, and an unknown one by its selector.
    """
    if not data:
        return "empty revert data"
    if data[:4] == ERROR_SELECTOR and len(data) >= 68:
        length = int.from_bytes(data[36:68], "big")
        return data[68 : 68 + length].decode("utf-8", "replace")
    if data[:4] == PANIC_SELECTOR and len(data) >= 36:
        code = int.from_bytes(data[4:36], "big")
        return f"panic: {PANICS.get(code, f'code {code:#x}')}"
    if abi is None or len(data) < 4:
        return "0x" + data.hex()
    # Imported here because reading of return values says in turn why a call reverted.
    from simulator.chain.abi.values import error_text

    return error_text(data, abi)
