"""The promises, and how figures are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.risk_rows.timing import Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One promise; both bounds are for the minimum, from above."""

    key: str
    what: str
    at_least: float
    aim: float
    unit: str = "ms"

    def verdict(self, figure: float) -> str:
        """aim, limit or MISSED."""
        if figure <= self.aim:
            return "aim"
        return "limit" if figure <= self.at_least else "MISSED"


ROWS = (
    Row("health_vs_read", "health of 1e6 accounts x 8 assets vs reading them", 2, 1.6, "x"),
    Row("cascade_ms", "cascade, 1e5 accounts x 1e4 paths, indexed", 5, 1.5),
    Row("cascade_index_ms", "the index for it", 12, 5),
    Row("cascade_rounds_ms", "the same cascade with rounds recorded", 40, 25),
    Row("var_es_99_ms", "VaR and ES of 1e7 samples, 99 %", 20, 12),
    Row("var_es_95_ms", "VaR and ES of 1e7 samples, 95 %", 45, 25),
    Row("margin_ms", "margin of 1e6 accounts, 5 tiers", 8, 3.5),
)
KEYS = tuple(row.key for row in ROWS)


def document(figures: Figures, notes: Sequence[str], machine: str) -> dict[str, object]:
    """What --json prints: the keys first; null is what was not measured."""
    answer: dict[str, object] = {key: _rounded(figures.get(key)) for key in KEYS}
    answer["peers_ms"] = {
        name: _rounded(figure) for name, figure in figures.items() if name not in KEYS
    }
    answer["limits"] = {row.key: {"at_least": row.at_least, "aim": row.aim} for row in ROWS}
    answer["notes"] = list(notes)
    answer["machine"] = machine
    return answer


def lines(figures: Figures, notes: Sequence[str], machine: str) -> list[str]:
    """The same as text."""
    shown = [f"{'':52}{'min':>10}{'median':>10}{'at least':>12}{'aim':>10}"]
    for row in ROWS:
        if row.key in figures:
            least, middle = figures[row.key]["min"], figures[row.key]["median"]
            bounds = f"{f'<= {row.at_least:g}':>12}{f'<= {row.aim:g}':>10}"
            cells = f"{least:10.3g}{middle:10.3g}{bounds} {row.unit:3} {row.verdict(least)}"
            shown.append(f"{row.what:52}{cells}")
    shown += ["", f"{'ms':52}{'min':>10}{'median':>10}"]
    for name, figure in figures.items():
        if name not in KEYS:
            shown.append(f"  {name:50}{figure['min']:10.2f}{figure['median']:10.2f}")
    return [*shown, "", *notes, machine]


def _rounded(figure: dict[str, float] | None) -> dict[str, float] | None:
    if figure is None:
        return None
    return {kind: float(f"{value:.4g}") for kind, value in figure.items()}
