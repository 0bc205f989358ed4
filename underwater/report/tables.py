"""The tables of the report: numbers per variant, sources of values, properties, hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simulator.results import Json
from underwater.report.data import RunData, at
from underwater.report.summary import Row
from underwater.report.words import number, percent

_LINES: Final[tuple[tuple[str, str, str], ...]] = (
    ("blocks", "Blocks", "whole"),
    ("transactions", "Transactions", "whole"),
    ("reverted", "\u2003of which reverted", "whole"),
    ("not_included", "\u2003not included for want of room", "whole"),
    ("opening_open_interest", "Traders' opening positions (long + short), USD", "whole"),
    ("open_interest_minimum", "Open interest, lowest / start", "percent"),
    ("open_interest_end", "Open interest, end / start", "percent"),
    ("lowest_basis", "Lowest basis", "percent"),
    ("liquidations", "Takeovers and close-outs", "rule whole"),
    ("liquidated_accounts", "Accounts liquidated", "whole"),
    ("forced_notional", "Forced closures, USD", "whole"),
    ("forced_share", "Forced closures, of opening open interest", "percent"),
    ("adl_notional", "\u2003of which auto-deleveraged, USD", "whole"),
    ("adl_share", "Auto-deleveraged, of opening open interest", "percent"),
    ("underwater_max", "Accounts under water at once, most", "whole"),
    ("fixed_point_extra_share", "Set off by impact (beyond the first round), most", "percent"),
    ("shortfall", "Shortfall, USD", "rule whole"),
    ("shortfall_bp", "Shortfall, bp of opening open interest", "plain"),
    ("penalties", "Penalties paid by the liquidated, USD", "whole"),
    ("insurance_start", "Insurance fund, start, USD", "whole"),
    ("insurance_minimum", "Insurance fund, lowest, USD", "whole"),
    ("insurance_minimum_share", "Insurance fund, lowest / start", "percent"),
    ("insurance_end", "Insurance fund, end, USD", "whole"),
    ("insurance_paid", "Paid by the insurance fund, USD", "whole"),
    ("adl_cost", "Paid by auto-deleveraged winners (mark less bankruptcy price), USD", "whole"),
    ("socialised", "Socialised, USD", "whole"),
    ("deficit", "Deficit, largest, USD", "whole"),
    ("deficit_end", "Deficit, at the end, USD", "whole"),
)


def number_lines(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The run in numbers: one line per figure, one value per variant."""
    return [
        {"name": name, "rule": "rule" in kind, "numbers": [_shown(row[key], kind) for row in rows]}
        for key, name, kind in _LINES
    ]


def _shown(value: object, kind: str) -> str:
    if "percent" in kind:
        return percent(value, 3)
    if "whole" in kind and isinstance(value, (int, float)):
        return f"{value:,.0f}".replace("-0", "0") if abs(value) < 0.5 else f"{value:,.0f}"
    return number(value)


def value_groups(manifest: Mapping[str, Json]) -> list[dict[str, object]]:
    """Scenario values with their sources, grouped by the first part of the dotted path.

    A source is a text (its value is looked up in the scenario) or a mapping with value and source.
    """
    sources = at(manifest, "sources") or at(manifest, "scenario.sources")
    if not isinstance(sources, Mapping):
        return []
    groups: dict[str, list[dict[str, object]]] = {}
    for path in sorted(sources):
        given = sources[path]
        value = (
            given.get("value") if isinstance(given, Mapping) else at(at(manifest, "scenario"), path)
        )
        source = str(given.get("source", "") if isinstance(given, Mapping) else given)
        assumed = source.startswith("assumed")
        groups.setdefault(path.split(".")[0], []).append(
            {
                "path": path,
                "value": _written(value),
                "assumed": assumed,
                "source": source.removeprefix("assumed").lstrip(":;, ") if assumed else source,
            }
        )
    return [
        {"name": name.replace("_", " ").capitalize().replace("Adl", "ADL"), "entries": entries}
        for name, entries in groups.items()
    ]


def count_sources(groups: Sequence[Mapping[str, object]]) -> tuple[int, int]:
    """How many values are assumed and how many have a source."""
    entries = [entry for group in groups for entry in _listed(group["entries"])]
    assumed = sum(bool(entry["assumed"]) for entry in entries)
    return assumed, len(entries) - assumed


def _listed(entries: object) -> list[dict[str, object]]:
    return entries if isinstance(entries, list) else []


def _written(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_written(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = [_written(item) for item in value]
        return ("; " if any(" " in part for part in parts) else ", ").join(parts)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def property_rows(run: RunData) -> list[dict[str, object]]:
    """Properties checked, with the result over all variants.

    The manifest lists ids, or mappings with id, sentence, checks (how often) and violations.
    """
    found: dict[str, dict[str, object]] = {}
    for data in run.variants:
        listed = at(data.manifest, "properties")
        if not isinstance(listed, Sequence) or isinstance(listed, str):
            continue
        violated = _violated(data.manifest)
        for entry in listed:
            identifier = str(entry.get("id") if isinstance(entry, Mapping) else entry)
            given = entry if isinstance(entry, Mapping) else {}
            row = found.setdefault(
                identifier,
                {
                    "id": identifier,
                    "sentence": str(given.get("sentence") or _sentence(identifier)),
                    "good": True,
                    "result": _held(given),
                },
            )
            if identifier in violated or given.get("violations"):
                row["good"] = False
                row["result"] = f"violated ({data.name})"
    return [found[identifier] for identifier in sorted(found)]


def _held(entry: Mapping[str, Json]) -> str:
    checks = entry.get("checks", entry.get("checked"))
    return f"held, {checks:,} checks" if isinstance(checks, int) and checks > 1 else "held"


def _violated(manifest: Mapping[str, Json]) -> str:
    """Everything the run said about violations, as one text to look an id up in."""
    listed = at(manifest, "summary.violations") or at(manifest, "violations") or ()
    message = str(at(manifest, "message") or "") if manifest.get("status") == "violated" else ""
    return f"{listed} {message}"


def _sentence(identifier: str) -> str:
    from audits.catalogue import CATALOGUE

    return next((entry.sentence for entry in CATALOGUE if entry.id == identifier), "")


def hash_rows(run: RunData) -> list[dict[str, object]]:
    """Rows and content hash of every table of every variant."""
    rows: list[dict[str, object]] = []
    for data in run.variants:
        tables = at(data.manifest, "tables")
        for name in sorted(tables) if isinstance(tables, Mapping) else ():
            held = at(at(data.manifest, "tables"), name)
            rows.append(
                {
                    "variant": data.name,
                    "table": name,
                    "rows": f"{int(str(at(held, 'rows') or 0)):,}",
                    "hash": str(at(held, "content_hash") or ""),
                }
            )
    return rows


def footer_lines(run: RunData) -> list[tuple[str, str]]:
    """Name and text of what identifies the run."""
    wanted = (
        ("Scenario", "scenario.name"),
        ("Seed", "seed"),
        ("Engine", "engine"),
        ("Contract", "contract"),
        ("Versions", "versions"),
        ("Contracts", "hashes.contracts"),
        ("Fixtures", "hashes.fixtures"),
    )
    lines = [("Run", run.folder.name)]
    lines += [
        (name, _written(at(run.first.manifest, path) or at(run.manifest, path)))
        for name, path in wanted
    ]
    return [(name, text) for name, text in lines if text]
