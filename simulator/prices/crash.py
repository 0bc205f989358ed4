"""A historical crash: its hours, what is known of the day, and where each figure comes from.

A crash is a folder `fixtures/crashes/<event>/`: `crash.toml` (window, venues, parameters of the
day, facts, shapes), `sources.toml` (origin of each series) and one CSV of hours per series. What a
user imports has the same shape, lies in `crashes/` of the data folder, and may have finer bars.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.errors import InputError
from simulator.prices.facts import Fact, Shape, read_facts, read_shapes, read_toml, text_field
from simulator.prices.ohlc import BAR_SECONDS, Ohlc, parse_time, read_ohlc
from simulator.resources import fixtures_folder
from simulator.types import Int3D

NO_PRICES: Final = ("funding", "depth")
"""Kinds of series that lie beside the prices: they are kept and listed, never replayed."""
RESOLUTIONS: Final = {"1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1800, "1h": BAR_SECONDS}
LEAST_BLOCKS: Final = 4


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
    folder: Path = Path()
    """Where it was read from."""

    @property
    def hours(self) -> int:
        """Length of the replayed window."""
        return int((self.end - self.start).total_seconds()) // BAR_SECONDS

    @property
    def overrides(self) -> list[dict[str, str]]:
        """Defects of imported data that stand by an override: series, rule, what, reason."""
        return [
            {"series": symbol} | {key: str(item[key]) for key in ("rule", "what", "reason")}
            for symbol, entry in self.sources.items()
            for item in entry.get("repairs", [])
            if item.get("way") == "override"
        ]

    def bars(
        self,
        symbols: Sequence[str],
        start: datetime,
        hours: int,
        bar_seconds: int = BAR_SECONDS,
    ) -> Int3D:
        """int64[bars, assets, 4] ticks of 1e-8: open, high, low, close; assets as in `symbols`.

        Hours, or finer bars where `finest_bars` says that all symbols have them. Raises InputError
        for an unknown symbol or hours outside of the series.
        """
        self._check(symbols)
        windows = [self.series[symbol].window(start, hours) for symbol in symbols]
        return np.stack([window.longer(bar_seconds).ticks for window in windows], axis=1)

    def covers(self, symbol: str) -> bool:
        """Whether a series has every bar of the event's window."""
        try:
            self.series[symbol].window(self.start, self.hours)
        except InputError:
            return False
        return True

    def finest_bars(self, symbols: Sequence[str], blocks_per_hour: int) -> int:
        """Seconds of the shortest bars that all symbols have and a path of blocks can follow.

        A bar needs a whole number of blocks, at least four: one for each of its prices. 3,600 s if
        nothing shorter will do.
        """
        self._check(symbols)
        common = max(self.series[symbol].bar_seconds for symbol in symbols)
        lengths = range(common, BAR_SECONDS, common)
        for seconds in (length for length in lengths if BAR_SECONDS % length == 0):
            blocks, rest = divmod(blocks_per_hour * seconds, BAR_SECONDS)
            fits = all(seconds % self.series[name].bar_seconds == 0 for name in symbols)
            if fits and not rest and blocks >= LEAST_BLOCKS:
                return seconds
        return BAR_SECONDS

    def _check(self, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            if symbol not in self.series:
                known = ", ".join(self.series)
                raise InputError("series", symbol, f"{self.event} has {known}")


def data_folder() -> Path:
    """Where a user's own events are kept: UNDERWATER_DATA, else the user's data folder.

    Raises RuntimeError if there is no home folder to look in.
    """
    named = os.environ.get("UNDERWATER_DATA")
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "underwater"


def built_in_folder() -> Path:
    """The events that ship."""
    return fixtures_folder() / "crashes"


def imported_folder() -> Path | None:
    """The events that the user imported; None if there is no place for them."""
    try:
        return data_folder() / "crashes"
    except RuntimeError:
        return None


def _folders() -> list[Path]:
    imported = imported_folder()
    return [built_in_folder()] + ([] if imported is None else [imported])


def crash_names(folder: Path | None = None) -> list[str]:
    """Events that can be replayed, sorted: those that ship and those that the user imported."""
    roots = _folders() if folder is None else [folder]
    return sorted({path.parent.name for root in roots for path in root.glob("*/crash.toml")})


def load_crash(event: str, folder: Path | None = None) -> Crash:
    """Read and check an event; only in `folder` if one is given. What ships comes first.

    Raises InputError for an unknown event (the message lists the known ones), a missing or
    malformed file, and every defect that `read_ohlc` knows.
    """
    known = crash_names(folder)
    if event not in known:
        raise InputError("event", event, f"must be one of {', '.join(known) or '(none found)'}")
    roots = _folders() if folder is None else [folder]
    place = next(root / event for root in roots if (root / event / "crash.toml").is_file())
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
        folder=place,
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
        here = f"{shown} {symbol}"
        file = text_field(entry, here, "file")
        if Path(file).name != file:
            raise InputError(f"{here}.file", file, "must be a file name without folders")
        if entry.get("kind") not in NO_PRICES:
            series[symbol] = read_ohlc(place / file, symbol, _bar_seconds(entry, here))
    if not series:
        raise InputError(shown, "(no prices)", "needs at least one series of prices")
    return series


def _bar_seconds(entry: Mapping[str, Any], place: str) -> int:
    """Length of the bars from `resolution`, such as 1h or 5m; an hour if it is not said."""
    text = entry.get("resolution", "1h")
    if text not in RESOLUTIONS:
        known = ", ".join(RESOLUTIONS)
        raise InputError(f"{place}.resolution", text, f"must be one of {known}")
    return RESOLUTIONS[text]


def _hashes(place: Path) -> dict[str, str]:
    files = sorted(path for path in place.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
