"""Average prices from accumulators: exact as contracts/oracles/PairTwap.vy, and over whole paths.

The mean is arithmetic, and each direction has its own: they are not each other's reciprocals. Each
price is floored to UQ112x112 before it is multiplied by the time; accumulators wrap at 2^256, times
at 2^32. Source: Uniswap/v2-core UniswapV2Pair.sol, v2-periphery ExampleOracleSimple.sol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.liquidity.pair import CUMULATIVE_WRAP, TIME_WRAP, Pair, accumulated
from simulator.risk.checks import positive, whole
from simulator.types import AnyArray
from simulator.units import Q112


@dataclass(frozen=True, slots=True)
class PairTwap:
    """The oracle's state: where its window began, and the averages of the one before."""

    period: int
    """Seconds."""
    price0_cumulative: int
    price1_cumulative: int
    timestamp: int
    average0: int = 0
    """UQ112x112, token 1 per token 0; 0 before the first window has closed."""
    average1: int = 0


def open_twap(pair: Pair, period: int, timestamp: int) -> PairTwap:
    """An oracle of a pair whose first window begins now. InvalidArgument for a bad period."""
    whole("period", period, 1, TIME_WRAP - 1)
    return PairTwap(period, *accumulated(pair, timestamp), timestamp % TIME_WRAP)


def update_twap(twap: PairTwap, pair: Pair, timestamp: int) -> PairTwap:
    """Close the window; InvalidArgument before the period has passed, as the contract reverts."""
    elapsed = (timestamp - twap.timestamp) % TIME_WRAP
    if elapsed < twap.period:
        raise InvalidArgument("timestamp", timestamp, f"only {elapsed} of {twap.period} s passed")
    price0, price1 = accumulated(pair, timestamp)
    return PairTwap(
        twap.period,
        price0,
        price1,
        timestamp % TIME_WRAP,
        average_price(twap.price0_cumulative, price0, elapsed),
        average_price(twap.price1_cumulative, price1, elapsed),
    )


def average_price(cumulative_before: int, cumulative_after: int, elapsed: int) -> int:
    """UQ112x112 mean between two readings of an accumulator, down; elapsed seconds above 0."""
    whole("elapsed", elapsed, 1)
    return (cumulative_after - cumulative_before) % CUMULATIVE_WRAP // elapsed


def consult_twap(twap: PairTwap, amount_in: int, zero_for_one: bool) -> int:
    """What an amount is worth at the average price, down; InvalidArgument before there is one."""
    average = twap.average0 if zero_for_one else twap.average1
    if not average:
        raise InvalidArgument("twap", twap.timestamp, "no window has closed yet")
    return average * amount_in // Q112


def arithmetic_twap(prices: Any, window: int) -> AnyArray:
    """Mean of the last `window` prices, float64 of the shape of prices [..., T].

    Steps are equally long. The first steps take what there is, as an oracle does that has only just
    been opened. The mean is taken of differences from the first price, so that a long path loses
    no digits. Prices above 0.
    """
    path = positive("prices", prices)
    start = path[..., :1]
    return np.asarray(start + rolling_mean(path - start, window))


def rolling_mean(values: AnyArray, window: int) -> AnyArray:
    """Mean of the last `window` values along the last axis; of what there is at its start."""
    whole("window", window, 1)
    sums = np.cumsum(values, axis=-1)
    means = sums.copy()
    means[..., window:] -= sums[..., :-window]
    return means / np.minimum(np.arange(1, values.shape[-1] + 1), window)
