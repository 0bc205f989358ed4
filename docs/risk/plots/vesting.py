"""Vesting schedules of the same total."""

from simulator.risk import VestingSchedule, vested

TITLE = "48,000 tokens: cliff of 12 months, 48 months in all"
X = "months"
Y = "vested"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (months, vested)."""
    total, cliff, duration = 48_000, 12, 48
    schedules = {
        "linear": VestingSchedule(total, cliff, duration),
        "steps of 6 months": VestingSchedule(total, cliff, duration, step=6),
        "10 % at once": VestingSchedule(total, cliff, duration, initial_bps=1000),
        "accrues from the cliff": VestingSchedule(total, cliff, duration, accrues_from_cliff=True),
    }
    months = range(-1, 61)
    return {
        label: (
            [float(month) for month in months],
            [float(vested(each, month)) for month in months],
        )
        for label, each in schedules.items()
    }
