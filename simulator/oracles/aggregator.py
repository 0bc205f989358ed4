"""A push feed of many nodes: what they observe, their median, when they report, who may believe it.

Integers as in contracts/oracles/Aggregator.vy and FeedGuard.vy. The answer is the upper middle
observation of at least 2 f + 1, as in Chainlink's OCR aggregator (OffchainAggregator.sol); a median
outside of the bounds is refused and the last answer stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.random import Generator

from simulator.errors import InvalidArgument
from simulator.risk.checks import non_negative, positive, whole
from simulator.risk.precision.exact import ExactNumber, exact_above_zero
from simulator.types import Int1D, Int2D
from simulator.units import deviates

PARTS = 10**9
"""A deviation is so many parts of this."""
MOST_NODES = 31

Verdict: TypeAlias = Literal[
    "good", "sequencer down", "grace period", "no round", "not positive", "stale", "at minimum",
    "at maximum",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aggregator:
    """A feed's rules and its last round. Answers in its smallest unit, times in seconds."""

    minimum_answer: int
    maximum_answer: int
    deviation: int
    """Parts per thousand million; a move of exactly that much is reported."""
    heartbeat: int
    faulty_nodes: int = 0
    """f: a report needs more than 2 f observations."""
    round_id: int = 0
    answer: int = 0
    updated_at: int = 0


def transmit(feed: Aggregator, observations: Sequence[int], timestamp: int) -> Aggregator:
    """The feed after a report. InvalidArgument with the contract's reason where it reverts."""
    if len(observations) <= 2 * feed.faulty_nodes:
        rule = f"too few: must be more than {2 * feed.faulty_nodes}"
        raise InvalidArgument("observations", len(observations), rule)
    if list(observations) != sorted(observations):
        raise InvalidArgument("observations", list(observations), "unsorted: must not fall")
    median = upper_median(observations)
    if not feed.minimum_answer <= median <= feed.maximum_answer:
        rule = f"range: must be in {feed.minimum_answer} to {feed.maximum_answer}"
        raise InvalidArgument("median", median, rule)
    return replace(feed, round_id=feed.round_id + 1, answer=median, updated_at=timestamp)


def is_due(feed: Aggregator, median: int, timestamp: int) -> bool:
    """Whether the nodes report: the first answer, the heartbeat or the deviation, inclusive."""
    if not feed.round_id or timestamp - feed.updated_at >= feed.heartbeat:
        return True
    return deviates(feed.answer, median, feed.deviation, PARTS)


def upper_median(values: Sequence[int]) -> int:
    """sorted[n // 2]: of an even number the upper middle one. InvalidArgument for none."""
    if not values:
        raise InvalidArgument("values", [], "must hold at least one")
    return sorted(values)[len(values) // 2]


def update_times(
    observations: Sequence[tuple[int, ExactNumber]], deviation: ExactNumber, heartbeat: int
) -> list[int]:
    """When a feed that sees (seconds, price) in order publishes; the first always.

    Prices and the deviation (0.005 is half a percent) are Decimals, integers or texts, never
    floats: at 100 -> 100.5 and 0.5 % float64 would miss the update.
    """
    whole("heartbeat", heartbeat, 1)
    share = Fraction(exact_above_zero("deviation", deviation))
    times: list[int] = []
    last, written = Fraction(0), 0
    for time, price in observations:
        value = Fraction(exact_above_zero("price", price))
        moved = abs(value - last) >= share * last
        if not times or moved or time - written >= heartbeat:
            times.append(time)
            last, written = value, time
    return times


def observe_prices(
    ticks: Int1D,
    nodes: int,
    noise: float,
    delay_blocks: Sequence[float],
    generator: Generator,
    faulty_nodes: int = 0,
    faulty_multiple: float = 1.0,
) -> Int2D:
    """int64[T, nodes]: what each node sees in each block of a path int64[T] of ticks above 0.

    noise: standard deviation of the logarithm of seen over true price, drawn anew for each block
    and node. delay_blocks: probabilities of seeing the price of 0, 1, 2, ... blocks ago, one draw
    per node for the whole path. The last `faulty_nodes` nodes see `faulty_multiple` times that.
    Rounded to the nearest tick, at least one.
    """
    whole("nodes", nodes, 1, MOST_NODES)
    whole("faulty_nodes", faulty_nodes, 0, nodes)
    spread = float(non_negative("noise", noise, ndim=0))
    chances = non_negative("delay_blocks", delay_blocks, ndim=1)
    if not np.isclose(chances.sum(), 1.0, rtol=0.0, atol=1e-9):
        raise InvalidArgument("delay_blocks", chances.tolist(), "must add up to 1")
    positive("ticks", ticks, ndim=1)
    late = generator.choice(len(chances), size=nodes, p=chances / chances.sum())
    shocks = generator.standard_normal((len(ticks), nodes))
    seen = np.maximum(np.arange(len(ticks))[:, None] - late, 0)
    factor = np.exp(spread * shocks)
    factor[:, nodes - faulty_nodes :] *= float(positive("faulty_multiple", faulty_multiple, ndim=0))
    observed: Int2D = np.maximum(np.rint(ticks[seen] * factor), 1).astype(np.int64)
    return observed


def median_answers(observations: Any) -> Int1D:
    """int64[T]: the upper median of each block's observations int64[T, nodes]."""
    array = np.asarray(observations, np.int64)
    if array.ndim != 2 or not array.shape[1]:
        raise InvalidArgument("observations", f"array of shape {array.shape}", "must be [T, nodes]")
    middle = array.shape[1] // 2
    answers: Int1D = np.partition(array, middle, axis=1)[:, middle]
    return answers


def judged_answer(
    feed: Aggregator,
    timestamp: int,
    maximum_age: int,
    sequencer: Aggregator | None = None,
    grace: int = 0,
) -> Verdict:
    """What a careful reader thinks of the answer: `good`, or the first rule that it breaks.

    The age may reach maximum_age (seconds). At a bound the answer is not believed: the true price
    may be beyond. sequencer: a feed that answers 0 while the sequencer is up, 1 while it is down,
    and whose round began when that changed; more than `grace` seconds must have passed since.
    """
    if sequencer is not None:
        if sequencer.answer != 0:
            return "sequencer down"
        if timestamp - sequencer.updated_at <= grace:
            return "grace period"
    if not feed.round_id:
        return "no round"
    if feed.answer <= 0:
        return "not positive"
    if timestamp - feed.updated_at > maximum_age:
        return "stale"
    if feed.answer <= feed.minimum_answer:
        return "at minimum"
    return "at maximum" if feed.answer >= feed.maximum_answer else "good"
