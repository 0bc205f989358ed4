"""Revert data in words."""

from __future__ import annotations

import pytest

from simulator.chain.reverts import revert_reason
from tests.unit.simulator.chain.conftest import word


def error(text: bytes) -> bytes:
    return bytes.fromhex("08c379a0") + word(32) + word(len(text)) + text.ljust(64, b"\0")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty revert data"),
        (error(b"stale price"), "stale price"),
        (error("más".encode()), "más"),
        (error(b"\xff\xfe"), "\ufffd\ufffd"),
        (bytes.fromhex("4e487b71") + word(0x11), "panic: arithmetic overflow or underflow"),
        (bytes.fromhex("4e487b71") + word(0x99), "panic: code 0x99"),
        (bytes.fromhex("08c379a0"), "0x08c379a0"),
        (b"\x12\x34", "0x1234"),
    ],
)
def test_revert_data_is_told_in_words(data: bytes, reason: str) -> None:
    assert revert_reason(data) == reason


def test_a_length_beyond_the_data_does_not_break_the_reading() -> None:
    data = bytes.fromhex("08c379a0") + word(32) + word(2**255) + b"short"
    assert revert_reason(data) == "short"
