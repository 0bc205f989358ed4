"""Section 23."""

from simulator.risk import VestingSchedule, vested
from tests.golden.rows import Check, Row


def cliff_and_linear(row: Row) -> dict[str, list[int]]:
    given = row["inputs"]
    schedule = VestingSchedule(
        total=int(given["total"]), cliff=given["cliff_months"], duration=given["duration_months"]
    )
    return {"vested": [vested(schedule, time) for time in given["t_months"]]}


ANSWERS: dict[str, Check] = {"D06": cliff_and_linear}
