"""The facts of the day beside what came out of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulator.results import Json
from simulator.types import Float1D
from underwater.report.data import RunData, VariantData, at
from underwater.report.words import number

FACTS_NOTE = (
    "Confidence: H = measured or computed from data, M = established press, a protocol forum or "
    "one primary text, L = secondary. A dash: this exchange has no counterpart (auctions of "
    "another protocol, for instance). The index of the run is what its oracle wrote on chain, so "
    "over the whole window price facts agree up to the oracle's threshold and delay, while the "
    "path between the hourly figures is random, and with it the volatility, which is also that of "
    "this window alone; everything else is context, not a target."
)


def fact_rows(run: RunData) -> list[dict[str, str]]:
    """Facts and shapes of the crash file, each with the run's own figure where it has one."""
    rows = [_fact(run.first, fact) for fact in _entries(at(run.manifest, "crash.facts"))]
    shapes = _entries(at(run.manifest, "crash.shapes"))
    measured = [(shape, _shape(run.first, str(shape.get("name", "")))) for shape in shapes]
    rows += [
        {
            "name": str(shape.get("sentence", "")),
            "published": "a shape",
            "outcome": outcome,
            "confidence": "",
            "source": str(shape.get("source", "")),
        }
        for shape, outcome in measured
        if outcome
    ]
    return rows


def _entries(found: Json) -> list[Mapping[str, Json]]:
    """Facts as a list of mappings with a name, whether given as a list or by name."""
    if isinstance(found, Mapping):
        return [{"name": name, **fact} for name, fact in found.items() if isinstance(fact, Mapping)]
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [fact for fact in found if isinstance(fact, Mapping)]
    return []


def _fact(data: VariantData, fact: Mapping[str, Json]) -> dict[str, str]:
    outcome, unit = _outcome(data, str(fact.get("name", ""))), str(fact.get("unit", ""))
    shown = "\N{EN DASH}" if outcome is None else _in_unit(outcome, unit) + _unit_name(unit)
    return published(fact) | {"outcome": shown}


def published(fact: Mapping[str, Json]) -> dict[str, str]:
    """A fact of a crash file in words: name, published figure with its unit, confidence, source."""
    unit = str(fact.get("unit", ""))
    source, remark = str(fact.get("source", "")), str(fact.get("note", "") or "")
    shown = {_in_unit(fact.get("low"), unit), _in_unit(fact.get("high"), unit)}
    ordered = sorted(shown, key=lambda text: float(text.split()[0].replace(",", "")))
    return {
        "name": _spoken(str(fact.get("name", ""))),
        "published": " to ".join(ordered) + _unit_name(unit),
        "confidence": str(fact.get("confidence", "")),
        "source": f"{source}. {remark[:1].upper()}{remark[1:]}" if remark else source,
    }


def _spoken(name: str) -> str:
    words = name.replace("_", " ").split()
    capitals = {"adl", "btc", "crv", "dai", "eth", "link", "luna", "mkr", "usd", "usdc", "ust"}
    spoken = " ".join(word.upper() if word in capitals else word for word in words)
    return spoken[:1].upper() + spoken[1:]


def _in_unit(value: Json | float, unit: str) -> str:
    amount = float(str(value))
    if unit.startswith("fraction"):
        return f"{float(f'{amount * 100:.3g}'):g}"
    if 0 < abs(amount) < 0.001:
        return f"{amount:.8f}".rstrip("0")
    return number(amount, 4) if abs(amount) < 1000 else f"{amount:,.2f}".removesuffix(".00")


def _unit_name(unit: str) -> str:
    return f" {unit.replace('fraction', '%', 1)}" if unit else ""


def _outcome(data: VariantData, name: str) -> float | None:
    """The run's figure for a fact about one market's price, named as in the crash files."""
    for market in data.markets:
        if name.startswith(f"{market}_") and len(data.hours):
            index = np.asarray(data.system[f"index_{market}"])
            return _price_figure(data, index, name.removeprefix(f"{market}_"))
    return None


def _price_figure(data: VariantData, index: Float1D, what: str) -> float | None:
    if what == "low":
        return float(index.min())
    if what == "high":
        return float(index.max())
    if what == "peak_to_low":
        return float((1 - index / np.maximum.accumulate(index)).max())
    # close to close: the last block of each hour
    whole_hours = np.floor(data.hours + 1e-9)
    closes = index[np.flatnonzero(np.diff(whole_hours, append=np.inf))]
    if what == "worst_hour" and len(closes) > 1:
        return float((closes[1:] / closes[:-1] - 1).min())
    if what == "worst_day" and len(closes) > 24:
        return float((closes[24:] / closes[:-24] - 1).min())
    if what == "realised_volatility" and len(closes) > 24:
        steps = max(1, round(300 / _block_seconds(data)))
        returns = np.diff(np.log(index[::steps]))
        return float(np.sqrt(np.mean(returns**2) * 365 * 288))
    return None


def _block_seconds(data: VariantData) -> float:
    stamps = data.system["timestamp"]
    return float(np.median(np.diff(stamps))) if len(stamps) > 1 else 12.0


def _shape(data: VariantData, name: str) -> str:
    """What the run says of a shape of the crash file; empty where it cannot say anything."""
    takeovers = data.hours_of(data.liquidations)
    adl = data.hours_of(data.adl)[data.adl["notional"] > 0]
    if name == "late_backstop" and len(adl) and len(takeovers):
        before = int(np.sum(takeovers < adl[0]))
        minutes = (adl[0] - takeovers[0]) * 60
        waited = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
        return f"{waited}, {before:,} takeovers later"
    if name == "common_low" and len(data.markets) > 1 and len(data.hours):
        lows = {int(data.hours[np.argmin(data.system[f"index_{m}"])]) for m in data.markets}
        return "yes" if len(lows) == 1 else "no"
    return ""
