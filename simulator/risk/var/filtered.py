"""Filtered historical simulation: shocks of the past at the volatility of today (section 16).

GARCH(1,1): variance' = omega + alpha x return^2 + beta x variance. Returns are divided by their
volatility, drawn again with replacement, and sent through the recursion from today's variance;
several days come from simulating them, not from a square root of time. Sources: Bollerslev 1986;
Barone-Adesi, Giannopoulos and Vosper 1999; QuantLib test-suite/garch.cpp for the convention that
the first variance that comes out uses the initial variance and the first return.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.errors import InvalidArgument, MissingComponentError
from simulator.risk import checks
from simulator.types import Float1D


@dataclass(frozen=True, slots=True)
class Garch:
    """GARCH(1,1) of returns with a constant mean."""

    omega: float
    alpha: float
    """Weight of the last squared return."""
    beta: float
    """Weight of the last variance."""
    mean: float = 0.0

    def __post_init__(self) -> None:
        for name in ("omega", "alpha", "beta"):
            checks.non_negative(name, getattr(self, name), ndim=0)
        checks.finite("mean", self.mean, ndim=0)

    @property
    def long_run_variance(self) -> float | None:
        """omega / (1 - alpha - beta); None where the variance has no mean to return to."""
        remainder = 1.0 - self.alpha - self.beta
        return self.omega / remainder if remainder > 0.0 else None


def garch_volatility(returns: Float1D, model: Garch, initial_variance: float) -> Float1D:
    """Volatility AFTER each return, float64[n]: item i is the forecast for return i + 1.

    Item 0 is sqrt(omega + alpha x returns[0]^2 + beta x initial_variance). No returns, no items.
    """
    from scipy.signal import lfilter

    shocks = checks.finite("returns", returns, ndim=1) - model.mean
    start = float(checks.non_negative("initial_variance", initial_variance, ndim=0))
    driven: Float1D = model.omega + model.alpha * shocks**2
    if not len(driven):
        return driven
    variance, _ = lfilter([1.0], [1.0, -model.beta], driven, zi=[model.beta * start])
    volatility: Float1D = np.sqrt(variance)
    return volatility


def standardised_residuals(
    returns: Float1D, model: Garch, initial_variance: float
) -> tuple[Float1D, float]:
    """Each return less its mean over the volatility forecast for it [n], and the next variance.

    The first is divided by sqrt(initial_variance), which has to be above 0.
    """
    start = float(checks.positive("initial_variance", initial_variance, ndim=0))
    after = garch_volatility(returns, model, start)
    if not len(after):
        raise InvalidArgument("returns", [], "needs at least one return")
    forecast = np.concatenate([[np.sqrt(start)], after[:-1]])
    if not forecast.all():
        at = int(np.flatnonzero(forecast == 0.0)[0])
        raise InvalidArgument(
            f"returns[{at}]", float(returns[at]), "has a forecast volatility of 0"
        )
    return (np.asarray(returns) - model.mean) / forecast, float(after[-1] ** 2)


def filtered_losses(
    returns: Float1D,
    model: Garch,
    initial_variance: float,
    *,
    periods: int,
    paths: int,
    seed: int,
) -> Float1D:
    """Losses over `periods` returns from now, float64[paths]: minus the sum of simulated returns.

    Returns [n] are logarithmic, oldest first. Feed the answer to `var_es`; the same seed gives the
    same losses.
    """
    for name, count in (("periods", periods), ("paths", paths)):
        if count < 1:
            raise InvalidArgument(name, count, "must be at least 1")
    residuals, next_variance = standardised_residuals(returns, model, initial_variance)
    draw = np.random.default_rng(seed)
    variance = np.full(paths, next_variance)
    total = np.zeros(paths)
    for _ in range(periods):
        shock = np.sqrt(variance) * residuals[draw.integers(len(residuals), size=paths)]
        total += model.mean + shock
        variance = model.omega + model.alpha * shock**2 + model.beta * variance
    return -total


def fit_garch(returns: Float1D) -> tuple[Garch, float]:
    """The model that `arch` fits by maximum likelihood, and the variance it starts from.

    Needs the extra `garch`. The returns are scaled to a deviation of 1 for the optimiser and the
    answer is scaled back.
    """
    values = checks.finite("returns", returns, ndim=1)
    scale = float(values.std()) if len(values) else 0.0
    if not scale > 0.0:
        raise InvalidArgument("returns", len(values), "needs returns that differ")
    try:
        from arch import arch_model
    except ImportError:
        message = "a GARCH fit needs the package arch: pip install 'underwater[garch]'"
        raise MissingComponentError(message) from None
    fitted = arch_model(values / scale, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(
        disp="off", show_warning=False
    )
    mean, omega, alpha, beta = (float(value) for value in fitted.params)
    model = Garch(omega * scale**2, alpha, beta, mean * scale)
    return model, float(fitted.conditional_volatility[0] * scale) ** 2
