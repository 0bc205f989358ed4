"""Make the hourly figures that ship from the finer bars beside the project.

`fixtures/crashes/figures.toml` says which file each series comes from; manifest.json of the data
says where that file was found. Everything goes through the loader and the gate like a user's file.
Run it by `scripts/crash-figures`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.errors import InputError, UnderwaterError
from simulator.prices.crash import built_in_folder
from simulator.prices.facts import read_toml
from simulator.prices.history.aggregate import Bars, aggregate
from simulator.prices.history.gate import Gate, Inspection, inspect
from simulator.prices.history.points import aligned_ratio
from simulator.prices.history.reading import read_file
from simulator.prices.history.series import Series, resolution_words
from simulator.prices.history.store import bars_csv, price_text, toml_text
from simulator.prices.ohlc import parse_time, time_text

PLAN: Final = "figures.toml"
HOUR: Final = 3600
MOST_HOURS: Final = 168
_HEAD: Final = (
    "# Where the figures of this folder come from. They are public market figures of the venue,\n"
    "# hourly, UTC open time; no file of the venue or of another repository is copied.\n"
    "# Written by scripts/crash-figures.\n\n"
)


def make_figures(history: Path, target: Path) -> list[str]:
    """Write the CSVs and sources.toml of every event of the plan; a line per series."""
    plan = read_toml(built_in_folder() / PLAN)
    manifest = json.loads((history / "manifest.json").read_text(encoding="utf-8"))
    entries = {entry["file"]: entry for entry in manifest["files"]}
    told = []
    for event, wanted in plan.items():
        folder = target / event
        folder.mkdir(parents=True, exist_ok=True)
        sources: dict[str, Any] = {}
        for symbol, spoken in wanted["series"].items():
            bars, source = _figures(history, entries, event, wanted, symbol, spoken)
            (folder / f"{symbol}.csv").write_text(bars_csv(bars, False), encoding="utf-8")
            sources[symbol] = source
            told.append(f"{event} {symbol}: {len(bars.times)} hours")
        (folder / "sources.toml").write_text(_HEAD + toml_text(sources), encoding="utf-8")
    return told


def _figures(
    history: Path,
    entries: Mapping[str, Mapping[str, Any]],
    event: str,
    wanted: Mapping[str, Any],
    symbol: str,
    spoken: Mapping[str, Any],
) -> tuple[Bars, dict[str, Any]]:
    seen, names = _looked(history, wanted, symbol, spoken)
    series = seen.series
    hours = aggregate(series, HOUR)
    if "start" in wanted:
        start, end = (parse_time(PLAN, wanted[name]) for name in ("start", "end"))
        hours = hours.between(start, end)
    if len(hours.missing()) or len(hours.times) > MOST_HOURS:
        rule = f"must be at most {MOST_HOURS} hours without a gap"
        raise InputError(f"{event} {symbol}", len(hours.times), rule)
    own = [entries[name] for name in names]
    source: dict[str, Any] = {
        "file": f"{symbol}.csv",
        "venue": str(own[0]["venue"]),
        "symbol": str(spoken.get("symbol", own[0]["symbol"])),
        "quote": series.quote,
        "kind": str(spoken.get("kind", series.kind)),
        "start": time_text(int(hours.times[0])),
        "end": time_text(int(hours.times[-1]) + HOUR),
        "resolution": "1h",
        "aggregated_from": resolution_words(series.resolution) if series.resolution else "1m",
        "aggregation": "first, max, min, last of left-closed hours",
        "source": "; ".join(str(entry["source"]) for entry in own),
    }
    checks = _checks(series, hours)
    second = spoken.get("second")
    if second is not None:
        name = f"{wanted['history']}__{second}.parquet"
        source["second_source"] = str(entries[name]["source"])
        checks.append(_compared(history / name, hours, event, symbol))
    source["checks"] = checks
    source["notes"] = _notes(series, hours, str(spoken.get("note", "")))
    if seen.repairs:
        source["findings"] = [finding.record() for finding in seen.findings]
        reason = str(spoken.get("reason", ""))
        source["repairs"] = [replace(item, reason=reason).record() for item in seen.repairs]
    return hours, source


def _looked(
    history: Path, wanted: Mapping[str, Any], symbol: str, spoken: Mapping[str, Any]
) -> tuple[Inspection, list[str]]:
    """The series of the plan after the gate, and the files that it was made of."""
    gate = Gate(
        repairs=dict(spoken.get("repairs", {})), overrides=dict(spoken.get("overrides", {}))
    )
    if "over" not in spoken:
        names = [f"{wanted['history']}__{spoken['from']}.parquet"]
        seen = inspect(symbol, [read_file(history / names[0])], gate)
        seen.refuse()
        return seen, names
    names = [f"{wanted['history']}__{spoken[part]}.parquet" for part in ("from", "over")]
    above, below = (_traded(history / name, gate) for name in names)
    times, ratio = aligned_ratio(above, below, within_seconds=0)
    prices = np.repeat(np.round(ratio, 8)[:, None], 4, axis=1)
    origin = np.full(len(times), -1)
    derived = replace(
        above, symbol=symbol, kind="point", resolution=0, times=times, prices=prices,
        volume=None, origin=origin,
    )  # fmt: skip
    return Inspection(derived, (), (), ()), names


def _traded(path: Path, gate: Gate) -> Series:
    """The minutes in which there were trades, as points of their close."""
    thin = replace(gate, overrides={**gate.overrides, "thin": "only minutes with trades are used"})
    seen = inspect(path.stem, [read_file(path)], thin)
    seen.refuse()
    series = seen.series
    return series if series.volume is None else series.kept(series.volume > 0)


def _checks(series: Series, hours: Bars) -> list[str]:
    checks = [f"{len(hours.times)} hours, strictly increasing, none missing or double"]
    inside = (series.times >= hours.times[0]) & (series.times < hours.times[-1] + HOUR)
    if series.resolution:
        empty = "without a volume column"
        if series.volume is not None:
            count = int((series.volume[inside] == 0).sum())
            empty = f"{count or 'none'} without volume"
        size = resolution_words(series.resolution)
        checks.append(f"{int(inside.sum()):,} bars of {size}, none missing, {empty}")
    checks.append("high >= low; high and low contain open and close")
    return checks


def _compared(path: Path, hours: Bars, event: str, symbol: str) -> str:
    """The sentence of an equal second source; InputError where a figure differs."""
    seen = inspect(symbol, [read_file(path)], Gate())
    seen.refuse()
    other = aggregate(seen.series, HOUR).between(int(hours.times[0]), int(hours.times[-1]) + HOUR)
    if not (
        np.array_equal(other.times, hours.times) and np.array_equal(other.prices, hours.prices)
    ):
        raise InputError(f"{event} {symbol} second source", path.name, "must give the same hours")
    return "equal to the second source in every open, high, low and close"


def _notes(series: Series, hours: Bars, more: str) -> str:
    last = int(hours.times[-1]) + HOUR
    inside = series.kept((series.times >= hours.times[0]) & (series.times < last))
    low, high = int(inside.prices[:, 2].argmin()), int(inside.prices[:, 1].argmax())
    low_at, high_at = (time_text(int(inside.times[row])) for row in (low, high))
    notes = [
        f"Low {price_text(inside.prices[low, 2])} in the bar of {low_at}, "
        f"high {price_text(inside.prices[high, 1])} in that of {high_at}."
    ]
    partial = np.flatnonzero(hours.parts < hours.whole)
    if len(partial):
        hour = int(partial[-1])
        notes.append(
            f"The hour {time_text(int(hours.times[hour]))} is made of {int(hours.parts[hour])} of "
            f"{hours.whole} bars."
        )
    return " ".join([*notes, more]).strip()


def main(arguments: list[str]) -> int:
    """`python -m simulator.prices.history.figures HISTORY [TARGET]`."""
    history = Path(arguments[0])
    target = Path(arguments[1]) if len(arguments) > 1 else built_in_folder()
    try:
        told = make_figures(history, target)
    except UnderwaterError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stderr.write("\n".join(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
