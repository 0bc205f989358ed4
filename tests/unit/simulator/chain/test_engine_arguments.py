"""Single arguments that are wrong: an error of ours that names them, and an unharmed world."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.errors import ChainError, InputError
from tests.unit.simulator.chain.conftest import (
    ENDLESS,
    RECEIVER,
    SENDER,
    SET_AND_GET,
    slots,
    value_at,
    word,
)

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain, execute_many

BATCH = Batch.of([SENDER], [RECEIVER], [word(1) + word(7)], 100_000)


@pytest.fixture
def chain() -> RevmChain:
    chain = RevmChain()
    chain.set_code(RECEIVER, SET_AND_GET)
    return chain


def refuses(chain: RevmChain, field: str, use: Callable[[], object]) -> None:
    before = chain.to_bytes()
    with pytest.raises(InputError) as caught:
        use()
    assert caught.value.field == field
    assert caught.value.rule
    assert chain.to_bytes() == before
    assert chain.call(RECEIVER, word(0) + word(0)) == word(1)


NOT_BYTES: list[Any] = ["6000", None, 5, [1, 2], object()]
NOT_ADDRESSES: list[Any] = ["0x" + "22" * 20, None, 5, b"", bytes(19), bytes(21), bytes(32)]
NOT_NUMBERS: list[Any] = [-1, "1", None, 1.5, 1.0, math.nan, [], b"\1", 1 << 256]


@pytest.mark.parametrize("wrong", NOT_BYTES)
def test_data_and_code_that_are_no_bytes_are_named(chain: RevmChain, wrong: Any) -> None:
    refuses(chain, "data", lambda: chain.call(RECEIVER, wrong))
    refuses(chain, "data", lambda: chain.transact(SENDER, RECEIVER, wrong))
    refuses(chain, "initcode", lambda: chain.deploy(wrong, SENDER))
    refuses(chain, "code", lambda: chain.set_code(RECEIVER, wrong))
    refuses(chain, "world", lambda: RevmChain.from_bytes(wrong))


@pytest.mark.parametrize("wrong", NOT_ADDRESSES)
def test_what_is_no_address_is_named(chain: RevmChain, wrong: Any) -> None:
    uses: list[Callable[[Any], object]] = [
        chain.balance, chain.nonce, chain.code, chain.slots_of,
        lambda at: chain.storage(at, slots(1)), lambda at: chain.watch(at, slots(1)),
        lambda at: chain.proof(at, slots(1)), lambda at: chain.set_balance(at, 1),
        lambda at: chain.set_nonce(at, 1),
    ]  # fmt: skip
    for use in uses:
        refuses(chain, "address", lambda use=use: use(wrong))  # type: ignore[misc]
    refuses(chain, "address", lambda: chain.set_storage(wrong, 1, 1))
    refuses(chain, "address", lambda: chain.set_code(wrong, b""))
    refuses(chain, "sender", lambda: chain.transact(wrong, RECEIVER, b""))
    refuses(chain, "target", lambda: chain.transact(SENDER, wrong, b""))
    refuses(chain, "target", lambda: chain.call(wrong, b""))
    refuses(chain, "sender", lambda: chain.call(RECEIVER, b"", wrong))
    refuses(chain, "sender", lambda: chain.deploy(b"", wrong))
    block = dataclasses.replace(chain.block, coinbase=wrong)
    refuses(chain, "block.coinbase", lambda: chain.set_block(block))


@pytest.mark.parametrize("wrong", NOT_NUMBERS)
def test_what_is_no_number_in_range_is_named(chain: RevmChain, wrong: Any) -> None:
    refuses(chain, "wei", lambda: chain.set_balance(RECEIVER, wrong))
    refuses(chain, "nonce", lambda: chain.set_nonce(RECEIVER, wrong))
    refuses(chain, "slot", lambda: chain.set_storage(RECEIVER, wrong, 1))
    refuses(chain, "value", lambda: chain.set_storage(RECEIVER, 1, wrong))
    refuses(chain, "value", lambda: chain.transact(SENDER, RECEIVER, b"", value=wrong))
    refuses(chain, "gas_limit", lambda: chain.transact(SENDER, RECEIVER, b"", gas_limit=wrong))
    refuses(chain, "value", lambda: chain.deploy(b"", SENDER, wrong))
    refuses(chain, "chain_id", lambda: RevmChain(chain_id=wrong))
    for name in ("number", "timestamp", "base_fee", "gas_limit"):
        block = dataclasses.replace(chain.block, **{name: wrong})
        refuses(chain, f"block.{name}", lambda block=block: chain.set_block(block))  # type: ignore[misc]


@pytest.mark.parametrize("wrong", ["x" * 32, 5, b"", bytes(31), bytes(33), [0] * 32])
def test_hashes_of_a_block_that_are_no_32_bytes_are_named(chain: RevmChain, wrong: Any) -> None:
    for name in ("prevrandao", "parent_hash"):
        block = dataclasses.replace(chain.block, **{name: wrong})
        refuses(chain, f"block.{name}", lambda block=block: chain.set_block(block))  # type: ignore[misc]


@pytest.mark.parametrize("wrong", ["yes", None, 1, []])
def test_rules_that_are_neither_true_nor_false_are_named(wrong: Any) -> None:
    for name in ("limit_code_size", "check_senders"):
        with pytest.raises(InputError) as caught:
            RevmChain(**{name: wrong})
        assert caught.value.field == name


def test_what_is_no_block_is_named(chain: RevmChain) -> None:
    for wrong in (None, 5, (1, 1), object()):
        refuses(chain, "block", lambda wrong=wrong: chain.set_block(wrong))  # type: ignore[misc]


def test_numbers_of_numpy_are_numbers(chain: RevmChain) -> None:
    """They come out of columns all the time."""
    chain.set_balance(SENDER, np.uint64(5))  # type: ignore[arg-type]
    chain.set_nonce(SENDER, np.int64(6))  # type: ignore[arg-type]
    chain.set_storage(RECEIVER, np.uint8(1), np.int32(8))  # type: ignore[arg-type]
    chain.transact(SENDER, RECEIVER, word(2) + word(3), np.int64(0), np.uint64(90_000))  # type: ignore[arg-type]
    assert (chain.balance(SENDER), chain.nonce(SENDER)) == (5, 7)
    assert (value_at(chain, RECEIVER, 1), value_at(chain, RECEIVER, 2)) == (8, 3)


@pytest.mark.parametrize("wrong", [None, "Cancun", "", 5, "amsterdam", "berlin", object()])
def test_a_hardfork_that_is_not_offered_is_named(wrong: Any) -> None:
    with pytest.raises(InputError) as caught:
        RevmChain(wrong)
    assert caught.value.field == "hardfork"


UNKNOWN = [0, 1, 2, -1, -(1 << 63), (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 70, -(1 << 70)]


@pytest.mark.parametrize("identifier", UNKNOWN)
def test_an_unknown_snapshot_is_an_error_that_says_which(chain: RevmChain, identifier: int) -> None:
    for _ in range(4):
        used = chain.snapshot()
        if used != identifier:
            chain.revert(used)
    before = chain.to_bytes()
    if identifier >= 0 and identifier < 4:
        chain.revert(identifier)
    for use in (chain.revert, chain.diff_since):
        with pytest.raises(ChainError, match="unknown") as caught:
            use(identifier)
        assert identifier < 0 or str(identifier) in str(caught.value)
    assert chain.to_bytes() == before


@pytest.mark.parametrize("wrong", [None, "0", 0.0, b"\0", [0], object()])
def test_what_is_no_number_of_a_snapshot_is_named(chain: RevmChain, wrong: Any) -> None:
    chain.snapshot()
    refuses(chain, "snapshot", lambda: chain.revert(wrong))
    refuses(chain, "snapshot", lambda: chain.diff_since(wrong))


def test_a_snapshot_works_once_and_those_after_it_go_with_it(chain: RevmChain) -> None:
    first, second, third = (chain.snapshot() for _ in range(3))
    chain.revert(second)
    for gone in (second, third):
        with pytest.raises(ChainError, match="unknown"):
            chain.revert(gone)
        with pytest.raises(ChainError, match="unknown"):
            chain.diff_since(gone)
    assert chain.snapshot() > third
    chain.revert(first)
    with pytest.raises(ChainError, match="unknown"):
        chain.revert(first)


def test_a_clone_a_copy_and_a_restored_world_know_no_snapshot_of_their_origin(
    chain: RevmChain,
) -> None:
    for _ in range(3):
        identifier = chain.snapshot()
    for other in (chain.clone(), RevmChain.from_bytes(chain.to_bytes())):
        with pytest.raises(ChainError, match="unknown"):
            other.revert(identifier)
        with pytest.raises(ChainError, match="unknown"):
            other.diff_since(identifier)
    chain.revert(identifier)


@pytest.mark.parametrize("wrong", [-1, 0, 1.5, "2", math.nan, [1], -(1 << 70)])
def test_a_wrong_number_of_threads_is_named(chain: RevmChain, wrong: Any) -> None:
    refuses(chain, "threads", lambda: chain.call_many(BATCH, threads=wrong))
    refuses(chain, "threads", lambda: chain.what_if_many(BATCH, threads=wrong))
    refuses(chain, "threads", lambda: execute_many([chain], [BATCH], threads=wrong))


@pytest.mark.parametrize("threads", [7, 1 << 20, (1 << 64) - 1, 1 << 70])
def test_more_threads_than_transactions_do_no_harm(chain: RevmChain, threads: int) -> None:
    assert chain.call_many(BATCH, threads=threads).status.tolist() == [1]
    assert chain.what_if_many(BATCH, threads=threads).status.tolist() == [1]
    assert execute_many([chain], [BATCH], threads=threads)[0].status.tolist() == [1]


@pytest.mark.parametrize("wrong", [-1, -0.001, math.nan, math.inf, -math.inf, "1", [1], object()])
def test_a_wrong_deadline_is_named(chain: RevmChain, wrong: Any) -> None:
    for run in (chain.execute, chain.call_many, chain.what_if_many):
        refuses(chain, "deadline_seconds", lambda run=run: run(BATCH, deadline_seconds=wrong))  # type: ignore[misc]
    refuses(
        chain, "deadline_seconds", lambda: execute_many([chain], [BATCH], deadline_seconds=wrong)
    )


@pytest.mark.parametrize("name", ["diff", "coverage", "trace"])
def test_a_wish_that_is_neither_true_nor_false_is_named(chain: RevmChain, name: str) -> None:
    for wrong in ("yes", None, 2):
        options: dict[str, Any] = {name: wrong}
        refuses(chain, name, lambda options=options: chain.execute(BATCH, **options))  # type: ignore[misc]


def test_worlds_and_batches_that_do_not_fit_are_named(chain: RevmChain) -> None:
    wrong: list[tuple[str, Any, Any]] = [
        ("batches", [chain], []),
        ("batches", [chain], [BATCH, BATCH]),
        ("batches", [], [BATCH]),
        ("chains", [None], [BATCH]),
        ("chains", ["revm"], [BATCH]),
        ("chains", 5, [BATCH]),
        ("chains", None, [BATCH]),
        ("batches", [chain], None),
        ("batches", [chain], 5),
        ("batch", [chain], [None]),
    ]
    for field, chains, batches in wrong:
        refuses(chain, field, lambda c=chains, b=batches: execute_many(c, b))  # type: ignore[misc]
    assert execute_many([], []) == []


def test_a_world_given_twice_is_refused_before_anything_runs(chain: RevmChain) -> None:
    other = chain.clone()
    with pytest.raises(ChainError):
        execute_many([other, chain, chain], [BATCH] * 3)
    assert other.nonce(SENDER) == chain.nonce(SENDER) == 0
    chain.execute(BATCH)


def test_every_use_of_a_world_at_work_in_another_thread_is_our_error() -> None:
    chain = RevmChain(block=BlockEnvironment(1, 1, gas_limit=1 << 62))
    chain.set_code(RECEIVER, ENDLESS)
    endless = Batch.of([SENDER], [RECEIVER], [b""], 1 << 60)
    failures: list[Exception] = []

    def run() -> None:
        try:
            chain.execute(endless, deadline_seconds=0.5)
        except ChainError as error:
            failures.append(error)

    uses: list[Callable[[], object]] = [
        lambda: chain.block_gas_used, lambda: chain.set_block(BlockEnvironment(2, 2)),
        lambda: chain.deploy(b"", SENDER), lambda: chain.transact(SENDER, SENDER, b""),
        lambda: chain.call(SENDER, b""), lambda: chain.execute(BATCH),
        lambda: chain.call_many(BATCH), lambda: chain.what_if_many(BATCH),
        chain.snapshot, lambda: chain.revert(0), lambda: chain.diff_since(0), chain.clone,
        chain.to_bytes, lambda: chain.watch(RECEIVER, slots(1)), chain.watched,
        lambda: chain.storage(RECEIVER, slots(1)), lambda: chain.set_storage(RECEIVER, 1, 1),
        lambda: chain.balance(SENDER), lambda: chain.set_balance(SENDER, 1),
        lambda: chain.nonce(SENDER), lambda: chain.set_nonce(SENDER, 1),
        lambda: chain.code(SENDER), lambda: chain.set_code(SENDER, b""), chain.accounts,
        lambda: chain.slots_of(RECEIVER), chain.all_slots, chain.state_root,
        lambda: chain.proof(RECEIVER, slots(1)), lambda: execute_many([chain], [BATCH]),
    ]  # fmt: skip
    worker = threading.Thread(target=run)
    worker.start()
    while True:
        try:
            chain.nonce(SENDER)
        except ChainError:
            break
    for use in uses:
        with pytest.raises(ChainError, match="at work"):
            use()
    worker.join()
    assert len(failures) == 1 and "deadline" in str(failures[0])
    assert chain.block.number == 1 and chain.nonce(SENDER) == 0
    for use in uses:
        if use is not uses[9] and use is not uses[10]:
            use()
