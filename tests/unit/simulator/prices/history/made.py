"""Small files of every format, made of one calm path, free to be broken in one place."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START = 1_722_816_000
"""2024-08-05T00:00Z, a full hour; not an hour of a series of the same name that ships."""
MINUTE, HOUR = 60, 3600

Row = list[Any]


def bars(
    count: int = 120,
    step: int = MINUTE,
    start: int = START,
    base: float = 10.0,
    volume: float | None = 5.0,
) -> list[Row]:
    """[seconds, open, high, low, close, volume]: a price that goes up and down by 1 %."""
    rows = []
    for number in range(count):
        opening = round(base * (1 + 0.01 * ((number * 7) % 11 - 5) / 5), 4)
        close = round(base * (1 + 0.01 * (((number + 1) * 7) % 11 - 5) / 5), 4)
        high, low = round(max(opening, close) * 1.001, 4), round(min(opening, close) * 0.999, 4)
        rows.append([start + number * step, opening, high, low, close])
        if volume is not None:
            rows[-1].append(volume + number % 3)
    return rows


def kline(row: Row, step: int = MINUTE, unit: int = 1000) -> list[str]:
    """One row of Binance's twelve columns."""
    time = row[0] * unit
    return [
        *(str(time), *map(str, row[1:6]), str(time + step * unit - 1)),
        *("100.0", "7", "2.0", "20.0", "0"),
    ]


BINANCE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)


def write_csv(path: Path, rows: Sequence[Sequence[Any]], header: str = "") -> Path:
    """Rows as CSV, perhaps under a header."""
    lines = [header] if header else []
    lines += [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def klines(
    folder: Path,
    rows: Sequence[Row] | None = None,
    name: str = "FOOUSDT-1m-2024-08-05.csv",
    header: bool = False,
    unit: int = 1000,
) -> Path:
    """A file of Binance public data."""
    made = [kline(row, unit=unit) for row in (bars() if rows is None else rows)]
    return write_csv(folder / name, made, BINANCE_HEADER if header else "")


def generic(folder: Path, rows: Sequence[Row] | None = None, name: str = "FOOUSDT-1m.csv") -> Path:
    """A CSV whose header names its columns, times as ISO texts in UTC."""
    made = [[iso(row[0]), *row[1:]] for row in (bars() if rows is None else rows)]
    width = len(made[0])
    header = ("ts", "open", "high", "low", "close", "volume")[:width]
    return write_csv(folder / name, made, ",".join(header))


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def zipped_klines(folder: Path, rows: Sequence[Row] | None = None) -> Path:
    """FOOUSDT-1m-2024-08-05.zip with its one CSV."""
    text = io.StringIO()
    for row in bars() if rows is None else rows:
        text.write(",".join(kline(row)) + "\n")
    inside = {"FOOUSDT-1m-2024-08-05.csv": text.getvalue().encode()}
    return zipped(folder / "FOOUSDT-1m-2024-08-05.zip", inside)


def changed(change: Callable[[list[Row]], object], count: int = 120, **more: Any) -> list[Row]:
    """The calm path after one change."""
    rows = bars(count, **more)
    change(rows)
    return rows
