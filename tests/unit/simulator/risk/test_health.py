"""The health of many accounts is the sum of each, block after block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import health, health_factors
from simulator.types import AnyArray

PRICE = np.array([2000.0, 1.0])
THRESHOLD = np.array([0.8, 0.9])

rows = st.lists(
    st.tuples(*[st.sampled_from([0.0, 0.5, 3.0, 1e6]) for _ in range(4)]), max_size=8
).map(lambda found: np.array(found, dtype=np.float64).reshape(-1, 4))


@given(rows)
def test_health_is_weighted_collateral_over_debt(table: AnyArray) -> None:
    collateral, debt = table[:, :2].copy(), table[:, 2:].copy()
    found = health_factors(collateral, debt, PRICE, THRESHOLD)
    assert len(found) == len(table)
    for account, value in enumerate(found):
        owing = float(debt[account] @ PRICE)
        if owing == 0:
            assert value == np.inf
        else:
            wanted = float((collateral[account] * PRICE * THRESHOLD).sum()) / owing
            assert value == pytest.approx(wanted, rel=1e-14)


def test_the_threshold_itself_and_the_sides_of_it() -> None:
    found = health_factors(
        [[1.0, 0.0]] * 3, [[0.0, 1600.0], [0.0, 1601.0], [0.0, 1599.0]], PRICE, 0.8
    )
    assert found[0] == 1.0 and found[1] < 1.0 < found[2]


def test_nobody_nothing_and_no_debt_are_valid() -> None:
    assert health_factors(np.empty((0, 2)), np.empty((0, 2)), PRICE, 0.8).shape == (0,)
    assert health_factors(np.empty((3, 0)), np.empty((3, 0)), [], 0.8).tolist() == [np.inf] * 3
    found = health_factors(
        [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], [[0, 0], [0, 0], [0, 1]], PRICE, 0.8
    )
    assert found.tolist() == [np.inf, np.inf, 0.0]


def test_blocks_agree_with_one_line_at_every_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ROWS", 7)
    rng = np.random.default_rng(1)
    for count in (6, 7, 8, 14, 20):
        collateral, debt = rng.random((2, count, 2))
        debt[count // 2] = 0.0
        collateral[count - 1] = debt[count - 1] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = (collateral @ (PRICE * THRESHOLD)) / (debt @ PRICE)
        wanted[np.isnan(wanted)] = np.inf
        assert health_factors(collateral, debt, PRICE, THRESHOLD) == pytest.approx(wanted)


def test_the_order_in_memory_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ROWS", 7)
    collateral, debt = np.random.default_rng(2).random((2, 20, 2))
    wanted = health_factors(collateral, debt, PRICE, THRESHOLD)
    by_asset = np.asfortranarray(collateral), np.asfortranarray(debt)
    assert health_factors(*by_asset, PRICE, THRESHOLD) == pytest.approx(wanted, rel=1e-14)
    apart = np.repeat(collateral, 2, axis=0)[::2], debt[::-1][::-1]
    assert health_factors(*apart, PRICE, THRESHOLD) == pytest.approx(wanted, rel=1e-14)


def test_the_answer_may_be_written_into_an_array() -> None:
    out = np.empty(2)
    found = health_factors([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0]] * 2, PRICE, 1.0, out=out)
    assert found is out and out.tolist() == [2000.0, 1.0]
    for wrong in (np.empty(3), np.empty(2, dtype=np.float32), np.empty(4)[::2]):
        with pytest.raises(InvalidArgument, match="out"):
            health_factors([[1.0, 0.0]] * 2, [[0.0, 1.0]] * 2, PRICE, 1.0, out=wrong)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e9])
@pytest.mark.parametrize("place", [0, 9])
def test_an_amount_that_is_none_is_named(
    bad: float, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ROWS", 4)
    for name in ("collateral", "debt"):
        amounts = {"collateral": np.ones((10, 2)), "debt": np.ones((10, 2))}
        amounts[name][place, 1] = bad
        with pytest.raises(InvalidArgument, match=rf"{name}\[{place}, 1\]"):
            health_factors(amounts["collateral"], amounts["debt"], PRICE, THRESHOLD)


@pytest.mark.parametrize("bad", [np.nan, -np.inf, -1.0])
def test_collateral_that_is_none_is_named_beside_no_debt(bad: float) -> None:
    with pytest.raises(InvalidArgument, match=r"collateral\[1, 0\]"):
        health_factors([[1.0, 1.0], [bad, 0.0]], np.zeros((2, 2)), PRICE, THRESHOLD)


def test_values_beyond_floats_are_refused_and_large_ones_are_not() -> None:
    found = health_factors([[1e200, 0.0]], [[1e200, 0.0]], PRICE, 0.5)
    assert found == pytest.approx([0.5])
    with pytest.raises(InvalidArgument, match=r"debt\[0\] = inf: must be worth"):
        health_factors([[1.0, 0.0]], [[1e308, 0.0]], PRICE, 0.5)
    with pytest.raises(InvalidArgument, match=r"collateral\[0\] = inf: must be worth"):
        health_factors([[1e308, 0.0]], [[1.0, 0.0]], PRICE, 0.5)


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"price": [-1.0, 1.0]}, r"price\[0\]"),
        ({"price": [1.0]}, "price"),
        ({"price": [1.0, np.nan]}, r"price\[1\]"),
        ({"debt": np.ones((1, 3))}, "debt"),
        ({"debt": np.ones(2)}, "debt"),
        ({"collateral": [["x", 1]]}, "collateral"),
        ({"liquidation_threshold": [0.5]}, "liquidation_threshold"),
        ({"liquidation_threshold": 1.01}, "liquidation_threshold"),
        ({"liquidation_threshold": -0.01}, "liquidation_threshold"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changed: dict[str, Any], argument: str) -> None:
    given_: dict[str, Any] = {
        "collateral": np.ones((1, 2)),
        "debt": np.ones((1, 2)),
        "price": PRICE,
        "liquidation_threshold": 0.5,
    }
    with pytest.raises(InvalidArgument, match=argument):
        health_factors(**{**given_, **changed})


def test_a_debt_too_small_to_divide_by_is_infinitely_healthy() -> None:
    smallest = 5e-324
    assert health_factors([[1.0], [1.0]], [[smallest], [0.5]], [1.0], 0.8).tolist() == [np.inf, 1.6]
