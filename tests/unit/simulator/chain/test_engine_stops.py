"""Deadlines and Ctrl-C: whatever code runs, a call comes back, and what came before it stays."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.chain.columns import Receipts
from simulator.errors import BatchAborted, ChainError
from tests.differential.assembler import assemble
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER, SET_AND_GET, slots, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain, execute_many

GAS = 1 << 60
STORE = bytes([0x44]) * 20

ENDLESS = {
    "jumps": "again: @again JUMP",
    "conditional jumps": "again: 1 @again JUMPI",
    # Every call makes two more without a jump; at depth 1024 they fail, so this never ends.
    "calls without jumps": "0 0 0 0 0 ADDRESS GAS CALL POP 0 0 0 0 0 ADDRESS GAS CALL",
    # Each one runs the same code again, as its initcode.
    "creates without jumps": "CODESIZE 0 0 CODECOPY CODESIZE 0 0 CREATE POP"
    " CODESIZE 0 0 CREATE".replace("CODESIZE", "40"),
    "calls of a precompile": "again: 0 0 0 0 4 GAS STATICCALL POP @again JUMP",
}
"""Programs that use up any amount of gas."""


def world(program: str, hardfork: str = "cancun") -> RevmChain:
    chain = RevmChain(hardfork, block=BlockEnvironment(1, 1, gas_limit=2 * GAS))
    chain.set_code(RECEIVER, assemble(program))
    chain.set_code(STORE, SET_AND_GET)
    return chain


def stores_around_an_endless_one(before: int = 3) -> Batch:
    """Transactions that store, one without end, and one more that stores."""
    targets = [STORE] * before + [RECEIVER, STORE]
    data = [word(index) + word(7) for index in range(len(targets))]
    batch = Batch.of([SENDER] * len(targets), targets, data, 100_000)
    batch.gas_limits[before] = GAS
    return batch


def stored(chain: RevmChain) -> list[int]:
    numbers: list[int] = chain.storage(STORE, slots(*range(5)))[:, 0].tolist()
    return numbers


Run = Callable[[RevmChain, Batch, float | None], object]
ALONE: dict[str, Run] = {
    "call_many": lambda c, b, d: c.call_many(b, threads=1, deadline_seconds=d),
    "call_many in threads": lambda c, b, d: c.call_many(b, threads=3, deadline_seconds=d),
    "what_if_many": lambda c, b, d: c.what_if_many(b, deadline_seconds=d),
    "what_if_many in threads": lambda c, b, d: c.what_if_many(b, threads=2, deadline_seconds=d),
}
"""What keeps nothing."""


@pytest.mark.parametrize("program", ENDLESS)
def test_a_deadline_ends_any_code_and_keeps_the_earlier_transactions(program: str) -> None:
    chain = world(ENDLESS[program])
    with pytest.raises(BatchAborted, match="deadline") as caught:
        chain.execute(
            stores_around_an_endless_one(),
            diff=True, coverage=True, trace=True, deadline_seconds=0.05,
        )  # fmt: skip
    receipts = caught.value.receipts
    assert isinstance(receipts, Receipts)
    assert caught.value.transaction_index == len(receipts.status) == 3
    assert receipts.status.tolist() == [1, 1, 1]
    assert chain.block_gas_used == receipts.gas_used.sum()
    assert chain.nonce(SENDER) == 3 and stored(chain) == [7, 7, 7, 0, 0]
    assert receipts.diff is not None and len(receipts.diff.slots) == 3
    assert receipts.trace is not None and receipts.trace.transaction.tolist() == [0, 1, 2]
    chain.execute(Batch.of([SENDER], [STORE], [word(4) + word(9)], 100_000))
    assert stored(chain) == [7, 7, 7, 0, 9]


@pytest.mark.parametrize("program", ENDLESS)
@pytest.mark.parametrize("run", ALONE)
def test_a_deadline_ends_what_keeps_nothing(run: str, program: str) -> None:
    chain = world(ENDLESS[program])
    before = chain.to_bytes()
    with pytest.raises(ChainError, match="deadline"):
        ALONE[run](chain, stores_around_an_endless_one(), 0.03)
    assert chain.to_bytes() == before
    assert chain.execute(Batch.of([SENDER], [STORE], [word(4)], 100_000)).status.tolist() == [1]


def test_a_deadline_of_many_worlds_keeps_what_each_has_done() -> None:
    chains = [world(ENDLESS["jumps"]) for _ in range(3)]
    batches = [stores_around_an_endless_one(before) for before in (1, 2, 3)]
    with pytest.raises(BatchAborted, match="deadline"):
        execute_many(chains, batches, threads=3, deadline_seconds=0.3)
    assert [chain.nonce(SENDER) for chain in chains] == [1, 2, 3]


def test_a_deadline_that_has_passed_already_ends_endless_code_at_once() -> None:
    chain = world(ENDLESS["jumps"])
    with pytest.raises(BatchAborted, match="deadline"):
        chain.execute(stores_around_an_endless_one(), deadline_seconds=0)
    for run in ALONE.values():
        with pytest.raises(ChainError, match="deadline"):
            run(chain, stores_around_an_endless_one(), 0)


def test_a_deadline_that_does_not_pass_changes_nothing() -> None:
    chain, twin = world("1 0 SSTORE"), world("1 0 SSTORE")
    batch = stores_around_an_endless_one()
    chain.execute(batch, deadline_seconds=1e9)
    twin.execute(batch)
    assert chain.to_bytes() == twin.to_bytes()
    assert chain.execute(batch, deadline_seconds=1e300).status.tolist() == [1] * 5


def test_a_long_batch_of_short_transactions_meets_its_deadline() -> None:
    """No jump in any of them, and too many to run within a hundredth of a second."""
    chain = world("1 0 SSTORE")
    count = 200_000
    batch = Batch.of([SENDER] * count, [STORE] * count, [word(1) + word(7)] * count, 50_000)
    with pytest.raises(BatchAborted) as caught:
        chain.execute(batch, deadline_seconds=0.01)
    assert caught.value.transaction_index < count  # a busy machine may let none run
    assert chain.nonce(SENDER) == caught.value.transaction_index
    with pytest.raises(ChainError, match="deadline"):
        chain.what_if_many(batch, deadline_seconds=0.01)


def test_costly_calls_of_precompiles_meet_their_deadline_one_by_one() -> None:
    """Nothing stops a precompile in its work, but the next transaction need not begin."""
    chain = RevmChain("cancun", block=BlockEnvironment(1, 1, gas_limit=2 * GAS))
    size = 512
    number = b"\xff" * size
    data = word(size) * 3 + number * 3
    modexp = bytes(19) + b"\5"
    batch = Batch.of([SENDER] * 40, [modexp] * 40, [data] * 40, 1 << 40)
    with pytest.raises(BatchAborted) as caught:
        chain.execute(batch, deadline_seconds=0.01)
    assert caught.value.transaction_index <= 2


@contextlib.contextmanager
def ctrl_c_soon(seconds: float = 0.15) -> Iterator[None]:
    """Sends this process what Ctrl-C sends."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


INTERRUPTED: dict[str, Callable[[RevmChain], object]] = {
    "execute": lambda c: c.execute(stores_around_an_endless_one()),
    "execute with a trace": lambda c: c.execute(
        stores_around_an_endless_one(), diff=True, coverage=True, trace=True
    ),
    "execute_many": lambda c: execute_many(
        [c, world(ENDLESS["jumps"])], [stores_around_an_endless_one()] * 2, threads=2
    ),
}


@pytest.mark.parametrize("program", ["jumps", "calls without jumps"])
@pytest.mark.parametrize("run", INTERRUPTED)
def test_ctrl_c_ends_a_batch_and_keeps_the_earlier_transactions(run: str, program: str) -> None:
    chain = world(ENDLESS[program])
    with pytest.raises(KeyboardInterrupt), ctrl_c_soon():
        INTERRUPTED[run](chain)
    assert chain.nonce(SENDER) == 3 and stored(chain) == [7, 7, 7, 0, 0]
    assert chain.execute(Batch.of([SENDER], [STORE], [word(4)], 100_000)).status.tolist() == [1]


@pytest.mark.parametrize("run", ALONE)
def test_ctrl_c_ends_what_keeps_nothing(run: str) -> None:
    chain = world(ENDLESS["jumps"])
    before = chain.to_bytes()
    with pytest.raises(KeyboardInterrupt), ctrl_c_soon():
        ALONE[run](chain, stores_around_an_endless_one(), None)
    assert chain.to_bytes() == before


def test_ctrl_c_ends_a_transaction_of_set_up_code() -> None:
    for hardfork in ("cancun", "prague"):
        chain = world(ENDLESS["jumps"], hardfork)
        before = chain.to_bytes()
        with pytest.raises(KeyboardInterrupt), ctrl_c_soon():
            chain.transact(SENDER, RECEIVER, b"", gas_limit=GAS)
        assert chain.to_bytes() == before


SHORT_OF_GAS = """
import os, signal, threading
from simulator.chain.revm import RevmChain
from tests.differential.assembler import assemble

chain = RevmChain()
# A hundred million gas last for a fraction of a second, so it is done again and again.
program = assemble("again: @again JUMP")
chain.set_code(bytes(20), program)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    while True:
        try:
            if USE == "call":
                chain.call(bytes(20), b"")
            else:
                chain.deploy(program, bytes([1]) * 20)
        except Exception as error:
            assert "out of gas" in str(error), error
except KeyboardInterrupt:
    chain.set_balance(bytes(20), 5)
    assert chain.balance(bytes(20)) == 5
    print("interrupted")
"""


@pytest.mark.parametrize("use", ["call", "deploy"])
def test_ctrl_c_ends_calls_and_deployments(use: str) -> None:
    assert run_apart(SHORT_OF_GAS.replace("USE", repr(use))) == "interrupted\n"


def run_apart(program: str, **options: Any) -> str:
    """The output of a program in a process of its own, which must end well and in time."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    output: str = done.stdout
    return output


def test_ctrl_c_is_not_forgotten_where_no_thread_looks_before_its_end() -> None:
    """Long precompile calls, one per thread: when the signal comes nothing is left to stop."""
    chain = RevmChain("cancun", block=BlockEnvironment(1, 1, gas_limit=2 * GAS))
    size = 1024
    data = word(size) * 3 + b"\xff" * (3 * size)
    batch = Batch.of([SENDER] * 2, [bytes(19) + b"\5"] * 2, [data] * 2, 1 << 40)
    with pytest.raises(KeyboardInterrupt), ctrl_c_soon(0.05):
        chain.call_many(batch, threads=2)
    with pytest.raises(KeyboardInterrupt), ctrl_c_soon(0.05):
        execute_many([chain, chain.clone()], [batch, batch], threads=2)


def test_a_signal_handler_may_raise_what_it_likes_or_nothing() -> None:
    chain = world(ENDLESS["jumps"])
    seen: list[str] = []

    def gentle(number: int, frame: object) -> None:
        with pytest.raises(ChainError, match="at work"):
            chain.nonce(SENDER)
        seen.append("gentle")

    def strict(number: int, frame: object) -> None:
        raise LookupError("from the handler")

    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, gentle)
        with pytest.raises(BatchAborted, match="deadline"), ctrl_c_soon(0.1):
            chain.execute(stores_around_an_endless_one(), deadline_seconds=0.4)
        assert seen == ["gentle"]
        signal.signal(signal.SIGINT, strict)
        with pytest.raises(BatchAborted, match="from the handler") as caught, ctrl_c_soon(0.1):
            chain.execute(stores_around_an_endless_one())
        assert isinstance(caught.value.__cause__, LookupError)
        assert caught.value.transaction_index == 3
    finally:
        signal.signal(signal.SIGINT, before)
    assert chain.nonce(SENDER) == 6


FEW_THREADS = """
import resource
from simulator.chain import Batch, BlockEnvironment
from simulator.chain.revm import RevmChain
from simulator.errors import ChainError
from tests.differential.assembler import assemble

block = BlockEnvironment(number=1, timestamp=1, gas_limit=10**12)
chain, place = RevmChain(block=block), bytes([7]) * 20
chain.set_code(place, assemble("again: @again JUMP"))
with open("/proc/self/statm") as pages:
    size = int(pages.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 30),) * 2)
batch = Batch.of([bytes(20)] * 2000, [place] * 2000, [b""] * 2000, 10**12)
for run in (chain.call_many, chain.what_if_many):
    try:
        run(batch, threads=2000, deadline_seconds=0.5)
    except ChainError as error:
        print(error)
chain.set_code(place, b"")
print(chain.call_many(batch, threads=2).status.sum())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory in Linux' way")
def test_threads_that_the_system_does_not_give_are_no_panic_and_break_no_world() -> None:
    said = run_apart(FEW_THREADS).splitlines()
    assert len(said) == 3 and said[-1].split()[-1] == "2000"


GREEDY = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (6 << 30,) * 2)
from simulator.chain import Batch, BlockEnvironment
from simulator.chain.revm import RevmChain
from simulator.errors import ChainError
from tests.differential.assembler import assemble

chain, place = RevmChain(block=BlockEnvironment(1, 1, gas_limit=(1 << 64) - 1)), bytes([7]) * 20
for offset in (1 << 34, 1 << 36, 1 << 38, 1 << 40):
    chain.set_code(place, assemble(f"1 {offset} MSTORE"))
    receipts = chain.clone().execute(Batch.of([bytes(20)], [place], [b""], (1 << 64) - 1))
    print(receipts.status[0], receipts.reasons)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory in Linux' way")
def test_gas_for_more_memory_than_there_is_halts_and_kills_nothing() -> None:
    said = run_apart(GREEDY).splitlines()
    assert len(said) == 4 and all(line.startswith("2 {0: ") for line in said)


def test_what_a_thread_of_a_finished_program_was_at_does_not_spoil_its_end() -> None:
    program = (
        "import threading, time\n"
        "from simulator.chain import Batch, BlockEnvironment\n"
        "from simulator.chain.revm import RevmChain\n"
        "chain = RevmChain(block=BlockEnvironment(1, 1, gas_limit=1 << 63))\n"
        "chain.set_code(bytes(20), bytes.fromhex('5b600056'))\n"
        "batch = Batch.of([bytes(20)], [bytes(20)], [b''], 1 << 60)\n"
        "for run in (chain.clone().execute, chain.clone().call_many):\n"
        "    threading.Thread(target=run, args=(batch,), daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "print('the end')\n"
    )
    assert run_apart(program) == "the end\n"


def test_gas_limits_of_all_sizes_end_in_receipts() -> None:
    chain = world(ENDLESS["jumps"])
    limits = [0, 1, 20_999, 21_000, 21_001, 1 << 20]
    batch = Batch.of([SENDER] * len(limits), [RECEIVER] * len(limits), [b""] * len(limits), 0)
    batch.gas_limits[:] = limits
    receipts = chain.execute(batch)
    assert receipts.status.tolist() == [3, 3, 3, 2, 2, 2]
    assert receipts.gas_used.tolist() == [0, 0, 0, 21_000, 21_001, 1 << 20]
    batch.gas_limits[:] = np.uint64((1 << 64) - 1)
    assert chain.execute(batch).status.tolist() == [3] * len(limits)
