"""The checks at the door: what passes comes out as an array, what does not is named exactly."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.risk import checks


@pytest.fixture(autouse=True)
def refusals_are_well_worded() -> None:
    """The checks are called directly here, with names that are nobody's arguments."""


def refusal(call: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[str, Any, str]:
    """Field, value and rule of the refusal."""
    with pytest.raises(InvalidArgument) as refused:
        call(*arguments, **named)
    return refused.value.field, refused.value.value, refused.value.rule


def test_what_passes_is_a_float_array_of_the_same_values() -> None:
    for check in (checks.finite, checks.non_negative):
        assert check("x", [[0, 1], [2, 3]]).tolist() == [[0.0, 1.0], [2.0, 3.0]]
        assert check("x", [1, 2], ndim=1).dtype == np.float64
        assert check("x", 3, ndim=0).shape == ()
    assert checks.positive("x", [0.5]).tolist() == [0.5]
    assert checks.within("x", [0.0, 0.5, 1.0], 0.0, 1.0).tolist() == [0.0, 0.5, 1.0]
    assert checks.finite("x", []).shape == (0,)


def test_a_refusal_names_the_first_bad_item_its_value_and_the_rule() -> None:
    field, value, rule = refusal(checks.finite, "x", [[1.0, 2.0], [3.0, nan]])
    assert (field, rule) == ("x[1, 1]", "must be finite") and np.isnan(value)
    assert refusal(checks.finite, "x", inf) == ("x", inf, "must be finite")
    assert refusal(checks.non_negative, "x", [0.0, -1.0, -2.0]) == (
        "x[1]",
        -1.0,
        "must be at least 0",
    )
    assert refusal(checks.positive, "x", [1.0, 0.0]) == ("x[1]", 0.0, "must be above 0")
    assert refusal(checks.within, "x", 1.5, 0.0, 1.0) == ("x", 1.5, "must be in [0, 1]")
    assert refusal(checks.within, "x", [-0.25], 0.0, 1.0) == ("x[0]", -0.25, "must be in [0, 1]")


def test_what_is_not_a_number_and_what_has_another_depth_is_refused() -> None:
    assert refusal(checks.finite, "x", "many") == ("x", "many", "must be numbers")
    assert refusal(checks.finite, "x", [[1.0], [2.0, 3.0]])[2] == "must be numbers"
    assert refusal(checks.finite, "x", 1.0, ndim=1) == (
        "x", "array of shape ()", "must have 1 dimension",
    )  # fmt: skip
    for check in (checks.non_negative, checks.positive):
        assert refusal(check, "x", [1.0], ndim=2) == (
            "x", "array of shape (1,)", "must have 2 dimensions",
        )  # fmt: skip
    assert refusal(checks.within, "x", [1.0], 0.0, 1.0, ndim=0)[2] == "must have 0 dimensions"


def test_shapes_must_be_those_of_the_first() -> None:
    one, two = np.zeros(2), np.zeros((2, 1))
    checks.same_shape(a=one, b=one)
    assert refusal(checks.same_shape, a=one, b=one, c=two) == (
        "c", "array of shape (2, 1)", "must have the shape of a, (2,)",
    )  # fmt: skip


def test_ascending_values_may_be_equal_only_where_told() -> None:
    assert checks.sorted_up("x", [1.0, 2.0]).tolist() == [1.0, 2.0]
    assert checks.sorted_up("x", [1.0, 1.0], strictly=False).tolist() == [1.0, 1.0]
    assert checks.sorted_up("x", [7.0]).tolist() == [7.0]
    assert refusal(checks.sorted_up, "x", [1.0, 3.0, 3.0, 2.0]) == ("x[2]", 3.0, "must rise from 3")
    assert refusal(checks.sorted_up, "x", [1.0, 3.0, 3.0, 2.0], strictly=False) == (
        "x[3]", 2.0, "must not fall from 3",
    )  # fmt: skip
    assert refusal(checks.sorted_up, "x", [[1.0]])[2] == "must have 1 dimension"


def test_a_choice_is_one_of_those_listed() -> None:
    checks.one_of("x", "a", ("a", "b"))
    assert refusal(checks.one_of, "x", "c", ("a", 1)) == ("x", "c", "must be one of a, 1")


def test_whole_numbers_are_integers_within_their_bounds() -> None:
    assert checks.whole("x", np.int64(3), 3, 3) == 3
    assert checks.whole("x", -5) == -5
    for bad in (1.0, True, "1", None):
        assert refusal(checks.whole, "x", bad) == ("x", bad, "must be an integer")
    assert refusal(checks.whole, "x", 2, 3) == ("x", 2, "must be at least 3")
    assert refusal(checks.whole, "x", np.int64(4), 3, 3) == ("x", 4, "must be at most 3")
    assert type(refusal(checks.whole, "x", np.int64(4), 3, 3)[1]) is int


def test_arrays_are_broadcast_or_the_first_misfit_is_named() -> None:
    a, b = checks.broadcast(a=np.zeros((2, 1)), b=np.zeros(3))
    assert a.shape == b.shape == (2, 3)
    assert refusal(checks.broadcast, a=np.zeros(2), b=np.zeros(1), c=np.zeros(3)) == (
        "c", "array of shape (3,)", "must go together with shape (2,) of the arguments before it",
    )  # fmt: skip


def test_a_rule_of_ones_own_and_flags() -> None:
    checks.refuse("x", [1, 2], [True, True], "must be nice")
    assert refusal(checks.refuse, "x", [1, 2], [True, False], "must be nice") == (
        "x[1]", 2.0, "must be nice",
    )  # fmt: skip
    assert checks.flags("x", [True, False]).tolist() == [True, False]
    assert checks.flags("x", []).dtype == np.bool_
    assert refusal(checks.flags, "x", [1, 0]) == ("x", [1, 0], "must be true or false")


def test_a_refusal_from_within_can_speak_of_the_callers_argument() -> None:
    def inner(x: Any, y: Any) -> None:
        checks.finite("x", x)
        checks.finite("y", y)

    def outer(mine: Any) -> None:
        with checks.renamed(x="mine"):
            inner(mine, mine)

    def other(yours: Any) -> None:
        with checks.renamed(x="mine"):
            inner(1.0, yours)

    assert refusal(outer, [1.0, inf]) == ("mine[1]", inf, "must be finite")
    assert refusal(other, inf)[0] == "y", "what is not told of keeps its name"
    with pytest.raises(InvalidArgument, match=r"^mine = inf: must be finite$"):
        outer(inf)
    outer(1.0)
