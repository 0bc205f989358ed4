"""Shocks are measured from the fixture, and reverse stress is confirmed by the forward engine."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.liquidity import LinearImpact
from simulator.risk import (
    STATED_SHOCKS,
    STATISTICS,
    Shock,
    cascade_loss,
    collateral_loss,
    index_linear_cascade,
    insurance_fund_stress,
    mahalanobis,
    measured_moves,
    measured_shock,
    reverse_stress,
    shock_grid,
    shock_ray,
    shocked_prices,
    stated_shock,
)
from simulator.risk.stress import LABELS
from simulator.types import Float1D, Float2D

COVARIANCE = np.array([[0.04, 0.03], [0.03, 0.09]])


def bars(*hours: tuple[float, float, float, float]) -> Float2D:
    return np.array(hours, dtype=np.float64)[:, None, :]


def test_a_peak_must_come_before_its_low() -> None:
    # The high of the last hour comes too late, and an hour's high may come after its low.
    rising = bars((10, 10, 9, 10), (10, 12, 10, 12), (12, 30, 11, 30))
    assert measured_moves(rising, "peak to low").tolist() == pytest.approx([11 / 12 - 1 - 1 / 60])
    assert measured_moves(bars((10, 40, 8, 9)), "peak to low").tolist() == pytest.approx([-0.2])
    assert measured_moves(bars((10, 40, 9, 9), (9, 9, 8, 8)), "peak to low") == pytest.approx(-0.8)


def test_close_to_close_spans_one_hour_or_twenty_four() -> None:
    falling = np.repeat(np.linspace(100, 70, 31), 4).reshape(31, 1, 4)
    assert measured_moves(falling, "worst hour").tolist() == pytest.approx([70 / 71 - 1])
    assert measured_moves(falling, "worst day").tolist() == pytest.approx([70 / 94 - 1])
    exactly = measured_moves(falling[:25], "worst day")
    assert exactly.tolist() == pytest.approx([76 / 100 - 1])
    with pytest.raises(InvalidArgument, match="25 hours"):
        measured_moves(falling[:24], "worst day")
    with pytest.raises(InvalidArgument, match="2 hours"):
        measured_moves(falling[:1], "worst hour")


def test_what_never_fell_has_a_move_of_zero() -> None:
    rising = np.repeat(np.linspace(70, 100, 31), 4).reshape(31, 1, 4)
    for statistic in STATISTICS:
        assert measured_moves(rising, statistic).tolist() == [0.0]


def test_bars_are_checked() -> None:
    good = bars((10, 10, 9, 10), (10, 12, 10, 12))
    for bad, statistic in (
        (good, "worst week"), (good[..., :3], "worst hour"), (good * 0, "worst hour"),
        (good[0], "worst hour"), (good[:0], "peak to low"),
    ):  # fmt: skip
        with pytest.raises(InvalidArgument):
            measured_moves(bad, statistic)
    with pytest.raises(InvalidArgument, match="bars"):
        measured_shock("x", {}, "worst hour", "y")


def test_a_measured_shock_has_a_move_per_series_of_its_own_length() -> None:
    falling = [[100.0, 110.0, 90.0, 95.0], [95.0, 95.0, 55.0, 60.0]]
    longer = [[10.0, 10.0, 9.0, 9.0], [9.0, 9.0, 8.0, 8.0], [8.0, 8.0, 8.0, 8.0]]
    shock = measured_shock("made-up", {"ETH": falling, "BTC": longer}, "peak to low", "nobody")
    assert (shock.name, shock.assets, shock.source) == ("made-up", ("ETH", "BTC"), "nobody")
    assert (shock.label, shock.statistic) == ("measured", "peak to low")
    assert shock.moves.tolist() == pytest.approx([-0.5, -0.2])
    hourly = measured_shock("made-up", {"ETH": falling}, "worst hour", "nobody")
    assert hourly.moves.tolist() == pytest.approx([60 / 95 - 1])


def test_stated_shocks_say_so_and_name_their_source() -> None:
    assert {shock.name for shock in STATED_SHOCKS} == {
        "may-2021", "ftx-2022", "usdc-2023", "aug-2024", "oct-2025",
    }  # fmt: skip
    for shock in STATED_SHOCKS:
        assert shock.label == "stated" and shock.source
        assert (shock.moves < 0).all() and (shock.moves > -1).all()


def test_unknown_events_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidArgument, match="ftx-2022"):
        stated_shock("nowhere", "peak to low")
    with pytest.raises(InvalidArgument):
        stated_shock("usdc-2023", "worst day")


@pytest.mark.parametrize(
    "changes",
    [
        {"moves": np.array([-1.01])}, {"moves": np.array([-0.1, 0.1])}, {"label": "guessed"},
        {"source": ""}, {"name": ""}, {"statistic": ""}, {"moves": np.array([np.nan])},
    ],
)  # fmt: skip
def test_shocks_are_checked(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "name": "x", "assets": ("ETH",), "moves": np.array([-1.0]), "statistic": "made up",
        "label": "assumed", "source": "this test",
    }  # fmt: skip
    assert Shock(**fields).label in LABELS
    with pytest.raises(InvalidArgument):
        Shock(**(fields | changes))


def test_grids_hold_every_combination_once() -> None:
    assert shock_grid([[-0.1, 0.0], [-0.2, -0.3, -1.0]]).tolist() == [
        [-0.1, -0.2], [-0.1, -0.3], [-0.1, -1.0], [0.0, -0.2], [0.0, -0.3], [0.0, -1.0],
    ]  # fmt: skip
    assert shock_grid([]).shape == (1, 0) and shock_grid([[], [0.1]]).shape == (0, 2)
    with pytest.raises(InvalidArgument):
        shock_grid([[-1.1]])
    assert shock_ray([-0.5, 0.1], [0, 1, 3]).tolist() == pytest.approx(
        np.array([[0, 0], [-0.5, 0.1], [-1.0, 0.3]])
    )
    assert shocked_prices([100.0, 10.0], [[-1.0, 0.5]]).tolist() == [[0.0, 15.0]]
    with pytest.raises(InvalidArgument):
        shocked_prices(1.0, -1.01)


def book(seed: int, accounts: int, assets: int) -> tuple[Float2D, Float1D, Float1D]:
    rng = np.random.default_rng(seed)
    held, price = rng.uniform(0, 2, (accounts, assets)), rng.uniform(1, 100, assets)
    return held, (held @ price) * rng.uniform(0.3, 0.9, accounts), price


@given(st.integers(0, 10**6), st.integers(0, 5), st.integers(1, 3))
def test_bad_debt_is_summed_account_by_account_and_rises_along_a_ray_of_falls(
    seed: int, accounts: int, assets: int
) -> None:
    held, owed, price = book(seed, accounts, assets)
    loss = collateral_loss(held, owed, price)
    direction = -np.random.default_rng(seed).uniform(0, 1, assets)
    moves = shock_ray(direction, np.linspace(0, 1.5, 9))
    got = loss(moves)
    for move, lost in zip(moves, got, strict=True):
        values = held @ (price * (1 + move))
        assert lost == pytest.approx(
            sum(max(d - v, 0.0) for d, v in zip(owed, values, strict=True))
        )
    assert (np.diff(got) >= -1e-9).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_reverse_stress_finds_the_nearest_of_all_accounts_borders(seed: int, accounts: int) -> None:
    """Account i breaks on the plane w . x = -buffer, at distance buffer / sqrt(w' C w)."""
    held, owed, price = book(seed, accounts, 2)
    loss = collateral_loss(held, owed, price)
    weights = held * price
    buffer = weights.sum(axis=1) - owed
    spread = np.sqrt(np.einsum("ni,ij,nj->n", weights, COVARIANCE, weights))
    wanted = float((buffer / spread).min())
    found = reverse_stress(loss, COVARIANCE)
    # A fall below -1 is impossible, so the plane's nearest point may lie out of reach.
    at = int((buffer / spread).argmin())
    nearest = -COVARIANCE @ weights[at] * buffer[at] / spread[at] ** 2
    if (nearest < -1).any():
        return
    assert found is not None
    assert found.distance == pytest.approx(wanted, rel=1e-6)
    assert found.distance >= wanted * (1 - 1e-9)
    assert found.loss > 0.0 and found.loss == loss(found.moves[None, :])[0]
    assert mahalanobis(found.moves, COVARIANCE) == pytest.approx(found.distance, rel=1e-9)
    assert found.moves == pytest.approx(nearest, abs=1e-3)


def test_the_smallest_shock_is_the_one_of_the_weaker_asset() -> None:
    loss = collateral_loss([[1.0, 0.0], [0.0, 2.0]], [70.0, 100.0], [100.0, 100.0])
    found = reverse_stress(loss, COVARIANCE)
    assert found is not None and found.distance == pytest.approx(1.5, rel=1e-9)
    assert found.moves.tolist() == pytest.approx([-0.3, -0.225], abs=1e-4)
    assert found.evaluations > 0


def test_emptying_the_fund_takes_a_larger_shock_and_is_reached_exactly() -> None:
    loss = collateral_loss([[1.0]], [70.0], [100.0])
    variance = np.array([[0.04]])
    first = reverse_stress(loss, variance)
    emptied = insurance_fund_stress(loss, variance, 10.0)
    assert first is not None and emptied is not None
    assert first.distance == pytest.approx(1.5) and first.loss > 0.0
    assert emptied.distance == pytest.approx(2.0) and emptied.loss >= 10.0
    assert emptied.loss == pytest.approx(10.0, abs=1e-6)


def test_a_step_is_emptied_at_its_edge_but_not_exceeded() -> None:
    def stairs(moves: Float2D) -> Float1D:
        return np.where(moves[:, 0] <= -0.5, 10.0, 0.0)

    emptied = insurance_fund_stress(stairs, [[0.04]], 10.0)
    assert emptied is not None and emptied.distance == pytest.approx(2.5) and emptied.loss == 10.0
    assert reverse_stress(stairs, [[0.04]], threshold=10.0) is None


def test_what_is_broken_already_needs_no_shock() -> None:
    loss = collateral_loss([[1.0]], [120.0], [100.0])
    found = reverse_stress(loss, [[0.04]])
    assert found is not None and found.distance == 0.0 and found.moves.tolist() == [0.0]
    assert found.loss == 20.0
    empty = insurance_fund_stress(collateral_loss([[1.0]], [10.0], [100.0]), [[0.04]], 0.0)
    assert empty is not None and empty.distance == 0.0


def test_what_nothing_breaks_has_no_shock() -> None:
    assert reverse_stress(collateral_loss([[1.0]], [0.0], [100.0]), [[0.04]]) is None
    assert reverse_stress(collateral_loss(np.zeros((0, 2)), [], [1.0, 1.0]), COVARIANCE) is None
    # Only moves that the covariance allows are tried.
    loss = collateral_loss([[1.0, 0.0]], [50.0], [100.0, 100.0])
    assert reverse_stress(loss, [[0.0, 0.0], [0.0, 0.04]]) is None
    assert reverse_stress(loss, np.zeros((2, 2))) is None
    together = reverse_stress(loss, [[0.04, 0.04], [0.04, 0.04]])
    assert together is not None and together.distance == pytest.approx(2.5)
    assert together.moves.tolist() == pytest.approx([-0.5, -0.5])


def test_a_price_of_zero_is_the_end_of_a_ray_and_still_tried() -> None:
    def gone(moves: Float2D) -> Float1D:
        assert (moves >= -1).all()
        return np.where(moves[:, 0] == -1.0, 1.0, 0.0)

    found = reverse_stress(gone, [[0.04]])
    assert found is not None and found.moves.tolist() == [-1.0]
    assert found.distance == pytest.approx(5.0)
    assert reverse_stress(gone, [[0.04]], limit=4.9) is None


def test_a_rise_can_be_the_shock() -> None:
    found = reverse_stress(lambda moves: np.maximum(moves[:, 0] - 0.4, 0.0), [[0.04]])
    assert found is not None and found.moves[0] == pytest.approx(0.4) and found.moves[0] > 0.4


def test_the_cascades_bad_debt_is_reached_sooner_than_without_impact() -> None:
    trigger, quantity, debt = [90.0, 85.0, 70.0], [1.0, 1.0, 1.0], [80.0, 75.0, 60.0]
    still = cascade_loss(index_linear_cascade(trigger, quantity, LinearImpact(0.0), debt), 100.0)
    moved = cascade_loss(index_linear_cascade(trigger, quantity, LinearImpact(0.04), debt), 100.0)
    calm, wild = (reverse_stress(loss, [[0.04]]) for loss in (still, moved))
    assert calm is not None and wild is not None
    assert calm.distance == pytest.approx(1.0)  # 80 is the highest debt per unit
    assert wild.distance < calm.distance and wild.loss > 0
    assert still(np.array([[-0.2], [-0.25]])).tolist() == [0.0, 5.0]


@pytest.mark.parametrize(
    ("covariance", "options"),
    [
        ([[0.04, 0.05], [0.03, 0.04]], {}), ([[1.0, 2.0], [2.0, 1.0]], {}), ([[0.04, 0.0]], {}),
        (np.zeros((0, 0)), {}), ([[np.nan]], {}), ([[0.04]], {"threshold": -1.0}),
        ([[0.04]], {"steps": 1}), ([[0.04]], {"starts": -1}), ([[0.04]], {"limit": 0.0}),
    ],
)  # fmt: skip
def test_reverse_stress_is_checked_at_the_door(covariance: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        reverse_stress(lambda moves: np.zeros(len(moves)), covariance, **options)


def test_mahalanobis_counts_standard_deviations() -> None:
    assert mahalanobis([-0.2], [[0.04]]) == pytest.approx(1.0)
    assert mahalanobis([0.0, 0.0], np.zeros((2, 2))) == 0.0
    assert mahalanobis([0.0, 0.1], np.zeros((2, 2))) == inf
    assert mahalanobis([0.1, -0.1], [[0.04, 0.04], [0.04, 0.04]]) == inf
    assert mahalanobis([0.2, 0.3], np.diag([0.04, 0.09])) == pytest.approx(sqrt(2))
    with pytest.raises(InvalidArgument):
        mahalanobis([0.1], COVARIANCE)


def test_engines_are_checked() -> None:
    for arguments in (
        ([[1.0]], [1.0, 2.0], [1.0]), ([[-1.0]], [1.0], [1.0]), ([[1.0]], [-1.0], [1.0]),
        ([[1.0]], [1.0], [0.0]), ([[1.0]], [1.0], [1.0, 1.0]),
    ):  # fmt: skip
        with pytest.raises(InvalidArgument):
            collateral_loss(*arguments)
    assert collateral_loss([[1.0]], [1.0], [1.0])(np.zeros((0, 1))).tolist() == []
