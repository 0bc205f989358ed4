"""CSV files: Binance public data, Kraken, ccxt, and any file whose header names its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError
from simulator.prices.history.reading.bytes import read_text
from simulator.prices.history.reading.names import Named
from simulator.prices.history.series import Raw

BINANCE_COLUMNS: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
TIME_NAMES: Final = ("ts", "timestamp", "date", "datetime", "open_time", "opentime", "time")
_BARS: Final = ("time", "open", "high", "low", "close", "volume")
_KRAKEN: Final = {7: (*_BARS, "trades"), 8: (*_BARS[:5], "vwap", "volume", "trades")}
_DEPTH: Final = ("timestamp", "percentage", "depth", "notional")
_FUNDING: Final = {"calc_time", "last_funding_rate"}
_RATES: Final = ("funding_rate", "rate", "last_funding_rate", "fundingrate")


@dataclass(frozen=True, slots=True)
class Rows:
    """Cells of a text file and the line each row stands on."""

    name: str
    cells: list[list[str]]
    lines: list[int]
    sha256: str


def read_rows(path: Path) -> Rows:
    """All rows that are not empty; InputError for a file without any."""
    text, digest = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""))
    cells, lines = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                cells.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(
            f"{path.name} line {reader.line_num}", "(row)", f"is no CSV: {error}"
        ) from None
    if not cells:
        raise InputError(path.name, "(no rows)", "must hold rows")
    return Rows(path.name, cells, lines, digest)


def guess(rows: Rows) -> str:
    """The format of a CSV by its first row."""
    first = [cell.strip() for cell in rows.cells[0]]
    names = [cell.lower() for cell in first]
    if tuple(names) == _DEPTH or set(names) >= _FUNDING:
        return "binance"
    if not _is_number(first[0]):
        return "binance" if len(first) == 12 and names[:5] == list(BINANCE_COLUMNS[:5]) else "csv"
    if len(first) == 12:
        return "binance"
    milliseconds = len(first[0].partition(".")[0]) >= 13
    if len(first) in _KRAKEN and not milliseconds:
        return "kraken"
    return "ccxt" if milliseconds and len(first) == 6 else "csv"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def binance(path: Path, named: Named) -> Raw:
    """Klines of 12 columns with or without a header, bookDepth, or fundingRate."""
    rows = read_rows(path)
    names = [cell.strip().lower() for cell in rows.cells[0]]
    if tuple(names) == _DEPTH:
        columns, lines = _columns(rows, ("time", *_DEPTH[1:]), header=True)
        return _raw(rows, columns, lines, "binance", "depth", named, venue="Binance", zone="UTC")
    if set(names) >= _FUNDING:
        spoken = ["time" if name == "calc_time" else name for name in names]
        spoken = ["rate" if name == "last_funding_rate" else name for name in spoken]
        columns, lines = _columns(rows, spoken, header=True)
        return _raw(rows, columns, lines, "binance", "funding", named, venue="Binance", zone="UTC")
    header = not _is_number(rows.cells[0][0])
    columns, lines = _columns(rows, ("time", *BINANCE_COLUMNS[1:]), header=header)
    kind = named.kind or "trade"
    return _raw(rows, columns, lines, "binance", kind, named, venue="Binance", zone="UTC")


def kraken(path: Path, named: Named) -> Raw:
    """OHLCVT without a header: t(s), o, h, l, c, v, n (or with vwap before v)."""
    rows = read_rows(path)
    width = len(rows.cells[0])
    if width not in _KRAKEN:
        rule = "must have 7 fields: time, open, high, low, close, volume, trades"
        raise InputError(_row(rows, 0), ",".join(rows.cells[0]), rule)
    columns, lines = _columns(rows, _KRAKEN[width], header=not _is_number(rows.cells[0][0]))
    return _raw(
        *(rows, columns, lines, "kraken", named.kind or "trade", named),
        venue="Kraken",
        zone="UTC",
        sparse=True,
    )


def ccxt(path: Path, named: Named) -> Raw:
    """Rows of ms, open, high, low, close, volume."""
    rows = read_rows(path)
    columns, lines = _columns(rows, _BARS, header=not _is_number(rows.cells[0][0]))
    return _raw(rows, columns, lines, "ccxt", named.kind or "trade", named, zone="UTC")


def generic(path: Path, named: Named) -> Raw:
    """A header with a time column and open, high, low, close [volume], or price, or a rate."""
    rows = read_rows(path)
    names = [cell.strip().lower() for cell in rows.cells[0]]
    spoken, kind = spoken_columns(path.name, names, named)
    columns, lines = _columns(rows, spoken, header=True)
    return _raw(rows, columns, lines, "csv", kind, named)


def spoken_columns(file: str, names: Sequence[str], named: Named) -> tuple[list[str], str]:
    """Column names as this package calls them, and the kind that they show."""
    times = [name for name in TIME_NAMES if name in names]
    if not times:
        shown = ",".join(names)
        raise InputError(f"{file} header", shown, f"needs a time column: {', '.join(TIME_NAMES)}")
    spoken = ["time" if name == times[0] else name for name in names]
    if set(_BARS[1:5]) <= set(spoken):
        if named.kind == "funding":  # freqtrade keeps the rate of a funding file in `open`
            return ["rate" if name == "open" else name for name in spoken], "funding"
        return spoken, named.kind or "trade"
    rates = [name for name in _RATES if name in spoken]
    if rates:
        return ["rate" if name == rates[0] else name for name in spoken], "funding"
    if "price" in spoken:
        return spoken, "point"
    if any(name.startswith("notional_") for name in spoken) or set(_DEPTH[1:]) <= set(spoken):
        return spoken, "depth"
    missing = ", ".join(name for name in _BARS[1:5] if name not in spoken)
    raise InputError(f"{file} header", ",".join(names), f"needs the columns {missing} (or price)")


def _columns(
    rows: Rows, names: Sequence[str], header: bool
) -> tuple[dict[str, list[Any]], list[int]]:
    start = 1 if header else 0
    if len(rows.cells) == start:
        raise InputError(rows.name, "(no rows)", "must hold rows below its header")
    for number in range(start, len(rows.cells)):
        if len(rows.cells[number]) != len(names):
            rule = f"must have {len(names)} fields: {', '.join(names)}"
            raise InputError(_row(rows, number, start), ",".join(rows.cells[number]), rule)
    body = rows.cells[start:]
    columns = {name: [row[place] for row in body] for place, name in enumerate(names)}
    return columns, rows.lines[start:]


def _row(rows: Rows, number: int, start: int = 0) -> str:
    return f"{rows.name} row {number - start + 1} (line {rows.lines[number]})"


def _raw(
    rows: Rows,
    columns: Mapping[str, list[Any]],
    lines: list[int],
    form: str,
    kind: str,
    named: Named,
    *,
    venue: str = "",
    zone: str = "",
    sparse: bool = False,
) -> Raw:
    return Raw(
        name=rows.name,
        columns=columns,
        lines=lines,
        format=form,
        kind=kind,
        asset=named.asset,
        contract=named.contract,
        quote=named.quote,
        venue=venue,
        resolution=named.resolution,
        zone=zone,
        sparse=sparse,
        sha256=rows.sha256,
    )
