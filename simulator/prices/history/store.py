"""An event's folder, written aside, read back through the same door as every other, then moved."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import InputError, RecordError
from simulator.prices.crash import Crash, built_in_folder, crash_names, imported_folder, load_crash
from simulator.prices.history.aggregate import Bars
from simulator.prices.history.gate.book import Table
from simulator.prices.ohlc import time_text


def place_of(event: str, replace: bool) -> Path:
    """Folder that the event will have; InputError if the name is taken or there is no folder."""
    root = imported_folder()
    if root is None:
        rule = "there is no home folder for it; name one in UNDERWATER_DATA"
        raise InputError("--event", event, rule)
    if event in crash_names(built_in_folder()):
        raise InputError("--event", event, "is an event that ships; choose another name")
    if (root / event).exists() and not replace:
        raise InputError("--event", event, f"is there already in {root}; --replace puts a new one")
    return root / event


def write_event(
    place: Path,
    files: Mapping[str, str],
    more: Callable[[Crash], Mapping[str, str]] | None = None,
) -> Crash:
    """Put the files of an event in place, all or none, and give it back as loaded.

    The folder is written beside its place, loaded from there, and only then moved. `more` makes
    further files from the loaded event. Raises InputError if it cannot be loaded, RecordError if
    it cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".part-", dir=place.parent))
    except OSError as error:
        raise RecordError(f"{place.parent} cannot be written: {error.strerror}") from error
    try:
        folder = aside / place.name
        folder.mkdir()
        for name, text in files.items():
            _write(folder / name, text)
        crash = load_crash(place.name, aside)
        for name, text in ({} if more is None else more(crash)).items():
            _write(folder / name, text)
        _move(folder, place, aside)
    except OSError as error:
        raise RecordError(f"{place} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return load_crash(place.name, place.parent)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _move(folder: Path, place: Path, aside: Path) -> None:
    """Into place; the event that was there goes only after the new one has come."""
    old = aside / "replaced"
    if place.exists():
        os.rename(place, old)
    try:
        os.rename(folder, place)
    except OSError:
        if old.exists():
            os.rename(old, place)
        raise


def price_text(price: float) -> str:
    """The shortest decimal that gives the float back, without an exponent: the venue's figure."""
    text = format(Decimal(repr(float(price))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def bars_csv(bars: Bars, with_volume: bool) -> str:
    """`ts,open,high,low,close[,volume]`, UTC open times."""
    volume = bars.volume if with_volume else None
    lines = ["ts,open,high,low,close" + ("" if volume is None else ",volume")]
    for row, time in enumerate(bars.times.tolist()):
        cells = [time_text(time), *map(price_text, bars.prices[row].tolist())]
        if volume is not None:
            cells.append(price_text(float(f"{volume[row]:.12g}")))
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def table_csv(table: Table) -> str:
    """`ts,` and the bands of a book or the rate; a value that is not there is left empty."""
    lines = [",".join(("ts", *table.names))]
    for time, row in zip(table.times.tolist(), table.values.tolist(), strict=True):
        stamp = np.datetime64(time, "s").item().strftime("%Y-%m-%dT%H:%M:%SZ")
        cells = [price_text(value) if np.isfinite(value) else "" for value in row]
        lines.append(",".join((stamp, *cells)))
    return "\n".join(lines) + "\n"


def toml_text(document: Mapping[str, Any]) -> str:
    """A document as TOML."""
    import tomli_w

    return tomli_w.dumps(dict(document), multiline_strings=False)
