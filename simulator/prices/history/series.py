"""One series on its way from files to an event: columns as read, then numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from simulator.types import AnyArray, Bool1D, Float1D, Float2D, Int1D

PRICE_FIELDS: Final = ("open", "high", "low", "close")
KINDS: Final = ("trade", "mark", "index", "point", "funding", "depth")
"""trade, mark and index are bars, point single prices; funding and depth are no prices."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A file as it was read: named columns, nothing checked but that every row has them."""

    name: str
    """File name, for messages."""
    columns: Mapping[str, Any]
    """Lists or arrays: `time` and, by kind, open high low close [volume], or price, or rate, or
    percentage depth notional."""
    lines: Sequence[int] | None = None
    """Line of each row in a text file; None where a file has no lines."""
    format: str = ""
    kind: str = "trade"
    contract: str = ""
    """perp or empty."""
    asset: str = ""
    """Such as ETH; empty if the file does not say."""
    quote: str = ""
    venue: str = ""
    resolution: int = 0
    """Seconds; 0 if the file does not say."""
    zone: str = ""
    """UTC where the format says so; empty where times without a zone mean nothing."""
    sparse: bool = False
    """Bars without trades are left out by the venue, which is no gap."""
    sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.columns["time"])

    def place(self, row: int) -> str:
        """`name row 5 (line 6)`, rows counted from 1."""
        line = "" if self.lines is None else f" (line {self.lines[row]})"
        return f"{self.name} row {row + 1}{line}"


@dataclass(frozen=True, slots=True)
class Series:
    """Rows of one symbol with numbers for times and prices, each knowing where it came from."""

    symbol: str
    quote: str
    venue: str
    kind: str
    resolution: int
    """Seconds between two bars; 0 for points."""
    times: Int1D
    """int64[n], unix seconds, open of the bar."""
    prices: Float2D
    """float64[n, 4]: open, high, low, close. Points have four equal prices."""
    volume: Float1D | None
    raws: tuple[Raw, ...]
    origin: Int1D = field(repr=False)
    """int64[n], row numbers over all files one after the other; -1 for a filled bar."""
    sparse: bool = False

    def __len__(self) -> int:
        return len(self.times)

    def kept(self, which: Bool1D | Int1D) -> Series:
        """The rows chosen by a mask or by numbers, in that order."""
        volume = None if self.volume is None else self.volume[which]
        return replace(
            self,
            times=self.times[which],
            prices=self.prices[which],
            volume=volume,
            origin=self.origin[which],
        )

    def place(self, row: int) -> str:
        """File and row of a row of this series."""
        found = self._raw(row)
        if found is None:
            return f"{self.symbol} filled bar {time_words(int(self.times[row]))}"
        raw, number = found
        return raw.place(number)

    def shown(self, row: int, name: str) -> str:
        """A field as it stands in the file."""
        found = self._raw(row)
        if found is None:
            return "(filled)"
        raw, number = found
        column = raw.columns.get(name, raw.columns.get("price"))
        return "" if column is None else str(column[number])

    def _raw(self, row: int) -> tuple[Raw, int] | None:
        number = int(self.origin[row])
        if number < 0:
            return None
        for raw in self.raws:
            if number < raw.rows:
                return raw, number
            number -= raw.rows
        raise IndexError(f"row {row} is in no file")


def time_words(seconds: int) -> str:
    """Unix seconds as 2020-03-12T10:00Z, with seconds only where there are some."""
    form = "%Y-%m-%dT%H:%M:%SZ" if seconds % 60 else "%Y-%m-%dT%H:%MZ"
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def resolution_words(seconds: int) -> str:
    """3600 -> 1h, 300 -> 5m, 86400 -> 1d, 30 -> 30s."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def runs(mask: AnyArray) -> list[tuple[int, int]]:
    """[first, last) of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
