"""GMX v2's price impact: a trade pays for the imbalance it adds and is paid for what it removes.

Floats (USD, not 1e30 integers): the contract raises to a fixed-point power, so a verdict at a
threshold needs the contract's own numbers. Arguments broadcast.
Source: gmx-io/gmx-synthetics, PricingUtils and README, section Price Impact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, non_negative, positive
from simulator.types import AnyArray

_LEAST_IMBALANCE_USD = 1.0
"""A difference below it counts as none; at 1 USD itself it counts."""


class ImpactEntry(NamedTuple):
    """A position's size in tokens and its entry price after impact."""

    tokens: AnyArray
    entry_price: AnyArray


def gmx_price_impact_usd(
    imbalance_before_usd: Any,
    imbalance_after_usd: Any,
    positive_factor: Any,
    negative_factor: Any,
    exponent: Any,
    *,
    halved: bool = False,
) -> AnyArray:
    """Impact in USD, positive for the trader. Imbalance = long - short open interest, signed.

    With d = |imbalance| and t(d) = d^e, 0 while d < 1 USD: a trade that stays on its side of the
    balance gets factor (t(before) - t(after)), with the positive factor if d shrinks and the
    negative one if it grows; one that crosses it gets positive t(before) - negative t(after).
    The positive factor counts as at most the negative one. `halved` halves every term, as some
    deployed versions do. A balance of exactly 0 belongs to the short side (long <= short); both
    formulas agree there. InvalidArgument for negative factors and an exponent below 0.
    """
    before = finite("imbalance_before_usd", imbalance_before_usd)
    after = finite("imbalance_after_usd", imbalance_after_usd)
    grows = non_negative("negative_factor", negative_factor)
    shrinks = np.minimum(non_negative("positive_factor", positive_factor), grows)
    power = non_negative("exponent", exponent)
    share = 0.5 if halved else 1.0
    term_before, term_after = _term(before, power) * share, _term(after, power) * share
    same_side = (before <= 0.0) == (after <= 0.0)
    factor = np.where(np.abs(after) < np.abs(before), shrinks, grows)
    staying = factor * (term_before - term_after)
    return np.asarray(np.where(same_side, staying, shrinks * term_before - grows * term_after))


def gmx_entry_price(
    size_usd: Any, oracle_price: Any, impact_fraction: Any, *, is_long: bool = True
) -> ImpactEntry:
    """Impact applied as tokens: size / oracle (1 + impact fraction), entry = size / tokens.

    impact fraction = impact USD / size USD, above -1. A short is sized by (1 - fraction), below 1,
    as a positive impact means a higher entry price for it. The entry price does not depend on the
    size and exists for a size of 0 too.
    """
    size, oracle = non_negative("size_usd", size_usd), positive("oracle_price", oracle_price)
    fraction = finite("impact_fraction", impact_fraction)
    scale = 1.0 + fraction if is_long else 1.0 - fraction
    if not np.all(scale > 0.0):
        rule = "must be above -1" if is_long else "must be below 1 for a short"
        raise InvalidArgument("impact_fraction", impact_fraction, rule)
    return ImpactEntry(np.asarray(size / oracle * scale), np.asarray(oracle / scale))


def _term(imbalance: AnyArray, exponent: AnyArray) -> AnyArray:
    distance = np.abs(imbalance)
    counted: AnyArray = np.where(distance < _LEAST_IMBALANCE_USD, 0.0, distance**exponent)
    return counted
