"""An account, and what a world remembers about the slots that changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from simulator.types import Address

Slot: TypeAlias = tuple[Address, int]

Changes: TypeAlias = dict[Slot, tuple[int, int]]
"""(address, slot) -> (old, new), only where they differ, by address and slot."""


@dataclass(frozen=True, slots=True)
class Account:
    """Balance in wei, nonce, code; an empty one and none are the same since EIP-161."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""

    @property
    def is_empty(self) -> bool:
        return not (self.balance or self.nonce or self.code)


NO_ACCOUNT = Account()


@dataclass(slots=True)
class Writes:
    """Slots that were written since each of several marks, with the values they had then.

    A slot is noted in the newest part only, so a write costs the same however many marks there are.
    """

    parts: list[dict[Slot, int]] = field(default_factory=lambda: [{}])

    def note(self, slot: Slot, before: int) -> None:
        self.parts[-1].setdefault(slot, before)

    def mark(self) -> int:
        """Begin a new part; its number is the mark."""
        self.parts.append({})
        return len(self.parts) - 1

    def since(self, mark: int) -> dict[Slot, int]:
        """Slots written since a mark, with the values at the mark."""
        written: dict[Slot, int] = {}
        for part in self.parts[mark:]:
            for slot, before in part.items():
                written.setdefault(slot, before)
        return written

    def merge(self, mark: int) -> None:
        """Forget a mark and the later ones, but not what was written since."""
        written = self.since(mark)
        del self.parts[mark:]
        for slot, before in written.items():
            self.note(slot, before)

    def drop(self, mark: int) -> None:
        """Forget a mark and what was written since."""
        del self.parts[mark:]

    def forget(self) -> None:
        """Forget all marks."""
        self.parts = [{}]
