"""From a user's files to an event that can be replayed: read, look, repair where told."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError
from simulator.prices.crash import NO_PRICES, RESOLUTIONS, built_in_folder, crash_names, load_crash
from simulator.prices.history.aggregate import Bars, aggregate
from simulator.prices.history.findings import Finding, Repair
from simulator.prices.history.gate import Gate, Inspection, Reference, inspect
from simulator.prices.history.gate.book import TableInspection, inspect_table
from simulator.prices.history.measures import measure
from simulator.prices.history.reading import read_file
from simulator.prices.history.series import Raw, resolution_words, time_words
from simulator.prices.history.store import bars_csv, table_csv, toml_text
from simulator.prices.ohlc import BAR_SECONDS, TICKS_PER_UNIT, Ohlc, time_text

EVENT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,23}")


@dataclass(frozen=True, slots=True)
class Order:
    """What the user wants imported, as checked values."""

    event: str
    files: Sequence[str]
    """Paths or patterns, each perhaps with the symbol in front: ETH=path."""
    title: str = ""
    form: str = "auto"
    kind: str = ""
    quote: str = ""
    venue: str = ""
    start: int | None = None
    end: int | None = None
    """Unix seconds at full hours; None takes what all series cover."""
    bar_seconds: int = 0
    """Bars of the event; 0 keeps those of each file."""
    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True, slots=True)
class Looked:
    """One symbol after the gate, as prices or as a table beside them."""

    symbol: str
    raws: tuple[Raw, ...]
    prices: Inspection | None
    table: TableInspection | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        found = self.prices or self.table
        return () if found is None else found.findings

    @property
    def repairs(self) -> tuple[Repair, ...]:
        found = self.prices or self.table
        return () if found is None else found.repairs

    @property
    def unsolved(self) -> tuple[Finding, ...]:
        found = self.prices or self.table
        return () if found is None else found.unsolved

    def refuse(self) -> None:
        """Raise InputError for the first defect that stands."""
        found = self.prices or self.table
        if found is not None:
            found.refuse()


def look(order: Order) -> list[Looked]:
    """Read all files and look at every symbol; nothing is written.

    Raises InputError for a file that cannot be read at all; defects of the data are in the result.
    """
    grouped: dict[str, list[Raw]] = {}
    for symbol, raw in _named(_read_all(order)):
        grouped.setdefault(symbol, []).append(raw)
    return [_look(symbol, raws, order) for symbol, raws in grouped.items()]


def event_files(order: Order, looked: Sequence[Looked]) -> dict[str, str]:
    """The files of the event's folder: figures, sources.toml, crash.toml.

    Raises InputError for the first defect that stands, for prices that do not cover a common whole
    hour, and for bars that cannot be replayed.
    """
    if not EVENT_NAME.fullmatch(order.event):
        rule = "must be small letters, digits and hyphens, such as aug-2024-minutes"
        raise InputError("--event", order.event, rule)
    for item in looked:
        item.refuse()
    bars = {item.symbol: _bars(item, order) for item in looked if item.prices is not None}
    if not bars:
        kinds = ", ".join(item.raws[0].kind for item in looked)
        raise InputError("FILE", kinds, "needs at least one series of prices beside it")
    start, end = _window(order, bars)
    files: dict[str, str] = {}
    sources: dict[str, Any] = {}
    kept = {}
    for item in looked:
        name = f"{item.symbol}.csv"
        if item.prices is not None:
            cut = bars[item.symbol].between(start, end)
            _no_missing(item.symbol, cut)
            kept[item.symbol] = cut
            files[name] = bars_csv(cut, with_volume=True)
            sources[item.symbol] = _price_source(item, cut, name)
        elif item.table is not None:
            files[name] = table_csv(item.table.table)
            sources[item.symbol] = _table_source(item, name)
    files["sources.toml"] = toml_text(sources)
    files["crash.toml"] = toml_text(_description(order, looked, kept, start, end))
    return files


def usual_name(looked: Sequence[Looked]) -> str:
    """A name for an event that got none: series and first day, such as eth-btc-2024-08-05."""
    names = "-".join(item.symbol.lower() for item in looked if item.prices is not None)
    firsts = [item.prices.series.times for item in looked if item.prices is not None]
    days = [
        f"{datetime.fromtimestamp(int(times[0]), UTC):%Y-%m-%d}" for times in firsts if len(times)
    ]
    return f"{names[:40]}-{max(days, default='empty')}"


def _read_all(order: Order) -> list[tuple[str, Raw]]:
    found = []
    for text in order.files:
        symbol, pattern = _split(text)
        paths = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
        if not paths:
            raise InputError("FILE", text, "is not a file, and no file matches it")
        for path in paths:
            if path.endswith(".CHECKSUM"):
                continue
            found.append((symbol, read_file(Path(path), order.form, order.kind)))
    return found


def _split(text: str) -> tuple[str, str]:
    """`ETH=path` -> (ETH, path); a path alone has no symbol."""
    symbol, sign, path = text.partition("=")
    if sign and SYMBOL.fullmatch(symbol) and not Path(text).is_file():
        return symbol, path
    return "", text


def _named(found: Sequence[tuple[str, Raw]]) -> list[tuple[str, Raw]]:
    """A symbol for each file: as told, else the asset, with its kind where an asset has several."""
    kinds: dict[str, set[str]] = {}
    for symbol, raw in found:
        if not symbol and not raw.asset:
            rule = "does not say what it is the price of; write ETH=FILE"
            raise InputError("FILE", raw.name, rule)
        kinds.setdefault(raw.asset, set()).add(_label(raw))
    named = []
    for symbol, raw in found:
        plain = "" if "" in kinds[raw.asset] else min(kinds[raw.asset])
        suffix = "" if _label(raw) == plain else f"-{_label(raw)}"
        named.append((symbol or f"{raw.asset}{suffix}", raw))
    return named


def _label(raw: Raw) -> str:
    """perp, mark, index, funding, depth, or nothing for spot trades."""
    if raw.kind in ("trade", "point"):
        return raw.contract
    return raw.kind


def _look(symbol: str, raws: list[Raw], order: Order) -> Looked:
    if raws[0].kind in NO_PRICES:
        table = inspect_table(symbol, raws, order.gate)
        return Looked(symbol, tuple(raws), None, table)
    gate = replace(order.gate, references=references_of(symbol))
    seen = inspect(symbol, raws, gate, quote=order.quote, venue=order.venue)
    return Looked(symbol, tuple(raws), seen, None)


def references_of(symbol: str) -> tuple[Reference, ...]:
    """Hourly closes that ship for this symbol, to compare with where the hours are the same."""
    found = []
    for event in crash_names(built_in_folder()):
        series = load_crash(event, built_in_folder()).series.get(symbol)
        if series is not None:
            closes = series.ticks[:, 3] / TICKS_PER_UNIT
            found.append(Reference(f"{symbol} of {event}", series.times, closes))
    return tuple(found)


def _bars(item: Looked, order: Order) -> Bars:
    """Bars of the length that the event shall have."""
    assert item.prices is not None
    series = item.prices.series
    if not len(series):
        raise InputError(item.symbol, "(no rows)", "has no row left")
    seconds = order.bar_seconds or series.resolution or BAR_SECONDS
    if seconds not in RESOLUTIONS.values():
        shown = resolution_words(seconds)
        if order.bar_seconds or seconds > BAR_SECONDS:
            known = ", ".join(RESOLUTIONS)
            raise InputError(f"{item.symbol} bars", shown, f"must be one of {known} for a replay")
        seconds = min(value for value in RESOLUTIONS.values() if value % seconds == 0)
    if series.resolution and seconds % series.resolution:
        rule = f"must be a multiple of {resolution_words(series.resolution)}, the bars of the file"
        raise InputError(f"{item.symbol} bars", resolution_words(seconds), rule)
    return aggregate(series, seconds)


def _window(order: Order, bars: Mapping[str, Bars]) -> tuple[int, int]:
    """Full hours that every series covers, cut to what was asked for."""
    first = max(_up(int(item.times[0])) for item in bars.values())
    last = min(_down(int(item.times[-1]) + item.seconds) for item in bars.values())
    covered = f"the files cover {time_words(first)} to {time_words(last)} together"
    if last <= first:
        raise InputError(
            "FILE", "(no common hour)", f"the series must have a full hour in common; {covered}"
        )
    start = first if order.start is None else order.start
    end = last if order.end is None else order.end
    if not first <= start < last:
        raise InputError("--from", time_text(start), f"must lie inside the data; {covered}")
    if not start < end <= last:
        rule = f"must lie inside the data and after {time_text(start)}; {covered}"
        raise InputError("--until", time_text(end), rule)
    return start, end


def _up(seconds: int) -> int:
    return -(-seconds // BAR_SECONDS) * BAR_SECONDS


def _down(seconds: int) -> int:
    return seconds // BAR_SECONDS * BAR_SECONDS


def _no_missing(symbol: str, bars: Bars) -> None:
    missing = bars.missing()
    if len(missing):
        size = resolution_words(bars.seconds)
        rule = (
            f"{len(missing):,} bars of {size} are missing; a replay needs all of them "
            "[gap: no bar is missing; --repair gap=fill:N or longer bars with --bars 1h]"
        )
        raise InputError(f"{symbol} time", time_text(int(missing[0])), rule)


def _price_source(item: Looked, bars: Bars, file: str) -> dict[str, Any]:
    assert item.prices is not None
    series = item.prices.series
    return {
        "file": file,
        "venue": series.venue or "(not said)",
        "symbol": f"{item.raws[0].asset or item.symbol}{series.quote}",
        "quote": series.quote or "(not said)",
        "kind": series.kind,
        "start": time_text(int(bars.times[0])),
        "end": time_text(int(bars.times[-1]) + bars.seconds),
        "resolution": resolution_words(bars.seconds),
        "aggregated_from": resolution_words(series.resolution) if series.resolution else "points",
        "aggregation": "first, max, min, last of left-closed bars",
        "source": "; ".join(f"{raw.name} (SHA-256 {raw.sha256})" for raw in item.raws),
        "checks": _checks(item, bars),
        "notes": "Imported by the user.",
        **_record(item),
    }


def _table_source(item: Looked, file: str) -> dict[str, Any]:
    return {
        "file": file,
        "venue": item.raws[0].venue or "(not said)",
        "kind": item.raws[0].kind,
        "source": "; ".join(f"{raw.name} (SHA-256 {raw.sha256})" for raw in item.raws),
        "notes": "Kept beside the prices; not replayed.",
        **_record(item),
    }


def _checks(item: Looked, bars: Bars) -> list[str]:
    size = resolution_words(bars.seconds)
    checks = [f"{len(bars.times):,} bars of {size}, strictly increasing, none missing or double"]
    checks.append("high >= low; high and low contain open and close")
    partial = int((bars.parts < bars.whole).sum())
    if partial:
        checks.append(f"{partial:,} bars are made of fewer than {bars.whole} bars of the file")
    return checks


def _record(item: Looked) -> dict[str, Any]:
    """What the gate found and what was done, with every reason; kept in sources.toml."""
    return {
        "findings": [finding.record() for finding in item.findings],
        "repairs": [repair.record() for repair in item.repairs],
    }


def _description(
    order: Order,
    looked: Sequence[Looked],
    kept: Mapping[str, Bars],
    start: int,
    end: int,
) -> dict[str, Any]:
    venues = [item.prices.series.venue for item in looked if item.prices is not None]
    facts: dict[str, Any] = {}
    for symbol, bars in kept.items():
        facts |= measured_facts(symbol, as_ohlc(symbol, bars))
    days = " to ".join(f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}" for time in (start, end))
    return {
        "title": order.title or f"{order.event} ({days})",
        "summary": f"Imported: {', '.join(kept)}, {days}.",
        "venues": sorted({venue or "(not said)" for venue in venues}),
        "window": {"start": time_text(start), "end": time_text(end), "note": "imported"},
        "facts": facts,
    }


def as_ohlc(symbol: str, bars: Bars) -> Ohlc:
    """Bars as exact ticks."""
    ticks = (bars.prices * TICKS_PER_UNIT).round().astype("int64")
    return Ohlc(symbol, bars.times, ticks, bars.seconds)


def measured_facts(symbol: str, series: Ohlc) -> dict[str, dict[str, Any]]:
    """Low, high, deepest fall, worst hour and worst day as facts of crash.toml."""
    found = measure(series)
    stem = symbol.lower().replace("-", "_")
    source = f"{symbol}.csv"

    def fact(value: float, unit: str, at: str = "") -> dict[str, Any]:
        text = f"{source}{at}"
        return {
            "low": value,
            "high": value,
            "unit": unit,
            "confidence": "H",
            "source": text,
            "note": "",
        }

    facts = {
        f"{stem}_high": fact(float(found.high), "quote", f", {time_text(found.high_at)}"),
        f"{stem}_low": fact(float(found.low), "quote", f", {time_text(found.low_at)}"),
        f"{stem}_peak_to_low": fact(round(found.peak_to_low, 4), "fraction"),
        f"{stem}_worst_hour": fact(round(found.worst_hour, 4), "fraction", ", close to close"),
    }
    if found.worst_day is not None:
        worst = round(found.worst_day, 4)
        facts[f"{stem}_worst_day"] = fact(worst, "fraction", ", 24 hours, close to close")
    return facts
