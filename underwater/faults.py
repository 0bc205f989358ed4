"""A scenario's faults in words and rows, and whether they alone caused a shortfall."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from simulator.scenario import BASE_VARIANT, FAULT_FREE, Fault, Scenario, markets_of

Row = tuple[str, int, str, str, str]
"""phase (begins or ends), number, kind, markets and parameters (JSON) of a fault."""


def fault_texts(scenario: Scenario) -> list[str]:
    """One line per fault: what, of which feeds, in which blocks of the run."""
    return [_text(fault, _names(scenario, fault)) for fault in scenario.faults]


def _text(fault: Fault, names: Sequence[str]) -> str:
    given = [f"{name} {value}" for name, value in fault.parameters.items() if value is not None]
    details = f" ({', '.join(given).replace('_', ' ')})" if given else ""
    kind = fault.kind.replace("_", " ")
    whose = "" if fault.kind == "sequencer_down" else f" of {' and '.join(names)}"
    blocks = f"block {fault.start_block}"
    if fault.blocks > 1:
        blocks = f"blocks {fault.start_block} to {fault.end_block - 1}"
    return f"{kind}{whose} in {blocks}{details}"


def _names(scenario: Scenario, fault: Fault) -> list[str]:
    names = tuple(market.name for market in scenario.markets)
    return [names[number] for number in markets_of(fault, names)]


def fault_rows(scenario: Scenario) -> dict[int, list[Row]]:
    """What to record in which block: the first and the last block in which each fault acts."""
    rows: dict[int, list[Row]] = {}
    for number, fault in enumerate(scenario.faults):
        parameters = json.dumps(fault.parameters, sort_keys=True, separators=(",", ":"))
        markets = ",".join(_names(scenario, fault)).lower()
        for phase, block in (("begins", fault.start_block), ("ends", fault.end_block - 1)):
            rows.setdefault(block, []).append((phase, number, fault.kind, markets, parameters))
    return rows


def verdict(runs: Iterable[Mapping[str, object]]) -> str:
    """What the faults did to the shortfall, from a run and its fault-free twin; else nothing.

    runs: `variant`, `shortfall` (quote) and, where known, `status` of each variant. A run that was
    cut short says nothing about its twin.
    """
    whole = {
        str(run["variant"]): float(str(run["shortfall"]))
        for run in runs
        if run.get("status", "complete") == "complete"
    }
    if BASE_VARIANT not in whole or FAULT_FREE not in whole:
        return ""
    with_faults, without = whole[BASE_VARIANT], whole[FAULT_FREE]
    if with_faults > 0.0 and without == 0.0:
        return (
            f"The fault alone causes the shortfall of {with_faults:,.0f} USD: with the same draws "
            "and without it there is none."
        )
    if with_faults > without:
        return (
            f"The fault adds {with_faults - without:,.0f} USD to a shortfall of {without:,.0f} USD "
            "that the same draws have without it."
        )
    if with_faults == without:
        shown = f"is {without:,.0f} USD" if without else "is none"
        return f"The fault changes nothing: with it and without it the shortfall {shown}."
    return (
        f"The fault does not add to the shortfall: it is {with_faults:,.0f} USD, and "
        f"{without:,.0f} USD without it."
    )
