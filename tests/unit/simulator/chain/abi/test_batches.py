"""Calls of several functions in one batch."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.abi import batch_of_calls, concatenate, concatenate_calls, pack_calls
from simulator.chain.abi.packing import Calls
from simulator.chain.columns import AccessLists, Batch
from simulator.errors import InputError
from simulator.units import integers_to_words

ONE, TWO = bytes([1]) * 20, bytes([2]) * 20


def calls_of(parts: list[bytes]) -> Calls:
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def parts_of(calls: Calls) -> list[bytes]:
    data, offsets = calls
    return [data[start:end].tobytes() for start, end in pairwise(offsets)]


@given(parts=st.lists(st.lists(st.binary(max_size=9), max_size=4), max_size=4), chance=st.randoms())
def test_calls_come_in_the_order_asked_for(parts: list[list[bytes]], chance: object) -> None:
    stacked = [call for part in parts for call in part]
    order = list(range(len(stacked)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    calls = [calls_of(part) for part in parts]
    assert parts_of(concatenate_calls(calls)) == stacked
    mixed = concatenate_calls(calls, np.array(order, np.int64))
    assert parts_of(mixed) == [stacked[place] for place in order]


def test_batches_of_different_functions_interleave() -> None:
    trades = batch_of_calls(pack_calls("trade(int256)", np.array([1, -2, 3])), ONE, TWO, 100)
    update = batch_of_calls(pack_calls("update(uint256)", 7), TWO, ONE, 50, values=9, max_fees=3)
    places = [np.array([0, 2, 3]), np.array([1])]
    both = concatenate([trades, update], np.argsort(np.concatenate(places)))
    assert both.gas_limits.tolist() == [100, 50, 100, 100]
    assert both.senders[:, 0].tolist() == [1, 2, 1, 1]
    assert both.targets[:, 0].tolist() == [2, 1, 2, 2]
    assert parts_of((both.data, both.data_offsets))[1] == update.data.tobytes()
    assert both.values is not None and both.values[:, 0].tolist() == [0, 9, 0, 0]
    assert both.max_fees is not None and both.max_fees.tolist() == [0, 3, 0, 0]
    assert both.nonces is None and both.types is None and both.access_lists is None


def access_lists(counts: list[int]) -> AccessLists:
    """As many addresses per transaction; the address numbered i has i slots."""
    total = sum(counts)
    slots = sum(range(total))
    return AccessLists(
        offsets=np.cumsum([0, *counts], dtype=np.int64),
        addresses=np.repeat(np.arange(total, dtype=np.uint8)[:, None], 20, axis=1),
        slot_offsets=np.cumsum([0, *range(total)], dtype=np.int64),
        slots=np.repeat(np.arange(slots, dtype=np.uint8)[:, None], 32, axis=1),
    )


def test_access_lists_and_types_move_with_their_transactions() -> None:
    plain = batch_of_calls(calls_of([b"a", b"b"]), ONE, TWO, 1)
    listed = dataclasses.replace(
        batch_of_calls(calls_of([b"c", b"d"]), ONE, TWO, 2),
        access_lists=access_lists([1, 2]),
        types=np.array([1, 1], np.uint8),
    )
    both = concatenate([plain, listed], np.array([3, 0, 2, 1]))
    assert both.types is not None and both.types.tolist() == [1, 2, 1, 2]
    lists = both.access_lists
    assert lists is not None and lists.offsets.tolist() == [0, 2, 2, 3, 3]
    assert lists.addresses[:, 0].tolist() == [1, 2, 0]
    assert lists.slot_offsets.tolist() == [0, 1, 3, 3]
    assert lists.slots[:, 0].tolist() == [0, 1, 2]


def test_nonces_are_given_by_all_parts_or_by_none() -> None:
    part = batch_of_calls(calls_of([b"a"]), ONE, TWO, 1)
    numbered = dataclasses.replace(part, nonces=np.array([4], np.uint64))
    joined = concatenate([numbered, numbered])
    assert joined.nonces is not None and joined.nonces.tolist() == [4, 4]
    with pytest.raises(InputError, match="nonces"):
        concatenate([part, numbered])


@pytest.mark.parametrize("order", [[0, 0], [0], [0, 2], [0, -1], [0.0, 1.0]])
def test_an_order_that_is_none_is_refused(order: list[int]) -> None:
    with pytest.raises(InputError, match="order"):
        concatenate_calls([calls_of([b"a", b"b"])], np.array(order))


def test_no_parts_are_an_empty_batch() -> None:
    batch = concatenate([])
    assert isinstance(batch, Batch) and len(batch) == 0 and batch.senders.shape == (0, 20)


def test_columns_of_a_wrong_shape_are_refused() -> None:
    calls = calls_of([b"a", b"b"])
    people = np.zeros((2, 20), np.uint8)
    fine = batch_of_calls(calls, people, TWO, np.array([5, 6], np.uint64), priority_fees=1)
    assert fine.gas_limits.tolist() == [5, 6] and fine.priority_fees is not None
    words = integers_to_words([1, 2], signed=False)
    assert batch_of_calls(calls, ONE, TWO, 1, values=words).values is words
    with pytest.raises(InputError, match="senders"):
        batch_of_calls(calls, people[:1], TWO, 1)
    with pytest.raises(InputError, match="targets"):
        batch_of_calls(calls, ONE, b"short", 1)
    with pytest.raises(InputError, match="gas_limit"):
        batch_of_calls(calls, ONE, TWO, -1)
    with pytest.raises(InputError, match="max_fees"):
        batch_of_calls(calls, ONE, TWO, 1, max_fees=np.array([1, 2]))
    with pytest.raises(InputError, match="values"):
        batch_of_calls(calls, ONE, TWO, 1, values=2**256)
    wrong: Any
    for wrong in ("1", 1.5, [1], None):
        with pytest.raises(InputError, match="gas_limit"):
            batch_of_calls(calls, ONE, TWO, wrong)
    for wrong in ("1", 1.5, [1]):
        with pytest.raises(InputError, match="values"):
            batch_of_calls(calls, ONE, TWO, 1, values=wrong)
