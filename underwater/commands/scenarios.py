"""From what the user typed to a checked scenario: names, files, and the options that change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from simulator.errors import InputError
from simulator.prices import Crash, load_crash
from simulator.prices.crash import built_in_folder, crash_names, imported_folder
from simulator.scenario import (
    BASE_VARIANT,
    FAULT_FREE,
    Scenario,
    load_scenario,
    read_document,
    scenario_names,
)
from underwater.commands.options import did_you_mean, full_hour, named_option, one_of, whole_number

ACCOUNTS: Final = "population.accounts"
START: Final = "prices.start"
HOURS: Final = "prices.hours"
CONTRACT: Final = "contract"

_OPTIONS: Final = {
    ACCOUNTS: "--accounts",
    START: "--from",
    HOURS: "--hours",
    CONTRACT: "--contract",
}
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Changes:
    """Options that change the scenario, as typed; None where not given."""

    accounts: str | None = None
    start: str | None = None
    hours: str | None = None
    contract: str | None = None


def event_scenario(event: str) -> Scenario:
    """The scenario of a historical event, by name only: one that ships, or of an imported event."""
    own = imported_scenarios()
    shipped = set(crash_names(built_in_folder()))
    names = [name for name in scenario_names() if name in shipped]
    name = one_of("EVENT", event, [*names, *own])
    return load_scenario(str(own.get(name, name)))


def imported_scenarios() -> dict[str, Path]:
    """Scenario files of the events that the user imported, by event; what ships comes first."""
    folder = imported_folder()
    found = [] if folder is None else sorted(folder.glob("*/scenario.toml"))
    shipped = scenario_names()
    return {path.parent.name: path for path in found if path.parent.name not in shipped}


def named_scenario(name_or_path: str) -> Scenario:
    """A scenario by file or name; InputError with near misses otherwise."""
    return load_scenario(existing(name_or_path))


def is_finding(name_or_path: str) -> bool:
    """Whether the file is the finding of an audit (a list of steps) rather than a scenario."""
    path = Path(existing(name_or_path))
    return path.is_file() and read_document(path).get("kind") == "steps"


def existing(name_or_path: str) -> str:
    """What was given, if it is a file or the name of a shipped scenario."""
    own = imported_scenarios()
    names = [*scenario_names(), *own]
    if Path(name_or_path).is_file() or name_or_path in names:
        return str(own.get(name_or_path, name_or_path))
    near = did_you_mean(Path(name_or_path).stem, names)
    rule = f"is neither a file nor one of the scenarios {', '.join(names)}{near}"
    raise InputError("SCENARIO", name_or_path, rule)


def changed_scenario(scenario: Scenario, changes: Changes) -> Scenario:
    """The scenario with the options applied, its horizon inside the event.

    Without --hours a run from --from goes on to the event's end. Raises InputError under the name
    of the option at fault, or of the field if the file itself says so.
    """
    values: dict[str, object] = {}
    if changes.accounts is not None:
        values[ACCOUNTS] = whole_number("--accounts", changes.accounts, 1)
    if changes.start is not None:
        values[START] = full_hour(changes.start)
    if changes.hours is not None:
        values[HOURS] = whole_number("--hours", changes.hours, 1)
    if changes.contract is not None:
        values[CONTRACT] = changes.contract
    names = {path: option for path, option in _OPTIONS.items() if path in values}
    try:
        crash = load_crash(scenario.prices.event)
        if START in values and HOURS not in values:
            values[HOURS] = _hours_left(crash, values[START])
        altered = scenario.changed(values) if values else scenario
        check_horizon(altered, crash)
    except InputError as error:
        raise named_option(error, names) from None
    return altered


def default_variants(scenario: Scenario) -> tuple[str, ...]:
    """What runs unless told otherwise: the scenario itself, with faults beside its twin."""
    twin = scenario.faults and scenario.variant == BASE_VARIANT and FAULT_FREE in scenario.variants
    return (scenario.variant, FAULT_FREE) if twin else (scenario.variant,)


def _hours_left(crash: Crash, start: object) -> int:
    assert isinstance(start, datetime)
    return max(1, (crash.end - start) // _HOUR)


def check_horizon_of(scenario: Scenario) -> None:
    """Raise InputError unless the run lies inside the window of its event."""
    check_horizon(scenario, load_crash(scenario.prices.event))


def check_horizon(scenario: Scenario, crash: Crash) -> None:
    """Raise InputError unless the run lies inside the event's window."""
    start, hours = scenario.prices.start, scenario.prices.hours
    window = f"{crash.event} runs from {_words(crash.start)} to {_words(crash.end)}"
    if not crash.start <= start < crash.end:
        raise InputError(START, _words(start), f"must lie inside the event; {window}")
    most = (crash.end - start) // _HOUR
    if hours > most:
        raise InputError(HOURS, hours, f"must be at most {most} from {_words(start)}; {window}")


def _words(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%MZ")
