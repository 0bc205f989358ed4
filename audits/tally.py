"""Counts what became of the steps of an audit: per action the tries, successes and reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """An action that never succeeds is a fault of the harness: it audits nothing there."""

    successes: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, action: str, reason: str | None) -> None:
        """One step; `reason` of its revert, None if it succeeded."""
        if reason is None:
            self.successes[action] += 1
        else:
            self.refusals.setdefault(action, Counter())[reason] += 1

    @property
    def steps(self) -> int:
        return self.successes.total() + sum(item.total() for item in self.refusals.values())

    def actions(self) -> list[str]:
        return sorted({*self.successes, *self.refusals})

    def never_succeeded(self) -> list[str]:
        return [action for action in self.actions() if not self.successes[action]]

    def as_table(self) -> dict[str, dict[str, object]]:
        """Per action: tries, successes, and how often each reason refused it."""
        table: dict[str, dict[str, object]] = {}
        for action in self.actions():
            refused = self.refusals.get(action, Counter())
            table[action] = {
                "tries": self.successes[action] + refused.total(),
                "successes": self.successes[action],
                "reverts": dict(sorted(refused.items())),
            }
        return table
