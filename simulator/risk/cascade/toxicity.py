"""When a liquidation makes its position worse, and when selling feeds on itself.

LTV = debt / collateral value, i the bonus, LT the liquidation threshold, lambda >= 1 the slippage
factor: how many times its value a sale takes off the collateral that is left. Arguments broadcast;
a threshold itself is not toxic, and is decided on the decimals as they were written.
Sources: Warmuz, Chaudhary, Pinna, arXiv:2212.07306, equations 3 to 5; McFarlane, arXiv:2510.10171;
the constant-product lambda was derived for this project.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive, within
from simulator.types import AnyArray, Bool1D, Float1D


def critical_ltv(bonus: Any, slippage: Any = 1.0) -> AnyArray:
    """1 / ((1 + i) lambda): a liquidation raises the LTV iff LTV is above it."""
    return np.asarray(1.0 / ((1.0 + non_negative("bonus", bonus)) * _slippage(slippage)))


def critical_ltv_dynamic_bonus(slippage: Any) -> AnyArray:
    """1 / lambda: the boundary under the bonus i (1 - h) that vanishes at health 1, whatever i."""
    return np.asarray(1.0 / _slippage(slippage))


def dynamic_bonus(bonus: Any, health_factor: Any) -> AnyArray:
    """i (1 - h), 0 for h >= 1."""
    healthy = non_negative("health_factor", health_factor)
    return np.asarray(non_negative("bonus", bonus) * np.maximum(1.0 - healthy, 0.0))


def toxic_health_factor(liquidation_threshold: Any, bonus: Any, slippage: Any = 1.0) -> AnyArray:
    """LT (1 + i) lambda: a liquidation lowers the health factor iff HF is below it."""
    threshold = within("liquidation_threshold", liquidation_threshold, 0.0, 1.0)
    reward = non_negative("bonus", bonus)
    return np.asarray(threshold * (1.0 + reward) * _slippage(slippage))


def liquidation_is_toxic(ltv: Any, bonus: Any, slippage: Any = 1.0) -> AnyArray:
    """bool: LTV > 1 / ((1 + i) lambda), strictly; at the frontier a liquidation keeps the LTV."""
    debt_share, reward = non_negative("ltv", ltv), non_negative("bonus", bonus)
    return _compared(
        lambda share, extra, factor: share * (1 + extra) * factor - 1 > 0,
        debt_share, reward, _slippage(slippage),
    )  # fmt: skip


def parameters_are_safe(
    liquidation_threshold: Any, bonus: Any, slippage: Any = 1.0
) -> AnyArray:  # fmt: skip
    """bool: LT (1 + i) lambda < 1, strictly: no position just below health 1 is toxic."""
    threshold = within("liquidation_threshold", liquidation_threshold, 0.0, 1.0)
    return _compared(
        lambda share, extra, factor: share * (1 + extra) * factor - 1 < 0,
        threshold, non_negative("bonus", bonus), _slippage(slippage),
    )  # fmt: skip


def constant_product_slippage(collateral_value: Any, debt_reserve: Any) -> AnyArray:
    """lambda = 1 + 2 c / y of an infinitesimal sale into the pool that also marks the price.

    c: value of the position's collateral, y: the pool's reserve of the debt asset, both in quote.
    """
    value = non_negative("collateral_value", collateral_value)
    return np.asarray(1.0 + 2.0 * value / positive("debt_reserve", debt_reserve))


def ltv_after(collateral_value: Any, debt: Any, repaid: Any, bonus: Any) -> AnyArray:
    """(d - a) / (c - (1 + i) a) after repaying a at an unmoved price.

    NaN where the collateral does not cover the seizure with something left: no LTV exists.
    """
    value = non_negative("collateral_value", collateral_value)
    owed, paid = non_negative("debt", debt), non_negative("repaid", repaid)
    if not np.all(paid <= owed):
        raise InvalidArgument("repaid", repaid, "must be at most the debt")
    left = np.asarray(value - (1.0 + non_negative("bonus", bonus)) * paid)
    ratio = np.full(np.broadcast_shapes(left.shape, owed.shape), np.nan)
    np.divide(owed - paid, left, out=ratio, where=left > 0.0)
    return ratio


# --- the spiral ---------------------------------------------------------------------------------


def spiral_gain(impact_per_unit: Any, liquidatable_density: Any) -> AnyArray:
    """g = kappa rho: price move per unit sold x units liquidated per unit of price move.

    Both relative, or both in the price's unit.
    """
    slope = non_negative("impact_per_unit", impact_per_unit)
    return np.asarray(slope * non_negative("liquidatable_density", liquidatable_density))


def is_spiral(gain: Any) -> AnyArray:
    """bool: g >= 1, each fall liquidates enough to cause one as large."""
    return np.asarray(non_negative("gain", gain) >= 1.0)


def continuum_move(exogenous_move: Any, gain: Any) -> AnyArray:
    """Total move x = s / (1 - g) under linear impact and uniform density, with the sign of s.

    At g >= 1 infinite for any s but 0, which stays 0. The continuum knows neither the end of the
    book nor a price of 0: books take `trigger_cascade`.
    """
    shock, feedback = finite("exogenous_move", exogenous_move), non_negative("gain", gain)
    shock, feedback = np.broadcast_arrays(shock, feedback)
    endless = np.where(shock == 0.0, 0.0, np.copysign(np.inf, shock))
    return np.divide(shock, 1.0 - feedback, out=endless, where=feedback < 1.0)


def continuum_amplification(gain: Any) -> AnyArray:
    """1 / (1 - g), infinite at g >= 1."""
    return continuum_move(1.0, gain)


def liquidatable_density(
    trigger: Float1D, quantity: Float1D, price: float, width: float
) -> float:  # fmt: skip
    """Base liquidated per unit of price over the next `width` below: triggers in [P - w, P).

    A trigger at the price itself is met already and does not count; the far end does.
    """
    level, amount = non_negative("trigger", trigger), non_negative("quantity", quantity)
    reach = float(positive("width", width, ndim=0))
    now = float(non_negative("price", price, ndim=0))
    inside: Bool1D = (level < now) & (level >= now - reach)
    return float(amount[inside].sum() / reach)


def _slippage(slippage: Any) -> AnyArray:
    factor = finite("slippage", slippage)
    if not np.all(factor >= 1.0):
        raise InvalidArgument("slippage", slippage, "must be at least 1")
    return factor


def _compared(verdict: Callable[[Any, Any, Any], Any], *factors: AnyArray) -> AnyArray:
    """The verdict in floats, and on decimals where the product is within 1e-12 of 1."""
    share, extra, slippage = np.broadcast_arrays(*factors)
    result = np.array(verdict(share, extra, slippage))
    near = np.abs(share * (1.0 + extra) * slippage - 1.0) < 1e-12
    for at in np.argwhere(near):
        where = tuple(at)
        exact = (Fraction(repr(float(one[where]))) for one in (share, extra, slippage))
        result[where] = verdict(*exact)
    return result
