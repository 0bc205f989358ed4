"""Section 16: the tail beyond the samples."""

from __future__ import annotations

from typing import Any

from simulator.risk import ParetoTail, tail_es, tail_var
from tests.golden.rows import Check, Row


def pareto(row: Row) -> dict[str, Any]:
    given = row["inputs"]
    tail = ParetoTail(
        threshold=given["u"],
        shape=given["xi"],
        scale=given["beta"],
        samples=given["n"],
        exceedances=given["exceedances"],
    )
    return {"var": tail_var(tail, given["q"]), "es": tail_es(tail, given["q"])}


ANSWERS: dict[str, Check] = {"V15": pareto}
