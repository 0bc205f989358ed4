"""The sanity gate: every series is looked at rule by rule, repaired where told, refused otherwise.

Stages run in the order of RULES, each on what the one before left. What is neither repaired nor
overridden is provisionally put right where that is possible, so that one defect does not hide
the others, and `Inspection.refuse` raises for the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.errors import InputError
from simulator.prices.history.findings import RULES, Finding, Repair
from simulator.prices.history.gate import activity, rows, sizes
from simulator.prices.history.gate.assembly import assemble, readable
from simulator.prices.history.gate.settings import Gate, Reference
from simulator.prices.history.series import Raw, Series
from simulator.prices.history.times import NEEDS_ZONE

__all__ = ["Gate", "Inspection", "Reference", "inspect"]

_Check = Callable[[Series, Gate], list[Finding]]
_Way = Callable[[Series, Gate, str], Series]


@dataclass(frozen=True, slots=True)
class _Stage:
    rule: str
    check: _Check
    repair: _Way | None = None
    provisional: str = ""
    """The way that is taken so that later stages can look, if nobody said one."""


_STAGES: Final = (
    _Stage("order", rows.check_order, rows.sort, "sort"),
    _Stage("duplicate", rows.check_duplicate, rows.drop_duplicates, "first"),
    _Stage("not-a-price", rows.check_price, rows.drop_no_prices, "drop"),
    _Stage("crossed", rows.check_crossed, rows.uncross, "widen"),
    _Stage("unfinished", rows.check_unfinished, rows.drop_unfinished, "drop"),
    _Stage("resolution", rows.check_resolution),
    _Stage("grid", rows.check_grid, rows.to_grid),
    _Stage("unit", sizes.check_unit, sizes.scale),
    _Stage("outlier-print", sizes.check_outlier, sizes.clip_outliers),
    _Stage("zero-volume", activity.check_volume, activity.as_mark, "mark"),
    _Stage("thin", activity.check_thin),
    _Stage("stale", activity.check_stale),
    _Stage("time-zone", sizes.check_zone, sizes.shift_zone),
    _Stage("quote", sizes.check_quote),
    _Stage("unconfirmed", activity.check_unconfirmed),
    _Stage("precision", sizes.check_precision, sizes.round_prices),
    _Stage("gap", rows.check_gap, rows.fill),
)


AS_FOUND: Final = Gate()
"""Nothing is told: look, repair nothing."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A series after the gate, and all that was found and done on the way."""

    series: Series
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    """Repairs and overrides, in the order in which they were made."""
    unsolved: tuple[Finding, ...]
    """Defects that nobody repaired or overrode."""

    def refuse(self) -> None:
        """Raise InputError for the first defect that stands; the message counts the others."""
        if not self.unsolved:
            return
        error = self.unsolved[0].error()
        rest = len(self.unsolved) - 1
        if rest:
            names = ", ".join(dict.fromkeys(finding.rule for finding in self.unsolved[1:]))
            raise InputError(error.field, error.value, f"{error.rule}; also: {names}")
        raise error


def inspect(
    symbol: str, raws: Sequence[Raw], gate: Gate = AS_FOUND, *, quote: str = "", venue: str = ""
) -> Inspection:
    """Look at the files of one symbol. Nothing is written, nothing raised for a defect of the data.

    Raises InputError if the files hold no prices or do not fit together.
    """
    series, met = assemble(symbol, raws, gate, quote=quote, venue=venue)
    findings = list(met)
    unsolved = [finding for finding in met if finding.severity == "defect"]
    repairs: list[Repair] = []
    series = _without_unreadable(series, gate, unsolved, repairs)
    for stage in _STAGES if len(series) else ():
        series = _through(stage, series, gate, findings, repairs, unsolved)
        if not len(series):
            break
    for reference in gate.references:
        words = sizes.distance_words(series, reference) if len(series) else ""
        if words:
            first = series.place(0)
            findings.append(
                Finding("quote", "note", 1, first, "close", series.shown(0, "close"), words)
            )
    return Inspection(series, tuple(findings), tuple(repairs), tuple(unsolved))


def _without_unreadable(
    series: Series, gate: Gate, unsolved: list[Finding], repairs: list[Repair]
) -> Series:
    """Rows without a time cannot stay; told to drop them, their defect is solved."""
    left = readable(series)
    for finding in [item for item in unsolved if item.rule == "time-zone"]:
        reason = gate.overrides.get("time-zone")
        if reason is not None and finding.words != NEEDS_ZONE:
            unsolved.remove(finding)
            what = f"left as it is: {finding.words}"
            repairs.append(Repair("time-zone", "override", finding.count, what, reason))
    if gate.repairs.get("time") == "drop":
        for finding in [item for item in unsolved if item.rule == "time"]:
            unsolved.remove(finding)
            repairs.append(Repair("time", "drop", finding.count, RULES["time"].repairs["drop"]))
    return left


def _through(
    stage: _Stage,
    series: Series,
    gate: Gate,
    findings: list[Finding],
    repairs: list[Repair],
    unsolved: list[Finding],
) -> Series:
    met = stage.check(series, gate)
    findings += met
    if not met:
        return series
    finding, rule = met[0], RULES[stage.rule]
    defect = finding.severity == "defect"
    way = gate.repairs.get(stage.rule, "" if defect else stage.provisional)
    if way and stage.repair is not None:
        repaired = stage.repair(series, gate, way)
        repairs.append(Repair(stage.rule, way, finding.count, rule.repairs[way.partition(":")[0]]))
        left = stage.check(repaired, gate) if len(repaired) else []
        again = [item for item in left if item.severity == "defect"]
        return _stands(stage, repaired, gate, again, repairs, unsolved)
    if not defect:
        return series
    return _stands(stage, series, gate, met, repairs, unsolved)


def _stands(
    stage: _Stage,
    series: Series,
    gate: Gate,
    defects: list[Finding],
    repairs: list[Repair],
    unsolved: list[Finding],
) -> Series:
    """A defect that no repair took away: allowed by an override, or unsolved."""
    if not defects:
        return series
    reason = gate.overrides.get(stage.rule)
    if reason is not None and RULES[stage.rule].may_stand:
        what = f"left as it is: {defects[0].words}"
        repairs.append(Repair(stage.rule, "override", defects[0].count, what, reason))
        return series
    unsolved += defects
    if stage.provisional and stage.repair is not None:
        return stage.repair(series, gate, stage.provisional)
    return series
