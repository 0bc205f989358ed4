"""Columns of 256-bit words against Python's integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.layout.columns import Column, column_of
from simulator.chain.layout.types import INT, RAW, UINT, Scalar
from simulator.chain.layout.words import (
    add,
    extract,
    slots_from_words,
    word_of,
    words_from_slots,
)  # fmt: skip
from simulator.errors import InputError
from simulator.units import integers_to_words, words_to_integers

WORD = st.integers(0, 2**256 - 1)
EDGES = st.sampled_from([0, 1, 2**64 - 1, 2**64, 2**128 - 1, 2**192 - 1, 2**256 - 1])
NUMBERS = st.lists(st.one_of(WORD, EDGES), min_size=1, max_size=5)


@given(NUMBERS, st.integers(0, 2**64 - 1))
def test_adding_carries_through_all_limbs_and_wraps(numbers: list[int], amount: int) -> None:
    words = integers_to_words(numbers, signed=False)
    expected = [(number + amount) % 2**256 for number in numbers]
    assert words_to_integers(add(words, amount), signed=False) == expected


@given(WORD, st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_one_word_takes_many_amounts(number: int, amounts: list[int]) -> None:
    total = add(word_of(number), np.array(amounts, np.uint64))
    expected = [(number + amount) % 2**256 for amount in amounts]
    assert words_to_integers(total, signed=False) == expected


@given(NUMBERS)
def test_words_become_slots_and_come_back(numbers: list[int]) -> None:
    words = integers_to_words(numbers, signed=False)
    slots = slots_from_words(words)
    assert [int.from_bytes(row.tobytes(), "big") for row in slots] == numbers
    assert (words_from_slots(slots) == words).all()


@given(NUMBERS, st.data(), st.booleans())
def test_packed_values_are_cut_out_and_sign_extended(
    numbers: list[int], data: st.DataObject, signed: bool
) -> None:
    size = data.draw(st.integers(1, 32))
    offset = data.draw(st.integers(0, 32 - size))
    words = integers_to_words(numbers, signed=False)
    cut = extract(words, offset, size, signed)
    parts = [number.to_bytes(32, "little")[offset : offset + size] for number in numbers]
    expected = [int.from_bytes(part, "little", signed=signed) for part in parts]
    assert words_to_integers(cut, signed) == expected


@given(st.lists(st.tuples(WORD, st.integers(0, 27)), min_size=1, max_size=6))
def test_each_row_may_have_an_offset_of_its_own(rows: list[tuple[int, int]]) -> None:
    words = integers_to_words([number for number, _ in rows], signed=False)
    cut = extract(words, np.array([offset for _, offset in rows]), 5, signed=False)
    expected = [(number >> (8 * offset)) % 2**40 for number, offset in rows]
    assert words_to_integers(cut, signed=False) == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_integers_of_64_bits_come_as_int64(numbers: list[int]) -> None:
    column = Column(Scalar("int256", INT, 32), integers_to_words(numbers, signed=True))
    assert column.int64().tolist() == numbers
    assert column.floats().tolist() == [float(number) for number in numbers]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 2**255 - 1, -(2**255)])
def test_wider_integers_are_refused_with_their_row(number: int) -> None:
    column = Column(Scalar("int256", INT, 32), integers_to_words([0, number], signed=True))
    with pytest.raises(InputError, match=rf"row 1 = {number}: does not fit into 64 bits"):
        column.int64()


def test_an_unsigned_word_above_int64_is_refused() -> None:
    column = Column(Scalar("uint64", UINT, 8), integers_to_words([2**63], signed=False))
    with pytest.raises(InputError, match="does not fit"):
        column.int64()
    assert column.natural().tolist() == [[2**63, 0, 0, 0]]


def test_a_type_of_unknown_content_is_no_number() -> None:
    column = column_of(Scalar("Price", RAW, 16), integers_to_words([5], signed=False), 0)
    for read in (column.integers, column.floats, column.int64):
        with pytest.raises(InputError, match="give user_types"):
            read()
    assert column.words.tolist() == [[5, 0, 0, 0]]
