"""Delayed paths, capped ratios and choices: what the differential tests do not say in words."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.oracles.answers import Answer
from simulator.oracles.capped_ratio import RatioCap, maximum_ratio, update_snapshot
from simulator.oracles.delayed import DelayedFeed, delayed_path, hopped_blocks, poke, usable
from simulator.oracles.medianizer import Choice, choose_answer, median_answer
from simulator.units import WAD

DAY = 86_400


def test_a_delayed_path_is_what_a_feed_poked_as_soon_as_it_may_be_says() -> None:
    """Blocks of 12 s, a hop of an hour, the first price in both values at the start."""
    hop_blocks, prices = 300, np.arange(1, 1501, dtype=np.int64)[:, None]
    feed = DelayedFeed(3600, current=1, following=1, poked_at=0)
    expected = []
    for block, price in enumerate(prices[:, 0].tolist()):
        if 12 * block >= feed.poked_at + feed.hop:
            feed = poke(feed, Answer(price, 12 * block), 12 * block)
        expected.append(usable(feed).value)
    assert delayed_path(prices, hop_blocks)[:, 0].tolist() == expected


def test_a_hop_is_at_least_a_block() -> None:
    assert hopped_blocks(4, 1).tolist() == [0, 0, 1, 2]
    with pytest.raises(InvalidArgument, match="hop_blocks"):
        hopped_blocks(4, 0)


def test_a_snapshot_cut_by_its_limit_leaves_the_cap_below_the_true_ratio() -> None:
    """The mechanism of 2026-03-10: the time moves seven days, the ratio only the allowed 3 %."""
    cap = RatioCap(1_150 * WAD // 1000, 0, 968, 300, 3 * DAY)
    true_ratio = 1_228 * WAD // 1000
    now = 500 * DAY
    assert maximum_ratio(cap, now) > true_ratio
    after = update_snapshot(cap, true_ratio, now - 7 * DAY, 968, now)
    assert after.snapshot_ratio == cap.snapshot_ratio * 103 // 100 < true_ratio
    below = 1 - maximum_ratio(after, now) / true_ratio
    assert 0.02 < below < 0.04


def test_a_snapshot_comes_neither_too_soon_nor_from_the_future() -> None:
    cap = RatioCap(WAD, 100, 100, 300, 50)
    assert update_snapshot(cap, WAD, 150, 100, 150).snapshot_time == 150
    for time in (149, 151):
        with pytest.raises(InvalidArgument, match="snapshot_time"):
            update_snapshot(cap, WAD, time, 100, 150)


def test_order_of_trust_counts_only_among_those_who_are_confirmed() -> None:
    wrong, right, twap = Answer(50, 100), Answer(100, 100), Answer(101, 100)
    ages = [10, 10, 10]
    assert choose_answer([wrong, right, twap], ages, 100, 99, 105) == Choice(100, 1)
    assert choose_answer([right, wrong, twap], ages, 100, 99, 105) == Choice(100, 0)
    assert choose_answer([wrong, right], [10, 10], 100, 99, 105) == Choice(99, None)
    assert choose_answer([wrong, right], [4, 10], 100, 99, 105) == Choice(100, 1)
    assert choose_answer([wrong, right], [4, 4], 100, 99, 105) == Choice(99, None)


def test_choices_and_quorums_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="quorum"):
        median_answer([Answer(1, 1)], 2, 10, 1)
    with pytest.raises(InvalidArgument, match="maximum_ages"):
        choose_answer([Answer(1, 1)], [], 100, 1, 1)
    with pytest.raises(InvalidArgument, match="maximum_ages"):
        choose_answer([], [], 100, 1, 1)
