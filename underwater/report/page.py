"""One run folder in, one self-contained report.html out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from simulator.errors import MissingComponentError
from simulator.results import write_text
from underwater.report.data import RunData, at, load_data
from underwater.report.facts import FACTS_NOTE, fact_rows
from underwater.report.figures.amplification import amplification_picture, twins_picture
from underwater.report.figures.fund import fund_picture, payers_picture
from underwater.report.figures.funding import funding_picture
from underwater.report.figures.heat_map import heat_map_picture
from underwater.report.figures.interest import open_interest_picture
from underwater.report.figures.price import price_picture
from underwater.report.look import Picture, variant_colour
from underwater.report.story import (
    FAULT_NOTE,
    TWIN_NOTE,
    caveats,
    headline,
    summary_points,
    twin_points,
)
from underwater.report.summary import Row, summary_row
from underwater.report.tables import (
    count_sources,
    footer_lines,
    hash_rows,
    number_lines,
    property_rows,
    value_groups,
)
from underwater.report.titles import (
    amplification_title,
    calm,
    fund_title,
    funding_title,
    heat_title,
    interest_title,
    payers_title,
    price_title,
    twins_title,
)
from underwater.report.words import compact, number, percent

REPORT = "report.html"


def write_report(run_folder: Path) -> Path:
    """Write `report.html` beside the manifest of a run (finished, interrupted or violated).

    The page needs no network and is the same, byte for byte, for equal runs in folders of equal
    name. Raises InputError if the folder holds no run, MissingComponentError without plotly,
    RecordError on a full disk.
    """
    run = load_data(Path(run_folder))
    rows = [summary_row(data) for data in run.variants]
    return write_page(run.folder / REPORT, "report.html.j2", _context(run, rows))


def write_page(path: Path, template: str, context: Mapping[str, object]) -> Path:
    """Fill a template of this folder, with style, scripts and plotly inlined."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template).render(
        dict(context)
        | {
            "css": (here / "report.css").read_text(encoding="utf-8"),
            "page_js": (here / "report.js").read_text(encoding="utf-8"),
            "plotly_js": plotly_script(),
        }
    )
    return write_text(path, page)


def plotly_script() -> str:
    """The JavaScript library that the Python package carries, found without importing plotly."""
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise MissingComponentError("the report needs plotly: pip install plotly")
    script = Path(found.origin).parent / "package_data" / "plotly.min.js"
    return script.read_text(encoding="utf-8")


def figures_json(pictures: Sequence[Picture], start_seconds: float) -> str:
    """What the page draws, safe inside a script element."""
    figures = [
        {"id": figure.div_id, "traces": figure.traces, "layout": figure.layout}
        for picture in pictures
        for figure in picture.figures
    ]
    page = {"start": int(start_seconds), "figures": figures}
    written = json.dumps(page, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return written.replace("<", "\\u003c")


def _context(run: RunData, rows: list[Row]) -> dict[str, object]:
    values = value_groups(run.first.manifest)
    assumed, sourced = count_sources(values)
    played, shown = _with_blocks(run, rows)
    pictures = _pictures(played, shown)
    several = len(shown) > 1
    properties = property_rows(run)
    return {
        "title": _title(run),
        "meta": _meta(run),
        "banners": _banners(run),
        "headline": headline(run, rows),
        "cards": _cards(rows[0]) if len(run.first.hours) else [],
        "rows": rows,
        "colours": [variant_colour(str(row["variant"]), n) for n, row in enumerate(rows)],
        "points": summary_points(run, rows),
        "twins": twin_points(shown) if several else [],
        "twin_note": FAULT_NOTE if run.first.faults else TWIN_NOTE,
        "caveats": caveats(run, assumed, sourced),
        "facts": fact_rows(run),
        "facts_note": FACTS_NOTE,
        "pictures": pictures,
        "numbers": number_lines(rows),
        "properties": properties,
        "properties_title": _properties_title(properties),
        "values": values,
        "values_note": f"{assumed} of {assumed + sourced} values are assumed.",
        "footer": footer_lines(run),
        "hashes": hash_rows(run),
        "figures_json": figures_json(pictures, run.first.start.timestamp()),
    }


def _with_blocks(run: RunData, rows: list[Row]) -> tuple[RunData, list[Row]]:
    """Without the variants that were stopped before their first block, except the first one."""
    kept = [n for n, data in enumerate(run.variants) if n == 0 or len(data.hours)]
    variants = tuple(run.variants[n] for n in kept)
    return replace(run, variants=variants), [rows[n] for n in kept]


def _pictures(run: RunData, rows: list[Row]) -> list[Picture]:
    """All pictures, those without anything to show left out."""
    first, row = run.first, rows[0]
    if len(first.hours) < 2:
        return []
    pictures = [price_picture(run, price_title(first, row))]
    if not calm(row):
        pictures.append(payers_picture(run, rows, payers_title(row)))
    pictures += [
        fund_picture(run, fund_title(rows)),
        open_interest_picture(run, interest_title(first, row)),
        heat_map_picture(run, heat_title(first, row)),
    ]
    if not calm(row):
        pictures.append(amplification_picture(run, amplification_title(rows)))
    if len(rows) > 1:
        caption = (
            "One line is one seed, its points the variants of this run with identical random "
            "draws. The last panel is the volume of forced closures, which the mechanism does "
            "not decide."
        )
        pictures.append(twins_picture([rows], twins_title(rows), caption))
    pictures.append(funding_picture(run, funding_title(first)))
    return pictures


def _title(run: RunData) -> str:
    for path in ("scenario.title", "crash.title", "scenario.name"):
        title = at(run.first.manifest, path)
        if title:
            return str(title)
    return run.folder.name


def _meta(run: RunData) -> str:
    data = run.first
    parts = []
    if len(data.hours):
        hours = float(data.hours[-1] - data.hours[0]) + _block_hours(data.hours.tolist())
        whole = round(hours, 1)
        blocks = f"{whole:g} {'hour' if whole == 1 else 'hours'} in {len(data.hours):,} blocks"
        parts.append(f"{data.start:%Y-%m-%d %H:%M} UTC, {blocks}")
    accounts = at(data.manifest, "scenario.population.accounts")
    if accounts:
        parts.append(f"{int(str(accounts)):,} accounts")
    seed = at(data.manifest, "seed")
    if seed is not None:
        parts.append(f"seed {seed}")
    engine = at(data.manifest, "engine.name") or at(data.manifest, "engine")
    if engine:
        parts.append(f"engine {engine}")
    return " \N{MIDDLE DOT} ".join(parts)


def _block_hours(hours: list[float]) -> float:
    return hours[1] - hours[0] if len(hours) > 1 else 0.0


def _banners(run: RunData) -> list[dict[str, object]]:
    """What a reader must know before anything else: stopped, violated, shortened."""
    banners: list[dict[str, object]] = []
    for data in run.variants:
        status = str(at(data.manifest, "status") or "complete")
        name = f"{data.name}: " if len(run.variants) > 1 else ""
        done = at(data.manifest, "blocks_done") or len(data.hours)
        wanted = at(data.manifest, "blocks_total") or at(data.manifest, "blocks")
        of = f" of {wanted:,}" if isinstance(wanted, int) and wanted != done else ""
        so_far = f"after {int(str(done)):,}{of} blocks. Everything below is the part until then."
        message = str(at(data.manifest, "message") or "").strip()
        if status == "violated":
            text = f"{name}A property was violated and the run stopped {so_far} {message}"
            banners.append({"bad": True, "text": text})
        elif status != "complete":
            text = f"{name}The run was {status} {so_far}"
            banners.append({"bad": status == "failed", "text": text.strip()})
    left_out = at(run.manifest, "not_run") or ()
    if isinstance(left_out, Sequence) and not isinstance(left_out, str) and left_out:
        names = ", ".join(str(name) for name in left_out)
        banners.append({"bad": False, "text": f"Not run at all: {names}."})
    notes = at(run.first.manifest, "notes") or at(run.manifest, "notes") or ()
    listed = [notes] if isinstance(notes, str) else notes
    if isinstance(listed, Sequence):
        banners += [{"bad": False, "text": str(text)} for text in listed]
    if "pyevm" in str(at(run.first.manifest, "engine")).replace("-", ""):
        text = "This run used py-evm, the slow reference engine; short runs show little of a crash."
        banners.append({"bad": False, "text": text})
    return banners


def _cards(row: Row) -> list[dict[str, str]]:
    paid = sum(
        float(str(row[key])) for key in ("insurance_paid", "adl_cost", "socialised", "deficit_end")
    )
    fund = float(str(row["insurance_minimum_share"]))
    left = float(str(row["socialised"])) + float(str(row["deficit_end"]))
    cards = (
        ("of open interest closed by force", percent(row["forced_share"])),
        ("accounts under water at once, most", number(row["underwater_max"])),
        ("missing beyond margins, USD", compact(paid)),
        ("insurance fund, lowest of its start", percent(round(fund, 3))),
        ("of open interest auto-deleveraged", percent(row["adl_share"])),
        ("socialised loss and deficit, USD", compact(left)),
    )
    return [{"name": name, "value": value} for name, value in cards]


def _properties_title(properties: Sequence[Mapping[str, object]]) -> str:
    if all(entry["good"] for entry in properties):
        return "Every property held in every block"
    broken = [str(entry["id"]) for entry in properties if not entry["good"]]
    return f"{' and '.join(broken)} did not hold"
