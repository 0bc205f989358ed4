"""The oracles of contracts/oracles against their integer models: every answer and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain.base import Chain
from simulator.errors import InvalidArgument
from simulator.oracles.aggregator import Aggregator, is_due, judged_answer, transmit
from simulator.oracles.answers import NO_ANSWER, Answer
from simulator.oracles.capped_ratio import (
    RatioCap,
    capped_price,
    maximum_ratio,
    update_snapshot,
)
from simulator.oracles.composed import composed_answer
from simulator.oracles.delayed import DelayedFeed, poke, start, stop, usable, void
from simulator.oracles.medianizer import choose_answer, median_answer
from simulator.oracles.pull import PullFeed, collateral_price, debt_price, update_price
from simulator.units import WAD
from tests.differential.standalone import START, Contract, Refusal, new_chain, wait

STRANGER = bytes(19) + b"\x07"
NOBODY = bytes(20)
WAITS = st.integers(0, 60)
VALUES = st.one_of(st.just(0), st.integers(1, 200), st.integers(1, 10**24))


def outcome(model: Callable[[], Any]) -> Any:
    """The model's answer, or the reason (the first words of its rule)."""
    try:
        return model()
    except InvalidArgument as error:
        return Refusal(error.rule.partition(":")[0])


def source(chain: Chain, answer: Answer = NO_ANSWER) -> Contract:
    made = Contract(chain, "mocks/SettableAnswer.vy")
    made.send("set", *answer)
    return made


# Push


OBSERVATIONS = st.one_of(
    st.lists(st.integers(-5, 120), max_size=7).map(sorted),
    st.lists(st.integers(-5, 120), max_size=7),
)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2),
    st.sampled_from([0, 5 * 10**6, 10**8]),
    st.lists(st.tuples(WAITS, OBSERVATIONS, st.integers(-5, 120)), max_size=10),
)
def test_an_aggregator_reports_and_is_due_as_its_model(
    faulty: int, deviation: int, steps: list[tuple[int, list[int], int]]
) -> None:
    chain = new_chain()
    contract = Contract(chain, "oracles/Aggregator.vy", -1, 100, deviation, 100, faulty)
    guard = Contract(chain, "oracles/FeedGuard.vy", contract.address, NOBODY, 40, 0)
    feed = Aggregator(-1, 100, deviation, 100, faulty)
    for seconds, observations, median in steps:
        now = wait(chain, seconds)
        assert contract.read("due", median) == is_due(feed, median, now)
        answer = contract.send("transmit", observations)
        after = outcome(lambda: transmit(feed, observations, now))  # noqa: B023 - called at once
        if isinstance(after, Refusal):
            assert answer == after
        else:
            feed = after
        updated = (feed.updated_at, feed.updated_at)
        state = (feed.round_id, feed.answer, *updated, feed.round_id)
        assert contract.read("latest_round_data") == state
        assert contract.read("peek") == (max(feed.answer, 0), feed.updated_at)
        verdict = judged_answer(feed, now, 40)
        assert guard.read("read") == (feed.answer if verdict == "good" else verdict)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1), st.integers(0, 120), st.integers(0, 60))
def test_a_careful_reader_waits_for_the_sequencer(status: int, since: int, grace: int) -> None:
    chain = new_chain()
    feed_contract = Contract(chain, "oracles/Aggregator.vy", 0, 100, 0, 100, 0)
    sequencer_contract = Contract(chain, "oracles/Aggregator.vy", 0, 1, 0, 100, 0)
    feed = transmit(Aggregator(0, 100, 0, 100), [50], START)
    sequencer = transmit(Aggregator(0, 1, 0, 100), [status], START)
    feed_contract.send("transmit", [50])
    sequencer_contract.send("transmit", [status])
    addresses = (feed_contract.address, sequencer_contract.address)
    guard = Contract(chain, "oracles/FeedGuard.vy", *addresses, 90, grace)
    now = wait(chain, since)
    verdict = judged_answer(feed, now, 90, sequencer, grace)
    assert guard.read("read") == (50 if verdict == "good" else verdict)


def test_a_move_of_exactly_the_deviation_and_an_age_of_exactly_the_heartbeat_are_due() -> None:
    chain = new_chain()
    contract = Contract(chain, "oracles/Aggregator.vy", 0, 1000, 10**8, 100, 0)
    contract.send("transmit", [50])
    feed = transmit(Aggregator(0, 1000, 10**8, 100), [50], START)
    expected = {44: True, 45: True, 46: False, 54: False, 55: True}
    assert {median: contract.read("due", median) for median in expected} == expected
    assert {median: is_due(feed, median, START) for median in expected} == expected
    for seconds, due in ((99, False), (1, True)):
        now = wait(chain, seconds)
        assert contract.read("due", 50) == due == is_due(feed, 50, now)


def test_only_the_transmitter_reports_and_only_the_owner_names_him() -> None:
    contract = Contract(new_chain(), "oracles/Aggregator.vy", 0, 100, 0, 100, 0)
    assert contract.send("transmit", [1], sender=STRANGER) == "transmitter"
    assert contract.send("set_transmitter", STRANGER, sender=STRANGER) == "owner"
    contract.send("set_transmitter", STRANGER)
    contract.send("transmit", [1], sender=STRANGER)
    assert contract.read("round_id") == 1


# Delayed


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 90),
            st.sampled_from(["poke", "poke", "poke", "stop", "start", "void"]),
            VALUES,
        ),
        max_size=14,
    )
)
def test_a_delayed_feed_moves_hop_by_hop(steps: list[tuple[int, str, int]]) -> None:
    chain = new_chain()
    below = source(chain)
    contract = Contract(chain, "oracles/DelayedFeed.vy", below.address, 60)
    feed = DelayedFeed(60)
    for seconds, kind, value in steps:
        now = wait(chain, seconds)
        below.send("set", value, now)
        answer = contract.send(kind)
        if kind == "poke":
            after = outcome(lambda: poke(feed, Answer(value, now), now))  # noqa: B023
            assert (answer == after) if isinstance(after, Refusal) else not answer
            feed = feed if isinstance(after, Refusal) else after
        else:
            feed = {"stop": stop, "start": start, "void": void}[kind](feed)
        assert contract.read("peek") == tuple(usable(feed))
        assert contract.read("following") == feed.following
        assert contract.read("stopped") == feed.stopped


def test_only_the_owner_stops_starts_and_voids() -> None:
    chain = new_chain()
    contract = Contract(chain, "oracles/DelayedFeed.vy", source(chain).address, 60)
    for kind in ("stop", "start", "void"):
        assert contract.send(kind, sender=STRANGER) == "owner"


# Pull

KEY = PrivateKey(b"\x11" * 32)
PUBLISHER = KEY.public_key.to_canonical_address()


def signed(contract: Contract, price: int, confidence: int, time: int) -> tuple[int, int, int]:
    words = ["uint256", "uint256", "uint256", "address"]
    digest = keccak(encode(words, [price, confidence, time, contract.address]))
    signature = KEY.sign_msg_hash(digest)
    return signature.v + 27, signature.r, signature.s


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(WAITS, VALUES, st.integers(0, 100), st.integers(-90, 90), st.integers(0, 90)),
        max_size=8,
    )
)
def test_a_pull_feed_takes_what_is_newer_and_signed(
    steps: list[tuple[int, int, int, int, int]],
) -> None:
    chain = new_chain()
    contract = Contract(chain, "oracles/PullFeed.vy", PUBLISHER, 0, 500)
    feed = PullFeed(500)
    for seconds, price, confidence, shift, age in steps:
        now = wait(chain, seconds)
        time = now + shift
        signature = signed(contract, price, confidence, time)
        contract.send("update", price, confidence, time, *signature)
        feed = update_price(feed, price, confidence, time, 0)
        for name, model in (("collateral_price", collateral_price), ("debt_price", debt_price)):
            expected = outcome(lambda: model(feed, now, age))  # noqa: B023
            assert contract.read(name, age) == expected


def test_a_pull_feed_wants_its_fee_and_its_publishers_signature() -> None:
    chain = new_chain()
    contract = Contract(chain, "oracles/PullFeed.vy", PUBLISHER, 7, 500)
    signature = signed(contract, 100, 1, START)
    assert contract.send("update", 100, 1, START, *signature) == "fee"
    assert outcome(lambda: update_price(PullFeed(500, 7), 100, 1, START, 6)) == "fee"
    free = Contract(chain, "oracles/PullFeed.vy", PUBLISHER, 0, 500)
    assert free.send("update", 100, 1, START, *signature) == "signature"
    assert free.send("update", 101, 1, START, *signed(free, 100, 1, START)) == "signature"
    assert free.read("debt_price", 10) == "no price"


def test_a_second_price_of_the_same_time_is_not_newer() -> None:
    contract = Contract(new_chain(), "oracles/PullFeed.vy", PUBLISHER, 0, 500)
    feed = PullFeed(500)
    for price in (100, 200):
        contract.send("update", price, 1, START, *signed(contract, price, 1, START))
        feed = update_price(feed, price, 1, START, 0)
    assert contract.read("debt_price", 0) == 101 == debt_price(feed, START, 0)


# Medians and fallbacks

ANSWERS = st.lists(
    st.tuples(VALUES, st.integers(-3, 90)).map(lambda pair: Answer(pair[0], START + 60 - pair[1])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.data())
def test_a_medianizer_counts_the_fresh(answers: list[Answer], data: st.DataObject) -> None:
    chain = new_chain()
    quorum = data.draw(st.integers(1, len(answers)))
    sources = [source(chain, answer).address for answer in answers]
    contract = Contract(chain, "oracles/Medianizer.vy", sources, quorum, 60)
    now = wait(chain, 60)
    assert contract.read("peek") == tuple(median_answer(answers, quorum, 60, now))


@settings(max_examples=100, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=3), st.sampled_from([0, 100, 5000]), st.data())
def test_a_fallback_takes_the_first_that_is_confirmed(
    rounds: list[list[Answer]], deviation: int, data: st.DataObject
) -> None:
    count = len(rounds[0])
    chain = new_chain()
    mocks = [source(chain) for _ in range(count)]
    ages = data.draw(st.lists(st.integers(0, 90), min_size=count, max_size=count))
    addresses = [mock.address for mock in mocks]
    contract = Contract(chain, "oracles/FallbackFeed.vy", addresses, ages, deviation)
    now, last = wait(chain, 60), 0
    for answers in rounds:
        padded = (answers + [Answer(0, 0)] * count)[:count]
        for mock, answer in zip(mocks, padded, strict=True):
            mock.send("set", *answer)
        choice = choose_answer(padded, ages, deviation, last, now)
        used = 2**256 - 1 if choice.used is None else choice.used
        assert contract.send("update") == (choice.value, used)
        assert contract.read("frozen") == (choice.used is None)
        last = choice.value


# Ratios and products

RATIOS = st.integers(1, 3 * WAD)


@settings(max_examples=80, deadline=None)
@given(
    RATIOS,
    st.integers(0, 2000),
    st.lists(st.tuples(st.integers(0, 10**6), RATIOS, st.integers(0, 2000), VALUES), max_size=6),
)
def test_a_capped_ratio_grows_as_its_model(
    ratio: int, growth: int, steps: list[tuple[int, int, int, int]]
) -> None:
    chain = new_chain()
    base, rate = source(chain), source(chain)
    settings_of_cap = (ratio, START, growth, 300, 259_200)
    contract = Contract(
        chain, "oracles/CappedRatioFeed.vy", base.address, rate.address, *settings_of_cap
    )
    cap = RatioCap(*settings_of_cap)
    for seconds, new_ratio, new_growth, price in steps:
        now = wait(chain, seconds)
        base.send("set", price, now)
        rate.send("set", new_ratio, now - seconds)
        answers = (Answer(price, now), Answer(new_ratio, now - seconds))
        assert contract.read("peek") == tuple(capped_price(cap, *answers, now))
        assert contract.read("is_capped") == (new_ratio > maximum_ratio(cap, now))
        answer = contract.send("update_snapshot", new_ratio, now, new_growth)
        after = outcome(lambda: update_snapshot(cap, new_ratio, now, new_growth, now))  # noqa: B023
        assert (answer == after) if isinstance(after, Refusal) else not answer
        cap = cap if isinstance(after, Refusal) else after
        assert contract.read("maximum_ratio") == maximum_ratio(cap, now)
        assert contract.read("snapshot_ratio") == cap.snapshot_ratio


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, st.integers(0, 18), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_a_product_is_as_old_as_its_older_leg(
    base: int, quote: int, decimals: int, as_one: bool, base_age: int, quote_age: int
) -> None:
    chain = new_chain()
    legs = (Answer(base, START - base_age), Answer(quote, START - quote_age))
    addresses = [source(chain, leg).address for leg in legs]
    contract = Contract(chain, "oracles/ComposedFeed.vy", *addresses, decimals, as_one)
    assert contract.read("peek") == tuple(composed_answer(*legs, decimals, as_one))
