"""The limits of the issue, and how figures are shown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from benchmarks.price_rows.measure import ratio


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio of two rates; `at_least` and `aim` where one was promised."""

    key: str
    way: str
    to: str
    what: str
    at_least: float | None = None
    aim: float | None = None

    def verdict(self, figure: float) -> str:
        """aim, limit or MISSED; nothing without a promise."""
        if self.at_least is None or self.aim is None:
            return ""
        if figure >= self.aim:
            return "aim"
        return "limit" if figure >= self.at_least else "MISSED"


ROWS = (
    Row("gbm_vs_normals", "gbm", "normals", "GBM vs the bare generator of normals", 0.65, 0.85),
    Row("gbm_antithetic_vs_normals", "gbm_antithetic", "normals", "the same in antithetic pairs"),
    Row("gbm_fresh_vs_normals", "gbm_fresh", "normals", "the same with a fresh array per call"),
    Row("gbm_vs_numpy", "gbm", "numpy_plain", "GBM vs plain numpy"),
    Row("gbm_vs_numba", "gbm", "numba", "GBM vs a compiled loop (numba)"),
)


def document(rates: dict[str, list[float]], notes: list[str], machine: str) -> dict[str, object]:
    """What --json prints; null is what could not be measured."""
    answer: dict[str, object] = {row.key: _rounded(ratio(rates, row.way, row.to)) for row in ROWS}
    answer["cells_per_second"] = {
        name: _rounded(median(measured)) for name, measured in rates.items()
    }
    answer["limits"] = {
        row.key: {"at_least": row.at_least, "aim": row.aim} for row in ROWS if row.at_least
    }
    answer["notes"] = notes
    answer["machine"] = machine
    return answer


def lines(rates: dict[str, list[float]], notes: list[str], machine: str) -> list[str]:
    """The same as text."""
    shown = [f"{'':44}{'measured':>10}{'at least':>10}{'aim':>8}"]
    for row in ROWS:
        figure = ratio(rates, row.way, row.to)
        cells = "".join(
            f"{'-' if value is None else f'{value:.2f} x':>{width}}"
            for value, width in ((figure, 10), (row.at_least, 10), (row.aim, 8))
        )
        verdict = "" if figure is None else row.verdict(figure)
        shown.append(f"{row.what:44}{cells}  {verdict}".rstrip())
    shown += ["", "million cells per second of one core"]
    shown += [f"  {name:20}{median(measured) / 1e6:8.1f}" for name, measured in rates.items()]
    return [*shown, "", *notes, machine]


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.4g}")
