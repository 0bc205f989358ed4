"""A run's tables as arrays that the pictures draw from: one VariantData per variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from simulator.recorder import HISTOGRAM_BINS
from simulator.results import Json, Results, load_run
from simulator.types import AnyArray, Float1D, Int2D

SECONDS_PER_HOUR: Final = 3600.0
FIRST_VARIANT: Final = "base"


@dataclass(frozen=True, slots=True)
class VariantData:
    """One variant of a run. Money in quote units, times in hours since the run's start."""

    name: str
    manifest: Mapping[str, Json]
    markets: tuple[str, ...]
    start: datetime
    hours: Float1D
    system: Mapping[str, AnyArray]
    liquidations: Mapping[str, AnyArray]
    adl: Mapping[str, AnyArray]
    funding: Mapping[str, AnyArray]
    histogram: Int2D
    """int[blocks, 64]: accounts per bin of margin ratio."""
    opening: float
    """Opening open interest; 0 if nothing was recorded."""
    faults: tuple[tuple[float, float], ...] = ()
    """First and last hour of every fault of a price feed."""
    unpaid: tuple[str, ...] = ()
    """Accounts whose withdrawal reverted in the token while a deficit stood, in order."""

    def hours_of(self, table: Mapping[str, AnyArray]) -> Float1D:
        """Hours since the start of each row of a table with a timestamp."""
        return np.asarray((table["timestamp"] - self.start.timestamp()) / SECONDS_PER_HOUR)

    def share(self, amount: AnyArray) -> Float1D:
        """Amounts as percent of the opening open interest."""
        return np.asarray(amount / self.opening * 100 if self.opening else amount * 0.0)

    def basis_points(self, amount: AnyArray) -> Float1D:
        """Amounts as basis points of the opening open interest."""
        return self.share(amount) * 100

    def basis(self, market: str) -> Float1D:
        """Mark over index minus one, in percent, block by block."""
        return np.asarray((self.system[f"mark_{market}"] / self._index(market) - 1) * 100)

    def open_interest(self, at_opening_price: bool = False) -> Float1D:
        """Open interest of all markets in quote units, at the index or at the opening index."""
        total = np.zeros(len(self.hours))
        for market in self.markets:
            index = self._index(market)
            price = index[:1] if at_opening_price else index
            total = total + self.system[f"open_interest_{market}"] * price
        return total

    def _index(self, market: str) -> Float1D:
        return np.asarray(self.system[f"index_{market}"])


@dataclass(frozen=True, slots=True)
class RunData:
    """A whole run folder: its manifest and its variants, the one to compare with first."""

    folder: Path
    manifest: Mapping[str, Json]
    variants: tuple[VariantData, ...]

    @property
    def first(self) -> VariantData:
        """The variant that the others are compared with."""
        return self.variants[0]


def load_data(folder: Path) -> RunData:
    """Read what the report needs of a run folder, finished or not."""
    results = load_run(folder)
    names = sorted(results.variants, key=lambda name: name != FIRST_VARIANT)
    variants = tuple(variant_data(name, results.variant(name)) for name in names)
    manifest = dict(variants[0].manifest) | dict(results.manifest)
    return RunData(folder, manifest, variants)


def variant_data(name: str, results: Results) -> VariantData:
    """Arrays of one variant."""
    system = results.floats("system")
    markets = tuple(column[len("index_") :] for column in system if column.startswith("index_"))
    timestamps = system["timestamp"]
    start = _start(results.manifest, timestamps)
    hours = np.asarray((timestamps - start.timestamp()) / SECONDS_PER_HOUR, dtype=np.float64)
    histogram = results.floats("margin_histogram")
    bins = [histogram[f"bin_{number:02d}"] for number in range(HISTOGRAM_BINS)]
    return VariantData(
        name=name,
        manifest=results.manifest,
        markets=markets,
        start=start,
        hours=hours,
        system=system,
        liquidations=results.floats("liquidations"),
        adl=results.floats("adl"),
        funding=results.floats("funding"),
        histogram=np.stack(bins, axis=1).astype(np.int64),
        opening=_opening(results.manifest, system, markets),
        faults=_fault_hours(results, start),
        unpaid=_unpaid(results) if np.any(system["deficit"] > 0) else (),
    )


def _fault_hours(results: Results, start: datetime) -> tuple[tuple[float, float], ...]:
    """When each fault acted, by its number; a run cut short in the middle shows the part it had."""
    if "faults" not in results.tables:  # runs of before there were faults
        return ()
    rows = results.floats("faults")
    hours = (rows["timestamp"] - start.timestamp()) / SECONDS_PER_HOUR
    acted = [hours[rows["number"] == number] for number in np.unique(rows["number"])]
    return tuple((float(each.min()), float(each.max())) for each in acted)


def _unpaid(results: Results) -> tuple[str, ...]:
    """Senders of withdrawals that failed because the exchange held too few tokens."""
    reverts = results.floats("reverts")
    rows = zip(reverts["sender"], reverts["action"], reverts["reason"], strict=True)
    short = [
        str(sender)
        for sender, action, reason in rows
        if str(action).lower() == "withdraw" and "balance" in str(reason).lower()
    ]
    return tuple(dict.fromkeys(short))


def _start(manifest: Mapping[str, Json], timestamps: AnyArray) -> datetime:
    written = at(manifest, "scenario.prices.start")
    if isinstance(written, str):
        return datetime.fromisoformat(written).astimezone(UTC)
    return datetime.fromtimestamp(int(timestamps[0]) if len(timestamps) else 0, UTC)


def _opening(
    manifest: Mapping[str, Json], system: Mapping[str, AnyArray], markets: tuple[str, ...]
) -> float:
    """Opening open interest as the run itself stated it, else the first one recorded."""
    stated = at(manifest, "summary.opening_open_interest")
    if isinstance(stated, (int, float, str)) and stated:
        return float(stated)
    total = sum(system[f"open_interest_{name}"] * system[f"index_{name}"] for name in markets)
    positive = np.asarray(total)[np.asarray(total) > 0]
    return float(positive[0]) if len(positive) else 0.0


def at(tree: Json, path: str) -> Json:
    """Value at a dotted path of a manifest, None where there is none."""
    for name in path.split("."):
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(name)
    return tree
