"""Faults of a feed: each in its blocks and in its stage, alone and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.oracles.faults import observed_blocks
from simulator.oracles.feed import answers, publication
from simulator.oracles.push import push_schedule
from simulator.scenario import Scenario, load_scenario
from simulator.sequencer import base_fees

UNIT = 10**8
BASE = load_scenario("black-thursday").changed(
    {"variants": {}, "prices.hours": 1, "oracle.latency_blocks": 0, "oracle.heartbeat_seconds": 60}
)
ONE_MARKET = BASE.changed(
    {
        "markets": [{"name": "ETH", "series": "ETH"}],
        "population.single_market_share": ["0.4"],
    }
)
FALLING = [100, 90, 80, 70, 60, 50, 40, 30]


def one_market(*faults: Mapping[str, object], **changes: object) -> Scenario:
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return ONE_MARKET.changed(paths | {"faults": list(faults)})


def ticks(*columns: Sequence[float]) -> np.ndarray:
    return np.array(
        [[round(price * UNIT) for price in row] for row in zip(*columns, strict=True)],
        np.int64,
    )


def said(scenario: Scenario, *columns: Sequence[float]) -> list[float]:
    """Answers of the first market in quote, None for no answer."""
    return [tick / UNIT for tick in answers(scenario, ticks(*columns))[:, 0].tolist()]


def written(scenario: Scenario, prices: Sequence[float]) -> list[float]:
    published = publication(scenario, ticks(prices), base_fees(scenario)[: len(prices)])
    return [tick / UNIT for tick in published.writes[:, 0].tolist()]


def fault(kind: str, start: int = 2, blocks: int = 3, **parameters: object) -> dict[str, object]:
    return {"kind": kind, "start_block": start, "blocks": blocks, **parameters}


def test_without_faults_the_feed_follows_the_price() -> None:
    assert said(one_market(), FALLING) == FALLING
    assert written(one_market(), FALLING) == [0, *FALLING[1:]]


def test_a_delayed_feed_stands_until_the_old_price_is_old_enough_and_then_catches_up() -> None:
    late = one_market(fault("delay", 2, 4, delay_blocks=2))
    assert said(late, FALLING) == [100, 90, 90, 90, 80, 70, 40, 30]


def test_latency_and_delays_add_up() -> None:
    both = (fault("delay", 1, 9, delay_blocks=2), fault("delay", 4, 3, delay_blocks=1))
    seen = observed_blocks(one_market(*both, oracle__latency_blocks=1), 10, 0)
    assert seen.tolist() == [0, 0, 0, 0, 0, 1, 2, 4, 5, 6]


@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(1, 60)), max_size=4),
)
def test_observations_never_run_back_nor_ahead(
    latency: int, delays: list[tuple[int, int, int]]
) -> None:
    faults = [fault("delay", start, blocks, delay_blocks=late) for start, blocks, late in delays]
    seen = observed_blocks(one_market(*faults, oracle__latency_blocks=latency), 50, 0)
    assert (np.diff(seen) >= 0).all() and (seen <= np.maximum(np.arange(50) - latency, 0)).all()


def test_a_frozen_feed_publishes_nothing_and_then_jumps() -> None:
    assert written(one_market(fault("freeze")), FALLING) == [0, 90, 0, 0, 0, 50, 40, 30]


def test_a_stale_round_goes_on_with_its_heartbeat() -> None:
    stale = one_market(fault("stale_round", 2, 6), oracle__heartbeat_seconds=24)
    assert written(stale, FALLING) == [0, 90, 0, 90, 0, 90, 0, 90]


def test_a_clamped_feed_stops_at_its_bounds() -> None:
    assert said(one_market(fault("clamp", minimum="75.5")), FALLING)[:6] == [
        100, 90, 80, 75.5, 75.5, 50,
    ]  # fmt: skip
    assert said(one_market(fault("clamp", maximum=65)), FALLING)[:6] == [100, 90, 65, 65, 60, 50]


def test_wrong_decimals_move_the_point_exactly() -> None:
    assert said(one_market(fault("scale", exponent=-1)), FALLING)[1:6] == [90, 8, 7, 6, 50]
    assert said(one_market(fault("scale", exponent=3)), FALLING)[1:4] == [90, 80_000, 70_000]


def test_an_outlier_is_one_print() -> None:
    print_of = one_market(fault("outlier", 3, 1, multiple="0.0001"))
    assert written(print_of, FALLING)[2:5] == [80, 0.007, 60]


@pytest.mark.parametrize(
    ("venues", "moved", "answer"), [(1, 1, 160), (3, 1, 80), (3, 2, 160), (2, 1, 160), (4, 2, 160)]
)
def test_the_median_of_the_venues_resists_a_minority(
    venues: int, moved: int, answer: float
) -> None:
    spike = fault("single_venue", multiple=2, venues=moved)
    scenario = one_market(oracle__venues=venues).changed({"faults": [spike]})
    assert said(scenario, FALLING)[1:3] == [90, answer]


COMPOSED = [{"name": "ETH", "series": "ETH", "through": "BTC"}, {"name": "BTC", "series": "BTC"}]
BTC = [4000] * 8


@pytest.mark.parametrize(
    ("leg", "then", "answer"),
    [
        ("quote", "uses_one", 0.02),
        ("base", "uses_one", 4000),
        ("quote", "reverts", 0),
        ("base", "reverts", 0),
    ],
)
def test_a_composed_feed_loses_a_leg(leg: str, then: str, answer: float) -> None:
    lost = fault("missing_leg", markets=["ETH"], leg=leg, then=then)
    scenario = BASE.changed({"markets": COMPOSED, "faults": [lost]})
    assert said(scenario, FALLING, BTC)[1:3] == [90, answer]


def test_a_composed_feed_rounds_its_ratio_down_as_a_feed_of_eight_decimals_does() -> None:
    scenario = BASE.changed({"markets": COMPOSED})
    third = answers(scenario, ticks([1, 1], [3, 3]))[1, 0]
    assert third == 3 * 33_333_333


def test_a_keeper_is_priced_out_only_while_the_fee_is_above_its_limit() -> None:
    steps = [{"from_block": 3, "base_fee": 11}, {"from_block": 5, "base_fee": 10}]
    scenario = one_market(
        fault("keeper_priced_out", 1, 7, base_fee_limit=10),
        chain__base_fee=7,
        chain__base_fee_steps=steps,
    )
    assert written(scenario, FALLING) == [0, 90, 80, 0, 0, 50, 40, 30]


def test_a_limit_that_the_fee_never_reaches_is_refused() -> None:
    scenario = one_market(fault("keeper_priced_out", base_fee_limit=10), chain__base_fee=7)
    rule = r"faults\.0\.base_fee_limit = 10: the base fee never exceeds it .* reaches 7 wei"
    with pytest.raises(InputError, match=rule):
        written(scenario, FALLING)


def test_an_answer_that_no_feed_can_hold_is_refused() -> None:
    with pytest.raises(InputError, match=r"faults\.0: answer = 0\.0: a feed holds answers from"):
        said(one_market(fault("outlier", multiple="1e-15")), FALLING)
    with pytest.raises(InputError, match=r"faults\.1: answer"):
        said(one_market(fault("freeze"), fault("scale", exponent=12)), FALLING)


def test_faults_of_the_value_compose_in_the_order_of_the_stages() -> None:
    clamp, scale = fault("clamp", minimum=1), fault("scale", exponent=-2)
    for order in ([clamp, scale], [scale, clamp]):
        assert said(one_market(*order), FALLING)[1:6] == [90, 1, 1, 1, 50]


def test_a_fault_acts_on_the_markets_it_names() -> None:
    prices = ticks(FALLING, FALLING)
    scenario = BASE.changed({"faults": [fault("scale", exponent=-1, markets=["BTC"])]})
    assert answers(scenario, prices)[3].tolist() == [70 * UNIT, 7 * UNIT]


PATHS = st.lists(st.integers(UNIT, 1000 * UNIT), min_size=12, max_size=12)
VALUE_FAULTS = st.one_of(
    st.builds(lambda e: {"kind": "scale", "exponent": e}, st.sampled_from([-2, -1, 1, 2])),
    st.builds(lambda m: {"kind": "outlier", "multiple": m}, st.sampled_from(["0.5", "3"])),
    st.builds(lambda m: {"kind": "clamp", "minimum": m}, st.integers(1, 1000)),
)


@given(PATHS, VALUE_FAULTS, st.integers(1, 8), st.integers(1, 4))
def test_outside_of_its_blocks_a_fault_of_the_value_changes_nothing(
    path: list[int], wrong: dict[str, object], start: int, blocks: int
) -> None:
    prices = np.array(path, np.int64)[:, None]
    scenario = one_market(wrong | {"start_block": start, "blocks": blocks})
    inside = np.zeros(len(path), bool)
    inside[start : start + blocks] = True
    assert (answers(scenario, prices) == prices)[~inside].all()


@given(PATHS, st.integers(0, 3), st.integers(1, 5))
def test_without_faults_what_is_published_is_the_plain_schedule(
    path: list[int], latency: int, heartbeat: int
) -> None:
    prices = np.array(path, np.int64)[:, None]
    scenario = one_market(oracle__latency_blocks=latency, oracle__heartbeat_seconds=12 * heartbeat)
    late = prices[np.maximum(np.arange(len(path)) - latency, 0)]
    plain = push_schedule(late, Decimal("0.005"), heartbeat)
    published = publication(scenario, prices, base_fees(scenario)[: len(path)])
    assert (published.writes == plain).all() and not published.silent.any()


# What the feed reads, and through whom


def test_a_feed_may_read_a_mean_of_the_last_blocks() -> None:
    arithmetic = one_market(oracle__mean="arithmetic", oracle__mean_blocks=2)
    assert said(arithmetic, FALLING)[:4] == [100, 95, 85, 75]
    geometric = one_market(oracle__mean="geometric", oracle__mean_blocks=2)
    assert said(geometric, [100, 25, 4, 4])[1:] == pytest.approx([50, 10, 4], abs=1e-7)


def test_a_delayed_feed_is_one_to_two_hops_late() -> None:
    assert said(one_market(oracle__hop_blocks=2), FALLING) == [100, 100, 100, 100, 80, 80, 60, 60]


def test_the_median_of_nodes_is_near_the_price_and_repeats_with_the_seed() -> None:
    noisy = one_market(oracle__nodes=31, oracle__node_noise="0.01")
    prices = ticks([100.0] * 200)
    first, again, other = (answers(noisy, prices, seed)[1:, 0] for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    assert abs(np.log(first / prices[1:, 0])).max() < 0.01


def test_late_nodes_and_faulty_nodes_count_by_the_median() -> None:
    late = one_market(oracle__node_delay_shares=[0, 0, 1])
    assert said(late, FALLING) == [100, 100, 100, 90, 80, 70, 60, 50]
    lying = {"oracle.nodes": 3, "oracle.faulty_multiple": 5}
    assert said(ONE_MARKET.changed(lying | {"oracle.faulty_nodes": 1}), FALLING) == FALLING
    assert said(ONE_MARKET.changed(lying | {"oracle.faulty_nodes": 2}), FALLING)[1] == 450


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"oracle.node_delay_shares": ["0.5", "0.4"]}, "node_delay_shares must add up to 1"),
        ({"oracle.faulty_nodes": 2}, "faulty_nodes 2 must not exceed nodes 1"),
        ({"oracle.mean": "harmonic"}, "oracle.mean"),
    ],
)
def test_a_feed_that_cannot_be_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        ONE_MARKET.changed(changes)
