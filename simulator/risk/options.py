"""European options: Black-Scholes-Merton with continuous rate and dividend yield, and Black-76.

Risk-spec section 12. All functions broadcast their arguments and return float64 of the common
shape. Years are ACT/365F, rates and yields continuous, volatility per square root of a year.

    d1 = (ln(S/K) + (r − q + σ²/2)·T) / (σ·√T),  d2 = d1 − σ·√T
    call = S·e^{−qT}·N(d1) − K·e^{−rT}·N(d2),  put = K·e^{−rT}·N(−d2) − S·e^{−qT}·N(−d1)

Edges: T <= 0 is the intrinsic value; σ = 0 the discounted intrinsic value of the forward; K = 0 a
call worth S·e^{−qT} and a put worth 0. Sources: Black, Scholes (1973), Merton (1973), Black
(1976); Haug (1998) for the printed values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulator.risk.checks import broadcast, finite, flags, non_negative, renamed
from simulator.types import AnyArray

DAYS_PER_YEAR = 365.0
POINTS_PER_UNIT = 100.0
_DENSITY_AT_ZERO = 1.0 / np.sqrt(2.0 * np.pi)


@dataclass(frozen=True, slots=True)
class Greeks:
    """Price and sensitivities of options, float64 of one shape, in quote."""

    price: AnyArray
    delta: AnyArray
    """Per 1 of spot (Black-76: of the forward)."""
    gamma: AnyArray
    """Per 1 of spot, squared. NaN at the kink of an expired or riskless option: it has none."""
    vega: AnyArray
    """Per 1.00 of volatility."""
    vega_per_point: AnyArray
    """Per 0.01 of volatility."""
    theta: AnyArray
    """Per year of passing time."""
    theta_per_day: AnyArray
    """theta / 365."""
    rho: AnyArray
    """Per 1.00 of the rate. Black-76: at a fixed forward, -T·price."""
    dividend_rho: AnyArray
    """Per 1.00 of the dividend yield. Black-76: 0, the forward holds it."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What prices and greeks share, broadcast to one shape; `sign` is +1 call, −1 put."""

    sign: AnyArray
    spot: AnyArray
    strike: AnyArray
    years: AnyArray
    rate: AnyArray
    dividend_yield: AnyArray
    vol: AnyArray
    asset: AnyArray
    """S·e^{-qT}, or S once expired."""
    cash: AnyArray
    """K·e^{-rT}, or K once expired."""
    deviation: AnyArray
    """sigma·√T, 0 once expired."""
    d1: AnyArray
    """Without randomness +inf, -inf, or 0 at the kink; at strike 0 always +inf."""
    d2: AnyArray


def black_scholes(
    is_call: Any, spot: Any, strike: Any, years: Any, rate: Any, dividend_yield: Any, vol: Any
) -> AnyArray:
    """Price in quote per unit of the underlying, float64, never outside its no-arbitrage bounds.

    Raises InvalidArgument for NaN, inf, negative spot, strike or vol, and shapes that do not fit.
    """
    return _price(_terms(is_call, spot, strike, years, rate, dividend_yield, vol))


def black_76(is_call: Any, forward: Any, strike: Any, years: Any, rate: Any, vol: Any) -> AnyArray:
    """Price of an option on a forward: Black-Scholes-Merton with q := r, float64."""
    with renamed(spot="forward"):
        return black_scholes(is_call, forward, strike, years, rate, rate, vol)


def black_scholes_greeks(
    is_call: Any, spot: Any, strike: Any, years: Any, rate: Any, dividend_yield: Any, vol: Any
) -> Greeks:
    """Price and all sensitivities, float64.

    gamma = e^{−qT}·φ(d1)/(S·σ·√T), vega = S·e^{−qT}·φ(d1)·√T,
    theta = −S·e^{−qT}·φ(d1)·σ/(2·√T) ± (q·S·e^{−qT}·N(±d1) − r·K·e^{−rT}·N(±d2)),
    rho = ±K·T·e^{−rT}·N(±d2), dividend rho = ∓S·T·e^{−qT}·N(±d1).

    Expired (T <= 0): the slope of the payoff, 1/2 at the strike; theta, vega and rho are 0.
    σ = 0: the one-sided limits from above. Errors as `black_scholes`.
    """
    return _greeks(_terms(is_call, spot, strike, years, rate, dividend_yield, vol))


def black_76_greeks(
    is_call: Any, forward: Any, strike: Any, years: Any, rate: Any, vol: Any
) -> Greeks:
    """As `black_scholes_greeks` with q := r; rho holds the forward fixed, dividend_rho is 0."""
    with renamed(spot="forward"):
        found = black_scholes_greeks(is_call, forward, strike, years, rate, rate, vol)
    return replace(
        found,
        rho=found.rho + found.dividend_rho,
        dividend_rho=np.zeros_like(found.price),
    )


def option_price_bounds(
    is_call: Any, spot: Any, strike: Any, years: Any, rate: Any, dividend_yield: Any
) -> tuple[AnyArray, AnyArray]:
    """The closed interval of prices without arbitrage, (low, high) float64.

    Call [max(S·e^{−qT} − K·e^{−rT}, 0), S·e^{−qT}], put [max(K·e^{−rT} − S·e^{−qT}, 0), K·e^{−rT}];
    once expired both ends are the intrinsic value.
    """
    return _bounds(_terms(is_call, spot, strike, years, rate, dividend_yield, 0.0))


def black_scholes_residual(
    greeks: Greeks, spot: Any, rate: Any, dividend_yield: Any, vol: Any
) -> AnyArray:
    """theta + ½·σ²·S²·gamma + (r − q)·S·delta − r·V, 0 for a living option; float64."""
    spot, rate = np.asarray(spot), np.asarray(rate)
    diffusion = 0.5 * np.square(vol) * np.square(spot) * greeks.gamma
    drift = (rate - np.asarray(dividend_yield)) * spot * greeks.delta
    result: AnyArray = greeks.theta + diffusion + drift - rate * greeks.price
    return result


def _terms(
    is_call: Any, spot: Any, strike: Any, years: Any, rate: Any, dividend_yield: Any, vol: Any
) -> _Terms:
    call, s, k, t, r, q, v = broadcast(
        is_call=flags("is_call", is_call),
        spot=non_negative("spot", spot),
        strike=non_negative("strike", strike),
        years=finite("years", years),
        rate=finite("rate", rate),
        dividend_yield=finite("dividend_yield", dividend_yield),
        vol=non_negative("vol", vol),
    )
    left = np.maximum(t, 0.0)
    asset, cash = s * np.exp(-q * left), k * np.exp(-r * left)
    deviation = v * np.sqrt(left)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Written as a difference of logarithms: a ratio may overflow.
        centre = (np.log(s) - np.log(k) + (r - q) * left) / deviation
        sure = np.where(asset == cash, 0.0, np.copysign(np.inf, asset - cash))
    sure = np.where(k == 0.0, np.inf, sure)
    random = (deviation > 0.0) & (k > 0.0)
    d1 = np.where(random, centre + deviation / 2.0, sure)
    d2 = np.where(random, centre - deviation / 2.0, sure)
    sign = np.where(call, 1.0, -1.0)
    return _Terms(sign, s, k, left, r, q, v, asset, cash, deviation, d1, d2)


def _price(terms: _Terms) -> AnyArray:
    from scipy.special import ndtr

    sign = terms.sign
    raw = sign * (terms.asset * ndtr(sign * terms.d1) - terms.cash * ndtr(sign * terms.d2))
    low, high = _bounds(terms)
    # Rounding may leave the interval by a unit in the last place; implied volatility must not.
    price: AnyArray = np.clip(raw, low, high)
    return price


def _bounds(terms: _Terms) -> tuple[AnyArray, AnyArray]:
    low = np.maximum(terms.sign * (terms.asset - terms.cash), 0.0)
    high = np.where(terms.sign > 0.0, terms.asset, terms.cash)
    return low, np.where(terms.years > 0.0, high, low)


def _greeks(terms: _Terms) -> Greeks:
    from scipy.special import ndtr

    sign, years = terms.sign, terms.years
    growth = np.exp(-terms.dividend_yield * years)
    density = _DENSITY_AT_ZERO * np.exp(-0.5 * np.square(terms.d1))
    root = np.sqrt(years)
    held = sign * terms.asset * ndtr(sign * terms.d1)
    owed = sign * terms.cash * ndtr(sign * terms.d2)
    vega = terms.asset * density * root
    decay = np.divide(vega * terms.vol, 2.0 * years, out=np.zeros_like(vega), where=years > 0.0)
    theta = np.where(years > 0.0, terms.dividend_yield * held - terms.rate * owed - decay, 0.0)
    return Greeks(
        price=_price(terms),
        delta=sign * growth * ndtr(sign * terms.d1),
        gamma=_gamma(terms, growth * density),
        vega=vega,
        vega_per_point=vega / POINTS_PER_UNIT,
        theta=theta,
        theta_per_day=theta / DAYS_PER_YEAR,
        rho=years * owed,
        dividend_rho=-years * held,
    )


def _gamma(terms: _Terms, density: AnyArray) -> AnyArray:
    """density / (S·σ·√T); 0 where the payoff is straight, NaN at its kink."""
    scale = terms.spot * terms.deviation
    gamma = np.divide(density, scale, out=np.zeros_like(scale), where=scale > 0.0)
    kink = (terms.deviation == 0.0) & (terms.d1 == 0.0)
    return np.where(kink, np.nan, gamma)
