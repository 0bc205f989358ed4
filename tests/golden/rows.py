"""The rows of known_answers.json, and how an answer is compared with one.

How to read the file stands in itself (`how_to_read`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Row], Any]
"""From a row's inputs to the answer, in the shape of its `output`."""

FILE = Path(__file__).with_name("known_answers.json")


@cache
def rows() -> dict[str, Row]:
    """id -> row."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {row["id"]: row for row in document["rows"]}


def exact(text: str) -> Fraction:
    """The value of an exact expression such as '12', '1/8' or '2**128-1'."""
    for sign in ("-", "+"):
        head, found, tail = text.rpartition(sign)
        if found and head and not head.endswith(("*", "/", "e", "E")):
            right = exact(tail)
            return exact(head) + (right if sign == "+" else -right)
    if "**" in text:
        base, _, exponent = text.partition("**")
        return Fraction(base) ** int(exponent)
    return Fraction(text)


def assert_answer(got: Any, wanted: Any, tolerance: Row, place: str) -> None:
    """Compare by the row's tolerance, item by item; strings, booleans and None exactly."""
    if isinstance(wanted, Mapping):
        assert set(got) == set(wanted), place
        for key, value in wanted.items():
            assert_answer(got[key], value, tolerance, f"{place}.{key}")
    elif isinstance(wanted, list):
        got = list(got)
        assert len(got) == len(wanted), place
        for index, (one, other) in enumerate(zip(got, wanted, strict=True)):
            assert_answer(one, other, tolerance, f"{place}[{index}]")
    elif wanted is None or isinstance(wanted, bool):
        assert got == wanted and (got is None) == (wanted is None), place
    elif isinstance(wanted, str):
        _assert_text(got, wanted, tolerance, place)
    else:
        _assert_number(got, wanted, tolerance, place)


def _assert_text(got: Any, wanted: str, tolerance: Row, place: str) -> None:
    """Integers and exact expressions: no float in between, and equal unless the row allows more.

    A few sources print rounded figures as integers (M22, M24): their absolute tolerance holds.
    """
    try:
        value = exact(wanted)
    except ValueError:
        assert got == wanted, place
        return
    assert not isinstance(got, float), f"{place}: an exact answer must not pass through a float"
    allowed = Fraction(tolerance["value"] or 0) if tolerance["kind"] == "absolute" else 0
    whole = allowed if allowed >= 1 else 0
    assert abs(Fraction(got) - value) <= whole, f"{place}: {got} instead of {wanted}"


def _assert_number(got: Any, wanted: float, tolerance: Row, place: str) -> None:
    kind, value = tolerance["kind"], float(tolerance["value"] or 0)
    allowed = {"exact": 0.0, "absolute": value, "relative": value * abs(wanted)}[kind]
    assert abs(float(got) - wanted) <= allowed, f"{place}: {got} instead of {wanted}"
