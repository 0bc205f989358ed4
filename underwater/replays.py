"""The scenario that replays an event: Black Thursday's, with the event's prices and calendar.

Everything else stays, so that replays differ by the crash alone. Hours that hang on the low (when
new positions come in, when the keeper of a twin sleeps) move with it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simulator.errors import InputError
from simulator.prices import Crash, load_crash
from simulator.prices.crash import built_in_folder, crash_names
from simulator.prices.history import measure
from simulator.resources import fixtures_folder

MODEL: Final = "black-thursday"
LOW_OF_MODEL: Final = 50
"""Hour of the model's low; its clustered entries and its sleeping keeper are placed around it."""
MOST_MARKETS: Final = 2
_HEAD: Final = """\
# {title}, replayed on the reference perpetual exchange.
#
# The prices are historical; the crowd, the exchange and every other choice are those of
# black-thursday.toml, so that replays differ by the crash alone. Made from that file by
# scripts/crash-scenarios; hours that hang on the low are moved to this event's.

"""


def replay_markets(crash: Crash) -> tuple[str, ...]:
    """ETH and BTC, or the event's first two series where one of them is missing."""
    if {"ETH", "BTC"} <= set(crash.series):
        return ("ETH", "BTC")
    covering = [name for name in crash.series if crash.covers(name)]
    if not covering:
        raise InputError("series", ", ".join(crash.series), "must cover the event's window")
    return tuple(covering[:MOST_MARKETS])


def deepest(crash: Crash, names: Sequence[str]) -> str:
    """The series that fell furthest from a high to a later low inside the window."""
    windows = {name: crash.series[name].window(crash.start, crash.hours) for name in names}
    return max(windows, key=lambda name: measure(windows[name]).peak_to_low)


def low_hour(crash: Crash, series: str) -> int:
    """Hours from the start of the window to the low of a series inside it."""
    bars = crash.series[series].window(crash.start, crash.hours)
    return int(bars.ticks[:, 2].argmin()) * bars.bar_seconds // 3600


def scenario_text(crash: Crash, markets: Sequence[str] = ()) -> str:
    """The scenario file of an event as text, derived from Black Thursday's.

    Raises InputError for a series that the event does not have.
    """
    names = tuple(markets) or replay_markets(crash)
    crash.bars(names, crash.start, crash.hours)
    model = (fixtures_folder() / "scenarios" / f"{MODEL}.toml").read_text(encoding="utf-8")
    body = model[re.search(r"^format = ", model, re.MULTILINE).start() :]  # type: ignore[union-attr]
    moved = low_hour(crash, deepest(crash, names)) - LOW_OF_MODEL
    title = f"{crash.title}, on a matched perpetual exchange"
    changes = {
        "name": f'"{crash.event}"',
        "title": '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"',
        "event": f'"{crash.event}"',
        "start": f"{crash.start:%Y-%m-%dT%H:%M:%SZ}",
        "hours": str(crash.hours),
        "single_market_share": f"[{', '.join(_shares(len(names)))}]",
        "entry_cluster_hour": str(_moved(body, "entry_cluster_hour", moved)),
        '"adl_keeper.asleep_from_hour"': str(_moved(body, '"adl_keeper.asleep_from_hour"', moved)),
        '"adl_keeper.asleep_to_hour"': str(_moved(body, '"adl_keeper.asleep_to_hour"', moved)),
    }
    for name, value in changes.items():
        body = _set(body, name, value)
    body = body.replace(f"fixtures/crashes/{MODEL}/", f"{_shown_folder(crash)}/")
    body = _with_shares_source(body, names)
    return _HEAD.format(title=crash.title) + _with_markets(body, names)


def _shares(count: int) -> list[str]:
    """Share of accounts in one market only, as in the model; all of them where there is one."""
    return {1: ["1"], 2: ["0.4", "0.3"]}.get(count, [f"{0.7 / count:.3f}"] * count)


def _moved(body: str, name: str, hours: int) -> int:
    """An hour of the model, moved with the low, never before the start.

    The first of two lines of a name is a twin's value where it is quoted: the sources come last.
    """
    found = re.search(rf"^{re.escape(name)} = (\d+)$", body, re.MULTILINE)
    if found is None:
        raise InputError(f"{MODEL}.toml {name}", "(missing)", "must be a whole number of hours")
    return max(0, int(found[1]) + hours)


def _set(body: str, name: str, value: str) -> str:
    """The first line `name = ...` with another value."""
    pattern = re.compile(rf"^{re.escape(name)} = .*$", re.MULTILINE)
    return pattern.sub(lambda _: f"{name} = {value}", body, count=1)


def _with_markets(body: str, names: Sequence[str]) -> str:
    tables = "".join(
        f'[[markets]]\nname = "{_market_name(name)}"\nseries = "{name}"\n\n' for name in names
    )
    first = body.index("[[markets]]")
    after = re.compile(r"^\[(?!\[markets)", re.MULTILINE).search(body, first)
    assert after is not None
    return body[:first] + tables + body[after.start() :]


def _with_shares_source(body: str, names: Sequence[str]) -> str:
    shares = _shares(len(names))
    parts = [f"{float(share):.0%} {name} only" for share, name in zip(shares, names, strict=True)]
    rest = 1 - sum(map(float, shares))
    spoken = ", ".join(parts).replace("%", " %") + (
        f", {rest:.0%} all".replace("%", " %") if rest else ""
    )
    if len(names) == MOST_MARKETS:
        spoken = spoken.removesuffix("all") + "both"
    return _set(body, '"population.single_market_share"', f'"assumed: {spoken}"')


def _market_name(series: str) -> str:
    """`ETH-perp` -> ETHPERP: a market's name has capitals and digits only."""
    name = re.sub(r"[^A-Z0-9]", "", series.upper())[:12]
    return name if name[:1].isalpha() else f"M{name}"[:12]


def _shown_folder(crash: Crash) -> str:
    built_in = crash.folder.parent == built_in_folder()
    return f"fixtures/crashes/{crash.event}" if built_in else f"imported event {crash.event}"


def write_scenarios(folder: Path) -> list[Path]:
    """Write the scenario of every event that ships but the model itself."""
    written = []
    for event in crash_names(built_in_folder()):
        if event != MODEL:
            path = folder / f"{event}.toml"
            path.write_text(scenario_text(load_crash(event, built_in_folder())), encoding="utf-8")
            written.append(path)
    return written


def around_low(crash: Crash, series: str, hours: int) -> tuple[int, int]:
    """First hour and number of hours of a run around the low, inside the window."""
    first = min(max(0, low_hour(crash, series) - hours // 2), max(0, crash.hours - hours))
    return first, min(hours, crash.hours)


if __name__ == "__main__":
    for made in write_scenarios(fixtures_folder() / "scenarios"):
        sys.stderr.write(f"{made.name}\n")
