"""Losses of a portfolio of names under one common factor (Vasicek).

Given Z, name i defaults independently with P(D|Z) = Φ((Φ⁻¹(PD) − √ρ·Z)/√(1 − ρ)): a low Z is a
bad state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import broadcast, finite, non_negative, within
from simulator.risk.var import TailRisk, tail_risk
from simulator.types import AnyArray, Float1D

_BLOCK = 1 << 20
"""Names times paths drawn at once, which bounds memory to some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class PortfolioLoss:
    """Simulated losses of a portfolio, quote."""

    expected: float
    """Σ PD·LGD·EAD, exact."""
    sampled_mean: float
    tail: TailRisk
    """VaR and ES of the sample with level and horizon."""
    losses: Float1D
    """float64[paths]."""
    seed: int


def conditional_default_probability(probability: Any, correlation: Any, factor: Any) -> AnyArray:
    """P(D|Z), float64 of the common shape; PD in [0, 1], ρ in [0, 1); PD 0 and 1 stay."""
    from scipy.special import ndtr, ndtri

    pd, rho, z = broadcast(
        probability=within("probability", probability, 0.0, 1.0),
        correlation=_correlation(correlation),
        factor=finite("factor", factor),
    )
    result: AnyArray = ndtr((ndtri(pd) - np.sqrt(rho) * z) / np.sqrt(1.0 - rho))
    return result


def one_factor_losses(
    probability: Any,
    loss_given_default: Any,
    exposure: Any,
    correlation: Any,
    paths: int,
    seed: int,
) -> Float1D:
    """Loss of each path, Σ LGD·EAD over the names that default, float64[paths].

    probability, loss_given_default, exposure [names] (or numbers that broadcast), correlation one
    number or [names]. Z and the defaults come from the seed alone. No names: no losses.
    """
    pd, lgd, ead, rho = _names(probability, loss_given_default, exposure, correlation)
    if paths < 1:
        raise InvalidArgument("paths", paths, "must be at least 1")
    generator = np.random.default_rng(seed)
    factors = generator.standard_normal(paths)
    severity, losses = lgd * ead, np.zeros(paths)
    if not len(pd):
        return losses
    block = max(_BLOCK // len(pd), 1)
    for start in range(0, paths, block):
        z = factors[start : start + block, None]
        chance = conditional_default_probability(pd, rho, z)
        losses[start : start + block] = (generator.random(chance.shape) < chance) @ severity
    return losses


def portfolio_loss(
    probability: Any,
    loss_given_default: Any,
    exposure: Any,
    correlation: Any,
    *,
    level: float,
    horizon: str,
    paths: int,
    seed: int,
) -> PortfolioLoss:
    """EL, VaR and ES of `one_factor_losses`; the horizon is that of the PDs."""
    pd, lgd, ead, rho = _names(probability, loss_given_default, exposure, correlation)
    losses = one_factor_losses(pd, lgd, ead, rho, paths, seed)
    return PortfolioLoss(
        expected=float(np.sum(pd * lgd * ead)),
        sampled_mean=float(losses.mean()),
        tail=tail_risk(losses, level, horizon, "credit loss, quote"),
        losses=losses,
        seed=seed,
    )


def _names(pd: Any, lgd: Any, ead: Any, rho: Any) -> tuple[AnyArray, ...]:
    arrays = broadcast(
        probability=within("probability", pd, 0.0, 1.0),
        loss_given_default=within("loss_given_default", lgd, 0.0, 1.0),
        exposure=non_negative("exposure", ead),
        correlation=_correlation(rho),
    )
    if arrays[0].ndim > 1:
        raise InvalidArgument("probability", arrays[0].shape, "must have at most 1 dimension")
    return tuple(np.atleast_1d(array) for array in arrays)


def _correlation(correlation: Any) -> AnyArray:
    rho = non_negative("correlation", correlation)
    if not (rho < 1.0).all():
        raise InvalidArgument("correlation", correlation, "must be below 1")
    return rho
