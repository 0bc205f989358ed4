"""What was measured, the limits of the issue, and how both are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.engine_rows.timing import Times, median


@dataclass(frozen=True, slots=True)
class Row:
    """One promise. `at_least` and `aim` bound the figure from below, or from above if `within`."""

    key: str
    what: str
    at_least: float
    aim: float
    unit: str = "x"
    within: bool = False

    def verdict(self, figure: float) -> str:
        """aim, limit or missed."""
        sign = -1 if self.within else 1
        if sign * figure >= sign * self.aim:
            return "aim"
        return "limit" if sign * figure >= sign * self.at_least else "MISSED"


ROWS = (
    Row("trade_vs_verbs", "trade sequence, packing included, vs verbs' queue", 2.2, 3),
    Row("step_vs_verbs_documented", "full step vs verbs as documented", 20, 30),
    Row("step_vs_verbs_tuned", "full step vs verbs tuned", 4, 6),
    Row("step_vs_bare", "full step vs the bare revm loop", 1.4, 1.15, within=True),
    Row("threads_vs_processes", "two worlds in two threads vs two pinned processes", 0.9, 1.0),
    Row("calls_two_threads_vs_one", "read-only calls/s on two threads vs one", 1.7, 1.95),
    Row("clone_us", "clone of a world with 100,000 accounts", 5, 0.2, "us", within=True),
    Row("deep_clone_vs_flat", "trade sequence 10 clones deep vs flat", 1.1, 1.03, within=True),
    Row("clone_run_vs_flat", "clone + 51 tx + drop, 10 deep vs flat", 1.25, 1.1, within=True),
    Row("snapshots_vs_none", "a snapshot kept per block vs none", 1.6, 1.2, within=True),
    Row("what_if_us", "a what-if beyond its trade, many at once", 1.5, 0.5, "us", within=True),
    Row("what_if_call_us", "a what-if beyond its trade, one a call", 5, 2, "us", within=True),
    Row("coverage_vs_off", "edge coverage on vs off", 1.12, 1.05, within=True),
    Row("trace_vs_off", "call-tree trace on vs off", 1.2, 1.08, within=True),
    Row("memory_mb", "memory of 100,000 accounts with 4 slots each", 120, 50, "MB", within=True),
    Row("state_root_s", "state root of that world", 1.5, 0.5, "s", within=True),
    Row("gas_differences", "gas, status or state unlike anvil's", 0, 0, "", within=True),
)
KEYS = tuple(row.key for row in ROWS)


@dataclass(slots=True)
class Results:
    """Of one workload. figures: by key of `ROWS`; microseconds: way -> us per transaction;
    single: operation -> us; notes: what is absent, one line each.
    """

    figures: dict[str, float] = field(default_factory=dict)
    microseconds: dict[str, float] = field(default_factory=dict)
    single: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Say it once."""
        if line not in self.notes:
            self.notes.append(line)

    def add_times(self, times: Times, factor: float) -> None:
        """Medians of the times, each times `factor`, per transaction."""
        for name, values in times.items():
            self.microseconds[name] = median(values) * factor


def document(small: Results, matched: Results, machine: str) -> dict[str, object]:
    """What --json prints: the keys of the issue first; null is what could not be measured."""
    answer: dict[str, object] = {key: _rounded(small.figures.get(key)) for key in KEYS}
    answer["matched_perp"] = {key: _rounded(matched.figures.get(key)) for key in KEYS}
    for name, results in (("small_perp", small), ("matched_perp", matched)):
        answer[f"{name}_us_per_transaction"] = _all_rounded(results.microseconds)
        answer[f"{name}_single_us"] = _all_rounded(results.single)
    answer["limits"] = {row.key: {"at_least": row.at_least, "aim": row.aim} for row in ROWS}
    answer["notes"] = list(dict.fromkeys(small.notes + matched.notes))
    answer["machine"] = machine
    return answer


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.4g}")


def _all_rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{figure:.4g}") for name, figure in figures.items()}


def lines(small: Results, matched: Results, machine: str) -> list[str]:
    """The same as text."""
    shown = [f"{'':52}{'SmallPerp':>12}{'at least':>12}{'aim':>10}          {'MatchedPerp':>12}"]
    for row in ROWS:
        figure = small.figures.get(row.key)
        verdict = "" if figure is None else row.verdict(figure)
        cells = f"{_cell(figure, row.unit):>12}{_bound(row, row.at_least):>12}"
        cells += f"{_bound(row, row.aim):>10}  {verdict:8}"
        shown.append(f"{row.what:52}{cells}{_cell(matched.figures.get(row.key), row.unit):>12}")
    for title, results in (("SmallPerp", small), ("MatchedPerp", matched)):
        if results.microseconds:
            shown += ["", f"{title}, us per transaction"]
            shown += [f"  {name:50}{us:12,.2f}" for name, us in results.microseconds.items()]
        if results.single:
            shown += ["", f"{title}, us"]
            shown += [f"  {name:50}{us:12,.2f}" for name, us in results.single.items()]
    notes = list(dict.fromkeys(small.notes + matched.notes))
    return [*shown, "", *notes, machine]


def _bound(row: Row, bound: float) -> str:
    return f"{'<= ' if row.within else '>= '}{_cell(bound, row.unit)}"


def _cell(figure: float | None, unit: str) -> str:
    if figure is None:
        return "-"
    return f"{float(f'{figure:.3g}'):g}{' ' if len(unit) > 1 else ''}{unit}"
