"""Section 13."""

from typing import Any

from simulator.risk import RawSvi, svi_to_jump_wings, svi_total_variance
from tests.golden.rows import Check, Row


def raw(row: Row) -> RawSvi:
    given = row["inputs"]
    return RawSvi(given["a"], given["b"], given["rho"], given["m"], given["sigma"])


def wings(row: Row) -> dict[str, Any]:
    found = svi_to_jump_wings(raw(row), row["inputs"]["t"])
    return {name: getattr(found, name) for name in ("v", "psi", "p", "c", "v_tilde")}


ANSWERS: dict[str, Check] = {
    "O09": lambda row: {"total_variance": svi_total_variance(raw(row), row["inputs"]["k"])},
    "O10": wings,
}
