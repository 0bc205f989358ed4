"""ConstantProduct.vy and PairTwap.vy against their integer models, to the last unit."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain.base import Chain
from simulator.errors import InvalidArgument
from simulator.liquidity.pair import (
    LARGEST_RESERVE,
    MINIMUM_SHARES,
    Pair,
    accumulated,
    add_liquidity,
    donate,
    remove_liquidity,
    swap_exact_input,
    swap_exact_output,
    sync,
)
from simulator.oracles.twap_v2 import PairTwap, consult_twap, open_twap, update_twap
from tests.differential.standalone import OWNER, START, Contract, Refusal, new_chain, wait

UNLIMITED = 2**256 - 1
PERIOD = 100


class Stage:
    """Two tokens, a pair and an oracle on a chain, and the models of both."""

    def __init__(self, numerator: int = 997, timestamp: int = START) -> None:
        chain = new_chain(timestamp)
        self.chain: Chain = chain
        tokens = [Contract(chain, "tokens/Token.vy") for _ in range(2)]
        self.contract = Contract(
            chain, "amm/ConstantProduct.vy", tokens[0].address, tokens[1].address, numerator, 1000
        )
        for token in tokens:
            token.send("mint", OWNER, 2**120)
            token.send("approve", self.contract.address, UNLIMITED)
        self.tokens = tokens
        self.pair = Pair(fee_numerator=numerator)
        self.oracle = Contract(chain, "oracles/PairTwap.vy", self.contract.address, PERIOD)
        self.twap: PairTwap = open_twap(self.pair, PERIOD, self.now)

    @property
    def now(self) -> int:
        return self.chain.block.timestamp

    def check(self) -> None:
        """Everything that the pair stores is what the model has."""
        pair, read = self.pair, self.contract.read
        assert (read("reserve0"), read("reserve1")) == (pair.reserve0, pair.reserve1)
        assert read("totalSupply") == pair.shares
        assert read("timestamp") == pair.timestamp
        stored = (read("price0_cumulative"), read("price1_cumulative"))
        assert stored == (pair.price0_cumulative, pair.price1_cumulative)
        assert read("cumulative_prices") == (*accumulated(pair, self.now), self.now % 2**32)

    def play(self, step: tuple[Any, ...]) -> None:
        kind, *arguments = step
        getattr(self, kind)(*arguments)
        self.check()

    def wait(self, seconds: int) -> None:
        wait(self.chain, seconds)

    def add(self, amount0: int, amount1: int) -> None:
        answer = self.contract.send("add_liquidity", amount0, amount1)
        try:
            self.pair, shares = add_liquidity(self.pair, self.now, amount0, amount1)
        except InvalidArgument:
            assert isinstance(answer, Refusal), answer
        else:
            assert answer == shares

    def remove(self, part: int) -> None:
        shares = self.contract.read("balanceOf", OWNER) * part // 100
        answer = self.contract.send("remove_liquidity", shares)
        try:
            self.pair, *amounts = remove_liquidity(self.pair, self.now, shares)
        except InvalidArgument:
            assert isinstance(answer, Refusal), answer
        else:
            assert list(answer) == amounts

    def sell(self, zero_for_one: bool, amount: int) -> None:
        answer = self.contract.send("swap_exact_input", zero_for_one, amount, 0)
        try:
            trade = swap_exact_input(self.pair, self.now, amount, zero_for_one)
        except InvalidArgument:
            assert isinstance(answer, Refusal), answer
        else:
            assert answer == trade.amount_out
            self.pair = trade.pair

    def buy(self, zero_for_one: bool, amount: int) -> None:
        answer = self.contract.send("swap_exact_output", zero_for_one, amount, UNLIMITED)
        try:
            trade = swap_exact_output(self.pair, self.now, amount, zero_for_one)
        except InvalidArgument:
            assert isinstance(answer, Refusal), answer
        else:
            assert answer == trade.amount_in
            self.pair = trade.pair

    def donate(self, number: int, amount: int) -> None:
        self.tokens[number].send("transfer", self.contract.address, amount)
        self.pair = donate(self.pair, *((amount, 0) if number == 0 else (0, amount)))

    def sync(self) -> None:
        self.contract.send("sync")
        self.pair = sync(self.pair, self.now)

    def average(self, amount: int) -> None:
        """Close the oracle's window if it is over, and ask it."""
        answer = self.oracle.send("update")
        try:
            self.twap = update_twap(self.twap, self.pair, self.now)
        except InvalidArgument:
            assert answer == "period"
        for zero_for_one in (True, False):
            answer = self.oracle.read("consult", zero_for_one, amount)
            try:
                worth = consult_twap(self.twap, amount, zero_for_one)
            except InvalidArgument:
                assert answer == "no average"
            else:
                assert answer == worth


AMOUNTS = st.one_of(st.integers(0, 2000), st.integers(1, 10**24), st.just(2**111))
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.one_of(st.integers(0, 300), st.just(2**31))),
    st.tuples(st.just("add"), AMOUNTS, AMOUNTS),
    st.tuples(st.just("remove"), st.integers(0, 100)),
    st.tuples(st.just("sell"), st.booleans(), AMOUNTS),
    st.tuples(st.just("buy"), st.booleans(), AMOUNTS),
    st.tuples(st.just("donate"), st.integers(0, 1), st.integers(0, 10**20)),
    st.tuples(st.just("sync")),
    st.tuples(st.just("average"), st.integers(0, 10**20)),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([1000, 997, 1]), st.lists(STEPS, min_size=1, max_size=14))
def test_every_step_of_the_pair_is_the_models(numerator: int, steps: list[tuple[Any, ...]]) -> None:
    stage = Stage(numerator)
    stage.play(("add", 3 * 10**18, 10**18))
    for step in steps:
        stage.play(step)


def test_accumulators_run_across_the_wrap_of_the_clock() -> None:
    stage = Stage(timestamp=2**32 - 50)
    stage.play(("add", 10**18, 2 * 10**18))
    for step in (("wait", 120), ("average", 5), ("sell", True, 10**16), ("wait", 2**32 - 10)):
        stage.play(step)
    stage.play(("average", 10**6))
    assert stage.twap.average0 > 0


def test_a_window_closes_after_exactly_its_period() -> None:
    stage = Stage()
    for step in (("add", 10**18, 10**18), ("wait", PERIOD - 1), ("average", 1)):
        stage.play(step)
    assert stage.twap.average0 == 0
    for step in (("wait", 1), ("average", 1)):
        stage.play(step)
    assert stage.twap.average0 > 0


def test_the_first_depositor_leaves_a_thousand_shares_to_nobody() -> None:
    stage = Stage()
    stage.play(("add", MINIMUM_SHARES, MINIMUM_SHARES))
    assert stage.pair.shares == 0
    stage.play(("add", MINIMUM_SHARES + 1, MINIMUM_SHARES + 1))
    assert stage.pair.shares == MINIMUM_SHARES + 1
    stage.play(("remove", 100))
    assert stage.pair.shares == MINIMUM_SHARES and stage.pair.reserve0 == MINIMUM_SHARES


def test_a_reserve_does_not_grow_beyond_112_bits() -> None:
    stage = Stage()
    stage.play(("add", LARGEST_RESERVE, 10**18))
    assert stage.pair.reserve0 == LARGEST_RESERVE
    assert stage.contract.send("swap_exact_input", True, 10**6, 0) == "reserve"
    stage.play(("sell", True, 10**6))
    stage.play(("sell", False, 10**6))


def test_what_a_caller_does_not_accept_is_not_done() -> None:
    stage = Stage()
    stage.play(("add", 10**18, 10**18))
    send = stage.contract.send
    paid = swap_exact_input(stage.pair, stage.now, 10**15, True).amount_out
    assert send("swap_exact_input", True, 10**15, paid + 1) == "slippage"
    asked = swap_exact_output(stage.pair, stage.now, 10**15, False).amount_in
    assert send("swap_exact_output", False, 10**15, asked - 1) == "slippage"
    assert send("swap_exact_output", False, 10**18, UNLIMITED) == "empty"
    assert send("swap_exact_input", True, 0, 0) == "amount"
    assert send("remove_liquidity", 10**18) == "shares"
    stage.check()


def test_skimming_sends_away_what_came_by_itself() -> None:
    stage = Stage()
    stage.play(("add", 10**18, 10**18))
    stage.play(("donate", 0, 7))
    before = stage.tokens[0].read("balanceOf", OWNER)
    stage.contract.send("skim", OWNER)
    assert stage.tokens[0].read("balanceOf", OWNER) == before + 7
    assert stage.contract.read("reserve0") == 10**18
