"""JSON files: ccxt and freqtrade rows, Coinbase rows, Hyperliquid candles, lists of points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError
from simulator.prices.history.reading.bytes import read_text
from simulator.prices.history.reading.names import Named
from simulator.prices.history.series import Raw

_CCXT: Final = ("time", "open", "high", "low", "close", "volume")
_COINBASE: Final = ("time", "low", "high", "open", "close", "volume")
_HYPERLIQUID: Final = {
    "time": "t",
    "open": "o",
    "high": "h",
    "low": "l",
    "close": "c",
    "volume": "v",
}


def read_document(path: Path) -> tuple[Any, str]:
    """The document with numbers as they are written, and the SHA-256 of the file."""
    text, digest = read_text(path)
    try:
        # Texts instead of floats: a message shows what stands in the file.
        return json.loads(text, parse_float=str, parse_constant=str), digest
    except json.JSONDecodeError as error:
        place = f"{path.name} line {error.lineno}"
        raise InputError(
            place, text[error.pos : error.pos + 20], f"is no JSON: {error.msg}"
        ) from None
    except RecursionError:
        raise InputError(path.name, "(document)", "is nested too deeply") from None


def guess(document: Any) -> str:
    """The format of a JSON document: ccxt, coinbase, hyperliquid or points; empty if none."""
    rows = _rows(document)
    if not rows:
        return ""
    first = rows[0]
    if isinstance(first, dict):
        return "hyperliquid" if set(_HYPERLIQUID.values()) <= set(first) else ""
    if isinstance(first, list) and len(first) == 2:
        return "points"
    if isinstance(first, list) and len(first) >= 6:
        seconds = isinstance(first[0], int) and first[0] < 10**11
        return "coinbase" if seconds else "ccxt"
    return ""


def _rows(document: Any) -> list[Any]:
    if isinstance(document, dict):
        document = document.get("prices")
    return document if isinstance(document, list) else []


def json_file(path: Path, named: Named, form: str = "") -> Raw:
    """A JSON file in a declared format, or in the one that it shows."""
    document, digest = read_document(path)
    form = form or guess(document)
    rows = _rows(document)
    if not form or not rows:
        rule = "must be a list of rows [time, open, high, low, close, volume]"
        raise InputError(path.name, str(document)[:40], rule)
    if form == "hyperliquid":
        columns = _of_objects(path, rows)
    else:
        names = {"points": ("time", "price"), "coinbase": _COINBASE}.get(form, _CCXT)
        columns = _of_lists(path, rows, names)
    kind = "point" if form == "points" else named.kind or "trade"
    if kind == "funding":  # freqtrade keeps the rate of a funding file in `open`
        columns["rate"] = columns.pop("open")
    return Raw(
        name=path.name,
        columns=columns,
        format=form,
        kind=kind,
        asset=named.asset,
        contract=named.contract,
        quote=named.quote,
        venue={"coinbase": "Coinbase", "hyperliquid": "Hyperliquid"}.get(form, ""),
        resolution=named.resolution,
        zone="UTC",
        sha256=digest,
    )


def _of_lists(path: Path, rows: list[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) < len(names):
            rule = f"must be a list of {len(names)}: {', '.join(names)}"
            raise InputError(f"{path.name} row {number}", str(row)[:60], rule)
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _of_objects(path: Path, rows: list[Any]) -> dict[str, list[Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not set(_HYPERLIQUID.values()) <= set(row):
            rule = f"must have the fields {', '.join(_HYPERLIQUID.values())}"
            raise InputError(f"{path.name} row {number}", str(row)[:60], rule)
    return {name: [row[key] for row in rows] for name, key in _HYPERLIQUID.items()}
