"""Value at risk and expected shortfall of samples (risk-spec section 16).

Losses are positive. VaR is the smallest sample x with F_n(x) >= level. ES is the minimum of the
Rockafellar-Uryasev programme, so that an atom at VaR enters with the share that belongs to the
tail. Sources: Rockafellar and Uryasev 2002; Acerbi and Tasche 2002; Boudoukh, Richardson and
Whitelaw 1998 for the weights by age.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite, sqrt

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.levels import exact_level, rank, tail_share
from simulator.types import Float1D

CHUNK = 1 << 16
"""Samples looked at in one go: half a megabyte, which stays in the cache."""
SAMPLE = 1 << 16
"""Samples that guess the threshold of a large tail."""
SPREAD = 4.0
"""Standard deviations by which the guess is lowered, so that it rarely cuts into the tail."""
_WEIGHT_ERROR = 1e-12
"""What a sum of a million weights may miss by rounding."""


def historical_var(losses: Float1D, level: float) -> float:
    """The smallest sample x with F_n(x) >= level. losses [n], n >= 1; level in (0, 1)."""
    return _var_and_excess(losses, level)[0]


def historical_es(losses: Float1D, level: float) -> float:
    """VaR + mean(max(loss - VaR, 0)) / (1 - level), exact with atoms. losses [n], n >= 1."""
    return var_es(losses, level)[1]


def var_es(losses: Float1D, level: float) -> tuple[float, float]:
    """(VaR, ES) in one pass; equal to sorting, 1e7 samples in some hundredths of a second."""
    threshold, excess = _var_and_excess(losses, level)
    return threshold, threshold + excess / (len(losses) * tail_share(level))


def quantiles(samples: Float1D, levels: Sequence[float]) -> Float1D:
    """The smallest sample x with F_n(x) >= level for each level, float64[len(levels)]."""
    for at, level in enumerate(levels):
        exact_level(level, f"levels[{at}]")
    return order_statistics(checks.finite("samples", _samples("samples", samples)), levels)


def order_statistics(values: Float1D, levels: Sequence[float]) -> Float1D:
    """`quantiles` without its checks: statistics of resamples may be infinite."""
    ordered = np.sort(values)
    return ordered[[rank(len(ordered), level) for level in levels]]


def age_weights(count: int, decay: float) -> Float1D:
    """decay^(i - 1) (1 - decay) / (1 - decay^count), float64[count], summing to 1.

    i = 1 is the newest, which stands LAST: samples are in the order of time. decay in (0, 1]; with
    1 all weigh the same.
    """
    if count < 1:
        raise InvalidArgument("count", count, "must be at least 1")
    if not 0.0 < decay <= 1.0:
        raise InvalidArgument("decay", decay, "must lie in (0, 1]")
    powers: Float1D = decay ** np.arange(float(count))[::-1]
    powers /= powers.sum()
    return powers


def weighted_var(losses: Float1D, weights: Float1D, level: float) -> float:
    """The smallest sample x whose cumulated weight >= level; both [n].

    Only the shares of the weights count; a sample without weight is never the answer.
    """
    return _weighted(losses, weights, level)[0]


def weighted_es(losses: Float1D, weights: Float1D, level: float) -> float:
    """VaR + sum(weight x max(loss - VaR, 0)) / (1 - level), with weights that sum to 1."""
    threshold, ordered, shares = _weighted(losses, weights, level)
    excess = float(np.maximum(ordered - threshold, 0.0) @ shares)
    return threshold + excess / tail_share(level)


def _weighted(losses: Float1D, weights: Float1D, level: float) -> tuple[float, Float1D, Float1D]:
    """VaR, and the samples that have a weight in ascending order with their shares."""
    values = checks.finite("losses", _samples("losses", losses))
    given = checks.non_negative("weights", weights, ndim=1)
    checks.same_shape(losses=values, weights=given)
    if not given.any():
        raise InvalidArgument("weights", 0.0, "must not all be 0")
    counted = given > 0.0
    order = np.argsort(values[counted])
    ordered, shares = values[counted][order], given[counted][order]
    shares = shares / shares.sum()
    wanted = float(exact_level(level)) - _WEIGHT_ERROR
    at = int(np.searchsorted(np.cumsum(shares), wanted))
    return float(ordered[min(at, len(ordered) - 1)]), ordered, shares


def _var_and_excess(losses: Float1D, level: float) -> tuple[float, float]:
    """VaR and the sum of max(loss - VaR, 0)."""
    values = _samples("losses", losses)
    count = len(values)
    first = rank(count, level)
    wanted = count - first
    guess = _guess(values, wanted)
    if guess is None:
        checks.finite("losses", values)
        return _of_tail(values, wanted)
    kept = _above(values, guess)
    if len(kept) >= wanted:
        return _of_tail(kept, wanted)
    # The guess is an atom that reaches into the tail, or it was too high.
    if sum(np.count_nonzero(chunk >= guess) for chunk in _chunks(values)) >= wanted:
        return guess, float((kept - guess).sum())
    return _of_tail(values, wanted)


def _guess(values: Float1D, wanted: int) -> float | None:
    """A value that more than `wanted` samples probably exceed; None where guessing does not pay."""
    step = len(values) // SAMPLE
    share = wanted / len(values)
    if step < 2 or share > 0.25:
        return None
    sample = values[::step]
    place = share * len(sample)
    place = ceil(place + SPREAD * sqrt(place)) + 1
    at = len(sample) - place
    return float(np.partition(sample, at)[at])


def _above(values: Float1D, bound: float) -> Float1D:
    """The values above the bound in their order; refuses what is not finite."""
    mask = np.empty(CHUNK, dtype=np.bool_)
    kept, checked = [], False
    for chunk in _chunks(values):
        if not (checked or isfinite(_squared(chunk))):
            checks.finite("losses", values)
            checked = True
        larger = np.greater(chunk, bound, out=mask[: len(chunk)])
        kept.append(chunk.compress(larger))
    return np.concatenate(kept)


def _squared(chunk: Float1D) -> float:
    """The sum of squares: NaN or inf if one of them is, at a third of the price of isfinite.

    Finite losses beyond 1e150 make it infinite as well, so it only raises a suspicion.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(chunk.dot(chunk))


def _chunks(values: Float1D) -> list[Float1D]:
    return [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]


def _of_tail(values: Float1D, wanted: int) -> tuple[float, float]:
    """The smallest of the `wanted` largest values, and the sum of what they exceed it by."""
    at = len(values) - wanted
    tail = np.partition(values, at)[at:]
    return float(tail[0]), float((tail - tail[0]).sum())


def _samples(name: str, values: Float1D) -> Float1D:
    """As float64[n] with n >= 1; whether they are finite is checked by whoever passes over them."""
    try:
        array: Float1D = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(name, values, "must be numbers") from None
    if array.ndim != 1:
        rule = "must have 1 dimension"
        raise InvalidArgument(name, f"array of shape {array.shape}", rule)
    if not len(array):
        raise InvalidArgument(name, [], "needs at least one sample")
    return array
