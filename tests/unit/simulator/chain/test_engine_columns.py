"""Every malformed column is named before anything runs, and the world stays as it was."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulator.chain import BlockEnvironment
from simulator.chain.columns import AccessLists, Batch
from simulator.errors import InputError
from tests.unit.simulator.chain.conftest import RECEIVER, SET_AND_GET, slots, word

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain, execute_many

COUNT = 3
SENDERS = [bytes([0x31 + index]) * 19 + bytes([index]) for index in range(COUNT)]
ENTRIES = AccessLists(
    offsets=np.array([0, 1, 1, 3]),
    addresses=np.frombuffer(RECEIVER * 3, np.uint8).reshape(3, 20),
    slot_offsets=np.array([0, 2, 2, 3]),
    slots=slots(1, 2, 3),
)
BATCH = dataclasses.replace(
    Batch.of(SENDERS, [RECEIVER] * COUNT, [word(i) + word(7) for i in range(COUNT)], 100_000),
    creates=np.zeros(COUNT, bool),
    values=np.zeros((COUNT, 4), np.uint64),
    max_fees=np.zeros(COUNT, np.uint64),
    priority_fees=np.zeros(COUNT, np.uint64),
    nonces=np.zeros(COUNT, np.uint64),
    types=np.full(COUNT, 2, np.uint8),
    access_lists=ENTRIES,
)
COLUMNS = [field.name for field in dataclasses.fields(Batch) if field.name != "access_lists"]
OPTIONAL = COLUMNS[COLUMNS.index("creates") :]
TABLES = {"senders": 20, "targets": 20, "values": 4}
Run = Callable[[RevmChain, Batch], object]
RUNS: dict[str, Run] = {
    "execute": lambda chain, batch: chain.execute(batch),
    "call_many": lambda chain, batch: chain.call_many(batch),
    "what_if_many": lambda chain, batch: chain.what_if_many(batch, threads=2),
    "execute_many": lambda chain, batch: execute_many([chain.clone(), chain], [BATCH, batch]),
}


@pytest.fixture
def chain() -> RevmChain:
    chain = RevmChain()
    chain.set_code(RECEIVER, SET_AND_GET)
    return chain


def refused(chain: RevmChain, field: str, batch: Any, run: Run | None = None) -> InputError:
    """The error of a batch that every way to run it refuses, leaving the world as it was."""
    before = chain.to_bytes()
    for one in [run] if run else RUNS.values():
        with pytest.raises(InputError) as caught:
            one(chain, batch)
        assert caught.value.field == field
        assert caught.value.rule and str(caught.value.value)
        assert chain.to_bytes() == before
    assert chain.clone().execute(BATCH).status.tolist() == [1] * COUNT
    return caught.value


def with_column(name: str, column: Any) -> Batch:
    return dataclasses.replace(BATCH, **{name: column})


def with_entries(**changes: Any) -> Batch:
    return dataclasses.replace(BATCH, access_lists=dataclasses.replace(ENTRIES, **changes))


def test_the_batch_that_the_others_are_made_of_is_good(chain: RevmChain) -> None:
    for run in RUNS.values():
        run(chain.clone(), BATCH)
    receipts = chain.execute(BATCH, diff=True)
    assert receipts.status.tolist() == [1] * COUNT
    assert [chain.nonce(sender) for sender in SENDERS] == [1] * COUNT
    assert chain.storage(RECEIVER, slots(0, 1, 2))[:, 0].tolist() == [7] * COUNT


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize(
    "wrong",
    [
        lambda column: column.astype(np.float64),
        lambda column: column.astype(np.uint16),
        lambda column: column.astype(np.int32),
        lambda column: column.astype(object),
        lambda column: column.tolist(),
        lambda column: column.tobytes(),
        lambda column: "text",
        lambda column: 5,
        lambda column: object(),
        lambda column: column.reshape(-1)[0],
        lambda column: column.reshape((*column.shape, 1)),
        lambda column: column.reshape((1, *column.shape)),
        lambda column: column[..., None][:0],
        lambda column: np.zeros((), column.dtype),
    ],
)
def test_a_column_of_another_type_or_shape_is_named(
    chain: RevmChain, name: str, wrong: Callable[[Any], Any]
) -> None:
    column = getattr(BATCH, name)
    error = refused(chain, name, with_column(name, wrong(column)), RUNS["execute"])
    assert "must be" in error.rule


@pytest.mark.parametrize("name", [n for n in COLUMNS if getattr(BATCH, n).dtype.itemsize > 1])
def test_numbers_in_the_other_byte_order_are_named(chain: RevmChain, name: str) -> None:
    column = getattr(BATCH, name)
    refused(chain, name, with_column(name, column.astype(column.dtype.newbyteorder())))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("change", [-1, 1])
def test_a_column_that_is_too_short_or_too_long_is_named(
    chain: RevmChain, name: str, change: int
) -> None:
    column = getattr(BATCH, name)
    rows = len(column) + change
    batch = with_column(name, np.resize(column, (rows, *column.shape[1:])))
    # The number of gas limits is the number of transactions: the first other column is named then,
    # and data that does not fit is a matter of its offsets.
    field = {"gas_limits": "senders", "data": "data_offsets"}.get(name, name)
    refused(chain, field, batch)


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_empty_column_is_no_missing_one(chain: RevmChain, name: str) -> None:
    refused(chain, name, with_column(name, getattr(BATCH, name)[:0]))


@pytest.mark.parametrize("name", sorted(set(COLUMNS) - set(OPTIONAL)))
def test_a_required_column_that_is_none_is_named(chain: RevmChain, name: str) -> None:
    refused(chain, name, with_column(name, None))


@pytest.mark.parametrize(("name", "width"), TABLES.items())
@pytest.mark.parametrize("change", [-1, 1, None])
def test_rows_of_another_width_are_named(
    chain: RevmChain, name: str, width: int, change: int | None
) -> None:
    column = getattr(BATCH, name)
    columns = 0 if change is None else width + change
    refused(chain, name, with_column(name, np.zeros((COUNT, columns), column.dtype)))


@pytest.mark.parametrize(
    "offsets",
    [
        [0, 64, 128, 191],
        [0, 64, 128, 193],
        [1, 64, 128, 192],
        [-1, 64, 128, 192],
        [0, -64, 128, 192],
        [0, 128, 64, 192],
        [0, 1 << 62, 128, 192],
        [0, 64, 128, -1],
        [0, 64, 128, (1 << 63) - 1],
        [-(1 << 63), 64, 128, 192],
    ],
)
def test_offsets_that_do_not_rise_from_zero_to_the_end_are_named(
    chain: RevmChain, offsets: list[int]
) -> None:
    refused(chain, "data_offsets", with_column("data_offsets", np.array(offsets)))


def test_a_batch_without_offsets_or_without_transactions_but_with_data_is_refused(
    chain: RevmChain,
) -> None:
    refused(chain, "data_offsets", with_column("data_offsets", np.zeros(0, np.int64)))
    nothing = Batch.of([], [], [], 0)
    odd = dataclasses.replace(nothing, data=np.zeros(1, np.uint8))
    refused(chain, "data_offsets", odd)
    refused(chain, "data_offsets", dataclasses.replace(odd, data_offsets=np.zeros(0, np.int64)))


@pytest.mark.parametrize("kind", [3, 4, 127, 128, 255])
def test_a_type_of_transaction_that_is_not_simulated_is_named(chain: RevmChain, kind: int) -> None:
    error = refused(chain, "types", with_column("types", np.array([2, kind, 2], np.uint8)))
    assert str(kind) in str(error.value)


def test_a_legacy_transaction_with_an_access_list_is_named(chain: RevmChain) -> None:
    refused(chain, "access_lists", with_column("types", np.array([2, 2, 0], np.uint8)))
    # The second one has an empty list.
    fits = with_column("types", np.array([1, 0, 2], np.uint8))
    assert chain.execute(fits).status.tolist() == [1] * COUNT


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("offsets", np.array([0, 1, 1])),
        ("offsets", np.array([0, 1, 1, 2])),
        ("offsets", np.array([0, 1, 1, 4])),
        ("offsets", np.array([0, 2, 1, 3])),
        ("offsets", np.array([0, -1, 1, 3])),
        ("offsets", np.array([0, 1, 1, 3], np.uint64)),
        ("offsets", None),
        ("offsets", [0, 1, 1, 3]),
        ("addresses", np.zeros((3, 19), np.uint8)),
        ("addresses", np.zeros(60, np.uint8)),
        ("addresses", np.zeros((3, 20), np.int8)),
        ("addresses", None),
        ("slot_offsets", np.array([0, 2, 3])),
        ("slot_offsets", np.array([0, 2, 2, 2])),
        ("slot_offsets", np.array([0, 3, 2, 3])),
        ("slot_offsets", np.array([0, 2, 1 << 62, 3])),
        ("slot_offsets", None),
        ("slots", np.zeros((3, 31), np.uint8)),
        ("slots", np.zeros((3, 4), np.uint64)),
        ("slots", None),
    ],
)
def test_a_broken_access_list_is_named(chain: RevmChain, name: str, column: Any) -> None:
    refused(chain, f"access_lists.{name}", with_entries(**{name: column}))


def test_access_lists_with_fewer_addresses_or_slots_than_offsets_say_are_named(
    chain: RevmChain,
) -> None:
    refused(chain, "access_lists.offsets", with_entries(addresses=ENTRIES.addresses[:2]))
    refused(chain, "access_lists.slot_offsets", with_entries(slots=ENTRIES.slots[:2]))


@pytest.mark.parametrize("batch", [None, 5, "batch", [BATCH], {"senders": 1}, object()])
def test_what_is_no_batch_is_named(chain: RevmChain, batch: Any) -> None:
    refused(chain, "batch", batch, RUNS["execute"])


def test_what_is_no_access_list_is_named(chain: RevmChain) -> None:
    for entries in (5, "lists", [[]], object()):
        refused(chain, "access_lists", with_column("access_lists", entries), RUNS["execute"])


def spread(column: Any) -> Any:
    """The same values, every second one of a larger array."""
    wide = np.zeros((2 * len(column), *column.shape[1:]), column.dtype)
    wide[::2] = column
    return wide[::2]


def shifted(column: Any) -> Any:
    """The same values at an odd address."""
    raw = bytearray(column.nbytes + 1)
    copy = np.ndarray(column.shape, column.dtype, buffer=raw, offset=1)
    copy[...] = column
    return copy


def read_only(column: Any) -> Any:
    copy = column.copy()
    copy.flags.writeable = False
    return copy


ARRANGEMENTS: dict[str, Callable[[Any], Any]] = {
    "spread": spread,
    "backwards": lambda column: column[::-1].copy()[::-1],
    "columns first": np.asfortranarray,
    "at an odd address": shifted,
    "read only": read_only,
    "a subclass": lambda column: column.view(np.ma.MaskedArray),
    "from a larger table": lambda column: np.concatenate([column] * 2)[len(column) :],
}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("name", COLUMNS)
def test_how_an_array_lies_in_memory_does_not_matter(
    chain: RevmChain, name: str, arrangement: str
) -> None:
    column = ARRANGEMENTS[arrangement](getattr(BATCH, name))
    twin = chain.clone()
    assert chain.execute(with_column(name, column)).status.tolist() == [1] * COUNT
    twin.execute(BATCH)
    assert chain.to_bytes() == twin.to_bytes()


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_how_an_array_of_slots_lies_in_memory_does_not_matter(
    chain: RevmChain, arrangement: str
) -> None:
    chain.execute(BATCH)
    wanted = ARRANGEMENTS[arrangement](slots(0, 5, 1))
    assert chain.storage(RECEIVER, wanted)[:, 0].tolist() == [7, 0, 7]
    assert [int.from_bytes(slot, "big") for slot, _, _ in chain.proof(RECEIVER, wanted).slots] == [
        0,
        5,
        1,
    ]
    chain.watch(RECEIVER, wanted)
    assert chain.watched()[:, 0].tolist() == [7, 0, 7]


@pytest.mark.parametrize(
    "wrong",
    [None, 5, [b"\0" * 32], b"\0" * 32, np.zeros(32, np.uint8), np.zeros((1, 31), np.uint8),
     np.zeros((1, 32), np.int8), np.zeros((1, 4), np.uint64), np.zeros((1, 32, 1), np.uint8),
     object()],
)  # fmt: skip
def test_wrong_slots_are_named_by_all_who_take_them(chain: RevmChain, wrong: Any) -> None:
    for take in (chain.storage, chain.watch, chain.proof):
        with pytest.raises(InputError) as caught:
            take(RECEIVER, wrong)
        assert caught.value.field == "slots"
    assert len(chain.watched()) == 0


def test_values_and_fees_and_gas_beyond_all_means_are_reasons_and_no_errors(
    chain: RevmChain,
) -> None:
    most = np.uint64((1 << 64) - 1)
    changes: dict[str, Any] = {
        "values": np.full((COUNT, 4), most),
        "max_fees": np.full(COUNT, most),
        "nonces": np.full(COUNT, most),
        "gas_limits": np.full(COUNT, most),
    }
    before = chain.to_bytes()
    for name, column in changes.items():
        receipts = chain.execute(with_column(name, column))
        assert receipts.status.tolist() == [3] * COUNT
        assert sorted(receipts.reasons) == list(range(COUNT))
        assert chain.to_bytes() == before


def test_a_view_that_sends_more_than_there_is_with_a_fee_on_top_is_no_panic() -> None:
    chain = RevmChain(block=BlockEnvironment(1, 1, base_fee=7))
    most = np.uint64((1 << 64) - 1)
    batch = dataclasses.replace(
        Batch.of(SENDERS, [RECEIVER] * COUNT, [b""] * COUNT, 100_000),
        values=np.full((COUNT, 4), most),
        max_fees=np.full(COUNT, 10, np.uint64),
    )
    assert len(chain.call_many(batch, threads=1).status) == COUNT
    assert len(chain.call_many(batch, threads=3).status) == COUNT


def test_a_column_of_more_rows_than_memory_holds_is_refused_before_it_is_copied(
    chain: RevmChain,
) -> None:
    """Broadcast rows take no memory in numpy."""
    rows = 1 << 45
    for name in ("senders", "targets", "values"):
        column = getattr(BATCH, name)
        huge = np.broadcast_to(column[:1], (rows, column.shape[1]))
        refused(chain, name, with_column(name, huge), RUNS["execute"])


def test_arrays_that_another_thread_writes_meanwhile_do_no_harm(chain: RevmChain) -> None:
    """A batch is taken as it is at one moment: each value is the old or the new one."""
    batch = dataclasses.replace(BATCH, nonces=None, data=BATCH.data.copy())
    last_bytes = batch.data[63::64]
    is_done = threading.Event()

    def write() -> None:
        value = 0
        while not is_done.is_set():
            value = 1 + value % 200
            last_bytes[:] = value

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            assert chain.execute(batch).status.tolist() == [1] * COUNT
            assert chain.call_many(batch, threads=2).status.tolist() == [1] * COUNT
            found = chain.storage(RECEIVER, slots(0, 1, 2))
            assert (found[:, 0] <= 200).all() and not found[:, 1:].any()
    finally:
        is_done.set()
        writer.join()
