"""European options under a model, by Fourier: the closed forms that simulated paths are held to.

With X = ln(S_T / F), F = S e^{(r - q) T}, phi its characteristic function and k = ln(F / K):

    Lewis:  call = e^{-rT} (F - sqrt(F K) / pi Int_0^oo Re[e^{iuk} phi(u - i/2)] / (u^2 + 1/4) du)
    P1, P2: call = e^{-rT} (F P1 - K P2), P_j = 1/2 + 1/pi Int_0^oo Re[e^{iuk} f_j(u) / (iu)] du,
            f_2 = phi(u), f_1 = phi(u - i)

The model's `drift` is r - q. Sources: Lewis (2001); Heston (1993); Merton (1976) for the series.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, log1p, pi, sqrt
from typing import NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.prices.models import HasCharacteristic, Merton
from simulator.risk.checks import finite, non_negative, positive
from simulator.risk.options import black_scholes

_NEGLIGIBLE = 1e-16


class EuropeanPrice(NamedTuple):
    """In quote per unit of the underlying."""

    call: float
    put: float


def lewis_price(
    model: HasCharacteristic, spot: float, strike: float, years: float, rate: float
) -> EuropeanPrice:
    """By Lewis's integral; the intrinsic value at 0 years, and S e^{-qT} and 0 at strike 0."""
    terms = _terms(model, spot, strike, years, rate)
    if terms.sure:
        return _sure(terms)
    moneyness = log(terms.forward) - log(strike)

    def integrand(u: float) -> float:
        value = _value(model, complex(u, -0.5), years) * np.exp(1j * u * moneyness)
        return float(value.real) / (u * u + 0.25)

    area = _integral(integrand, lambda u: abs(_value(model, complex(u, -0.5), years)) / (u * u))
    covered = sqrt(terms.forward * strike) / pi * area
    return EuropeanPrice(
        terms.discount * (terms.forward - covered), terms.discount * (strike - covered)
    )


def probability_price(
    model: HasCharacteristic, spot: float, strike: float, years: float, rate: float
) -> EuropeanPrice:
    """By the two probabilities: a second method for what `lewis_price` says."""
    terms = _terms(model, spot, strike, years, rate)
    if terms.sure:
        return _sure(terms)
    moneyness = log(terms.forward) - log(strike)

    def probability(shift: float) -> float:
        def integrand(u: float) -> float:
            value = _value(model, complex(u, -shift), years) * np.exp(1j * u * moneyness)
            return float((value / (1j * u)).real)

        area = _integral(integrand, lambda u: abs(_value(model, complex(u, -shift), years)) / u)
        return 0.5 + area / pi

    call = terms.discount * (terms.forward * probability(1.0) - strike * probability(0.0))
    return EuropeanPrice(call, call - terms.discount * (terms.forward - strike))


def merton_series_price(
    model: Merton, spot: float, strike: float, years: float, rate: float
) -> EuropeanPrice:
    """Merton's series: Black-Scholes prices given n jumps, weighted by Poisson(l' T).

    l' = intensity (1 + k), sigma_n^2 = sigma^2 + n jump_deviation^2 / T,
    r_n = drift - intensity k + n ln(1 + k) / T; summed until nothing is left to add.
    """
    terms = _terms(model, spot, strike, years, rate)
    if terms.sure:
        return _sure(terms)
    growth = model.jump_growth
    mean = model.intensity * years
    most = int(mean * (1.0 + growth) + mean + 12.0 * sqrt(mean * (2.0 + growth)) + 40.0)
    n = np.arange(most + 1)
    from scipy.special import gammaln

    weights = np.exp(n * log(mean) - mean - gammaln(n + 1)) if mean > 0.0 else 1.0 * (n == 0)
    vols = np.sqrt(model.sigma**2 + n * model.jump_deviation**2 / years)
    # Given n jumps the forward is F e^{-l k T} (1 + k)^n; discounting is common to all.
    forwards = terms.forward * np.exp(-mean * growth + n * log1p(growth))
    calls, puts = (
        float(weights @ black_scholes(call, forwards, strike, years, 0.0, 0.0, vols))
        for call in (True, False)
    )
    return EuropeanPrice(terms.discount * calls, terms.discount * puts)


class _Terms(NamedTuple):
    forward: float
    strike: float
    discount: float
    sure: bool


def _terms(
    model: HasCharacteristic, spot: float, strike: float, years: float, rate: float
) -> _Terms:
    positive("spot", spot, ndim=0)
    non_negative("strike", strike, ndim=0)
    non_negative("years", years, ndim=0)
    finite("rate", rate, ndim=0)
    forward = spot * exp(model.drift * years)
    sure = years == 0.0 or strike == 0.0
    # A second difference of the characteristic function at 0: no variance, no integral.
    if not sure and abs(_value(model, complex(1.0, -0.5), years)) >= 1.0 - 1e-15:
        sure = True
    return _Terms(forward, strike, exp(-rate * years), sure)


def _sure(terms: _Terms) -> EuropeanPrice:
    gain = terms.forward - terms.strike
    return EuropeanPrice(terms.discount * max(gain, 0.0), terms.discount * max(-gain, 0.0))


def _value(model: HasCharacteristic, argument: complex, years: float) -> complex:
    return complex(model.characteristic(np.asarray(argument), years))


def _integral(integrand: Callable[[float], float], bound: Callable[[float], float]) -> float:
    """Over [0, oo), panel by panel of growing width, until what is left is negligible."""
    from scipy.integrate import quad

    total, left, width = 0.0, 0.0, 1.0
    while left < 1e7:
        # Asked for its full output, quad tells of rounding there instead of warning.
        found = quad(
            integrand,
            left,
            left + width,
            epsabs=1e-14,
            epsrel=1e-13,
            limit=400,
            full_output=1,
        )
        total += float(found[0])
        left += width
        if bound(left) * left < _NEGLIGIBLE:
            return total
        width *= 2.0
    rule = "leaves so little variance that the characteristic function does not fade"
    raise InvalidArgument("years", f"integral up to {left:g}", rule)
