"""Figures of a protocol carry percentile, horizon, netting, statistic, interval and failed runs."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    CONVENTIONS,
    ProtocolRisk,
    borrowing_power,
    historical_es,
    historical_var,
    insolvent_value,
    protocol_risk,
    recoverability,
    tail_risk,
    under_collateralised,
)
from simulator.types import AnyArray

RUNS = np.arange(1.0, 101.0)


def figure(**changed: Any) -> ProtocolRisk:
    """A figure with every argument given."""
    given: dict[str, Any] = {
        "samples": RUNS,
        "what": "bad debt, USD",
        "statistic": "quantile",
        "percentile": 0.95,
        "horizon": "24 h",
        "netting": "net",
        "failed": 0,
        "seed": 7,
        "resamples": 50,
    }
    return protocol_risk(**{**given, **changed})


def test_a_tail_figure_carries_what_is_needed_to_read_it() -> None:
    risk = tail_risk(RUNS, 0.95, "72 h", "shortfall, quote", failed=3, netting="gross")
    assert (risk.value_at_risk, risk.samples, risk.failed) == (95.0, 100, 3)
    assert risk.expected_shortfall == pytest.approx(98.0)
    assert (risk.level, risk.horizon, risk.statistic) == (0.95, "72 h", "shortfall, quote")
    wanted = "VaR 95, ES 98 (gross shortfall, quote, 95 %, 72 h, 100 runs, 3 failed)"
    assert str(risk) == wanted
    plain = tail_risk(RUNS, 0.95, "72 h", "shortfall")
    assert (plain.netting, plain.failed) == ("net", 0)


@pytest.mark.parametrize(
    ("changed", "argument"),
    [({"horizon": " "}, "horizon"), ({"failed": -1}, "failed"), ({"netting": "both"}, "netting")],
)
def test_a_tail_figure_that_cannot_be_read_is_refused(
    changed: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidArgument, match=argument):
        tail_risk(**{"losses": RUNS, "level": 0.95, "horizon": "1 h", "statistic": "x", **changed})


def test_the_statistics_are_quantile_shortfall_and_mean() -> None:
    assert figure().value == historical_var(RUNS, 0.95) == 95.0
    assert figure(statistic="expected shortfall").value == historical_es(RUNS, 0.95)
    assert figure(statistic="expectation", percentile=None).value == 50.5


def test_everything_is_printed_with_the_number() -> None:
    shown = str(figure(failed=2))
    for part in (
        "net bad debt, USD: 95 % quantile over 24 h = 95 [",
        "95 % bootstrap, 50 resamples, seed 7",
        "100 runs, 2 failed (then up to 97)",
    ):
        assert part in shown
    mean = str(figure(statistic="expectation", percentile=None, netting="gross"))
    assert mean.startswith("gross bad debt, USD: expectation over 24 h = 50.5")


def test_a_thousand_resamples_at_95_percent_unless_said_otherwise() -> None:
    found = protocol_risk(
        RUNS[:5],
        what="x",
        statistic="expectation",
        percentile=None,
        horizon="1 d",
        netting="net",
        failed=0,
        seed=1,
    )
    assert (found.interval.resamples, found.interval.confidence) == (1000, 0.95)


def test_the_interval_is_that_of_the_statistic_and_its_seed() -> None:
    found = figure(resamples=300)
    assert found.interval.low <= 95.0 <= found.interval.high
    assert found.interval == figure(resamples=300).interval
    assert found.interval != figure(resamples=300, seed=8).interval
    assert found.interval.confidence == 0.95


@pytest.mark.parametrize(
    ("failed", "percentile", "worst"),
    [(0, 0.95, 95.0), (1, 0.95, 96.0), (5, 0.95, 100.0), (6, 0.95, inf), (2, 0.5, 51.0)],
)
def test_failed_runs_may_hide_a_larger_quantile(
    failed: int, percentile: float, worst: float
) -> None:
    """As if each of them had lost more than any other: rank ceil(p (n + failed))."""
    found = figure(failed=failed, percentile=percentile)
    assert (found.worst_case, found.failed, found.runs) == (worst, failed, 100)


def test_a_mean_over_failed_runs_has_no_bound() -> None:
    assert figure(statistic="expectation", percentile=None, failed=1).worst_case == inf
    assert figure(statistic="expected shortfall", failed=1).worst_case == inf
    assert figure(statistic="expected shortfall").worst_case == pytest.approx(98.0)


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"percentile": None}, "percentile"),
        ({"statistic": "expectation"}, "percentile"),
        ({"statistic": "mode"}, "statistic"),
        ({"netting": "some"}, "netting"),
        ({"horizon": ""}, "horizon"),
        ({"what": ""}, "what"),
        ({"failed": -1}, "failed"),
        ({"samples": np.empty(0)}, "samples"),
        ({"samples": np.array([1.0, np.nan])}, r"samples\[1\]"),
        ({"percentile": 95}, "percentile"),
    ],
)
def test_a_figure_that_would_be_no_number_is_refused(
    changed: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidArgument, match=argument):
        figure(**changed)


# --- what a run measures ----------------------------------------------------------------------

amounts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20).map(
    lambda pairs: np.array(pairs, dtype=np.float64).reshape(-1, 2).T
)


def test_insolvent_is_debt_beyond_collateral_strictly() -> None:
    collateral, debt = np.array([10.0, 10.0, 10.0]), np.array([9.0, 10.0, 12.5])
    assert insolvent_value(collateral, debt, "net") == 2.5
    assert insolvent_value(collateral, debt, "gross") == 12.5


@given(amounts)
def test_net_is_at_most_gross_and_at_least_what_the_whole_lacks(pair: AnyArray) -> None:
    collateral, debt = pair
    net, gross = (insolvent_value(collateral, debt, kind) for kind in ("net", "gross"))
    assert max(0.0, debt.sum() - collateral.sum()) <= net <= gross <= debt.sum()
    fetched = recoverability(debt, collateral)
    if debt.sum() > 0:
        assert net == pytest.approx(debt.sum() * (1 - fetched))


def test_measures_take_many_runs_at_once_and_nobody() -> None:
    collateral, debt = np.array([[1.0, 5.0], [0.0, 2.0]]), np.array([[2.0, 3.0], [4.0, 2.0]])
    assert insolvent_value(collateral, debt, "net").tolist() == [1.0, 4.0]
    assert recoverability(debt, collateral) == pytest.approx([4 / 5, 2 / 6])
    assert insolvent_value(np.empty((3, 0)), np.empty((3, 0)), "net").tolist() == [0.0] * 3
    assert np.isnan(recoverability(np.empty((3, 0)), np.empty((3, 0)))).all()


def test_more_than_the_debt_recovers_nobody_elses() -> None:
    assert recoverability(np.array([10.0, 10.0]), np.array([30.0, 4.0])) == pytest.approx(0.7)
    assert recoverability(np.array([10.0]), np.array([0.0])) == 0.0
    assert np.isnan(recoverability(np.array([0.0]), np.array([5.0])))


def test_a_run_is_under_collateralised_beyond_one_percent_of_its_debt() -> None:
    debt = np.array([1.0, 99.0])
    assert not under_collateralised(np.array([0.5, 200.0]), debt)
    assert under_collateralised(np.array([0.5, 200.0]), np.array([1.02, 99.0]))
    assert not under_collateralised(np.zeros(2), np.zeros(2))
    assert under_collateralised(np.array([0.5, 200.0]), debt, tolerated=0.0)
    runs = under_collateralised([[0, 200], [0, 1]], [[1, 99], [1, 0]])
    assert runs.tolist() == [False, True]


def test_borrowing_power_weighs_supply_by_collateral_factors() -> None:
    assert borrowing_power([[100.0, 50.0], [0.0, 10.0]], [0.8, 0.5]).tolist() == [105.0, 5.0]
    assert borrowing_power(np.empty((2, 0)), np.empty(0)).tolist() == [0.0, 0.0]
    with pytest.raises(InvalidArgument, match="supply"):
        borrowing_power([1.0, 2.0], [0.5])
    with pytest.raises(InvalidArgument, match="supply"):
        borrowing_power(1.0, [0.5])
    with pytest.raises(InvalidArgument, match="collateral_factor"):
        borrowing_power([1.0], [1.5])


@pytest.mark.parametrize("measure", [recoverability, under_collateralised])
def test_amounts_of_another_shape_or_sign_are_refused(measure: Any) -> None:
    with pytest.raises(InvalidArgument, match="shape"):
        measure(np.ones(2), np.ones(3))
    with pytest.raises(InvalidArgument, match="at least 0"):
        measure(np.ones(2), np.array([1.0, -1.0]))


def test_conventions_say_what_everybody_means() -> None:
    assert len({(item.who, item.measure) for item in CONVENTIONS}) == len(CONVENTIONS)
    for item in CONVENTIONS:
        assert (item.percentile is None) == (item.statistic == "expectation")
        assert item.horizon and item.netting in ("net", "gross")
