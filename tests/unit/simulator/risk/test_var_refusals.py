"""Every refusal of VaR, extreme values, backtests and health names its argument and its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import simulator.risk
from simulator.errors import InvalidArgument
from simulator.risk import Garch, ParetoTail

risk: Any = simulator.risk  # wrong types are among what is refused
NAN, CUBE = float("nan"), np.ones((2, 2, 2))
LOSSES = np.arange(1.0, 101.0)
TAIL = ParetoTail(10.0, 0.2, 2.0, 1000, 50)
MODEL = Garch(1e-5, 0.1, 0.85)


def mean(runs: Any) -> float:
    return float(np.mean(runs))


def bootstrap(**changed: Any) -> Any:
    given = {"runs": LOSSES, "statistic": mean, "confidence": 0.9, "resamples": 3, "seed": 1}
    return risk.bootstrap_interval(**{**given, **changed})


def protocol(**changed: Any) -> Any:
    given: dict[str, Any] = {"samples": LOSSES, "what": "x", "statistic": "quantile"}
    given |= {"percentile": 0.9, "horizon": "1 d", "netting": "net", "failed": 0, "seed": 1}
    return risk.protocol_risk(**{**given, "resamples": 3, **changed})


def filtered(**changed: Any) -> Any:
    given: dict[str, Any] = {"returns": [0.1, -0.2], "model": MODEL, "initial_variance": 0.01}
    return risk.filtered_losses(**{**given, "periods": 1, "paths": 2, "seed": 1, **changed})


def mcneil(**changed: Any) -> Any:
    given = {"losses": [1.0, 5.0, 6.0], "value_at_risk": 2.0, "expected_shortfall": 3.0}
    return risk.mcneil_frey(**{**given, "significance": 0.05, "resamples": 3, "seed": 1, **changed})


def szekely(**changed: Any) -> Any:
    given: dict[str, Any] = {"losses": [1.0, 5.0], "value_at_risk": 2.0, "expected_shortfall": 3.0}
    given |= {"level": 0.9, "simulated": [[0.0, 1.0]], "significance": 0.05}
    return risk.acerbi_szekely_test(**{**given, **changed})


def health(**changed: Any) -> Any:
    given: dict[str, Any] = {"collateral": np.ones((2, 2)), "debt": np.ones((2, 2))}
    return risk.health_factors(
        **{**given, "price": [1.0, 2.0], "liquidation_threshold": 0.8, **changed}
    )


def tail(**changed: Any) -> ParetoTail:
    given: dict[str, Any] = {"threshold": 1.0, "shape": 0.1, "scale": 1.0}
    return ParetoTail(**{**given, "samples": 100, "exceedances": 40, **changed})


REFUSED: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: risk.historical_var(LOSSES, 1.0), "level", "must lie between 0 and 1"),
    (lambda: risk.historical_var(LOSSES, NAN), "level", "must lie between 0 and 1"),
    (lambda: risk.historical_es([], 0.9), "losses", "needs at least one sample"),
    (lambda: risk.historical_es([1.0, NAN], 0.9), "losses[1]", "must be finite"),
    (lambda: risk.var_es(CUBE, 0.9), "losses", "must have 1 dimension"),
    (lambda: risk.var_es(["x"], 0.9), "losses", "must be numbers"),
    (lambda: risk.quantiles([], (0.5,)), "samples", "needs at least one sample"),
    (lambda: risk.quantiles(CUBE, (0.5,)), "samples", "must have 1 dimension"),
    (lambda: risk.quantiles(["x"], (0.5,)), "samples", "must be numbers"),
    (lambda: risk.quantiles([1.0, NAN], (0.5,)), "samples[1]", "must be finite"),
    (lambda: risk.age_weights(0, 0.9), "count", "must be at least 1"),
    (lambda: risk.age_weights(3, 0.0), "decay", "must lie in (0, 1]"),
    (lambda: risk.weighted_var([1.0, NAN], [1.0, 1.0], 0.5), "losses[1]", "must be finite"),
    (lambda: risk.weighted_var([1.0], [-1.0], 0.5), "weights[0]", "must be at least 0"),
    (lambda: risk.weighted_var([1.0], [0.0], 0.5), "weights", "must not all be 0"),
    (
        lambda: risk.weighted_es([1.0], [1.0, 1.0], 0.5),
        "weights",
        "must have the shape of losses, (1,)",
    ),
    (lambda: risk.weighted_es([1.0], [[1.0]], 0.5), "weights", "must have 1 dimension"),
    (lambda: risk.weighted_es([], [], 0.5), "losses", "needs at least one sample"),
    (lambda: risk.weighted_es([1.0], [1.0], 0.0), "level", "must lie between 0 and 1"),
    (lambda: risk.euler_allocation(LOSSES, 0.9), "losses", "must have 2 dimensions"),
    (lambda: risk.euler_allocation(np.empty((0, 1)), 0.9), "losses", "needs a scenario"),
    (lambda: risk.euler_allocation([[1.0], [NAN]], 0.9), "losses[1, 0]", "must be finite"),
    (lambda: risk.normal_var(NAN, 1.0, 0.9), "mean", "must be finite"),
    (lambda: risk.normal_es(0.0, -1.0, 0.9), "deviation", "must be at least 0"),
    (lambda: risk.normal_es(0.0, 1.0, 1.0), "level", "must lie between 0 and 1"),
    (lambda: risk.square_root_of_time(-1.0, 1.0), "deviation", "must be at least 0"),
    (lambda: risk.square_root_of_time(1.0, -1.0), "periods", "must be at least 0"),
    (lambda: risk.student_t_var(0.0, 1.0, 2.0, 0.9), "freedom", "must be finite and above 2"),
    (lambda: risk.student_t_es(0.0, 1.0, np.inf, 0.9), "freedom", "must be finite and above 2"),
    (lambda: risk.cornish_fisher_quantile(0.0, 0, 0), "probability", "must lie between 0 and 1"),
    (lambda: risk.cornish_fisher_is_valid(NAN, 1.0), "skewness", "must be finite"),
    (lambda: risk.cornish_fisher_is_valid([0.0], 1.0), "skewness", "must have 0 dimensions"),
    (lambda: risk.cornish_fisher_is_valid(0.0, NAN), "excess_kurtosis", "must be finite"),
    (lambda: risk.cornish_fisher_is_valid(0, [0.0]), "excess_kurtosis", "must have 0 dimensions"),
    (
        lambda: risk.cornish_fisher_es(0.0, 1.0, 1.0, 0.5, 0.9),
        "skewness, excess_kurtosis",
        "must lie in Maillard's domain, where the quantile rises with the probability",
    ),
    (lambda: Garch(-1.0, 0.1, 0.1), "omega", "must be at least 0"),
    (lambda: Garch(1.0, NAN, 0.1), "alpha", "must be finite"),
    (lambda: risk.Garch(1.0, 0.1, [0.1]), "beta", "must have 0 dimensions"),
    (lambda: Garch(1.0, 0.1, 0.1, NAN), "mean", "must be finite"),
    (lambda: risk.Garch(1.0, 0.1, 0.1, [1.0]), "mean", "must have 0 dimensions"),
    (lambda: risk.garch_volatility([[0.1]], MODEL, 0.1), "returns", "must have 1 dimension"),
    (lambda: risk.garch_volatility([NAN], MODEL, 0.1), "returns[0]", "must be finite"),
    (lambda: risk.garch_volatility([0.1], MODEL, -0.1), "initial_variance", "must be at least 0"),
    (
        lambda: risk.garch_volatility([0.1], MODEL, [0.1]),
        "initial_variance",
        "must have 0 dimensions",
    ),
    (lambda: filtered(periods=0), "periods", "must be at least 1"),
    (lambda: filtered(paths=0), "paths", "must be at least 1"),
    (lambda: filtered(returns=[]), "returns", "needs at least one return"),
    (lambda: filtered(initial_variance=0.0), "initial_variance", "must be above 0"),
    (lambda: filtered(initial_variance=[0.1]), "initial_variance", "must have 0 dimensions"),
    (lambda: filtered(model=Garch(0, 0, 0)), "returns[1]", "has a forecast volatility of 0"),
    (lambda: risk.fit_garch([NAN, 1.0]), "returns[0]", "must be finite"),
    (lambda: risk.fit_garch([[1.0, 2.0]]), "returns", "must have 1 dimension"),
    (lambda: risk.fit_garch([1.0, 1.0]), "returns", "needs returns that differ"),
    (lambda: bootstrap(runs=[]), "runs", "needs at least one run"),
    (lambda: bootstrap(runs=1.0), "runs", "needs at least one run"),
    (lambda: bootstrap(runs=[NAN]), "runs[0]", "must be finite"),
    (lambda: bootstrap(resamples=0), "resamples", "must be at least 1"),
    (lambda: bootstrap(confidence=1.0), "confidence", "must lie between 0 and 1"),
    (
        lambda: protocol(statistic="mode"),
        "statistic",
        "must be one of quantile, expected shortfall, expectation",
    ),
    (lambda: protocol(netting="both"), "netting", "must be one of net, gross"),
    (lambda: protocol(samples=[]), "samples", "needs at least one run that did not fail"),
    (lambda: protocol(samples=[[1.0]]), "samples", "must have 1 dimension"),
    (lambda: protocol(samples=[NAN]), "samples[0]", "must be finite"),
    (lambda: protocol(percentile=None), "percentile", "the quantile needs one"),
    (lambda: protocol(percentile=95), "percentile", "must lie between 0 and 1"),
    (lambda: protocol(statistic="expectation"), "percentile", "an expectation has none: pass None"),
    (lambda: protocol(failed=-1), "failed", "must be at least 0"),
    (
        lambda: protocol(horizon=" "),
        "horizon",
        "must be stated: without it the figure is no number",
    ),
    (lambda: protocol(what=""), "what", "must be stated: without it the figure is no number"),
    (
        lambda: risk.tail_risk(LOSSES, 0.9, "", "x"),
        "horizon",
        "must be stated: without it the figure is no number",
    ),
    (lambda: risk.tail_risk(LOSSES, 0.9, "1 d", "x", -1), "failed", "must be at least 0"),
    (
        lambda: risk.tail_risk(LOSSES, 0.9, "1 d", "x", netting="all"),
        "netting",
        "must be one of net, gross",
    ),
    (lambda: risk.insolvent_value([-1.0], [1.0], "net"), "collateral[0]", "must be at least 0"),
    (lambda: risk.insolvent_value([1.0], [-1.0], "net"), "debt[0]", "must be at least 0"),
    (
        lambda: risk.insolvent_value([1.0], [1.0, 1.0], "net"),
        "debt",
        "must have the shape of collateral, (1,)",
    ),
    (
        lambda: risk.insolvent_value([1.0], [1.0], "all"),
        "netting",
        "must be one of net, gross",
    ),
    (lambda: risk.borrowing_power([-1.0], [0.5]), "supply[0]", "must be at least 0"),
    (lambda: risk.borrowing_power([1.0], [1.5]), "collateral_factor[0]", "must be in [0, 1]"),
    (lambda: risk.borrowing_power([1.0], 0.5), "collateral_factor", "must have 1 dimension"),
    (
        lambda: risk.borrowing_power([1.0], [0.5, 0.5]),
        "supply",
        "must have 2 assets on its last axis",
    ),
    (lambda: risk.recoverability([-1.0], [1.0]), "debt[0]", "must be at least 0"),
    (lambda: risk.recoverability([1.0], [-1.0]), "proceeds[0]", "must be at least 0"),
    (
        lambda: risk.recoverability([1.0], [1.0, 1.0]),
        "proceeds",
        "must have the shape of debt, (1,)",
    ),
    (lambda: risk.under_collateralised([1.0], [1.0], 1.5), "tolerated", "must be in [0, 1]"),
    (lambda: risk.under_collateralised([1.0], [1.0], [1]), "tolerated", "must have 0 dimensions"),
    (lambda: tail(threshold=NAN), "threshold", "must be finite"),
    (lambda: tail(threshold=[1.0]), "threshold", "must have 0 dimensions"),
    (lambda: tail(shape=NAN), "shape", "must be finite"),
    (lambda: tail(shape=[1.0]), "shape", "must have 0 dimensions"),
    (lambda: tail(scale=0.0), "scale", "must be above 0"),
    (lambda: tail(scale=[1.0]), "scale", "must have 0 dimensions"),
    (lambda: tail(exceedances=29), "exceedances", "must be at least 30"),
    (lambda: tail(samples=39), "samples", "must be at least the 40 exceedances"),
    (
        lambda: risk.tail_var(TAIL, 0.9),
        "level",
        "must be at least 0.95, the share of losses below the threshold",
    ),
    (lambda: risk.fit_tail([NAN] * 50, 0.0), "losses[0]", "must be finite"),
    (lambda: risk.fit_tail(CUBE, 0.0), "losses", "must have 1 dimension"),
    (lambda: risk.fit_tail(LOSSES, NAN), "threshold", "must be finite"),
    (lambda: risk.fit_tail(LOSSES, [1.0]), "threshold", "must have 0 dimensions"),
    (
        lambda: risk.fit_tail(LOSSES, 90.0),
        "threshold",
        "must leave at least 30 of the losses above it, leaves 10",
    ),
    (lambda: risk.mean_excess([NAN], [1.0]), "losses[0]", "must be finite"),
    (lambda: risk.mean_excess(CUBE, [1.0]), "losses", "must have 1 dimension"),
    (lambda: risk.mean_excess([1.0], [NAN]), "thresholds[0]", "must be finite"),
    (lambda: risk.mean_excess([1.0], CUBE), "thresholds", "must have 1 dimension"),
    (lambda: risk.exceedance_share(TAIL, NAN), "loss", "must be finite"),
    (lambda: risk.exceedance_share(TAIL, [11.0]), "loss", "must have 0 dimensions"),
    (lambda: risk.exceedance_share(TAIL, 9.0), "loss", "must be at least the threshold 10"),
    (lambda: risk.kupiec(1, 0, 0.9), "observations", "must be at least 1"),
    (lambda: risk.kupiec(6, 5, 0.9), "failures", "must be in [0, 5]"),
    (lambda: risk.kupiec(1, 5, 1.0), "level", "must lie between 0 and 1"),
    (lambda: risk.kupiec_region(0, 0.9, 0.9), "observations", "must be at least 1"),
    (lambda: risk.kupiec_region(9, 0.9, 1.0), "confidence", "must lie between 0 and 1"),
    (lambda: risk.christoffersen([], 0.9), "hits", "needs at least one day"),
    (lambda: risk.christoffersen([[1]], 0.9), "hits", "needs at least one day"),
    (lambda: risk.christoffersen([2], 0.9), "hits", "must be booleans, or 0 and 1"),
    (lambda: risk.basel_zone(-1), "count", "must be at least 0"),
    (lambda: risk.basel_multiplier(251), "count", "must be at most 250"),
    (lambda: risk.var_exceptions([NAN], 1.0), "losses[0]", "must be finite"),
    (lambda: risk.var_exceptions([[1.0]], 1.0), "losses", "must have 1 dimension"),
    (lambda: risk.var_exceptions([1.0], NAN), "value_at_risk", "must be finite"),
    (
        lambda: risk.var_exceptions([1.0], [1.0, 2.0]),
        "value_at_risk",
        "must have the shape of losses, (1,)",
    ),
    (lambda: risk.acerbi_szekely([], 1.0, 2.0, 0.9), "losses", "needs at least one day"),
    (lambda: risk.acerbi_szekely([[1.0]], 1.0, 2.0, 0.9), "losses", "must have 1 dimension"),
    (lambda: risk.acerbi_szekely([NAN], 1.0, 2.0, 0.9), "losses[0]", "must be finite"),
    (lambda: risk.acerbi_szekely([1.0], NAN, 2.0, 0.9), "value_at_risk", "must be finite"),
    (lambda: risk.acerbi_szekely([1.0], -1.0, 0.0, 0.9), "expected_shortfall", "must be above 0"),
    (
        lambda: risk.acerbi_szekely([1.0], 2.0, 1.5, 0.9),
        "expected_shortfall[0]",
        "must be at least the VaR 2",
    ),
    (
        lambda: risk.acerbi_szekely([1.0], [1.0, 2.0], 3.0, 0.9),
        "value_at_risk",
        "must be a scalar or have the shape of losses, (1,)",
    ),
    (
        lambda: risk.acerbi_szekely([1.0], 1.0, [3.0, 3.0], 0.9),
        "expected_shortfall",
        "must be a scalar or have the shape of losses, (1,)",
    ),
    (lambda: szekely(losses=[[1.0, 5.0]]), "losses", "must have 1 dimension"),
    (lambda: szekely(losses=[NAN, 5.0]), "losses[0]", "must be finite"),
    (lambda: szekely(simulated=[1.0, 2.0]), "simulated", "must have 2 dimensions"),
    (lambda: szekely(simulated=[[1.0]]), "simulated", "must be [m, 2] with m >= 1"),
    (lambda: szekely(simulated=[[NAN, 1.0]]), "simulated[0, 0]", "must be finite"),
    (lambda: szekely(level=1.0), "level", "must lie between 0 and 1"),
    (lambda: szekely(significance=1.0), "significance", "must lie between 0 and 1"),
    (lambda: mcneil(losses=[[1.0]]), "losses", "must have 1 dimension"),
    (lambda: mcneil(losses=[NAN]), "losses[0]", "must be finite"),
    (lambda: mcneil(volatility=0.0), "volatility", "must be above 0"),
    (
        lambda: mcneil(volatility=[1.0]),
        "volatility",
        "must be a scalar or have the shape of losses, (3,)",
    ),
    (lambda: mcneil(resamples=0), "resamples", "must be at least 1"),
    (lambda: mcneil(significance=0.0), "significance", "must lie between 0 and 1"),
    (lambda: health(collateral=[1.0, 1.0]), "collateral", "must have 2 dimensions"),
    (lambda: health(debt=[["x", "y"]]), "debt", "must be numbers"),
    (lambda: health(debt=np.ones((2, 3))), "debt", "must have the shape of collateral, (2, 2)"),
    (lambda: health(price=[1.0]), "price", "must have 2 assets"),
    (lambda: health(price=[[1.0, 2.0]]), "price", "must have 1 dimension"),
    (lambda: health(price=[1.0, -2.0]), "price[1]", "must be at least 0"),
    (lambda: health(liquidation_threshold=1.1), "liquidation_threshold", "must be in [0, 1]"),
    (
        lambda: health(liquidation_threshold=[0.5]),
        "liquidation_threshold",
        "must have the shape of price, (2,)",
    ),
    (lambda: health(out=np.empty(3)), "out", "must be contiguous float64[2]"),
    (lambda: health(collateral=[[1.0, NAN]] * 2), "collateral[0, 1]", "must be finite"),
    (lambda: health(debt=[[1.0, -9.0]] * 2), "debt[0, 1]", "must be at least 0"),
    (lambda: health(debt=[[1.0, 1e308]] * 2), "debt[0]", "must be worth a finite amount"),
    (
        lambda: health(collateral=[[1.0, 1e308]] * 2, price=[1.0, 9.0]),
        "collateral[0]",
        "must be worth a finite amount",
    ),
]


@pytest.mark.parametrize(("call", "argument", "rule"), REFUSED)
def test_a_refusal_names_the_argument_and_its_rule(
    call: Callable[[], Any], argument: str, rule: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        call()
    assert (refused.value.field, refused.value.rule) == (argument, rule)
    assert refused.value.value is not None or argument == "percentile"
