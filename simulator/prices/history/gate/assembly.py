"""Several files of one symbol to one series of numbers. The first stage of the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from simulator.errors import InputError
from simulator.prices.history.findings import Finding
from simulator.prices.history.gate.settings import Gate
from simulator.prices.history.series import PRICE_FIELDS, Raw, Series
from simulator.prices.history.times import UNREADABLE, read_times
from simulator.types import Float1D

BAD_NUMBER: Final = np.nan


def assemble(
    symbol: str, raws: Sequence[Raw], gate: Gate, *, quote: str = "", venue: str = ""
) -> tuple[Series, list[Finding]]:
    """The rows of all files one after the other, times in seconds and prices in floats.

    A price that is no number becomes NaN here and is told by the next stage. Raises InputError if
    the files do not fit together or hold no prices.
    """
    kind = _one_of(symbol, "kind", [raw.kind for raw in raws], gate.kind)
    if kind in ("funding", "depth"):
        raise InputError(raws[0].name, kind, "is no price series")
    findings: list[Finding] = []
    times = []
    for raw in raws:
        read = read_times(raw, gate.zone)
        findings += read.findings
        times.append(read.seconds)
    stamps = np.concatenate(times)
    resolution = gate.resolution or _one_of(symbol, "resolution", [r.resolution for r in raws])
    if not resolution and kind != "point":
        resolution = _usual_step(symbol, stamps)
    prices = np.stack([_column(raws, name, kind) for name in PRICE_FIELDS], axis=1)
    volume = None
    if all("volume" in raw.columns for raw in raws):
        volume = _column(raws, "volume", kind)
    series = Series(
        symbol=symbol,
        quote=quote or _one_of(symbol, "quote", [raw.quote for raw in raws]) or "",
        venue=venue or _one_of(symbol, "venue", [raw.venue for raw in raws]) or "",
        kind=kind,
        resolution=0 if kind == "point" else resolution,
        times=stamps,
        prices=prices,
        volume=volume,
        raws=tuple(raws),
        origin=np.arange(len(stamps)),
        sparse=any(raw.sparse for raw in raws),
    )
    return series, findings


def readable(series: Series) -> Series:
    """Without the rows whose time cannot be read."""
    good = series.times != UNREADABLE
    return series if good.all() else series.kept(good)


def _one_of(symbol: str, what: str, given: Sequence[Any], declared: Any = None) -> Any:
    """What all files agree on; InputError if they do not."""
    if declared:
        return declared
    met = sorted({value for value in given if value})
    if len(met) > 1:
        names = ", ".join(str(value) for value in met)
        raise InputError(f"{symbol} files", names, f"must have one {what}; declare it")
    return met[0] if met else given[0]


def _usual_step(symbol: str, stamps: Any) -> int:
    steps = np.diff(np.unique(stamps[stamps != UNREADABLE]))
    if not len(steps):
        raise InputError(f"{symbol} resolution", "(unknown)", "say it with --resolution 5m")
    counted = Counter(steps.tolist())
    return int(max(counted, key=lambda step: (counted[step], -step)))


def _column(raws: Sequence[Raw], name: str, kind: str) -> Float1D:
    spoken = "price" if kind == "point" and name != "volume" else name
    parts = []
    for raw in raws:
        if spoken not in raw.columns:
            shown = ", ".join(raw.columns)
            raise InputError(f"{raw.name} columns", shown, f"needs a column {spoken}")
        parts.append(as_floats(raw.columns[spoken]))
    return np.concatenate(parts)


def as_floats(column: Sequence[Any]) -> Float1D:
    """float64; NaN where there is no plain decimal number."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        return column.astype(np.float64)
    try:
        # The quick way for texts; it takes 1_000, so a text with that is looked at again.
        if not any("_" in value for value in column):
            return np.array(column, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    return np.array([_number(value) for value in column], dtype=np.float64)


def _number(value: Any) -> float:
    if isinstance(value, bool) or value is None or (isinstance(value, str) and "_" in value):
        return BAD_NUMBER
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return BAD_NUMBER
