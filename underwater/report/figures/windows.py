"""Which parts of a run deserve a closer look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

import numpy as np

from underwater.report.data import RunData, VariantData, at
from underwater.report.thin import bin_edges, sums_per_bin

Window: TypeAlias = tuple[float, float]

_OF_EVENT: Final[dict[str, tuple[Window, ...]]] = {"black-thursday": ((34, 36), (47, 51.5))}
"""Hours since the event's start that hold its two legs: the same for every seed, so that reports
can be laid side by side."""

_SHORT_RUN_HOURS: Final = 8.0
_LENGTHS_HOURS: Final = (2.0, 4.5)
_BEFORE_HOURS: Final = 0.25


def zoom_windows(run: RunData) -> tuple[Window, ...]:
    """At most two windows in hours since the start, in order; none for a short or a calm run.

    A manifest may name them (`crash.zooms`, in hours since `crash.start`), a known event has its
    own; otherwise they lie where forced closures concentrate.
    """
    data = run.first
    if not len(data.hours) or data.hours[-1] - data.hours[0] <= _SHORT_RUN_HOURS:
        return ()
    named = _named(data)
    return named if named else _busiest(data)


def _named(data: VariantData) -> tuple[Window, ...]:
    zooms = at(data.manifest, "crash.zooms")
    zooms = zooms or _OF_EVENT.get(str(at(data.manifest, "crash.event")))
    if not isinstance(zooms, Sequence) or isinstance(zooms, str):
        return ()
    shift = 0.0
    start = at(data.manifest, "crash.start")
    if isinstance(start, str):
        crash_start = datetime.fromisoformat(start)
        crash_start = crash_start if crash_start.tzinfo else crash_start.replace(tzinfo=UTC)
        shift = (crash_start - data.start).total_seconds() / 3600
    last = float(data.hours[-1])
    windows = []
    for zoom in zooms:
        if isinstance(zoom, Sequence) and not isinstance(zoom, str) and len(zoom) == 2:
            first, end = (float(str(edge)) + shift for edge in zoom)
            if first >= 0 and end <= last + 0.1:
                windows.append((first, min(end, last)))
    return tuple(windows[:2])


def _busiest(data: VariantData) -> tuple[Window, ...]:
    """The two hours with most forced closures, then the most of four and a half hours elsewhere."""
    last = float(data.hours[-1])
    edges = bin_edges(0.0, last, 15)
    closed = sums_per_bin(
        data.hours_of(data.liquidations), data.liquidations["notional"], edges
    ) + sums_per_bin(data.hours_of(data.adl), data.adl["notional"], edges)
    if closed.sum() <= 0:
        return ()
    windows: list[Window] = []
    left = closed.copy()
    for length in _LENGTHS_HOURS:
        bins = min(len(left), int(length * 4))
        sums = np.convolve(left, np.ones(bins), mode="valid")
        best = int(np.argmax(sums))
        if sums[best] < 0.02 * closed.sum():
            break
        # begin shortly before the first closures worth seeing, not with the quiet before them
        busy = np.flatnonzero(left[best : best + bins] >= 0.02 * sums[best])
        begin = best + int(busy[0])
        first = max(0.0, float(edges[begin]) - _BEFORE_HOURS)
        windows.append((first, min(last, first + length)))
        left[max(0, begin - 1) : begin + bins] = 0.0
    return tuple(sorted(windows))
