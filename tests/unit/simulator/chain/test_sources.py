"""Forked worlds: what they ask of their source, and what happens when it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from eth_hash.auto import keccak

from simulator.chain import Batch, BlockEnvironment, Chain, select
from simulator.chain.pyevm import PyEvmChain
from simulator.errors import BatchAborted, ChainError
from tests.unit.simulator.chain.conftest import (
    RECEIVER,
    SENDER,
    SET_AND_GET,
    slots,
    value_at,
    word,
)

STORE = b"\x51" * 20
MORTAL = b"\x52" * 20
NOBODY = b"\x53" * 20

DESTROY_ITSELF = bytes.fromhex("33ff")
HASH_OF = bytes.fromhex("6000354060005260206000f3")


class Upstream:
    """A source that counts what it is asked for; `broken` makes it raise."""

    def __init__(self) -> None:
        self.asked: Counter[object] = Counter()
        self.broken: BaseException | None = None

    def account(self, address: bytes) -> tuple[bytes, int, bytes] | None:
        self._ask(address)
        codes = {STORE: SET_AND_GET, MORTAL: DESTROY_ITSELF, RECEIVER: HASH_OF, SENDER: b""}
        return (word(10**18), 1, codes[address]) if address in codes else None

    def slot(self, address: bytes, slot: bytes) -> bytes:
        self._ask((address, int.from_bytes(slot, "big")))
        return word(100 + slot[-1])

    def block_hash(self, number: int) -> bytes:
        self._ask(number)
        return number.to_bytes(32, "little")

    def _ask(self, what: object) -> None:
        if self.broken is not None:
            raise self.broken
        self.asked[what] += 1


Fork = Callable[..., Chain]


@pytest.fixture(params=["revm", "pyevm"])
def fork(request: pytest.FixtureRequest) -> Fork:
    if request.param == "pyevm":
        return PyEvmChain
    if not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    from simulator.chain.revm import RevmChain

    return RevmChain


def puts(*values: int) -> Batch:
    data = [word(7) + word(value) for value in values]
    return Batch.of([SENDER] * len(data), [STORE] * len(data), data, 100_000)


def test_what_is_unknown_is_asked_once_and_written_over(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    assert (chain.balance(STORE), chain.nonce(STORE), chain.code(STORE)) == (
        10**18, 1, SET_AND_GET
    )  # fmt: skip
    assert (value_at(chain, STORE, 7), value_at(chain, STORE, 8)) == (107, 108)
    receipts = chain.execute(puts(5, 6), diff=True)
    assert receipts.diff is not None
    assert (receipts.diff.old[0, 0], receipts.diff.new[0, 0]) == (107, 6)
    assert (value_at(chain, STORE, 7), value_at(chain, STORE, 8)) == (6, 108)
    assert set(upstream.asked.values()) == {1}


def test_clones_do_not_ask_again_and_go_separate_ways(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    clone = chain.clone()
    assert value_at(chain, STORE, 7) == value_at(clone, STORE, 7) == 107
    clone.execute(puts(5))
    assert (value_at(chain, STORE, 7), value_at(clone, STORE, 7)) == (107, 5)
    assert upstream.asked[STORE, 7] == 1


def test_an_account_that_is_not_there_is_empty_and_its_slots_are_not_asked(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    assert (chain.balance(NOBODY), chain.code(NOBODY)) == (0, b"")
    assert value_at(chain, NOBODY, 3) == 0
    assert (NOBODY, 3) not in upstream.asked


def test_storage_that_was_lost_is_not_asked_for(fork: Fork) -> None:
    chain = fork("london", source=Upstream())
    assert value_at(chain, MORTAL, 1) == 101
    snapshot = chain.snapshot()
    chain.execute(Batch.of([SENDER], [MORTAL], [b""], 100_000))
    assert (chain.code(MORTAL), value_at(chain, MORTAL, 1), value_at(chain, MORTAL, 2)) == (
        b"", 0, 0
    )  # fmt: skip
    chain.revert(snapshot)
    assert (chain.code(MORTAL), value_at(chain, MORTAL, 1)) == (DESTROY_ITSELF, 101)


def test_hashes_of_blocks_are_asked_unless_they_were_given(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream, block=BlockEnvironment(100, 1000))
    chain.set_block(BlockEnvironment(101, 1012, parent_hash=b"\x0a" * 32))
    assert chain.call(RECEIVER, word(100)) == b"\x0a" * 32
    assert chain.call(RECEIVER, word(99)) == (99).to_bytes(32, "little")
    chain.set_block(BlockEnvironment(102, 1024, parent_hash=b"\x0b" * 32))
    assert chain.call(RECEIVER, word(100)) == b"\x0a" * 32
    assert chain.call(RECEIVER, word(101)) == b"\x0b" * 32


def test_the_block_of_the_fork_is_asked_for_its_hash_and_simulated_ones_are_not(
    fork: Fork,
) -> None:
    upstream = Upstream()
    chain = fork("prague", source=upstream, block=BlockEnvironment(100, 1000))
    for number in range(101, 105):
        chain.set_block(BlockEnvironment(number, 900 + number))
    hashes = [chain.call(RECEIVER, word(number)) for number in range(99, 104)]
    assert hashes[:2] == [(99).to_bytes(32, "little"), (100).to_bytes(32, "little")]
    assert hashes[2:] == [keccak(word(number)) for number in (101, 102, 103)]
    assert not {101, 102, 103} & set(upstream.asked)


def test_a_new_block_asks_for_nothing_where_it_calls_no_history_contract(fork: Fork) -> None:
    """So that a capsule made with one engine is enough for the other."""
    source = Upstream()
    chain = fork("cancun", block=BlockEnvironment(number=9, timestamp=9), source=source)
    chain.set_block(BlockEnvironment(number=10, timestamp=10))
    assert not source.asked


def test_only_what_was_loaded_is_listed_and_there_is_no_root(fork: Fork) -> None:
    chain = fork(source=Upstream())
    chain.balance(STORE)
    value_at(chain, STORE, 7)
    chain.set_balance(NOBODY, 5)
    assert chain.accounts() == [STORE, NOBODY]
    listed, values = chain.slots_of(STORE)
    assert (listed[:, 31].tolist(), values[:, 0].tolist()) == ([7], [107])
    for ask in (chain.state_root, lambda: chain.proof(STORE, slots(7))):
        with pytest.raises(ChainError, match="fork"):
            ask()


def test_a_batch_ends_where_the_source_fails_and_can_go_on_later(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    chain.execute(puts(1))
    upstream.broken = OSError("the line is dead")
    batch = Batch.of(
        [SENDER] * 3, [STORE, NOBODY, STORE], [word(7) + word(2), b"", word(7) + word(3)], 100_000
    )
    with pytest.raises(BatchAborted, match=r"transaction 1: .*the line is dead") as caught:
        chain.execute(batch, diff=True, trace=True)
    assert caught.value.transaction_index == 1
    assert caught.value.receipts.status.tolist() == [1]  # type: ignore[attr-defined]
    assert caught.value.__cause__ is upstream.broken
    assert (value_at(chain, STORE, 7), chain.nonce(SENDER)) == (2, 3)
    upstream.broken = None
    assert chain.execute(batch).status.tolist() == [1, 1, 1]
    assert value_at(chain, STORE, 7) == 3


@pytest.mark.parametrize("method", ["call_many", "what_if_many"])
def test_what_the_source_raises_reaches_the_caller_with_the_transaction(
    fork: Fork, method: str
) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    chain.execute(puts(1))
    upstream.broken = OSError("the line is dead")
    batch = Batch.of([SENDER] * 2, [STORE, NOBODY], [word(7) + word(2), b""], 100_000)
    with pytest.raises(OSError, match="the line is dead") as caught:
        getattr(chain, method)(batch, threads=1)
    assert caught.value.__notes__ == ["in transaction 1 of the batch"]
    assert (value_at(chain, STORE, 7), chain.nonce(SENDER)) == (1, 2)


def test_ctrl_c_drops_the_transaction_at_work_and_keeps_the_earlier_ones(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    chain.execute(puts(1))
    upstream.broken = KeyboardInterrupt()
    batch = Batch.of([SENDER] * 2, [STORE, NOBODY], [word(7) + word(2), b""], 100_000)
    with pytest.raises(KeyboardInterrupt):
        chain.execute(batch)
    upstream.broken = None
    assert (value_at(chain, STORE, 7), chain.nonce(SENDER)) == (2, 3)
    assert chain.execute(batch).status.tolist() == [1, 1]


def test_a_source_that_comes_back_to_its_world_is_refused(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    upstream.account = lambda address: chain.call(STORE, b"")  # type: ignore[assignment, return-value, method-assign]
    with pytest.raises(ChainError, match="at work"):
        chain.call(NOBODY, b"")


def test_an_answer_of_the_wrong_length_is_an_error(fork: Fork) -> None:
    upstream = Upstream()
    chain = fork(source=upstream)
    upstream.slot = lambda address, slot: b"\x01"  # type: ignore[method-assign]
    with pytest.raises((ChainError, ValueError), match="32"):
        value_at(chain, STORE, 7)
