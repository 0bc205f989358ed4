"""A sweep on the terminal: its table, its pairs, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from simulator.experiment import CellRow, Comparison
from underwater import console
from underwater.sweeps.metrics import FORCED, MECHANISM, SHOWN, Metric
from underwater.sweeps.model import VARIANT, Sweep

HARDLY = 0.8
"""A median of forced closures above this share of base's is called hardly smaller."""


def table_text(sweep: Sweep) -> str:
    """A row per cell: the varied values, the runs behind it, median [5 %..95 %] per number."""
    paths = [vary.path.rsplit(".", 1)[-1] for vary in sweep.grid]
    names = [f"{metric.words}\n{metric.unit}" for metric in SHOWN]
    header = [paths[0], *paths[1:], "runs", "failed", *names]
    return console.aligned(header, [_cells(row) for row in sweep.table])


def _cells(row: CellRow) -> list[str]:
    values = [str(value) for _, value in row.cell.values]
    bad = row.failed + row.violated
    return [*values, str(row.complete), str(bad), *(_quantiles(row, metric) for metric in SHOWN)]


def _quantiles(row: CellRow, metric: Metric) -> str:
    if not row.complete:
        return "-"
    shares = row.quantiles[metric.key]
    low, middle, high = (metric.form(shares[name]) for name in ("low", "median", "high"))
    return middle if low == middle == high else f"{middle} [{low}..{high}]"


def explanation(sweep: Sweep) -> Iterator[str]:
    """Lines under the table: how to read it, the pairs of variants, the failed runs."""
    count = len(sweep.seeds)
    seeds = "seed 1" if count == 1 else f"seeds 1 to {count}, median [5 %..95 % over seeds]"
    yield f"{seeds}; OI is the traders' opening open interest; the same seeds in every row."
    yield from _tails(sweep)
    for name in dict.fromkeys(str(item.value) for item in sweep.comparisons):
        yield _pairs_line([item for item in sweep.comparisons if str(item.value) == name])
    if any(item.pairs for item in sweep.comparisons):
        yield volume_line(sweep)
    yield from _trouble(sweep)


def _tails(sweep: Sweep) -> Iterator[str]:
    """VaR and ES of bad debt, with percentile, horizon and runs: without them it is no number."""
    found = [(row, tail) for row in sweep.table if (tail := sweep.tail(row)) is not None]
    if not found:
        return
    first = found[0][1]
    yield f"Bad debt over {first.horizon}, USD, {100 * first.level:g} % VaR / ES over seeds:"
    for row, tail in found:
        figures = f"{console.short(tail.value_at_risk)} / {console.short(tail.expected_shortfall)}"
        yield f"  {row.cell.label} {figures} ({tail.samples} runs, {tail.failed} failed)"


def _pairs_line(items: list[Comparison]) -> str:
    words = dict(MECHANISM)
    parts = []
    for item in items:
        equal = f" (equal in {item.equal})" if item.equal else ""
        parts.append(f"{words[item.metric]} in {item.smaller}{equal}")
    first = items[0]
    pairs = "pair" if first.pairs == 1 else "pairs"
    shown = ", ".join(parts)
    return f"{first.value} against {first.against}: smaller {shown}, of {first.pairs} seed {pairs}."


def volume_line(sweep: Sweep) -> str:
    """Why the variants are not judged on how much was closed by force."""
    medians = _forced_medians(sweep)
    base = str(sweep.comparisons[0].against)
    whole = medians.pop(base)
    others = list(medians.items())
    shown = ", ".join(f"{100 * share:.1f} % in {name}" for name, share in others)
    figures = f"median {shown} against {100 * whole:.1f} % of OI in {base}"
    smallest = min((share for _, share in others), default=whole)
    if smallest < HARDLY * whole:
        return f"The volume of forced closures: {figures}."
    verb = "is not smaller" if smallest >= whole else "is little smaller"
    return (
        f"The volume of forced closures {verb} ({figures}): the fall of the index, the same in "
        "every variant, forces them by itself. What a variant changes is who pays for them."
    )


def _forced_medians(sweep: Sweep) -> dict[str, float]:
    """Per variant the median of its cells' medians of forced closures."""
    shares: dict[str, list[float]] = {}
    for row in sweep.table:
        if row.complete:
            name = str(dict(row.cell.values)[VARIANT])
            shares.setdefault(name, []).append(row.quantiles[FORCED]["median"])
    return {name: median(found) for name, found in shares.items()}


def _trouble(sweep: Sweep) -> Iterator[str]:
    for status, words in (("failed", "failed"), ("violated", "violated a property")):
        bad = [row for row in sweep.rows if row.status == status]
        if bad:
            first = bad[0]
            yield (
                f"{len(bad)} of {len(sweep.rows)} runs {words} and are in no quantile; the first: "
                f"{first.cell.label}, seed {first.seed}: {first.error}"
            )
    left = sweep.count("not run")
    if left:
        done = len(sweep.rows) - left
        yield f"Interrupted after {done} of {len(sweep.rows)} runs; the rest was not run."
