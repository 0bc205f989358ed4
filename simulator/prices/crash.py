"""A historical crash: its hours, what is known of the day, and where each figure comes from.

A crash is a folder `fixtures/crashes/<event>/`: `crash.toml` (window, venues, parameters of the
day, facts, shapes), `sources.toml` (origin of each series) and one CSV of hours per series.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import InputError
from simulator.prices.facts import Fact, Shape, read_facts, read_shapes, read_toml, text_field
from simulator.prices.ohlc import BAR_SECONDS, Ohlc, parse_time, read_ohlc
from simulator.resources import fixtures_folder
from simulator.types import Int3D


@dataclass(frozen=True, slots=True)
class Crash:
    """Everything known about one event."""

    event: str
    title: str
    summary: str
    start: datetime
    end: datetime
    """start..end is the window that is replayed, UTC; the series may go on beyond it."""
    venues: tuple[str, ...]
    series: Mapping[str, Ohlc]
    parameters: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    shapes: tuple[Shape, ...]
    sources: Mapping[str, Mapping[str, Any]]
    """sources.toml, a table per symbol."""
    hashes: Mapping[str, str]
    """SHA-256 of each file of the folder, for the manifest."""

    @property
    def hours(self) -> int:
        """Length of the replayed window."""
        return int((self.end - self.start).total_seconds()) // BAR_SECONDS

    def bars(self, symbols: Sequence[str], start: datetime, hours: int) -> Int3D:
        """int64[hours, assets, 4] ticks of 1e-8: open, high, low, close; assets as in `symbols`.

        Raises InputError for an unknown symbol or hours outside of the series.
        """
        for symbol in symbols:
            if symbol not in self.series:
                known = ", ".join(self.series)
                raise InputError("series", symbol, f"{self.event} has {known}")
        parts = [self.series[symbol].window(start, hours).ticks for symbol in symbols]
        return np.stack(parts, axis=1)


def crash_names(folder: Path | None = None) -> list[str]:
    """Events that can be replayed, sorted."""
    root = folder or fixtures_folder() / "crashes"
    return sorted(path.parent.name for path in root.glob("*/crash.toml"))


def load_crash(event: str, folder: Path | None = None) -> Crash:
    """Read and check an event; `folder` is fixtures/crashes unless given.

    Raises InputError for an unknown event (the message lists the known ones), a missing or
    malformed file, and every defect that `read_ohlc` knows.
    """
    root = folder or fixtures_folder() / "crashes"
    known = crash_names(root)
    if event not in known:
        raise InputError("event", event, f"must be one of {', '.join(known) or '(none found)'}")
    place = root / event
    shown = f"{event}/crash.toml"
    document = read_toml(place / "crash.toml")
    sources = read_toml(place / "sources.toml")
    start, end = _window(document, shown)
    return Crash(
        event=event,
        title=text_field(document, shown, "title"),
        summary=text_field(document, shown, "summary"),
        start=start,
        end=end,
        venues=_venues(document, shown),
        series=_series(place, sources),
        parameters=read_facts(document, shown, "parameters"),
        facts=read_facts(document, shown, "facts"),
        shapes=read_shapes(document, shown),
        sources=sources,
        hashes=_hashes(place),
    )


def _window(document: Mapping[str, Any], shown: str) -> tuple[datetime, datetime]:
    place = f"{shown} window"
    table = document.get("window")
    start, end = (
        parse_time(f"{place}.{name}", text_field(table, place, name)) for name in ("start", "end")
    )
    if start % BAR_SECONDS or end % BAR_SECONDS or end <= start:
        raise InputError(place, table, "must be full hours, start before end")
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)


def _venues(document: Mapping[str, Any], shown: str) -> tuple[str, ...]:
    venues = document.get("venues")
    if not isinstance(venues, list) or not all(isinstance(name, str) for name in venues):
        raise InputError(f"{shown} venues", venues, "must be a list of names")
    return tuple(venues)


def _series(place: Path, sources: Mapping[str, Any]) -> dict[str, Ohlc]:
    shown = f"{place.name}/sources.toml"
    if not sources:
        raise InputError(shown, "(empty)", "needs one table per series")
    series = {}
    for symbol, entry in sources.items():
        file = text_field(entry, f"{shown} {symbol}", "file")
        if Path(file).name != file:
            rule = "must be a file name without folders"
            raise InputError(f"{shown} {symbol}.file", file, rule)
        series[symbol] = read_ohlc(place / file, symbol)
    return series


def _hashes(place: Path) -> dict[str, str]:
    files = sorted(path for path in place.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
