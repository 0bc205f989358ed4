"""A sweep's page: one picture of every shown number against the varied value, and the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from simulator.experiment import CellRow, Value, Vary
from underwater.report.look import (
    MUTED,
    Figure,
    Layout,
    Picture,
    Trace,
    axis,
    layout,
    note,
    numbers,
    variant_colour,
)
from underwater.report.page import REPORT, figures_json, write_page
from underwater.sweeps.metrics import SHOWN, Metric
from underwater.sweeps.model import VARIANT, Sweep
from underwater.sweeps.words import explanation

_COLUMNS: Final = 3
_PANEL_PIXELS: Final = 200
_LINES: Final = ("#1d4e7e", "#c07a1a", "#2f9e6e", "#7a5195", "#b5566f", "#4f8a8b", "#8a6d3b")


def write_sweep_report(folder: Path, sweep: Sweep) -> Path:
    """Write `report.html` of a finished or interrupted sweep; equal sweeps give equal bytes.

    Dots are runs, a line their median, the band 5 % to 95 % over seeds. Where the first varied path
    holds names (variants, say), thin lines join the runs of one seed.
    """
    pictures = [_picture(sweep)] if any(row.complete for row in sweep.table) else []
    failed = sweep.count("failed") + sweep.count("violated")
    context = {
        "title": sweep.scenario.title,
        "eyebrow": f"a sweep over {_spoken(sweep.grid)}",
        "meta": _meta(sweep),
        "status": _status(sweep, failed),
        "lines": list(explanation(sweep)),
        "pictures": pictures,
        "header": [vary.path for vary in sweep.grid],
        "metrics": [{"words": metric.words, "unit": metric.unit} for metric in SHOWN],
        "table": [_table_row(row) for row in sweep.table],
        "figures_json": figures_json(pictures, sweep.scenario.prices.start.timestamp()),
    }
    return write_page(Path(folder) / REPORT, "sweep.html.j2", context)


def _spoken(grid: Sequence[Vary]) -> str:
    names = ["the variant" if vary.path == VARIANT else vary.path for vary in grid]
    return " and ".join(name.rsplit(".", 1)[-1].replace("_", " ") for name in names)


def _meta(sweep: Sweep) -> str:
    parts = [
        f"{len(sweep.table)} cells \N{MULTIPLICATION SIGN} {len(sweep.seeds)} seeds",
        f"{len(sweep.rows)} runs of {sweep.scenario.prices.hours} hours",
        f"{sweep.scenario.population.accounts:,} accounts",
        f"engine {sweep.engine}",
    ]
    return " \N{MIDDLE DOT} ".join(parts)


def _status(sweep: Sweep, failed: int) -> str:
    """What a reader must know first; empty if every run is complete."""
    missing = sweep.count("not run")
    parts = []
    if failed:
        parts.append(f"{failed} of {len(sweep.rows)} runs failed or violated a property")
    if missing:
        parts.append(f"{missing} of {len(sweep.rows)} runs were not run (interrupted)")
    return "; ".join(parts) + " and are in no figure below." if parts else ""


def _table_row(row: CellRow) -> dict[str, object]:
    return {
        "values": [str(value) for _, value in row.cell.values],
        "complete": row.complete,
        "failed": row.failed + row.violated,
        "cells": [_quantiles(row, metric) for metric in SHOWN],
    }


def _quantiles(row: CellRow, metric: Metric) -> dict[str, str]:
    if not row.complete:
        return {"median": "\N{EN DASH}", "range": ""}
    held = row.quantiles[metric.key]
    low, middle, high = (metric.form(held[name]) for name in ("low", "median", "high"))
    return {"median": middle, "range": "" if low == high else f"{low} to {high}"}


def _picture(sweep: Sweep) -> Picture:
    first = sweep.grid[0]
    places = _places(first)
    groups = _groups(sweep)
    rows = math.ceil(len(SHOWN) / _COLUMNS)
    height = 60 + _PANEL_PIXELS * rows
    made = layout(height, showlegend=len(groups) > 1)
    made["margin"] = {"l": 50, "r": 16, "t": 66 if len(groups) > 1 else 34, "b": 52}
    made["legend"] = dict(_mapping(made["legend"])) | {"y": 1.07}
    traces: list[Trace] = []
    notes: list[Layout] = []
    for number, metric in enumerate(SHOWN):
        suffix = "" if number == 0 else str(number + 1)
        made |= _axes(number, suffix, rows, first, places)
        domain = _mapping(made[f"xaxis{suffix}"])["domain"]
        top = _mapping(made[f"yaxis{suffix}"])["domain"]
        if isinstance(domain, list) and isinstance(top, list):
            notes.append(note(f"{metric.words}, {metric.unit}", domain[0], top[1]))
        for place, (name, cells) in enumerate(groups.items()):
            traces += _group(sweep, metric, places, name, cells, place, suffix)
    made["annotations"] = notes
    shape = (
        "the line the median over seeds, the band 5 % to 95 %"
        if first.numeric
        else "a thin line joins the runs of one seed, the bar is the median over seeds"
    )
    caption = f"Each dot is one run, {shape}. OI is the traders' opening open interest."
    title = f"Who pays, by {_spoken(sweep.grid)}"
    label = f"Every measure against {_spoken(sweep.grid)}"
    return Picture("sweep", title, caption, (Figure("sweep", traces, made, height, label=label),))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _places(vary: Vary) -> dict[Value, float]:
    """Where each value stands on the horizontal axis: at itself, or one after the other."""
    if vary.numeric:
        return {value: float(value) for value in vary.values}
    return {value: float(place) for place, value in enumerate(vary.values)}


def _groups(sweep: Sweep) -> dict[str, list[CellRow]]:
    """Cells that share everything but the first varied value, in the order of the table."""
    groups: dict[str, list[CellRow]] = {}
    for row in sweep.table:
        others = [f"{path.rsplit('.', 1)[-1]} {value}" for path, value in row.cell.values[1:]]
        groups.setdefault(", ".join(others), []).append(row)
    return groups


def _axes(number: int, suffix: str, rows: int, vary: Vary, places: Mapping[Value, float]) -> Layout:
    width = (1 - 0.07 * (_COLUMNS - 1)) / _COLUMNS
    left = (number % _COLUMNS) * (width + 0.07)
    high = (1 - 0.22 * (rows - 1)) / rows
    top = 1 - (number // _COLUMNS) * (high + 0.22)
    ends = [min(places.values()), max(places.values())]
    margin = (ends[1] - ends[0] or 1.0) * (0.06 if vary.numeric else 0.2)
    lowest_row = number + _COLUMNS >= len(SHOWN)
    name = vary.path.rsplit(".", 1)[-1].replace("_", " ")
    texts = [str(value) for value in places]
    made_x = axis(
        name if lowest_row and vary.path != VARIANT else "",
        domain=(left, left + width),
        anchor=f"y{suffix}",
        showgrid=False,
        showline=True,
        range=[ends[0] - margin, ends[1] + margin],
        tickvals=list(places.values()),
        ticktext=texts if vary.numeric else [text.replace("-", "-<br>", 1) for text in texts],
        tickangle=0,
    )
    made_y = axis(
        domain=(max(0.0, top - high), top),
        anchor=f"x{suffix}",
        rangemode="tozero",
        nticks=5,
    )
    return {f"xaxis{suffix}": made_x, f"yaxis{suffix}": made_y}


def _group(
    sweep: Sweep,
    metric: Metric,
    places: Mapping[Value, float],
    name: str,
    cells: Sequence[CellRow],
    place: int,
    suffix: str,
) -> list[Trace]:
    """Band, runs and median of one group of cells in one panel."""
    colour = _LINES[place % len(_LINES)]
    done = [row for row in cells if row.complete]
    x = [places[row.cell.values[0][1]] for row in done]
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    traces: list[Trace] = []
    numeric = sweep.grid[0].numeric
    if numeric:
        traces.append(_band(metric, x, done, colour) | axes)
    traces += [trace | axes for trace in _runs(sweep, metric, places, cells, colour)]
    middle = [row.quantiles[metric.key]["median"] * metric.factor for row in done]
    marks = colour if numeric else [_colour_of(row, n) for n, row in enumerate(done)]
    median: Trace = {
        "type": "scatter",
        "mode": "lines+markers" if numeric else "markers",
        "x": x,
        "y": numbers(np.array(middle), 4),
        "name": name or "median",
        "legendgroup": name,
        "showlegend": suffix == "",
        "line": {"color": colour, "width": 2},
        "marker": {
            "size": 7 if numeric else 22,
            "color": marks,
            "symbol": "circle" if numeric else "line-ew",
            "line": {"width": 0 if numeric else 3, "color": marks},
        },
        "text": [row.cell.label for row in done],
        "hovertemplate": f"%{{text}}<br>median %{{y:.4~g}} {metric.unit}<extra></extra>",
    }
    traces.append(median | axes)
    return traces


def _colour_of(row: CellRow, position: int) -> str:
    path, value = row.cell.values[0]
    return variant_colour(str(value), position) if path == VARIANT else _LINES[0]


def _band(metric: Metric, x: Sequence[float], done: Sequence[CellRow], colour: str) -> Trace:
    edge = [row.quantiles[metric.key] for row in done]
    low = [item["low"] * metric.factor for item in edge]
    high = [item["high"] * metric.factor for item in edge]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": numbers(np.array([*high, *reversed(low)]), 4),
        "fill": "toself",
        "fillcolor": f"{colour}22",
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _runs(
    sweep: Sweep,
    metric: Metric,
    places: Mapping[Value, float],
    cells: Sequence[CellRow],
    colour: str,
) -> list[Trace]:
    """Single runs: dots, joined by seed where the horizontal axis holds names."""
    wanted = {row.cell.index for row in cells}
    numeric = sweep.grid[0].numeric
    traces: list[Trace] = []
    for seed in sweep.seeds:
        runs = [
            row
            for row in sweep.rows
            if row.seed == seed and row.status == "complete" and row.cell.index in wanted
        ]
        marks: object = [
            variant_colour(str(row.cell.values[0][1]), 0)
            if row.cell.values[0][0] == VARIANT
            else colour
            for row in runs
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers" if numeric else "lines+markers",
                "x": [places[row.cell.values[0][1]] for row in runs],
                "y": numbers(
                    np.array([row.metrics[metric.key] for row in runs]) * metric.factor, 4
                ),
                "line": {"color": "#c3cad0", "width": 1},
                "marker": {"size": 5 if numeric else 7, "color": marks, "opacity": 0.5},
                "hovertemplate": f"seed {seed}<br>%{{y:.4~g}} {metric.unit}<extra></extra>",
                "showlegend": False,
                "textfont": {"color": MUTED},
            }
        )
    return traces
