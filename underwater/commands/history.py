"""`underwater history`: the events there are, what one holds, importing files, and a picture."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import InputError
from simulator.prices import Crash, crash_names, load_crash
from simulator.prices.crash import RESOLUTIONS, built_in_folder
from simulator.prices.history.measures import measure
from simulator.prices.ohlc import BAR_SECONDS, parse_time, time_text
from underwater import console
from underwater.commands.failures import GOOD
from underwater.commands.options import one_of

if TYPE_CHECKING:
    from simulator.prices.history import Looked, Order

PAGE_MARK: Final = 'content="underwater history plot"'
"""A page with it was made by `history plot` and may be written over."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of import as typed; None where not given."""

    event: str | None = None
    title: str | None = None
    format: str | None = None
    kind: str | None = None
    quote: str | None = None
    venue: str | None = None
    zone: str | None = None
    resolution: str | None = None
    bars: str | None = None
    start: str | None = None
    until: str | None = None
    expect: str | None = None
    repair: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    replace: bool = False
    check: bool = False
    json: bool = False


def list_events(*, as_json: bool) -> int:
    """Every event with its id, window and series: those that ship, then the imported ones."""
    events = [_entry(load_crash(name)) for name in crash_names()]
    events.sort(key=lambda event: (event["origin"] != "ships", event["start"]))
    if as_json:
        console.print_json({"events": events})
        return GOOD
    header = ["event", "from", "hours", "fall", "series", "what"]
    rows = [
        [
            str(event["id"]),
            str(event["start"])[:10],
            str(event["hours"]),
            f"{event['peak_to_low']:.0%}".replace("%", " %"),
            ", ".join(event["series"]),
            str(event["title"]) + ("" if event["origin"] == "ships" else " (imported)"),
        ]
        for event in events
    ]
    console.print_result(_left_aligned(header, rows))
    return GOOD


def show(event: str, *, as_json: bool) -> int:
    """What an event holds: series, facts, shapes, and what the gate found and changed."""
    crash = _event(event)
    if as_json:
        console.print_json(_document(crash))
        return GOOD
    console.print_result(f"{crash.title}\n{crash.summary}\n")
    window = f"{crash.start:%Y-%m-%dT%H:%MZ} to {crash.end:%Y-%m-%dT%H:%MZ}"
    console.print_result(f"Replayed: {window}, {crash.hours} hours. Folder: {crash.folder}\n")
    console.print_result(_series_table(crash))
    if crash.facts or crash.parameters:
        rows = [
            [fact.name, _range(fact.low, fact.high), fact.unit, fact.confidence, fact.source]
            for fact in (*crash.facts, *crash.parameters)
        ]
        console.print_result(
            "\n" + _left_aligned(["fact", "range", "unit", "conf.", "source"], rows)
        )
    for shape in crash.shapes:
        console.print_result(f"\nshape {shape.name}: {shape.sentence} ({shape.source})")
    for name, entry in crash.sources.items():
        for line in _gate_lines(entry):
            console.print_result(f"\n{name}: {line}")
    return GOOD


def plot(event: str, out: str | None, *, as_json: bool) -> int:
    """A self-contained page of an event's prices and facts."""
    crash = _event(event)
    path = Path(out) if out is not None else Path(f"{crash.event}-prices.html")
    if path.is_dir():
        raise InputError("--out", str(path), "is a folder; name a file such as prices.html")
    if path.exists() and PAGE_MARK not in path.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise InputError("--out", str(path), "is there already and was not made by history plot")
    if not path.absolute().parent.is_dir():
        raise InputError("--out", str(path), "must lie in a folder that is there")
    from underwater.report.history import write_history_page

    written = write_history_page(crash, path)
    if as_json:
        console.print_json({"event": crash.event, "page": str(written)})
    else:
        console.print_result(f"Page: {written}")
    return GOOD


def import_files(files: Sequence[str], options: ImportOptions) -> int:
    """Read files, look at them, and make an event of them or say what is wrong: all or nothing."""
    from simulator.prices.history import event_files, look, place_of, usual_name, write_event

    order = _order(files, options)
    looked = look(order)
    _tell(looked)
    if not order.event:
        from dataclasses import replace

        order = replace(order, event=usual_name(looked))
    report: dict[str, Any] = {
        "event": order.event,
        "imported": False,
        "findings": [
            {"series": item.symbol, **finding.record()}
            for item in looked
            for finding in item.findings
        ],
        "repairs": [
            {"series": item.symbol, **repair.record()} for item in looked for repair in item.repairs
        ],
    }
    try:
        made = event_files(order, looked)
        if options.check:
            return _checked(report, options)
        crash = write_event(place_of(order.event, options.replace), made, _scenario_file)
    except InputError:
        if options.json:
            console.print_json(report)
        raise
    _imported(crash, report, options)
    return GOOD


def _order(files: Sequence[str], options: ImportOptions) -> Order:
    """The options as checked values."""
    from simulator.prices.history import FORMATS, Gate, Order, parse_override, parse_repair, zone_of
    from simulator.prices.history.series import KINDS

    if not files:
        raise InputError("FILE", "(none)", "name at least one file")
    gate = Gate(
        repairs=dict(parse_repair("--repair", text) for text in options.repair),
        overrides=dict(parse_override("--override", text) for text in options.override),
        zone=None if options.zone is None else zone_of("--zone", options.zone),
        resolution=_resolution("--resolution", options.resolution),
        kind="" if options.kind is None else one_of("--kind", options.kind, KINDS),
        expected=_expected(options.expect),
        now=int(time.time()),
    )
    return Order(
        event=options.event or "",
        files=files,
        title=options.title or "",
        form=one_of("--format", options.format or "auto", FORMATS),
        kind=gate.kind,
        quote=(options.quote or "").upper(),
        venue=options.venue or "",
        start=_hour("--from", options.start),
        end=_hour("--until", options.until),
        bar_seconds=0
        if options.bars is None
        else RESOLUTIONS[one_of("--bars", options.bars, tuple(RESOLUTIONS))],
        gate=gate,
    )


def _resolution(option: str, text: str | None) -> int:
    from simulator.prices.history import parse_resolution

    if text is None:
        return 0
    seconds = parse_resolution(text)
    if not seconds:
        raise InputError(option, text, "must be a length such as 30s, 5m, 1h or 1d")
    return seconds


def _hour(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    seconds = parse_time(option, text)
    if seconds % BAR_SECONDS:
        raise InputError(option, text, "must be a full hour in UTC, such as 2024-08-05T00:00Z")
    return seconds


def _expected(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, colon, high = text.partition(":")
    try:
        band = float(low), float(high)
    except ValueError:
        band = 0.0, 0.0
    if not colon or not 0 < band[0] < band[1] < float("inf"):
        raise InputError("--expect", text, "must be LOW:HIGH, such as 1000:5000")
    return band


def _tell(looked: Sequence[Looked]) -> None:
    """Everything found and done, on stderr."""
    for item in looked:
        for finding in item.findings:
            console.note(f"{item.symbol}: {finding.line()}")
        for repair in item.repairs:
            reason = f" ({repair.reason})" if repair.reason else ""
            console.note(
                f"{item.symbol}: {repair.rule}={repair.way}, {repair.count:,} rows: "
                f"{repair.what}{reason}"
            )


def _checked(report: dict[str, Any], options: ImportOptions) -> int:
    if options.json:
        console.print_json(report)
    else:
        console.print_result(
            f"Nothing stands in the way of {report['event']}; nothing was written."
        )
    return GOOD


def _imported(crash: Crash, report: dict[str, Any], options: ImportOptions) -> None:
    if options.json:
        console.print_json(report | {"imported": True, **_document(crash)})
        return
    console.print_result(_series_table(crash))
    console.print_result(f"\nEvent:  {crash.event} in {crash.folder}")
    console.print_result(f"Replay: underwater replay {crash.event}")


def _scenario_file(crash: Crash) -> Mapping[str, str]:
    """The scenario that `underwater replay` finds beside an imported event."""
    from simulator.scenario.loading import parse_scenario
    from underwater.replays import scenario_text

    text = scenario_text(crash)
    parse_scenario(tomllib.loads(text, parse_float=Decimal), "scenario.toml")
    return {"scenario.toml": text}


def _event(event: str) -> Crash:
    return load_crash(one_of("EVENT", event, crash_names()))


def _entry(crash: Crash) -> dict[str, Any]:
    """One event in the list."""
    first = next(iter(crash.series))
    return {
        "id": crash.event,
        "title": crash.title,
        "start": time_text(int(crash.start.timestamp())),
        "end": time_text(int(crash.end.timestamp())),
        "hours": crash.hours,
        "series": list(crash.series),
        "peak_to_low": round(measure(crash.series[first]).peak_to_low, 4),
        "origin": "ships" if crash.folder.parent == built_in_folder() else "imported",
        "folder": str(crash.folder),
    }


def _document(crash: Crash) -> dict[str, Any]:
    from dataclasses import asdict

    series = []
    for name, bars in crash.series.items():
        found = measure(bars)
        series.append(
            {
                "series": name,
                "bars": len(bars.times),
                "bar_seconds": bars.bar_seconds,
                "start": time_text(int(bars.times[0])),
                "end": time_text(int(bars.times[-1]) + bars.bar_seconds),
                "high": float(found.high),
                "high_at": time_text(found.high_at),
                "low": float(found.low),
                "low_at": time_text(found.low_at),
                "peak_to_low": found.peak_to_low,
                "worst_hour": found.worst_hour,
                "worst_day": found.worst_day,
            }
        )
    return {
        **_entry(crash),
        "summary": crash.summary,
        "venues": list(crash.venues),
        "measures": series,
        "facts": [_plain(asdict(fact)) for fact in crash.facts],
        "parameters": [_plain(asdict(fact)) for fact in crash.parameters],
        "shapes": [asdict(shape) for shape in crash.shapes],
        "sources": crash.sources,
    }


def _plain(fact: dict[str, Any]) -> dict[str, Any]:
    """Decimals as numbers."""
    return {key: float(item) if isinstance(item, Decimal) else item for key, item in fact.items()}


def _series_table(crash: Crash) -> str:
    header = [
        "series",
        "kind",
        "bars",
        "high",
        "at",
        "low",
        "at",
        "fall",
        "worst hour",
        "worst day",
    ]
    rows = []
    for name, bars in crash.series.items():
        found, entry = measure(bars), crash.sources[name]
        rows.append(
            [
                name,
                str(entry.get("kind", "")),
                f"{len(bars.times):,} of {entry.get('resolution', '1h')}",
                f"{found.high.normalize():,f}",
                time_text(found.high_at),
                f"{found.low.normalize():,f}",
                time_text(found.low_at),
                console.percent(found.peak_to_low),
                console.percent(found.worst_hour),
                console.percent(found.worst_day),
            ]
        )
    return console.aligned(header, rows)


def _gate_lines(entry: Mapping[str, Any]) -> list[str]:
    lines = [
        f"found {item['rule']}: {item['place']}: {item['words']}"
        for item in entry.get("findings", [])
    ]
    for item in entry.get("repairs", []):
        reason = f" ({item['reason']})" if item.get("reason") else ""
        lines.append(f"{item['rule']}={item['way']}: {item['what']}{reason}")
    return lines


def _range(low: Decimal, high: Decimal) -> str:
    shown: Callable[[Decimal], str] = lambda value: f"{value.normalize():,f}"  # noqa: E731
    return shown(low) if low == high else f"{shown(low)} to {shown(high)}"


def _left_aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of words: every column left."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
