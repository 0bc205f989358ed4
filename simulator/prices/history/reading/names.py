"""What a file's name and folders say: asset, quote, resolution, kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "DAI", "EUR", "GBP")
"""Known at the end of a pair. TUSD is left out: XBTUSD is Kraken's bitcoin in dollars."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RESOLUTION: Final = re.compile(r"(?<![A-Za-z0-9])(\d{1,3})([smhd])(?![A-Za-z0-9])")
_PAIR: Final = re.compile(r"(?<![A-Za-z0-9])([A-Z0-9]{5,20}|[A-Z0-9]{2,10}[_-][A-Z]{3,5})(?![a-z])")
_KINDS: Final = (
    ("funding", "funding"),
    ("bookdepth", "depth"),
    ("premium", "index"),
    ("markorindex", "mark"),
    ("markprice", "mark"),
    ("indexprice", "index"),
    ("-mark", "mark"),
    ("_mark", "mark"),
    ("-index", "index"),
)
_PERPETUAL: Final = ("-futures", "_perp", "-perp")
_OTHER_NAMES: Final = {"XBT": "BTC", "XETH": "ETH", "WETH": "ETH"}


@dataclass(frozen=True, slots=True)
class Named:
    """What could be read from a name; empty or 0 where it says nothing."""

    asset: str = ""
    quote: str = ""
    resolution: int = 0
    kind: str = ""
    contract: str = ""
    """perp for a perpetual future; empty for spot or where the name does not say."""


def read_name(path: Path) -> Named:
    """Names such as ETHUSDT-1m-2024-08-05.zip, ETH_USDT_USDT-15m-futures.feather, XBTUSD_1.csv."""
    stem = path.name.split(".")[0]
    folders = [part.lower() for part in path.parts[:-1]]
    asset, quote = split_pair(stem)
    found = _RESOLUTION.search(stem.replace("_", "-"))
    resolution = int(found[1]) * _UNITS[found[2]] if found else 0
    if not resolution:
        minutes = re.fullmatch(r"[A-Z]{5,10}_(\d{1,4})", stem)
        resolution = int(minutes[1]) * 60 if minutes else 0
    perpetual = "futures" in folders or any(word in stem.lower() for word in _PERPETUAL)
    contract = "perp" if perpetual else ""
    return Named(asset, quote, resolution, _kind(stem.lower(), folders), contract)


def _kind(stem: str, folders: list[str]) -> str:
    for word, kind in _KINDS:
        if word in stem:
            return kind
    for folder, kind in (
        ("markpriceklines", "mark"),
        ("indexpriceklines", "index"),
        ("premiumindexklines", "index"),
        ("bookdepth", "depth"),
        ("fundingrate", "funding"),
    ):
        if folder in folders:
            return kind
    return ""


def split_pair(text: str) -> tuple[str, str]:
    """`ETHUSDT-1m` -> (ETH, USDT); (empty, empty) where no known quote is met."""
    for found in _PAIR.finditer(text.split("__")[-1]):
        letters = found[1].replace("-", "_")
        base, _, tail = letters.partition("_")
        if tail in QUOTES:
            return _usual(base), tail
        for quote in QUOTES:
            if letters.endswith(quote) and len(letters) > len(quote) + 1:
                return _usual(letters[: -len(quote)].rstrip("_")), quote
    return "", ""


def _usual(asset: str) -> str:
    return _OTHER_NAMES.get(asset, asset)


def parse_resolution(text: str) -> int:
    """`5m` -> 300; 0 if it is no resolution."""
    found = re.fullmatch(r"(\d{1,3})([smhd])", text)
    return int(found[1]) * _UNITS[found[2]] if found else 0
