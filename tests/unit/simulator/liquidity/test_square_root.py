"""Impact grows with the root of the flow, fades with time, and never passes its clamp."""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.liquidity import (
    Depth,
    ImpactParameters,
    ImpactState,
    advance,
    cascade_impact,
    depth_of_path,
)
from simulator.risk import cascade
from simulator.types import Float2D

PARAMETERS = ImpactParameters(
    coefficient=1.0,
    volatility_half_life_blocks=150,
    volatility_cap=0.35,
    thinning_volatility=0.05,
    thinning_exponent=0.75,
    recovery_half_life_blocks=100,
    basis_clamp=0.10,
    blocks_per_day=7200,
)
VOLUME = 1e7


def zigzag(daily_volatility: float, blocks: int) -> Float2D:
    """A price whose every block return has the size of the given daily volatility."""
    step = daily_volatility / sqrt(7200)
    prices: Float2D = 100 * np.exp(step * (np.arange(blocks) % 2)).reshape(-1, 1)
    return prices


def depth(daily_volatility: float = 0.04, blocks: int = 400, **changes: float) -> Depth:
    parameters = replace(PARAMETERS, **changes)
    return depth_of_path(zigzag(daily_volatility, blocks), [VOLUME], parameters)


def test_volatility_is_that_of_the_path() -> None:
    assert depth(0.04).volatility == pytest.approx(0.04)


def test_volatility_is_capped() -> None:
    assert depth(0.80).volatility.max() == 0.35


def test_a_calm_path_forgets_half_of_its_variance_in_a_half_life() -> None:
    flat = np.full((301, 1), 100.0)
    volatility = depth_of_path(flat, [VOLUME], PARAMETERS, initial_volatility=0.2).volatility[:, 0]
    assert volatility[0] == pytest.approx(0.2)
    assert volatility[150] ** 2 == pytest.approx(0.02)
    assert volatility[300] ** 2 == pytest.approx(0.01)


def test_one_jump_enters_with_its_weight_at_once() -> None:
    path = np.full((10, 1), 100.0)
    path[5:] = 90.0
    volatility = depth_of_path(path, [VOLUME], PARAMETERS, initial_volatility=0.0).volatility[:, 0]
    weight = 1 - 0.5 ** (1 / 150)
    assert volatility[4] == 0.0
    assert volatility[5] == pytest.approx(min(0.35, sqrt(weight * log(0.9) ** 2 * 7200)))


@pytest.mark.parametrize(
    ("volatility", "share"), [(0.02, 1.0), (0.05, 1.0), (0.10, 0.5**0.75), (0.35, (1 / 7) ** 0.75)]
)
def test_the_book_thins_when_the_market_is_wild(volatility: float, share: float) -> None:
    assert depth(volatility).volume[-1, 0] == pytest.approx(VOLUME * share)


def test_the_basis_is_the_square_root_law_with_the_sign_of_the_flow() -> None:
    book = depth(0.04)
    for flow, sign in ((1e5, 1), (-1e5, -1)):
        assert advance(ImpactState([0.0]), book, 300, [flow])[0] == pytest.approx(
            sign * 0.04 * sqrt(1e5 / VOLUME)
        )


def test_half_of_the_flow_is_absorbed_in_a_half_life() -> None:
    book, state = depth(), ImpactState([0.0])
    advance(state, book, 0, [-8e4])
    for block in range(1, 101):
        advance(state, book, block, [0.0])
    assert state.pressure[0] == pytest.approx(-4e4)
    assert state.basis[0] == pytest.approx(-0.04 * sqrt(4e4 / VOLUME))


def test_a_dump_beyond_the_clamp_leaves_no_hidden_queue() -> None:
    """Otherwise the basis would stay pinned until hours of recovery had passed."""
    book, state = depth(0.35), ImpactState([0.0])
    assert advance(state, book, 0, [-1e12])[0] == pytest.approx(-0.10)
    limit = book.limit[0][0]
    assert state.pressure[0] == -limit
    assert advance(state, book, 1, [0.5 * limit])[0] > -0.075


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), st.floats(0.001, 0.35))
def test_the_basis_never_passes_the_clamp(flows: list[float], volatility: float) -> None:
    book, state = depth(volatility, blocks=20), ImpactState([0.0])
    for block, flow in enumerate(flows):
        assert abs(advance(state, book, block, [flow])[0]) <= 0.10


def test_no_coefficient_means_no_impact() -> None:
    book, state = depth(coefficient=0.0), ImpactState([0.0])
    assert advance(state, book, 0, [-1e9]) == [0.0]
    assert cascade_impact(state, book, 0, [100.0])(np.array([1e9])).tolist() == [100.0]


def test_markets_do_not_touch_each_other() -> None:
    path = np.hstack([zigzag(0.04, 10), zigzag(0.10, 10)])
    book, state = depth_of_path(path, [VOLUME, 2 * VOLUME], PARAMETERS), ImpactState([0.0, 0.0])
    basis = advance(state, book, 5, [0.0, 1e5])
    assert basis[0] == 0.0
    assert basis[1] == pytest.approx(0.10 * sqrt(1e5 / (2 * VOLUME * 0.5**0.75)))


def test_the_cascade_starts_from_the_mark_and_sells_on_top_of_the_pressure() -> None:
    book, state = depth(), ImpactState([0.0])
    basis = advance(state, book, 7, [-1e5])[0]
    impact = cascade_impact(state, book, 7, [200.0])
    assert impact(np.array([0.0]))[0] == pytest.approx(200 * (1 + basis), rel=1e-15)
    sold = impact(np.array([1500.0]))[0]
    assert sold == pytest.approx(200 * (1 - 0.04 * sqrt((1e5 + 1500 * 200) / VOLUME)))
    assert impact(np.array([-500.0]))[0] == pytest.approx(200.0)
    assert impact(np.array([1e9]))[0] == pytest.approx(180.0)


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=10))
def test_selling_more_never_raises_the_price(pressure: float, quantities: list[float]) -> None:
    book = depth()
    impact = cascade_impact(ImpactState([pressure]), book, 0, [200.0])
    prices = [impact(np.array([quantity]))[0] for quantity in sorted(quantities)]
    assert prices == sorted(prices, reverse=True)


def test_a_thin_book_makes_a_cascade_that_a_deep_one_does_not() -> None:
    size = np.full((40, 1), 100.0)
    triggers = np.linspace(201.0, 160.0, 40)
    cash = -(1 - 0.0625) * size[:, 0] * triggers
    taken = []
    for volume in (1e5, 1e9):
        book = depth_of_path(zigzag(0.2, 10), [volume], PARAMETERS)
        impact = cascade_impact(ImpactState([0.0]), book, 5, [200.0])
        taken.append(int(cascade(cash, size, 0.0625, impact).final.sum()))
    assert taken[0] > 2 * taken[1] > 0
