"""Many sources to one answer: the median with a quorum, and sources in order of trust.

contracts/oracles/Medianizer.vy and FallbackFeed.vy in Python. The weighted median, with its tie
rule, is `simulator.risk.weighted_median`: a majority of weight puts it anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.oracles.aggregator import upper_median
from simulator.oracles.answers import NO_ANSWER, Answer, is_fresh
from simulator.risk.checks import whole
from simulator.units import BPS


class Choice(NamedTuple):
    """What a feed with several sources answers."""

    value: int
    """The last good answer while frozen; 0 if there never was one."""
    used: int | None
    """The number of the source that gave it; None: frozen, only reducing risk should be allowed."""


def median_answer(
    sources: Sequence[Answer], quorum: int, maximum_age: int, timestamp: int
) -> Answer:
    """Upper median of the fresh sources and the oldest update among them; none below the quorum.

    InvalidArgument for a quorum that the sources cannot reach.
    """
    whole("quorum", quorum, 1, len(sources))
    fresh = [source for source in sources if is_fresh(source, timestamp, maximum_age)]
    if len(fresh) < quorum:
        return NO_ANSWER
    oldest = min(source.updated_at for source in fresh)
    return Answer(upper_median([source.value for source in fresh]), oldest)


def choose_answer(
    sources: Sequence[Answer],
    maximum_ages: Sequence[int],
    maximum_deviation: int,
    last: int,
    timestamp: int,
) -> Choice:
    """The first fresh source, in order of trust, that another fresh source confirms.

    Two confirm each other if they differ by at most maximum_deviation basis points of the smaller.
    A single fresh source answers alone. If all contradict each other, or none is fresh, the feed is
    frozen at `last`. maximum_ages in seconds, one per source.
    """
    if not sources or len(maximum_ages) != len(sources):
        rule = f"must be one per source, {len(sources)}"
        raise InvalidArgument("maximum_ages", list(maximum_ages), rule)
    fresh = {
        number: source.value
        for number, (source, age) in enumerate(zip(sources, maximum_ages, strict=True))
        if is_fresh(source, timestamp, age)
    }
    for number, value in fresh.items():
        others = [other for place, other in fresh.items() if place != number]
        if not others or any(_confirms(value, other, maximum_deviation) for other in others):
            return Choice(value, number)
    return Choice(last, None)


def _confirms(one: int, other: int, maximum_deviation: int) -> bool:
    """At most the deviation apart; at exactly that much they still do."""
    low, high = sorted((one, other))
    return (high - low) * BPS <= maximum_deviation * low
