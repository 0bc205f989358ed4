"""Institutional counterparties: exchanges, lenders, market makers, bridges and protocol pools.

In DeFi the counterparty is a pool, an insurance fund, a bridge or an exchange; a trader's exposure
is unrealised profit + collateral, and the probability of default comes from simulated bad debt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Any, Literal

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, one_of, within
from simulator.risk.counterparty.collateral import CollateralAgreement, collateral_after_call
from simulator.risk.counterparty.losses import conditional_default_probability
from simulator.types import AnyArray

Kind = Literal["exchange", "lender", "market maker", "bridge", "pool"]
KINDS = ("exchange", "lender", "market maker", "bridge", "pool")


@dataclass(frozen=True, slots=True)
class Institution:
    """One counterparty. Exactly one of default_probability and hazard is given."""

    name: str
    kind: Kind
    exposures: Mapping[str, float]
    """Asset -> value in quote that it owes us, negative where we owe; they net."""
    recovery: float
    default_probability: float | None = None
    """Over the horizon of the report."""
    hazard: float | None = None
    """Per year."""
    market_correlation: float = 0.0
    """rho of the one-factor model with the market's factor, in [0, 1)."""
    agreement: CollateralAgreement | None = None
    """None: no collateral."""
    held: float = 0.0
    """Collateral held before the call."""

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        for asset, value in self.exposures.items():
            finite(f"exposures[{asset!r}]", value, ndim=0)
        within("recovery", self.recovery, 0.0, 1.0, ndim=0)
        if (self.default_probability is None) == (self.hazard is None):
            rule = "give either default_probability or hazard"
            raise InvalidArgument("default_probability", self.default_probability, rule)
        if self.default_probability is not None:
            within("default_probability", self.default_probability, 0.0, 1.0, ndim=0)
        if self.hazard is not None:
            non_negative("hazard", self.hazard, ndim=0)
        if not 0.0 <= finite("market_correlation", self.market_correlation, ndim=0) < 1.0:
            raise InvalidArgument(
                "market_correlation", self.market_correlation, "must be in [0, 1)"
            )
        finite("held", self.held, ndim=0)

    def probability(self, years: float) -> float:
        """Default within `years`: as given, or 1 − exp(−hazard·years)."""
        if self.default_probability is not None:
            return self.default_probability
        assert self.hazard is not None
        return 1.0 - exp(-self.hazard * float(non_negative("years", years, ndim=0)))


@dataclass(frozen=True, slots=True)
class CreditStress:
    """A named stress: relative price moves by asset and the state of the market's factor."""

    name: str
    moves: Mapping[str, float] = field(default_factory=dict)
    """Asset -> relative move, at least -1; assets that are missing stay."""
    factor: float = 0.0
    """Z; low is bad."""


@dataclass(frozen=True, slots=True)
class InstitutionReport:
    """One counterparty, quote."""

    name: str
    kind: Kind
    exposure_before: float
    """max(Σ exposures, 0)."""
    collateral: float
    exposure_after: float
    """max(Σ exposures - collateral, 0)."""
    share: float
    """Of all exposure after collateral; 0 if there is none."""
    default_probability: float
    expected_loss: float
    """PD·(1 - R)·exposure after collateral."""
    stressed_exposure: float
    """After the price moves, collateral as before them: the margin period of risk."""
    stressed_default_probability: float
    """P(D|Z)."""
    wrong_way_loss: float
    """P(D|Z)·(1 - R)·stressed exposure."""
    stressed_loss_given_default: float


@dataclass(frozen=True, slots=True)
class CounterpartyReport:
    """All counterparties."""

    institutions: tuple[InstitutionReport, ...]
    stress: str
    years: float
    exposure_before: float
    exposure_after: float
    herfindahl: float
    """Σ share² of exposure after collateral, 0 without exposure."""
    by_kind: Mapping[str, float]
    """Exposure after collateral."""
    expected_loss: float
    wrong_way_loss: float


def counterparty_report(
    institutions: Sequence[Institution], stress: CreditStress, years: float
) -> CounterpartyReport:
    """Exposure before and after collateral, concentration and loss in a stress; none is valid."""
    after = [_after(one)[1] for one in institutions]
    total = sum(after)
    lines = tuple(
        _line(one, stress, years, exposure / total if total > 0.0 else 0.0)
        for one, exposure in zip(institutions, after, strict=True)
    )
    kinds = {
        kind: sum(line.exposure_after for line in lines if line.kind == kind) for kind in KINDS
    }
    return CounterpartyReport(
        institutions=lines,
        stress=stress.name,
        years=years,
        exposure_before=sum(line.exposure_before for line in lines),
        exposure_after=total,
        herfindahl=sum(line.share**2 for line in lines),
        by_kind={kind: value for kind, value in kinds.items() if value > 0.0},
        expected_loss=sum(line.expected_loss for line in lines),
        wrong_way_loss=sum(line.wrong_way_loss for line in lines),
    )


def trader_exposure(unrealised_profit: Any, collateral: Any) -> AnyArray:
    """What a venue owes a trader: max(unrealised profit + collateral, 0), float64."""
    profit, paid = broadcast(
        unrealised_profit=finite("unrealised_profit", unrealised_profit),
        collateral=non_negative("collateral", collateral),
    )
    owed: AnyArray = np.maximum(profit + paid, 0.0)
    return owed


def default_probability_of_bad_debt(bad_debt: Any, cover: float = 0.0) -> float:
    """Share of simulated runs whose bad debt exceeds what covers it (strict); runs >= 1."""
    runs = non_negative("bad_debt", bad_debt, ndim=1)
    if not len(runs):
        raise InvalidArgument("bad_debt", "no runs", "needs at least one")
    return float(np.mean(runs > float(non_negative("cover", cover, ndim=0))))


def _after(one: Institution) -> tuple[float, float]:
    """Collateral after the call, and the exposure it leaves."""
    value = float(sum(one.exposures.values()))
    collateral = one.held
    if one.agreement is not None:
        collateral = float(collateral_after_call(value, one.held, one.agreement))
    return collateral, max(value - collateral, 0.0)


def _line(one: Institution, stress: CreditStress, years: float, share: float) -> InstitutionReport:
    collateral, after = _after(one)
    moved = 0.0
    for asset, value in one.exposures.items():
        move = float(finite(f"moves[{asset!r}]", stress.moves.get(asset, 0.0), ndim=0))
        if move < -1.0:
            raise InvalidArgument(f"moves[{asset!r}]", move, "must be at least -1")
        moved += value * (1.0 + move)
    stressed = max(moved - collateral, 0.0)
    probability, lost = one.probability(years), 1.0 - one.recovery
    conditional = float(
        conditional_default_probability(probability, one.market_correlation, stress.factor)
    )
    return InstitutionReport(
        name=one.name,
        kind=one.kind,
        exposure_before=max(float(sum(one.exposures.values())), 0.0),
        collateral=collateral,
        exposure_after=after,
        share=share,
        default_probability=probability,
        expected_loss=probability * lost * after,
        stressed_exposure=stressed,
        stressed_default_probability=conditional,
        wrong_way_loss=conditional * lost * stressed,
        stressed_loss_given_default=lost * stressed,
    )
