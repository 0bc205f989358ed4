"""GARCH, regimes and the broken peg: each step by hand, then means and edges."""

from __future__ import annotations

from itertools import pairwise, product
from math import exp, log, sqrt

import numpy as np
import pytest

from simulator.errors import InvalidArgument
from simulator.prices import Depeg, Garch, Grid, Regimes, generator, simulate
from simulator.prices.models.interface import Model, State
from simulator.types import AnyArray


def steps(model: Model, state: State, z: object, u: object, dt: float) -> tuple[AnyArray, State]:
    normals = np.asarray(z, dtype=np.float64).reshape(-1, 1, 1)
    uniforms = np.asarray(u, dtype=np.float64).reshape(len(normals), -1, 1)
    return model.advance(state, normals, uniforms, dt)


@pytest.mark.parametrize("compensated", [True, False])
def test_garch_by_hand(compensated: bool) -> None:
    model = Garch(0.001, 1e-5, 0.1, 0.85, 4e-4, compensated)
    returns, (variance,) = steps(model, model.begin(1, 1.0), [1.5, -2.0], [[], []], 1.0)
    half = 0.5 if compensated else 0.0
    second = 1e-5 + 0.1 * 4e-4 * 2.25 + 0.85 * 4e-4
    wanted = [0.001 + 0.02 * 1.5 - half * 4e-4, 0.001 - 2.0 * sqrt(second) - half * second]
    assert returns[:, 0] == pytest.approx(wanted, rel=1e-13)
    assert variance[0] == pytest.approx(1e-5 + 0.1 * second * 4.0 + 0.85 * second, rel=1e-13)


def test_garch_starts_from_the_long_run_unless_told() -> None:
    model = Garch(0.0, 1e-5, 0.1, 0.85)
    assert model.first_variance == model.long_run_variance == pytest.approx(2e-4, rel=1e-13)
    assert Garch(0.0, 1e-5, 0.1, 0.85, 3e-4).first_variance == 3e-4
    forecast = Garch(0.0, 1e-5, 0.1, 0.85, 4e-4).variance_forecast(3)
    assert forecast == pytest.approx([4e-4, 2e-4 + 0.95 * 2e-4, 2e-4 + 0.95**2 * 2e-4], rel=1e-12)


def test_garch_kurtosis_exists_below_its_bound() -> None:
    assert Garch(0.0, 1.0, 0.0, 0.0).kurtosis() == 3.0
    assert Garch(0.0, 1.0, 0.1, 0.8).kurtosis() == pytest.approx(3 * 0.19 / 0.17, rel=1e-12)
    # 1 - p^2 - 2 alpha^2 = 0: the fourth moment is infinite at the bound itself.
    assert Garch(0.0, 1.0, 0.5, 0.2071067811865476).kurtosis() is None


def test_garch_keeps_the_mean_price_when_compensated() -> None:
    last = simulate(Garch(0.001, 1e-5, 0.1, 0.85), 1.0, Grid(40_000, 30, 1.0), generator(2))[:, -1]
    assert abs(last.mean() - exp(0.03)) < 4 * last.std() / sqrt(last.size)
    variance = np.log(last).var() / 30
    assert variance == pytest.approx(2e-4, rel=0.05)


@pytest.mark.parametrize(
    ("alpha", "beta", "omega"), [(0.5, 0.5, 1.0), (-0.1, 0.5, 1.0), (0.1, -0.1, 1.0), (0.1, 0.1, 0)]
)
def test_garch_without_a_long_run_is_refused(alpha: float, beta: float, omega: float) -> None:
    with pytest.raises(InvalidArgument):
        Garch(0.0, omega, alpha, beta)


REGIMES = Regimes((0.2, -1.0), (0.4, 1.5), ((0.9, 0.1), (0.3, 0.7)), 0)


def test_regimes_by_hand() -> None:
    dt = 0.01
    returns, (regime,) = steps(
        REGIMES, REGIMES.begin(1, 1.0), [1.0, -1.0, 2.0], [[0.9], [0.91], [0.3]], dt
    )
    calm, wild = (0.2 - 0.08) * dt, (-1.0 - 1.125) * dt
    # 0.9 stays (P(stay) = 0.9 is inclusive), 0.91 leaves, 0.3 comes back.
    wanted = [calm + 0.04, calm - 0.04, wild + 0.3]
    assert returns[:, 0] == pytest.approx(wanted, rel=1e-12) and regime.tolist() == [0]


def test_three_regimes_are_left_by_their_own_rows() -> None:
    model = Regimes((0.0,) * 3, (0.0,) * 3, ((0.2, 0.3, 0.5), (0.6, 0.3, 0.1), (0.0, 1.0, 0.0)), 0)
    for start, row in enumerate(model.transitions):
        uniforms = (np.arange(100) + 0.5).reshape(1, 1, -1) / 100
        state = (np.full(100, start),)
        _, (after,) = model.advance(state, np.zeros((1, 1, 100)), uniforms, 0.01)
        assert np.bincount(after, minlength=3) / 100 == pytest.approx(row)


def test_the_stationary_law_is_left_alone_by_the_chain() -> None:
    law = REGIMES.stationary()
    assert law == pytest.approx([0.75, 0.25], abs=1e-12)
    assert law @ np.array(REGIMES.transitions) == pytest.approx(law, abs=1e-12)
    three = Regimes((0.0,) * 3, (0.1,) * 3, ((0, 1, 0), (0, 0, 1), (1, 0, 0)))
    assert three.stationary() == pytest.approx([1 / 3] * 3, abs=1e-12)
    single = Regimes((0.1,), (0.2,), ((1.0,),))
    assert single.stationary().tolist() == [1.0]


def test_expected_growth_is_the_sum_over_all_sequences() -> None:
    matrix = np.array(REGIMES.transitions)
    for start in (0, 1, None):
        model = Regimes(REGIMES.drifts, REGIMES.sigmas, REGIMES.transitions, start)
        total = 0.0
        for way in product((0, 1), repeat=4):
            chance = model.first_law()[way[0]]
            for here, there in pairwise(way):
                chance *= matrix[here, there]
            total += chance * exp(0.1 * sum(REGIMES.drifts[state] for state in way))
        assert model.expected_growth(4, 0.1) == pytest.approx(total, rel=1e-12)


def test_regimes_keep_the_mean_and_start_from_the_stationary_law() -> None:
    model = Regimes(REGIMES.drifts, REGIMES.sigmas, REGIMES.transitions)
    grid = Grid(40_000, 12, 1 / 52)
    last = simulate(model, 1.0, grid, generator(1))[:, -1, 0]
    known = model.expected_growth(12, 1 / 52)
    assert abs(last.mean() - known) < 4 * last.std() / sqrt(last.size)
    uniforms = np.linspace(0.0005, 0.9995, 1000).reshape(1, 1, -1)
    returns, (after,) = model.advance(
        model.begin(1000, 1.0), np.zeros((1, 1, 1000)), uniforms, 0.01
    )
    calm = (0.2 - 0.08) * 0.01
    first: AnyArray = np.where(np.isclose(returns[0], calm), 0, 1)
    assert (first == (uniforms[0, 0] > 0.75)).all()
    # The rest of the uniform drives the first move: 0.9 of the calm three quarters stay.
    assert (after[:750] == 0).sum() == pytest.approx(675, abs=1)
    assert (after[750:] == 0).sum() == pytest.approx(75, abs=1)


@pytest.mark.parametrize(
    ("drifts", "sigmas", "matrix", "start"),
    [
        ((0.0, 0.0), (0.1, 0.1), ((0.9, 0.2), (0.5, 0.5)), None),
        ((0.0, 0.0), (0.1, 0.1), ((1.1, -0.1), (0.5, 0.5)), None),
        ((0.0, 0.0), (0.1,), ((0.5, 0.5), (0.5, 0.5)), None),
        ((0.0, 0.0), (0.1, -0.1), ((0.5, 0.5), (0.5, 0.5)), None),
        ((0.0, 0.0), (0.1, 0.1), ((0.5, 0.5),), None),
        ((0.0, 0.0), (0.1, 0.1), ((0.5, 0.5), (1.0,)), None),
        ((0.0, 0.0), (0.1, 0.1), ((0.5, 0.5), (0.5, 0.5)), 2),
        ((), (), (), None),
    ],
)
def test_chains_that_are_none_are_refused(
    drifts: tuple[float, ...],
    sigmas: tuple[float, ...],
    matrix: tuple[tuple[float, ...], ...],
    start: int | None,
) -> None:
    with pytest.raises(InvalidArgument):
        Regimes(drifts, sigmas, matrix, start)


def test_rows_may_be_off_by_rounding_only() -> None:
    Regimes((0.0,) * 3, (0.1,) * 3, ((0.1, 0.2, 0.7), (0.3, 0.3, 0.4), (1 / 3, 1 / 3, 1 / 3)))
    with pytest.raises(InvalidArgument, match="sum to 1"):
        Regimes((0.0,) * 2, (0.1,) * 2, ((0.5, 0.500001), (0.5, 0.5)))


PEG = Depeg(20.0, 0.3, 5.0, -0.2, 0.0, peg=2.0, floor=0.5)


def test_the_pull_and_the_jump_by_hand() -> None:
    dt = 0.02
    returns, (x,) = steps(PEG, PEG.begin(1, 1.8), [1.0, 0.0], [[0.5, 0.5], [0.95, 0.5]], dt)
    start, fading = log(0.9), exp(-0.4)
    deviation = 0.3 * sqrt((1 - exp(-0.8)) / 40.0)
    one = fading * start + deviation
    two = fading * one - 0.2  # P(no jump) = 0.905
    assert returns[:, 0] == pytest.approx([one - start, two - one], rel=1e-12)
    assert x[0] == pytest.approx(two, rel=1e-12)


def test_the_floor_reflects() -> None:
    model = Depeg(0.0, 1.0, 0.0, 0.0, 0.0, peg=1.0, floor=0.5)
    low = log(0.5)
    for z, wanted in ((-0.1, -0.1), (low - 0.3, low + 0.3), (low, low)):
        _, (x,) = steps(model, model.begin(1, 1.0), [z], [[0.5, 0.5]], 1.0)
        assert x[0] == pytest.approx(wanted, abs=1e-12)
    wild = Depeg(5.0, 3.0, 20.0, -0.5, 0.5, peg=1.0, floor=0.3)
    prices = simulate(wild, 1.0, Grid(200, 200, 1 / 365), generator(1))
    assert prices.min() >= 0.3 * (1 - 1e-12) and prices.min() < 0.35


def test_the_deviation_grows_to_its_stationary_value() -> None:
    assert PEG.deviation(1e9) == pytest.approx(0.3 / sqrt(40.0), rel=1e-12)
    assert PEG.deviation(0.0) == 0.0
    assert Depeg(0.0, 0.3, 0, 0, 0).deviation(4.0) == pytest.approx(0.6, rel=1e-14)
    calm = Depeg(50.0, 0.1, 0.0, 0.0, 0.0)
    last = np.log(simulate(calm, 1.0, Grid(20_000, 20, 0.02), generator(1))[:, -1, 0])
    assert last.std() == pytest.approx(0.01, rel=4 / sqrt(40_000))


@pytest.mark.parametrize(
    "wrong", [{"kappa": -1.0}, {"floor": 0.0}, {"floor": 1.0}, {"peg": 0.0}, {"intensity": -1.0}]
)
def test_a_peg_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    given = {"kappa": 1.0, "sigma": 0.1, "intensity": 1.0, "jump_mean": 0.0, "jump_deviation": 0.1}
    with pytest.raises(InvalidArgument):
        Depeg(**(given | wrong))


def test_a_start_below_the_floor_is_refused_and_on_it_is_not() -> None:
    with pytest.raises(InvalidArgument, match="floor"):
        PEG.begin(1, 0.4999)
    assert PEG.begin(1, 0.5)[0][0] == pytest.approx(log(0.25))
