"""Clearing of mutual debts: who pays what once some cannot pay all (Eisenberg and Noe; Rogers and
Veraart with default costs).

Each bank is worth at most what it has, pays senior debts first, and divides the rest pro rata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import non_negative, one_of, same_shape, within
from simulator.types import Bool1D, Float1D, Float2D

_RELATIVE_SLACK = 1e-12
"""A bank short of its debts by less than this share of all amounts involved pays in full: the
threshold itself pays, and 0.1 + 0.2 must reach 0.3 from either side."""


@dataclass(frozen=True, slots=True)
class Clearing:
    """A clearing vector and who defaults under it."""

    payments: Float1D
    """[n]: paid to other banks, at most what is owed to them."""
    equity: Float1D
    """[n]: e - d + received - paid, before default costs; below 0 by what senior creditors miss."""
    defaults: Bool1D
    """[n]: e - d + received < owed."""
    rounds: int
    """Rounds of default (fictitious default), or iterations."""


@dataclass(frozen=True, slots=True)
class _System:
    liabilities: Float2D
    owed: Float1D
    external: Float1D
    senior: Float1D
    external_recovery: float
    interbank_recovery: float

    def inflow(self, payments: Float1D) -> Float1D:
        """Pi' p with the shares as p_i / owed_i, so that full payment arrives without rounding."""
        share = np.zeros_like(self.owed)
        np.divide(payments, self.owed, out=share, where=self.owed > 0.0)
        return np.asarray(share @ self.liabilities)

    def short(self, inflow: Float1D) -> Bool1D:
        """e - d + inflow < owed, beyond rounding."""
        scale = self.external + self.senior + inflow + self.owed
        lacking = self.owed + self.senior - self.external - inflow
        return np.asarray(lacking > _RELATIVE_SLACK * scale)


def eisenberg_noe(
    liabilities: Any,
    external_assets: Any,
    senior_liabilities: Any = None,
    *,
    method: str = "fictitious-default",
) -> Clearing:
    """The greatest p = min(owed, max(0, e - d + Pi' p)).

    liabilities [n, n]: what row owes column, diagonal 0; external assets e and senior external
    liabilities d [n], at least 0 (n = 0 is valid). owed are the row sums, Pi_ij = L_ij / owed_i.
    Method "fictitious-default" solves for the defaulters exactly, in at most n rounds;
    "fixed-point" iterates from p = owed down and stops at rounding.
    Source: Eisenberg and Noe 2001; senior liabilities clipped at 0 (plain linear programmes are
    infeasible with them).
    """
    return rogers_veraart(liabilities, external_assets, senior_liabilities, 1.0, 1.0, method=method)


def rogers_veraart(
    liabilities: Any,
    external_assets: Any,
    senior_liabilities: Any = None,
    external_recovery: float = 1.0,
    interbank_recovery: float = 1.0,
    *,
    method: str = "fictitious-default",
) -> Clearing:
    """The greatest clearing vector with default costs (arguments as in `eisenberg_noe`).

    p_i = owed_i if e_i - d_i + (Pi' p)_i >= owed_i, else max(0, alpha e_i - d_i + beta (Pi' p)_i),
    alpha = external_recovery and beta = interbank_recovery in [0, 1]. Several clearing vectors may
    exist; both methods come down from p = owed to the greatest. Source: Rogers and Veraart 2013.
    """
    one_of("method", method, ("fictitious-default", "fixed-point"))
    system = _checked(
        liabilities, external_assets, senior_liabilities, external_recovery, interbank_recovery
    )
    if method == "fixed-point":
        payments, rounds = _iterate(system)
    else:
        payments, rounds = _fictitious_default(system)
    inflow = system.inflow(payments)
    return Clearing(
        payments=payments,
        equity=system.external - system.senior + inflow - payments,
        defaults=system.short(inflow),
        rounds=rounds,
    )


def _checked(
    liabilities: Any, external: Any, senior: Any, external_recovery: Any, interbank_recovery: Any
) -> _System:
    owed = non_negative("liabilities", liabilities, ndim=2)
    assets = non_negative("external_assets", external, ndim=1)
    before = (
        np.zeros_like(assets)
        if senior is None
        else non_negative("senior_liabilities", senior, ndim=1)
    )
    same_shape(external_assets=assets, senior_liabilities=before)
    count = len(assets)
    if owed.shape != (count, count):
        rule = f"must be a square of {count} banks"
        raise InvalidArgument("liabilities", f"array of shape {owed.shape}", rule)
    if np.diagonal(owed).any():
        raise InvalidArgument("liabilities", np.diagonal(owed).tolist(), "must owe itself nothing")
    alpha = float(within("external_recovery", external_recovery, 0.0, 1.0, ndim=0))
    beta = float(within("interbank_recovery", interbank_recovery, 0.0, 1.0, ndim=0))
    return _System(owed, owed.sum(axis=1), assets, before, alpha, beta)


def _iterate(system: _System) -> tuple[Float1D, int]:
    payments, rounds = system.owed, 0
    while True:
        inflow = system.inflow(payments)
        recovered = system.external_recovery * system.external - system.senior
        recovered = np.maximum(recovered + system.interbank_recovery * inflow, 0.0)
        lowered = np.where(system.short(inflow), recovered, system.owed)
        lowered = np.minimum(lowered, payments)
        if np.all(payments - lowered <= 4 * 2.0**-53 * system.owed):
            return lowered, rounds
        payments, rounds = lowered, rounds + 1


def _fictitious_default(system: _System) -> tuple[Float1D, int]:
    """Who is short if all others pay? Solve for them, look again: the set only grows."""
    payments, rounds = system.owed, 0
    defaulted = np.zeros(len(system.owed), dtype=bool)
    while True:
        grown = defaulted | system.short(system.inflow(payments))
        if grown.sum() == defaulted.sum():
            return payments, rounds
        defaulted, rounds = grown, rounds + 1
        payments = np.minimum(_recovered(system, defaulted), payments)


def _recovered(system: _System, defaulted: Bool1D) -> Float1D:
    """p = max(0, alpha e - d + beta Pi' p) on the defaulted, p = owed elsewhere.

    The set of those who pay anything grows from the empty one, and the linear system is solved on
    it each time: never more than n systems (Chandrasekaran's method for this class).
    """
    payments = np.where(defaulted, 0.0, system.owed)
    own = system.external_recovery * system.external - system.senior
    beta = system.interbank_recovery
    own = own + beta * system.inflow(payments)
    safe = np.where(system.owed > 0.0, system.owed, 1.0)
    share = beta * (system.liabilities / safe[:, None]).T
    paying = np.zeros_like(defaulted)
    while True:
        inside = np.where(paying, payments, 0.0)
        positive = defaulted & (system.owed > 0.0) & (paying | (own + share @ inside > 0.0))
        if positive.sum() == paying.sum():
            return payments
        paying = positive
        at = np.flatnonzero(paying)
        matrix = np.eye(len(at)) - share[np.ix_(at, at)]
        payments[at] = np.maximum(np.linalg.solve(matrix, own[at]), 0.0)
