"""Does ES say how bad the bad days are: Acerbi-Szekely Z2, McNeil-Frey (risk-spec section 17).

losses, VaR and ES are positive in the direction of a loss, [n] in the order of time. Sources:
Acerbi and Szekely 2014, second test; McNeil and Frey 2000, section 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.backtest.coverage import var_exceptions
from simulator.risk.var.historical import order_statistics
from simulator.risk.var.levels import exact_level, tail_share
from simulator.types import AnyArray, Float1D


@dataclass(frozen=True, slots=True)
class SimulatedTest:
    """A statistic beside what it is when the model is right."""

    statistic: float
    p_value: float
    """Share of simulations at least as extreme, in the direction of an ES that is too low."""
    critical_value: float
    """Beyond it the test rejects at `significance`."""
    significance: float
    simulations: int


def acerbi_szekely(losses: Any, value_at_risk: Any, expected_shortfall: Any, level: float) -> float:
    """Z2 = 1 - sum(L_t where L_t > VaR_t, over ES_t) / (n (1 - level)).

    0 is expected of a right model, 1 comes from no exception, and the smaller the worse. VaR and ES
    scalar or [n], ES > 0 and at least VaR.
    """
    lost = checks.finite("losses", losses, ndim=1)
    bound, beyond = _forecasts(lost, value_at_risk, expected_shortfall)
    return float(_z2(lost, bound, beyond, tail_share(level)))


def acerbi_szekely_test(
    losses: Any,
    value_at_risk: Any,
    expected_shortfall: Any,
    level: float,
    *,
    simulated: Any,
    significance: float,
) -> SimulatedTest:
    """Z2 against its law under the model. simulated [m, n]: losses drawn from the model, m >= 1.

    The critical value is the quantile of the simulated Z2 at `significance`; about -0.70 at 5 % for
    a normal law, level 97.5 % and 250 days.
    """
    exact_level(significance, "significance")
    lost = checks.finite("losses", losses, ndim=1)
    drawn = checks.finite("simulated", simulated, ndim=2)
    if not len(drawn) or drawn.shape[1] != len(lost):
        rule = f"must be [m, {len(lost)}] with m >= 1"
        raise InvalidArgument("simulated", f"array of shape {drawn.shape}", rule)
    bound, beyond = _forecasts(lost, value_at_risk, expected_shortfall)
    share = tail_share(level)
    statistic = float(_z2(lost, bound, beyond, share))
    law = _z2(drawn, bound, beyond, share)
    return SimulatedTest(
        statistic=statistic,
        p_value=float(np.mean(law <= statistic)),
        critical_value=float(order_statistics(law, (significance,))[0]),
        significance=significance,
        simulations=len(drawn),
    )


def mcneil_frey(
    losses: Any,
    value_at_risk: Any,
    expected_shortfall: Any,
    *,
    volatility: Any = 1.0,
    significance: float,
    resamples: int,
    seed: int,
) -> SimulatedTest | None:
    """Is the mean of (loss - ES) / volatility over the exceptions 0, or above it?

    Student's statistic of these residuals, and its law by a bootstrap of the residuals less their
    mean: a large statistic rejects. None with fewer than two exceptions, where there is none.
    volatility scalar or [n], above 0: the forecast, or 1 if it does not vary.
    """
    lost = checks.finite("losses", losses, ndim=1)
    bound, beyond = _forecasts(lost, value_at_risk, expected_shortfall)
    scale = _per_day("volatility", checks.positive("volatility", volatility), lost)
    if resamples < 1:
        raise InvalidArgument("resamples", resamples, "must be at least 1")
    rejected_from = tail_share(significance, "significance")
    hit = var_exceptions(lost, bound)
    residuals = ((lost - beyond) / scale)[hit]
    if len(residuals) < 2:
        return None
    statistic = float(_student(residuals[None, :])[0])
    draw = np.random.default_rng(seed)
    centred = residuals - residuals.mean()
    chosen = draw.integers(len(centred), size=(resamples, len(centred)))
    law = _student(centred[chosen])
    return SimulatedTest(
        statistic=statistic,
        p_value=float(np.mean(law >= statistic)),
        critical_value=float(order_statistics(law, (rejected_from,))[0]),
        significance=significance,
        simulations=resamples,
    )


def _z2(losses: AnyArray, bound: Float1D, beyond: Float1D, share: float) -> AnyArray:
    """Over the last axis."""
    counted = np.where(losses > bound, losses / beyond, 0.0).sum(axis=-1)
    return np.asarray(1.0 - counted / (losses.shape[-1] * share))


def _student(samples: AnyArray) -> AnyArray:
    """mean / (deviation / sqrt(m)) of each row; 0 or +-inf where all of a row are equal."""
    means = samples.mean(axis=1)
    spread = samples.std(axis=1, ddof=1)
    # Equal values leave a deviation of their last bits.
    flat = np.ptp(samples, axis=1) == 0.0
    found = np.where(means == 0.0, 0.0, np.copysign(inf, means))
    np.divide(means * np.sqrt(samples.shape[1]), spread, out=found, where=~flat)
    return found


def _forecasts(lost: Float1D, value_at_risk: Any, expected_shortfall: Any) -> tuple[Any, Any]:
    if not len(lost):
        raise InvalidArgument("losses", [], "needs at least one day")
    bound = _per_day("value_at_risk", checks.finite("value_at_risk", value_at_risk), lost)
    beyond = _per_day(
        "expected_shortfall", checks.positive("expected_shortfall", expected_shortfall), lost
    )
    low = np.flatnonzero(beyond < bound)
    if len(low):
        at = int(low[0])
        rule = f"must be at least the VaR {bound[at]:g}"
        raise InvalidArgument(f"expected_shortfall[{at}]", float(beyond[at]), rule)
    return bound, beyond


def _per_day(name: str, values: AnyArray, lost: Float1D) -> Float1D:
    if values.ndim == 0:
        return np.full(len(lost), float(values))
    if values.shape != lost.shape:
        rule = f"must be a scalar or have the shape of losses, {lost.shape}"
        raise InvalidArgument(name, f"array of shape {values.shape}", rule)
    return values
