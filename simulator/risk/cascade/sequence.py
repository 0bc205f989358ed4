"""A cascade with close factors: a sequence of partial liquidations, not a set.

The order matters as soon as a liquidation closes a part only, so it is stated: the lowest health
factor first, the lowest id among equals. One collateral asset, debt in quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.cascade.triggers import MarketImpact
from simulator.risk.checks import non_negative, positive, same_shape, within
from simulator.risk.health import health_factors
from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class PartialRule:
    """How much one liquidation may close."""

    liquidation_threshold: float
    """In (0, 1]: health factor = collateral x price x threshold / debt; liquidatable iff < 1."""
    bonus: float
    """i >= 0: repaying a seizes a (1 + i) / price of collateral, at most what is there."""
    close_factor: float
    """In (0, 1]: share of the debt that one liquidation repays."""
    full_close_health: float = 0.0
    """At or below this health factor the whole debt may be repaid (Aave v3: 0.95)."""
    dust_debt: float = 0.0
    """A debt below it is repaid whole, in quote."""

    def __post_init__(self) -> None:
        for name in ("liquidation_threshold", "close_factor"):
            value = getattr(self, name)
            within(name, positive(name, value, ndim=0), 0.0, 1.0)
        for name in ("bonus", "full_close_health", "dust_debt"):
            non_negative(name, getattr(self, name), ndim=0)


class Liquidation(NamedTuple):
    """One step."""

    account: int
    price: float
    """Before this step's sale."""
    health_before: float
    health_after: float
    """At the same price; infinite without debt."""
    repaid: float
    seized: float
    """Base, sold at once."""
    bad_debt: float
    """Debt left when the collateral is used up, quote."""


@dataclass(frozen=True, slots=True)
class SequenceResult:
    """Where the sequence ended. opening debt = repaid + bad debt + remaining debt."""

    steps: tuple[Liquidation, ...]
    price: float
    collateral: Float1D
    debt: Float1D
    repaid: float
    sold: float
    bad_debt: float
    complete: bool
    """False if `max_steps` ended it while somebody was still liquidatable."""


def liquidation_sequence(
    collateral: Any,
    debt: Any,
    shocked_price: float,
    impact: MarketImpact,
    rule: PartialRule,
    max_steps: int = 100_000,
) -> SequenceResult:
    """Liquidate one step at a time until nobody is liquidatable.

    collateral [n] in base, debt [n] in quote. Each step's seizure is sold, and the next one meets
    impact(shocked price, all that was sold). A step repays the close factor of the debt (all of it
    at or below `full_close_health` or below `dust_debt`), or what the collateral left pays for;
    when that is used up the rest is bad debt and the account is done.
    """
    held, owed = non_negative("collateral", collateral, ndim=1), non_negative("debt", debt, ndim=1)
    same_shape(collateral=held, debt=owed)
    shocked = non_negative("shocked_price", shocked_price, ndim=0)
    if max_steps < 0:
        raise InvalidArgument("max_steps", max_steps, "must be at least 0")
    held, owed = held.copy(), owed.copy()
    steps: list[Liquidation] = []
    sold = 0.0
    price = float(impact(shocked, np.asarray(sold)))
    complete = True
    while True:
        health = _health(held, owed, price, rule)
        at = int(np.argmin(health)) if len(health) else -1
        if at < 0 or health[at] >= 1.0:
            break
        if len(steps) == max_steps:
            complete = False
            break
        step = _step(at, held, owed, price, float(health[at]), rule)
        steps.append(step)
        sold += step.seized
        price = float(impact(shocked, np.asarray(sold)))
    return SequenceResult(
        steps=tuple(steps),
        price=price,
        collateral=held,
        debt=owed,
        repaid=sum(step.repaid for step in steps),
        sold=sold,
        bad_debt=sum(step.bad_debt for step in steps),
        complete=complete,
    )


def _health(held: Float1D, owed: Float1D, price: float, rule: PartialRule) -> Float1D:
    """Health factors [n] of collateral in base and debt in quote."""
    nothing = np.zeros_like(held)
    return health_factors(
        np.column_stack((held, nothing)),
        np.column_stack((nothing, owed)),
        np.array([price, 1.0]),
        rule.liquidation_threshold,
    )


def _step(
    at: int, held: Float1D, owed: Float1D, price: float, health: float, rule: PartialRule
) -> Liquidation:
    """Liquidate account `at` once; changes `held` and `owed`."""
    whole = health <= rule.full_close_health or owed[at] < rule.dust_debt
    wanted = float(owed[at]) * (1.0 if whole else rule.close_factor)
    value = float(held[at]) * price
    exhausted = wanted * (1.0 + rule.bonus) >= value
    if exhausted:
        repaid, seized = min(value / (1.0 + rule.bonus), wanted), float(held[at])
    else:
        repaid, seized = wanted, wanted * (1.0 + rule.bonus) / price
    held[at] = 0.0 if exhausted else held[at] - seized
    left = 0.0 if repaid == owed[at] else float(owed[at]) - repaid
    lost = left if exhausted else 0.0
    owed[at] = left - lost
    after = _health(held[[at]], owed[[at]], price, rule)
    return Liquidation(at, price, health, float(after[0]), repaid, seized, lost)
