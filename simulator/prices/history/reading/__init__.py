"""Files of exchanges and tools to columns, by a declared format or by what the file shows.

binance    public-data CSV or zip: klines (12 columns), bookDepth, fundingRate
ccxt       JSON or CSV rows of ms, open, high, low, close, volume
freqtrade  JSON like ccxt, or feather (extra `feather`)
kraken     OHLCVT without a header
coinbase   JSON rows of s, low, high, open, close, volume, newest first
hyperliquid  JSON candles with t, o, h, l, c, v
csv        any CSV whose header names a time and open, high, low, close, or price
parquet    the same columns in Parquet
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from simulator.errors import InputError
from simulator.prices.history.reading import columns, json_files, text
from simulator.prices.history.reading.names import Named, parse_resolution, read_name, split_pair
from simulator.prices.history.series import KINDS, Raw

__all__ = ["FORMATS", "parse_resolution", "read_file", "split_pair"]

_TEXT: Final[dict[str, Callable[[Path, Named], Raw]]] = {
    "binance": text.binance,
    "kraken": text.kraken,
    "ccxt": text.ccxt,
    "csv": text.generic,
}
_JSON: Final = ("ccxt", "freqtrade", "coinbase", "hyperliquid", "points")
FORMATS: Final = (
    "auto",
    "binance",
    "ccxt",
    "freqtrade",
    "kraken",
    "coinbase",
    "hyperliquid",
    "csv",
    "parquet",
)


def read_file(path: Path, form: str = "auto", kind: str = "") -> Raw:
    """Columns of one file. `kind` says what the prices are where the name does not.

    Raises InputError for a file that is missing, damaged or of another shape, naming file, row,
    value and rule; MissingComponentError for feather without pyarrow.
    """
    if form not in FORMATS:
        raise InputError("--format", form, f"must be one of {', '.join(FORMATS)}")
    if kind and kind not in KINDS:
        raise InputError("--kind", kind, f"must be one of {', '.join(KINDS)}")
    named = read_name(path)
    if kind:
        named = replace(named, kind="" if kind == "trade" else kind)
    raw = _read(path, form, named)
    return replace(raw, kind=kind) if kind and raw.kind != kind else raw


def _read(path: Path, form: str, named: Named) -> Raw:
    suffix = path.suffix.lower()
    if suffix == ".feather":
        return columns.feather(path, named)
    if suffix in (".parquet", ".pq"):
        return columns.parquet(path, named)
    if suffix == ".json":
        declared = "" if form == "auto" else "ccxt" if form == "freqtrade" else form
        if declared and declared not in _JSON:
            raise InputError("--format", form, f"is no format of {path.name}")
        return json_files.json_file(path, named, declared)
    if form == "auto":
        form = "binance" if suffix == ".zip" else text.guess(text.read_rows(path))
    if form not in _TEXT:
        raise InputError("--format", form, f"is no format of {path.name}")
    return _TEXT[form](path, named)
