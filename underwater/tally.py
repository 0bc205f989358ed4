"""Totals of a run that a summary needs, added up while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.protocols.matched_perp.events import Columns
from simulator.units import WAD


@dataclass(slots=True)
class Tally:
    """Totals of a run so far; money as exact integers of 1e-18 quote unless float."""

    blocks: int = 0
    transactions: int = 0
    reverted: int = 0
    not_included: int = 0
    gas_used: int = 0
    liquidations: int = 0
    takeover_notional: int = 0
    adl_notional: int = 0
    close_out_notional: int = 0
    from_insurance: int = 0
    adl_draw: int = 0
    socialised: int = 0
    socialised_charged: float = 0.0
    """Quote, rounding up included; the weight of the two shares below."""
    socialised_moved: float = 0.0
    """Of it, charged to others than pro rata to open profit would (quote)."""
    socialised_without_profit: float = 0.0
    deficit: int = 0
    insurance_start: int = 0
    insurance_minimum: int = 0
    underwater_max: int = 0
    latent_shortfall_max: float = 0.0
    fixed_point_extra_max: float = 0.0
    rounds_max: int = 0
    lowest_basis: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def shortfall(self) -> int:
        """Negative equity that somebody else had to pay: fund, winners, everybody, nobody yet."""
        return self.from_insurance + self.adl_draw + self.socialised + self.deficit


def add_events(tally: Tally, events: Mapping[str, Columns]) -> None:
    """Add decoded events: who was closed by force, and who paid for negative equity."""

    def total(name: str, column: str) -> int:
        return sum(events.get(name, {}).get(column, ()))

    taken = events.get("Liquidation", {}).get("notional", ())
    tally.liquidations += len(taken)
    tally.takeover_notional += sum(taken)
    tally.adl_notional += _notional(events, "Deleveraged", "mark")
    tally.close_out_notional += _notional(events, "Matched", "price")
    tally.from_insurance += total("Shortfall", "from_insurance") + total("InsuranceMoved", "amount")
    tally.adl_draw += total("Deleveraged", "draw")
    tally.socialised += total("Shortfall", "socialised")
    tally.deficit += total("Shortfall", "deficit")


def _notional(events: Mapping[str, Columns], name: str, price: str) -> int:
    columns = events.get(name, {})
    pairs = zip(columns.get("size", ()), columns.get(price, ()), strict=True)
    return sum(abs(size) * at // WAD for size, at in pairs)
