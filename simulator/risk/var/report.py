"""Tail figures of a protocol, each with what is needed to read it (risk-spec section 9, 16).

VaR and LaR of a protocol are defined differently by everybody (`CONVENTIONS`). Percentile, horizon,
netting and statistic are therefore arguments without a default and are printed with the number,
and so is the number of failed runs, which bias the tail if they are dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.var.historical import var_es
from simulator.risk.var.intervals import Interval, bootstrap_interval
from simulator.risk.var.levels import exact_level, rank
from simulator.risk.var.measures import NETTINGS, Netting
from simulator.types import AnyArray, Float1D

Statistic: TypeAlias = Literal["quantile", "expected shortfall", "expectation"]
"""quantile is VaR or LaR; expectation is the mean over the scenarios of a stress."""
STATISTICS: tuple[Statistic, ...] = ("quantile", "expected shortfall", "expectation")


@dataclass(frozen=True, slots=True)
class TailRisk:
    """Tail of a sample of losses and everything needed to read it."""

    statistic: str
    """What was sampled, such as 'shortfall, quote'."""
    level: float
    horizon: str
    """Such as '72 h'."""
    value_at_risk: float
    expected_shortfall: float
    samples: int
    failed: int
    """Runs that gave no sample; they bias the tail, so they are shown beside it."""
    netting: Netting = "net"

    def __str__(self) -> str:
        figures = f"VaR {self.value_at_risk:.6g}, ES {self.expected_shortfall:.6g}"
        what = f"{self.netting} {self.statistic}, {100 * self.level:g} %, {self.horizon}"
        return f"{figures} ({what}, {self.samples} runs, {self.failed} failed)"


def tail_risk(
    losses: Float1D,
    level: float,
    horizon: str,
    statistic: str,
    failed: int = 0,
    netting: Netting = "net",
) -> TailRisk:
    """VaR and ES of the samples with their percentile, horizon, statistic and counts."""
    checks.one_of("netting", netting, NETTINGS)
    value_at_risk, expected_shortfall = var_es(losses, level)
    return TailRisk(
        statistic=statistic,
        level=level,
        horizon=_stated("horizon", horizon),
        value_at_risk=value_at_risk,
        expected_shortfall=expected_shortfall,
        samples=len(losses),
        failed=_failed(failed),
        netting=netting,
    )


@dataclass(frozen=True, slots=True)
class ProtocolRisk:
    """One figure of a protocol: VaR, LaR, expected shortfall or expected loss over runs."""

    what: str
    """What each run measured, with its unit: 'bad debt, USD' (VaR), 'liquidated, USD' (LaR)."""
    statistic: Statistic
    percentile: float | None
    """Such as 0.95; None for an expectation, which has none."""
    horizon: str
    netting: Netting
    value: float
    worst_case: float
    """The same if each failed run had lost more than any other: +inf where the tail is all theirs.
    Between `value` and this lies what the failed runs may hide."""
    interval: Interval
    runs: int
    """Runs that gave a sample."""
    failed: int

    def __str__(self) -> str:
        level = "" if self.percentile is None else f"{100 * self.percentile:g} % "
        head = f"{self.netting} {self.what}: {level}{self.statistic} over {self.horizon}"
        runs = f"{self.runs} runs, {self.failed} failed (then up to {self.worst_case:.6g})"
        return f"{head} = {self.value:.6g} {self.interval}, {runs}"


def protocol_risk(
    samples: Float1D,
    *,
    what: str,
    statistic: Statistic,
    percentile: float | None,
    horizon: str,
    netting: Netting,
    failed: int,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> ProtocolRisk:
    """The figure over runs, samples [n] of those that did not fail, losses positive.

    VaR is the statistic 'quantile' of bad debt, LaR that of the liquidated amount. `percentile`
    is None exactly for an expectation. The interval resamples whole runs.
    """
    checks.one_of("statistic", statistic, STATISTICS)
    checks.one_of("netting", netting, NETTINGS)
    values = checks.finite("samples", samples, ndim=1)
    if not len(values):
        raise InvalidArgument("samples", [], "needs at least one run that did not fail")
    level = _percentile(statistic, percentile)

    def figure(runs: AnyArray) -> float:
        if level is None:
            return float(runs.mean())
        found = var_es(runs, level)
        return found[0] if statistic == "quantile" else found[1]

    return ProtocolRisk(
        what=_stated("what", what),
        statistic=statistic,
        percentile=level,
        horizon=_stated("horizon", horizon),
        netting=netting,
        value=figure(values),
        worst_case=_worst_case(values, _failed(failed), statistic, level, figure(values)),
        interval=bootstrap_interval(
            values, figure, confidence=confidence, resamples=resamples, seed=seed
        ),
        runs=len(values),
        failed=failed,
    )


@dataclass(frozen=True, slots=True)
class Convention:
    """What somebody means by VaR or LaR."""

    who: str
    measure: str
    statistic: Statistic
    percentile: float | None
    horizon: str
    netting: Netting


CONVENTIONS = (
    Convention("Gauntlet to 2022", "bad debt (VaR)", "quantile", 0.95, "end of the run", "net"),
    Convention("Gauntlet to 2022", "liquidated (LaR)", "quantile", 0.95, "end of the run", "gross"),
    Convention(
        "Gauntlet 2023", "bad debt under severe scenarios", "expectation", None, "1 d", "net"
    ),
    Convention("Chaos Labs", "bad debt (VaR)", "quantile", 0.95, "24 h", "net"),
    Convention("Chaos Labs", "bad debt (EVaR)", "quantile", 0.99, "24 h", "net"),
    Convention("Chainrisk", "bad debt (VaR)", "quantile", 0.99, "24 h", "net"),
    Convention("Chainrisk", "liquidated (LaR)", "quantile", 0.99, "24 h", "gross"),
    Convention("LlamaRisk", "bad debt (Curve rerun)", "expected shortfall", 0.99, "24 h", "net"),
)
"""As published; the sources stand in docs/risk/var.md."""


def _percentile(statistic: Statistic, percentile: float | None) -> float | None:
    if statistic == "expectation":
        if percentile is not None:
            raise InvalidArgument("percentile", percentile, "an expectation has none: pass None")
        return None
    if percentile is None:
        raise InvalidArgument("percentile", percentile, f"the {statistic} needs one")
    exact_level(percentile, "percentile")
    return percentile


def _worst_case(
    values: Float1D, failed: int, statistic: Statistic, level: float | None, value: float
) -> float:
    if not failed:
        return value
    if level is None or statistic == "expected shortfall":
        return inf
    at = rank(len(values) + failed, level)
    return float(np.sort(values)[at]) if at < len(values) else inf


def _failed(failed: int) -> int:
    if failed < 0:
        raise InvalidArgument("failed", failed, "must be at least 0")
    return failed


def _stated(name: str, text: str) -> str:
    if not text.strip():
        raise InvalidArgument(name, text, "must be stated: without it the figure is no number")
    return text
