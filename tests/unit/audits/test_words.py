"""Amounts and times in words keep every digit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.words import exact_decimal, grouped, signed, span


@given(st.integers(-(10**40), 10**40), st.sampled_from([0, 6, 18]))
def test_an_amount_in_words_is_the_exact_amount(value: int, decimals: int) -> None:
    assert Fraction(exact_decimal(value, decimals)) == Fraction(value, 10**decimals)
    assert grouped(value, decimals).replace(",", "") == exact_decimal(value, decimals)


def test_thousands_are_separated_and_zeros_dropped() -> None:
    assert grouped(-1_234_500_000, 6) == "-1,234.5"
    assert grouped(5 * 10**17) == "0.5"
    assert signed(10**18) == "+1"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (3_600, "1 h"), (90 * 86_400, "90 d"), (93_784, "1 d 2 h 3 min 4 s")],
)
def test_a_span_is_written_in_its_largest_units(seconds: int, words: str) -> None:
    assert span(seconds) == words
