"""Named shocks of the crash events, measured from their own figures."""

from __future__ import annotations

from simulator.prices.crash import load_crash
from simulator.risk.stress import Shock, measured_shock


def crash_shock(event: str, statistic: str) -> Shock:
    """The worst move of each of an event's series inside its window, as `measured_moves` has it.

    event: such as "may-2021"; statistic: "peak to low", "worst hour" or "worst day". A series that
    does not cover the whole window is left out. Raises InputError for an unknown event, and
    InvalidArgument for another statistic or a window that is too short for it.
    """
    crash = load_crash(event)
    bars = {
        name: crash.bars((name,), crash.start, crash.hours)[:, 0]
        for name in crash.series
        if crash.covers(name)
    }
    return measured_shock(event, bars, statistic, f"fixtures/crashes/{event}/sources.toml")
