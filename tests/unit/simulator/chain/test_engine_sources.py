"""State sources that fail, lie about their types, ask back, dawdle or are asked from all sides."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.chain.base import StateSource
from simulator.chain.columns import Receipts
from simulator.errors import BatchAborted, ChainError, UnderwaterError
from tests.differential.assembler import assemble
from tests.unit.simulator.chain.conftest import SENDER, slots, value_at, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

ADDER = assemble("0 CALLDATALOAD SLOAD 1 ADD 0 CALLDATALOAD SSTORE")
"""Adds one to the slot that the calldata names."""
HASHER = assemble("1 NUMBER SUB BLOCKHASH 0 SSTORE")
PLACE = bytes([0x77]) * 20
HASHERS = bytes([0x78]) * 20


class Remote:
    """A state that answers well, counts what it is asked, and can be told to do something first."""

    def __init__(self) -> None:
        self.asked: Counter[object] = Counter()
        self.before: Callable[[object], object] = lambda what: None

    def _note(self, what: object) -> None:
        self.asked[what] += 1
        self.before(what)

    def account(self, address: bytes) -> tuple[bytes, int, bytes] | None:
        self._note(address)
        codes = {PLACE: ADDER, HASHERS: HASHER}
        if address in codes or address[:18] == b"\xcc" * 18:
            return word(10**20), 1, codes.get(address, ADDER)
        return (word(10**20), 5, b"") if address[0] == SENDER[0] else None

    def slot(self, address: bytes, slot: bytes) -> bytes:
        self._note((address, slot))
        return word(100 + slot[-1])

    def block_hash(self, number: int) -> bytes:
        self._note(number)
        return word(number)


class Answers:
    """A source whose answers are as given, right or wrong."""

    def __init__(self, **answers: Any) -> None:
        good = {"account": (word(9), 1, ADDER), "slot": word(3), "block_hash": word(4)}
        self._answers = good | answers

    def _answer(self, name: str) -> Any:
        answer = self._answers[name]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def account(self, address: bytes) -> Any:
        return (word(9), 0, b"") if address == SENDER else self._answer("account")

    def slot(self, address: bytes, slot: bytes) -> Any:
        return self._answer("slot")

    def block_hash(self, number: int) -> Any:
        return self._answer("block_hash")


def fork(source: object, hardfork: str = "cancun") -> RevmChain:
    known: StateSource = source  # type: ignore[assignment]
    return RevmChain(hardfork, source=known, block=BlockEnvironment(1000, 1000))


def adds(*numbers: int, target: bytes = PLACE) -> Batch:
    data = [word(number) for number in numbers]
    return Batch.of([SENDER] * len(data), [target] * len(data), data, 100_000)


def test_each_value_is_asked_for_once_by_all_worlds_together() -> None:
    remote = Remote()
    chain = fork(remote)
    snapshot = chain.snapshot()
    others = [chain.clone(), chain.clone()]
    for world in [chain, *others, chain.clone()]:
        assert world.execute(adds(1, 2, 1)).status.tolist() == [1, 1, 1]
        assert [value_at(world, PLACE, slot) for slot in (1, 2)] == [103, 103]
        assert world.what_if_many(adds(1, 2)).status.tolist() == [1, 1]
        assert world.call_many(adds(1, 2), threads=2).status.tolist() == [1, 1]
    chain.revert(snapshot)
    assert value_at(chain, PLACE, 1) == 101
    chain.execute(adds(1))
    assert set(remote.asked.values()) == {1}


def test_a_source_that_raises_ends_the_batch_and_the_rest_can_be_tried_again() -> None:
    remote, steady = Remote(), fork(Remote())
    chain, down = fork(remote), OSError("the line is down")

    def fail(what: object) -> None:
        if what == (PLACE, word(3)):
            raise down

    remote.before = fail
    with pytest.raises(BatchAborted, match="the line is down") as caught:
        chain.execute(adds(1, 2, 3, 4), diff=True, coverage=True, trace=True)
    assert caught.value.__cause__ is down and caught.value.transaction_index == 2
    receipts = caught.value.receipts
    assert isinstance(receipts, Receipts) and receipts.status.tolist() == [1, 1]
    assert receipts.trace is not None and receipts.trace.transaction.tolist() == [0, 1]
    assert chain.nonce(SENDER) == 7 and chain.block_gas_used == receipts.gas_used.sum()
    for _ in range(2):
        with pytest.raises(BatchAborted) as again:
            chain.execute(adds(3, 4))
        assert again.value.transaction_index == 0
    remote.before = lambda what: None
    rest = chain.execute(adds(3, 4))
    whole = steady.execute(adds(1, 2, 3, 4))
    assert [*receipts.gas_used, *rest.gas_used] == whole.gas_used.tolist()
    for slot in range(1, 5):
        assert value_at(chain, PLACE, slot) == value_at(steady, PLACE, slot) == 101 + slot
    assert chain.nonce(SENDER) == steady.nonce(SENDER) == 9


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("no"), ChainError("no")])
def test_what_a_source_raises_reaches_whoever_asks(error: Exception) -> None:
    chain = fork(Answers(account=error))
    asks: list[Callable[[], object]] = [
        lambda: chain.balance(PLACE), lambda: chain.nonce(PLACE), lambda: chain.code(PLACE),
        lambda: chain.storage(PLACE, slots(1)), lambda: chain.slots_of(PLACE),
        lambda: chain.call(PLACE, b""), lambda: chain.transact(SENDER, PLACE, b""),
        lambda: chain.call_many(adds(1)), lambda: chain.call_many(adds(1, 2), threads=2),
        lambda: chain.what_if_many(adds(1)), lambda: chain.what_if_many(adds(1, 2), threads=2),
        lambda: chain.set_balance(PLACE, 1), lambda: chain.set_nonce(PLACE, 1),
        lambda: chain.set_code(PLACE, b""), lambda: chain.set_storage(PLACE, 1, 1),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(type(error)) as caught:
            ask()
        assert caught.value is error
    assert chain.nonce(SENDER) == 0
    chain.watch(PLACE, slots(1))
    with pytest.raises(type(error)):
        chain.watched()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_a_source_that_ends_the_program_is_let_do_so(error: BaseException) -> None:
    chain = fork(Answers(slot=error))
    for run in (chain.execute, chain.what_if_many, chain.call_many):
        with pytest.raises(type(error)):
            run(adds(1, 2))
    with pytest.raises(type(error)):
        chain.storage(PLACE, slots(1))
    assert chain.nonce(SENDER) == 0


WRONG_ACCOUNTS: list[Any] = [
    5, b"", (), (word(1),), (word(1), 1), (word(1), 1, b"", b""), (1, 1, b""), (bytes(31), 1, b""),
    (bytes(33), 1, b""), (word(1), -1, b""), (word(1), 1 << 64, b""), (word(1), 1.5, b""),
    (word(1), 1, "60"), (word(1), 1, None), (None, 1, b""), (word(1), 1, b"\xef\x01\x00"),
    [word(1), 1, b"", 4], "account", {"balance": 1}, object(),
]  # fmt: skip
WRONG_WORDS: list[Any] = [None, 5, b"", bytes(31), bytes(33), "x" * 32, [1] * 33, [256] * 32, ()]


def refuses_answer(chain: RevmChain, ask: Callable[[], object]) -> None:
    for _ in range(2):
        with pytest.raises(UnderwaterError) as caught:
            ask()
        assert str(caught.value)


@pytest.mark.parametrize("answer", WRONG_ACCOUNTS)
def test_a_wrong_answer_about_an_account_is_our_error(answer: Any) -> None:
    chain = fork(Answers(account=answer))
    for ask in (chain.balance, chain.code, lambda at: chain.storage(at, slots(1))):
        refuses_answer(chain, lambda ask=ask: ask(PLACE))  # type: ignore[misc]
    refuses_answer(chain, lambda: chain.execute(adds(1)))
    refuses_answer(chain, lambda: chain.call_many(adds(1)))
    refuses_answer(chain, lambda: chain.set_nonce(PLACE, 1))
    assert chain.balance(SENDER) == 9 and chain.nonce(SENDER) == 0


@pytest.mark.parametrize("answer", WRONG_WORDS)
def test_a_wrong_answer_about_a_slot_or_hash_is_our_error(answer: Any) -> None:
    chain = fork(Answers(slot=answer, block_hash=answer))
    refuses_answer(chain, lambda: chain.storage(PLACE, slots(1)))
    refuses_answer(chain, lambda: chain.execute(adds(1)))
    refuses_answer(chain, lambda: chain.what_if_many(adds(1)))
    prague = fork(Answers(block_hash=answer), "prague")
    refuses_answer(prague, lambda: prague.set_block(BlockEnvironment(1001, 1001)))


@pytest.mark.parametrize("source", [object(), 5, "source", Answers])
def test_what_is_no_source_is_our_error(source: Any) -> None:
    with pytest.raises(UnderwaterError):
        fork(source).balance(PLACE)


def test_a_block_that_cannot_begin_leaves_the_world_in_the_one_before() -> None:
    remote = Remote()
    chain = fork(remote, "prague")
    clock = bytes([0x79]) * 20
    chain.set_code(clock, assemble("NUMBER 0 MSTORE 32 0 RETURN"))
    chain.execute(adds(1))
    before = (chain.block, chain.block_gas_used)

    def fail(what: object) -> None:
        raise OSError("down")

    remote.before = fail
    with pytest.raises(OSError, match="down"):
        chain.set_block(BlockEnvironment(1001, 1001))
    remote.before = lambda what: None
    assert (chain.block, chain.block_gas_used) == before
    assert chain.call(clock, b"") == word(1000)


def test_only_the_blocks_before_the_fork_are_asked_for_their_hashes() -> None:
    for hardfork in ("cancun", "prague"):
        remote = Remote()
        chain = fork(remote, hardfork)
        for number in range(1001, 1005):
            chain.set_block(BlockEnvironment(number, number))
            chain.execute(Batch.of([SENDER], [HASHERS], [b""], 100_000))
        asked = {what for what in remote.asked if isinstance(what, int)}
        assert asked <= set(range(1001)), hardfork


def test_a_source_may_not_ask_the_world_that_asks_it() -> None:
    for ask in (
        lambda world: world.balance(PLACE),
        lambda world: world.execute(adds(1)),
        lambda world: world.clone(),
        lambda world: world.snapshot(),
    ):
        remote = Remote()
        chain = fork(remote)
        remote.before = lambda what, ask=ask, chain=chain: ask(chain)  # type: ignore[misc]
        with pytest.raises(BatchAborted, match="at work") as caught:
            chain.execute(adds(1))
        assert isinstance(caught.value.__cause__, ChainError)
        with pytest.raises(ChainError, match="at work"):
            chain.what_if_many(adds(1, 2), threads=2)
        remote.before = lambda what: None
        assert chain.execute(adds(1)).status.tolist() == [1]


def test_a_source_may_not_ask_a_clone_for_what_it_does_not_know() -> None:
    remote = Remote()
    chain = fork(remote)
    clone = chain.clone()
    remote.before = lambda what: clone.balance(bytes([0x55]) * 20)
    with pytest.raises(BatchAborted) as caught:
        chain.execute(adds(1))
    assert isinstance(caught.value.__cause__, ChainError)
    with pytest.raises(ChainError):
        chain.call_many(adds(1, 2), threads=2)
    remote.before = lambda what: None
    assert chain.execute(adds(1)).status.tolist() == [1]
    assert clone.execute(adds(1)).status.tolist() == [1]


def test_a_source_may_ask_a_clone_for_what_is_known_and_a_world_of_its_own() -> None:
    remote, other = Remote(), RevmChain()
    chain = fork(remote)
    clone = chain.clone()
    chain.balance(PLACE)
    other.set_balance(PLACE, 7)
    seen: list[int] = []
    remote.before = lambda what: seen.extend([clone.balance(PLACE), other.balance(PLACE)])
    assert chain.execute(adds(1)).status.tolist() == [1]
    assert set(seen) == {10**20, 7}


def meeting(parties: int) -> Callable[[object], None]:
    """Makes questions wait a moment, so that others ask at the same time."""
    moment = threading.Event()

    def wait(what: object) -> None:
        moment.wait(0.005)

    return wait


def test_threads_that_miss_at_once_ask_for_each_value_once() -> None:
    remote = Remote()
    remote.before = meeting(2)
    chain = fork(remote)
    batch = adds(*[1, 2, 3, 4] * 2)
    assert chain.call_many(batch, threads=4).status.tolist() == [1] * 8
    assert chain.what_if_many(batch, threads=4).status.tolist() == [1] * 8
    assert set(remote.asked.values()) == {1}


DEADLOCK = """
import threading
from simulator.chain import Batch
from simulator.chain.revm import RevmChain

asked = []

class Slow:
    def account(self, address):
        asked.append(address)
        threading.Event().wait(0.002)
        return bytes(32), 0, b""

    def slot(self, address, slot):
        asked.append((address, slot))
        threading.Event().wait(0.002)
        return bytes(32)

    def block_hash(self, number):
        return bytes(32)

chain = RevmChain("prague", source=Slow())
places = [bytes([7]) * 18 + bytes(divmod(index, 256)) for index in range(60)]

def runs(world):
    for place in places:
        world.execute(Batch.of([bytes(20)], [place], [b""], 100_000))

def looks(world):
    for place in places:
        LOOK

worlds = [chain.clone() for _ in range(3)]
threads = [threading.Thread(target=use, args=(world,), daemon=True)
           for use, world in zip((runs, looks, looks), worlds)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(8)
assert not any(thread.is_alive() for thread in threads), "they wait for each other for ever"
assert len(asked) == len(set(asked)), "a value was asked for twice"
print("done")
"""
LOOKS = [
    "world.balance(place)",
    "world.set_nonce(place, 5)",
    "world.storage(place, __import__('numpy').zeros((2, 32), 'uint8'))",
    "world.call(place, b'')",
    "world.transact(bytes(20), place, b'')",
    "world.set_storage(place, 1, 2)",
]


@pytest.mark.parametrize("look", LOOKS)
def test_threads_with_a_clone_each_never_wait_for_each_other_for_ever(look: str) -> None:
    """One asks while it has let go of Python's lock, the other one while it holds it."""
    # Where they do, they hold Python's lock as well: nothing but the end of the process helps.
    done = subprocess.run(
        [sys.executable, "-c", DEADLOCK.replace("LOOK", look)],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-1_000:]


def test_a_world_that_was_dropped_while_its_clone_asks_does_no_harm() -> None:
    remote = Remote()
    chain = fork(remote)
    clone = chain.clone()
    remote.before = lambda what: chain_of.clear()
    chain_of = [chain]
    del chain
    assert clone.execute(adds(1, 2)).status.tolist() == [1, 1]


def test_a_fork_refuses_what_needs_all_of_the_state() -> None:
    chain = fork(Remote())
    for use in (chain.to_bytes, chain.state_root, lambda: chain.proof(PLACE, slots(1))):
        with pytest.raises(ChainError, match="fork"):
            use()
    assert chain.is_fork and chain.accounts() == []
    chain.execute(adds(1))
    assert SENDER in chain.accounts() and PLACE in chain.accounts()
