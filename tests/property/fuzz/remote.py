"""State sources for forked worlds: one that always answers and one that fails at random."""

from __future__ import annotations

from random import Random

from simulator.errors import ChainError
from tests.property.fuzz.programs import PEOPLE


class SourceDown(ChainError):
    """What the flaky source raises."""


class Steady:
    """Contracts with some storage, rich people, and nobody else."""

    def __init__(self, codes: dict[bytes, bytes]) -> None:
        self._codes = codes

    def account(self, address: bytes) -> tuple[bytes, int, bytes] | None:
        if address in self._codes:
            return (5).to_bytes(32, "big"), 1, self._codes[address]
        return ((10**18).to_bytes(32, "big"), 3, b"") if address in PEOPLE else None

    def slot(self, address: bytes, slot: bytes) -> bytes:
        return slot if slot[-1] % 2 else bytes(32)

    def block_hash(self, number: int) -> bytes:
        return number.to_bytes(32, "big")


class Flaky(Steady):
    """Answers the same, if it answers."""

    def __init__(self, codes: dict[bytes, bytes], random: Random) -> None:
        super().__init__(codes)
        # Its own, so that a failure does not change what is played.
        self._random = Random(random.getrandbits(64))

    def _maybe_fail(self) -> None:
        if self._random.random() < 0.2:
            raise SourceDown("at random")

    def account(self, address: bytes) -> tuple[bytes, int, bytes] | None:
        self._maybe_fail()
        return super().account(address)

    def slot(self, address: bytes, slot: bytes) -> bytes:
        self._maybe_fail()
        return super().slot(address, slot)

    def block_hash(self, number: int) -> bytes:
        self._maybe_fail()
        return super().block_hash(number)
