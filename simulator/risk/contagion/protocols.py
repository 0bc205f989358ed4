"""Lending protocols that share assets, borrowers and oracles: their joint cascade.

The protocols' cascade operators take turns until none of them liquidates anybody: what one sells
lowers the price that the next one sees. Where debts do not fall with what is sold, every operator
is monotone and the result is the least joint fixed point, whichever protocol begins.

Channels: a shared asset (`impact` gets what all of them sold), a shared borrower (`reserve` serves
the first shortfalls only), a shared oracle (`Oracle`), a depeg (a shocked price, or an oracle that
still says 1). Claims that stay unpaid go to `eisenberg_noe`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import non_negative, same_shape, within
from simulator.risk.health import health_factors
from simulator.types import Bool1D, Float1D, Float2D, Int1D

AssetImpact: TypeAlias = Callable[[Float1D], Float1D]
"""Quantity sold per asset [k], in base, at least 0 -> price [k]; `impact(zeros)` is the shock."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """What a protocol believes about prices. Several may share one."""

    factor: Float1D
    """[k]: answer / market price, 1 for a true oracle."""
    fixed: Float1D
    """[k]: an answer that does not move (stale, or a peg taken for granted); NaN where it does."""

    def __post_init__(self) -> None:
        non_negative("factor", self.factor, ndim=1)
        same_shape(factor=self.factor, fixed=self.fixed)
        moves = np.isnan(self.fixed)
        non_negative("fixed", np.where(moves, 0.0, self.fixed), ndim=1)

    def answer(self, price: Float1D) -> Float1D:
        """[k]: the price that liquidations act on."""
        return np.where(np.isnan(self.fixed), price * self.factor, self.fixed)


def true_oracle(assets: int) -> Oracle:
    """Market prices."""
    return Oracle(np.ones(assets), np.full(assets, np.nan))


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol's accounts; n may be 0."""

    collateral: Float2D
    """[n, k], base."""
    debt: Float2D
    """[n, k], base of the debt asset."""
    liquidation_threshold: Float1D
    """[k], in [0, 1]."""
    borrower: Int1D
    """[n]: who owns the account, an index into `reserve`."""
    oracle: Oracle
    paused: bool = False
    """Nobody can be liquidated."""
    bonus: float = 0.0
    """What a liquidator gains, as a share of the debt repaid."""


@dataclass(frozen=True, slots=True)
class JointCascade:
    """The joint fixed point."""

    price: Float1D
    """[k], market."""
    liquidated: tuple[Bool1D, ...]
    """Per protocol [n]."""
    stuck: tuple[Bool1D, ...]
    """Per protocol [n]: liquidatable, but paused, unprofitable or beyond the capital."""
    sold: Float1D
    """[k], base."""
    bad_debt: Float1D
    """Per protocol: debt above collateral, at market prices, of all that were or should have been
    liquidated or owe more than they hold."""
    rounds: int
    """Turns of all protocols in which somebody was liquidated."""


def joint_cascade(
    protocols: Sequence[Protocol],
    impact: AssetImpact,
    assets: int,
    *,
    reserve: Float1D | None = None,
    capital: float = np.inf,
    gas_cost: float = 0.0,
) -> JointCascade:
    """Let the protocols' cascades take turns until nothing changes.

    An account is liquidatable iff its oracle's collateral x threshold < debt (strict; never without
    debt) and its borrower's reserve [borrowers], quote, is smaller than the sum of all that
    borrower's shortfalls; at equality it is cured. A liquidation closes the account: its collateral
    is sold, save what is of the same asset as its debt and repays it directly. A liquidator acts
    only if bonus x debt >= gas_cost (quote), and all of them together repay at most `capital`
    (quote), lowest health factor first, then lowest id; the first that does not fit ends it.
    """
    for at, protocol in enumerate(protocols):
        _check(protocol, assets, at)
    backing = np.zeros(0) if reserve is None else non_negative("reserve", reserve, ndim=1)
    non_negative("gas_cost", gas_cost, ndim=0)
    if not capital >= 0.0:
        raise InvalidArgument("capital", capital, "must be at least 0")
    for at, protocol in enumerate(protocols):
        owners = protocol.borrower
        if reserve is not None and not np.all((owners >= 0) & (owners < len(backing))):
            rule = f"must index the {len(backing)} reserves"
            raise InvalidArgument(f"protocols[{at}].borrower", owners.tolist(), rule)
    state = _State(protocols, impact, assets, backing, reserve is not None, capital, gas_cost)
    rounds = 0
    while state.turn():
        rounds += 1
    return state.result(rounds)


def account_shortfall(protocol: Protocol, price: Float1D) -> Float1D:
    """max(debt - collateral x threshold, 0) in the oracle's prices, [n], in quote."""
    answer = protocol.oracle.answer(price)
    backed = protocol.collateral @ (answer * protocol.liquidation_threshold)
    return np.maximum(protocol.debt @ answer - backed, 0.0)


def account_health(protocol: Protocol, price: Float1D) -> Float1D:
    """Collateral x threshold / debt in the oracle's prices, [n]; infinite without debt."""
    answer = protocol.oracle.answer(price)
    return health_factors(
        protocol.collateral, protocol.debt, answer, protocol.liquidation_threshold
    )  # fmt: skip


class _State:
    """What has been liquidated and sold so far, inside one call."""

    def __init__(
        self,
        protocols: Sequence[Protocol],
        impact: AssetImpact,
        assets: int,
        reserve: Float1D,
        cures: bool,
        capital: float,
        gas_cost: float,
    ) -> None:
        self._protocols, self._impact, self._cures = protocols, impact, cures
        self._reserve, self._capital, self._gas_cost = reserve, capital, gas_cost
        self._sold = np.zeros(assets)
        self._price = impact(self._sold)
        self._done = [np.zeros(len(one.debt), dtype=bool) for one in protocols]

    def turn(self) -> bool:
        """Every protocol in turn runs to its own fixed point; whether anybody was liquidated."""
        any_changed = False
        for at in range(len(self._protocols)):
            while self._liquidate(at):
                any_changed = True
        return any_changed

    def _liquidate(self, at: int) -> bool:
        protocol = self._protocols[at]
        chosen = self._affordable(at, np.flatnonzero(self._open(at) & self._acts(at)))
        if not len(chosen):
            return False
        self._done[at][chosen] = True
        held, owed = protocol.collateral[chosen], protocol.debt[chosen]
        self._sold = self._sold + np.maximum(held - owed, 0.0).sum(axis=0)
        self._capital -= float((owed @ self._price).sum())
        self._price = self._impact(self._sold)
        return True

    def _open(self, at: int) -> Bool1D:
        """Liquidatable and not liquidated."""
        protocol = self._protocols[at]
        short = account_shortfall(protocol, self._price)
        found = (short > 0.0) & ~self._done[at]
        if self._cures:
            needed = np.zeros(len(self._reserve))
            for one in self._protocols:
                np.add.at(needed, one.borrower, account_shortfall(one, self._price))
            found &= (needed > self._reserve)[protocol.borrower]
        return found

    def _acts(self, at: int) -> Bool1D:
        """Liquidators may and want to."""
        protocol = self._protocols[at]
        gain = protocol.bonus * (protocol.debt @ self._price)
        wanted: Bool1D = gain >= self._gas_cost
        return wanted & (not protocol.paused)

    def _affordable(self, at: int, found: Int1D) -> Int1D:
        if not np.isfinite(self._capital):
            return found
        protocol = self._protocols[at]
        health = account_health(protocol, self._price)[found]
        queue = found[np.argsort(health, kind="stable")]
        spent = np.cumsum(protocol.debt[queue] @ self._price)
        return queue[spent <= self._capital]

    def result(self, rounds: int) -> JointCascade:
        """The state, with what could not be liquidated and the losses at market prices."""
        losses = []
        for protocol in self._protocols:
            lacking = (protocol.debt - protocol.collateral) @ self._price
            losses.append(float(np.maximum(lacking, 0.0).sum()))
        return JointCascade(
            price=self._price,
            liquidated=tuple(self._done),
            stuck=tuple(self._open(at) for at in range(len(self._protocols))),
            sold=self._sold,
            bad_debt=np.array(losses),
            rounds=rounds,
        )


def _check(protocol: Protocol, assets: int, at: int) -> None:
    place = f"protocols[{at}]"
    held = non_negative(f"{place}.collateral", protocol.collateral, ndim=2)
    owed = non_negative(f"{place}.debt", protocol.debt, ndim=2)
    same_shape(**{f"{place}.collateral": held, f"{place}.debt": owed})
    threshold = within(
        f"{place}.liquidation_threshold", protocol.liquidation_threshold, 0.0, 1.0, ndim=1
    )
    for name, array, size in (
        ("collateral", held, held.shape[1]),
        ("liquidation_threshold", threshold, len(threshold)),
        ("oracle", protocol.oracle.factor, len(protocol.oracle.factor)),
    ):
        if size != assets:
            rule = f"must have {assets} assets"
            raise InvalidArgument(f"{place}.{name}", f"array of shape {array.shape}", rule)
    same_shape(debt=owed[:, 0] if assets else owed.sum(axis=1), borrower=protocol.borrower)
    non_negative(f"{place}.bonus", protocol.bonus, ndim=0)
