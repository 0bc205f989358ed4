"""A calibration that the series does not support is refused with its reason."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from simulator.errors import InvalidArgument, MissingComponentError
from simulator.prices import Gbm, Grid, correlation_matrix, generator, simulate, simulate_crisis
from simulator.prices.calibration import (
    CALIBRATIONS,
    CalibrationRefused,
    calibrate,
    calibrate_bootstrap,
    calibrate_correlation,
    calibrate_crisis,
    calibrate_depeg,
    find_jumps,
    fit_hawkes_times,
    local_deviation,
)
from simulator.prices.calibration.fit import estimates
from simulator.prices.calibration.likelihood import coordinate, maximise, share
from simulator.prices.models import CrisisCorrelation
from simulator.types import Float1D

DAY = 1 / 365
WALK = simulate(Gbm(0.3, 0.8), 1.0, Grid(1, 800, DAY), generator(5))[0, :, 0]


@pytest.mark.parametrize("model", sorted(CALIBRATIONS))
def test_too_few_prices_are_refused(model: str) -> None:
    with pytest.raises(CalibrationRefused, match=f"{model} cannot .* 29 returns are too few"):
        calibrate(model, WALK[:30], DAY)
    with pytest.raises(CalibrationRefused, match="0 returns"):
        calibrate(model, [], DAY)


def test_thirty_returns_are_enough_for_the_simplest() -> None:
    assert calibrate("gbm", WALK[:31], DAY).observations == 30


@pytest.mark.parametrize("model", sorted(CALIBRATIONS))
def test_a_price_that_only_grows_evenly_is_refused(model: str) -> None:
    for prices in (np.full(100, 3.0), 1.01 ** np.arange(100.0)):
        with pytest.raises(CalibrationRefused, match="all the same"):
            calibrate(model, prices, DAY)


@pytest.mark.parametrize("model", sorted(CALIBRATIONS))
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_prices_that_are_none_are_refused(model: str, bad: float) -> None:
    prices = WALK.copy()
    prices[7] = bad
    with pytest.raises(InvalidArgument, match=r"prices\[7\]"):
        calibrate(model, prices, DAY)


def test_an_unknown_model_and_a_step_of_no_length_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="must be one of gbm"):
        calibrate("garch11", WALK, DAY)
    with pytest.raises(InvalidArgument, match="step_years"):
        calibrate("gbm", WALK, 0.0)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("merton", "stand out as jumps"),
        ("kou", "stand out as jumps"),
        ("bates", "stand out as jumps, it takes 5"),
        ("hawkes", "stand out as jumps, it takes 20"),
        ("regimes", "regime adds|not told apart|no maximum|converge|bound"),
    ],
)
def test_a_plain_walk_has_neither_jumps_nor_regimes(model: str, reason: str) -> None:
    with pytest.raises(CalibrationRefused, match=reason):
        calibrate(model, WALK, DAY)


def test_a_walk_is_no_peg_and_its_volatility_does_not_cluster() -> None:
    with pytest.raises(CalibrationRefused, match=r"told from 0|nothing pulls"):
        calibrate_depeg(np.exp(np.cumsum(generator(8).standard_normal(500) * 0.01)), DAY)
    with pytest.raises(CalibrationRefused, match="nothing pulls"):
        calibrate_depeg(1.02 ** np.arange(1.0, 60.0) + 0.001 * WALK[:59], DAY)
    pattern = np.tile([0.05, 0.001, -0.05, -0.001], 200) * (1.0 + 0.01 * WALK)
    with pytest.raises(CalibrationRefused, match=r"not cluster|come back"):
        calibrate("heston", np.exp(np.cumsum(pattern)), DAY)


def test_jumps_at_even_distances_excite_nothing() -> None:
    with pytest.raises(CalibrationRefused):
        fit_hawkes_times(np.arange(1.0, 101.0), 100.0)
    with pytest.raises(CalibrationRefused, match="19 events"):
        fit_hawkes_times(np.arange(1.0, 20.0), 100.0)
    bursts = np.concatenate([start + 0.1 * np.arange(5.0) for start in (1.0, 30.0, 60.0, 90.0)])
    assert fit_hawkes_times(bursts, 100.0).values[1] > 0  # twenty are enough
    for wrong in (np.arange(0.0, 30.0), np.arange(80.0, 110.0), np.ones(30)):
        with pytest.raises(InvalidArgument, match="times"):
            fit_hawkes_times(wrong, 100.0)


def test_garch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_arch(name: str, *rest: Any, **named: Any) -> Any:
        if name == "arch":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_arch)
    with pytest.raises(MissingComponentError, match=r"underwater\[garch\]"):
        calibrate("garch", WALK, DAY)


def test_jumps_are_what_stands_out_of_its_surroundings() -> None:
    returns = generator(1).standard_normal(400) * np.repeat([0.01, 0.1], 200)
    assert find_jumps(returns).size <= 2
    returns[[50, 300]] = [0.08, 0.08]
    assert 50 in find_jumps(returns) and 300 not in find_jumps(returns)
    deviation = local_deviation(returns)
    assert deviation[:150].mean() == pytest.approx(0.01, rel=0.15)
    assert deviation[250:].mean() == pytest.approx(0.1, rel=0.15)


def test_where_most_returns_stand_still_the_rest_are_measured_by_the_whole() -> None:
    returns = np.zeros(100)
    returns[10] = 1.0
    assert (local_deviation(returns) == returns.std()).all()
    assert local_deviation(returns[:20]).shape == (20,)


def test_the_maximum_of_a_normal_likelihood_and_its_errors() -> None:
    data = generator(2).standard_normal(400) * 3.0 + 5.0

    def likelihood(values: Float1D) -> float:
        centre, deviation = values
        return float(-0.5 * (((data - centre) / deviation) ** 2).sum() - 400 * np.log(deviation))

    def natural(x: Float1D) -> list[float]:
        return [float(x[0]), float(np.exp(x[1]))]

    for search, start in ((True, [[0.0, 0.0]]), (False, [[4.5, 1.0], [90.0, 9.0]])):
        found = maximise("normal", likelihood, natural, start, search=search)
        wanted = [data.mean(), data.std()]
        assert found.values == pytest.approx(wanted, abs=0.01)
        assert found.errors == pytest.approx([data.std() / 20, data.std() / 800**0.5], rel=0.02)
        assert found.log_likelihood == pytest.approx(likelihood(np.array(wanted)), abs=1e-3)


@pytest.mark.parametrize(
    ("likelihood", "reason"),
    [
        (lambda values: -np.inf, "no start"),
        (lambda values: float(values[0] ** 2), "Hessian|converge|no start"),
        (lambda values: 0.0, "Hessian"),
        (lambda values: float(-np.exp(-values[0])), "bound|converge|Hessian|hardly"),
    ],
)
def test_likelihoods_without_a_maximum_are_refused(likelihood: Any, reason: str) -> None:
    with pytest.raises(CalibrationRefused, match=reason):
        maximise("odd", likelihood, lambda x: [float(x[0])], [[0.5]])


def test_a_share_and_its_coordinate_are_inverse() -> None:
    assert share(0.0) == 0.5 and share(coordinate(0.3)) == pytest.approx(0.3, rel=1e-14)


def test_an_estimate_without_an_error_is_refused() -> None:
    with pytest.raises(CalibrationRefused, match="kappa = 2 has the standard error nan"):
        estimates("odd", kappa=(2.0, float("nan")))


def test_a_correlation_has_its_errors() -> None:
    wanted = correlation_matrix([[1.0, 0.6], [0.6, 1.0]])
    models = [Gbm(0.0, 0.8), Gbm(0.0, 0.5)]
    prices = simulate(models, 1.0, Grid(1, 500, DAY), generator(1), correlation=wanted)[0]
    fit = calibrate_correlation(prices)
    got, error = fit.correlation.matrix[0, 1], fit.errors[0, 1]
    assert fit.observations == 499 and error == pytest.approx((1 - got**2) / 498**0.5)
    assert abs(got - 0.6) < 4 * error and fit.errors[0, 0] == 0.0
    with pytest.raises(CalibrationRefused, match="29 returns"):
        calibrate_correlation(prices[:30])


def test_calm_and_crisis_are_told_apart() -> None:
    calm, crisis = (correlation_matrix([[1.0, r], [r, 1.0]]) for r in (0.2, 0.9))
    rule = CrisisCorrelation(calm, crisis, "drawdown", 0.2)
    models = [Gbm(0.0, 0.8), Gbm(0.0, 0.8)]
    paths, _ = simulate_crisis(models, 1.0, Grid(1, 2000, DAY), generator(3), rule)
    prices = np.concatenate((np.ones((1, 2)), paths[0]))
    fit = calibrate_crisis(prices, DAY, "drawdown", 0.2)
    for found, known in ((fit.calm, 0.2), (fit.crisis, 0.9)):
        assert abs(found.correlation.matrix[0, 1] - known) < 4 * found.errors[0, 1]
    assert fit.calm.observations + fit.crisis.observations == 2000
    assert fit.rule.crisis is fit.crisis.correlation and fit.rule.threshold == 0.2
    with pytest.raises(CalibrationRefused, match="crisis correlation"):
        calibrate_crisis(prices, DAY, "drawdown", 0.999)


def test_a_bootstrap_of_another_kind_has_another_length() -> None:
    stationary, circular = (
        calibrate_bootstrap(WALK, DAY, kind).model for kind in ("stationary", "circular")
    )
    assert stationary.kind == "stationary" and circular.kind == "circular"
    with pytest.raises(InvalidArgument, match="kind"):
        calibrate_bootstrap(WALK, DAY, "moving")
