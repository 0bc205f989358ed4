"""A ratio of two series needs points that were taken at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.prices.history import Gate, aligned_ratio, inspect, read_file
from simulator.prices.history.series import Series
from tests.unit.simulator.prices.history.made import START, write_csv


def series(folder: Path, name: str, times: list[int], prices: list[float]) -> Series:
    rows = list(zip(times, prices, strict=True))
    return inspect(name, [read_file(write_csv(folder / f"{name}USD.csv", rows, "ts,price"))]).series


def points(folder: Path, shift: int, count: int = 20) -> tuple[Series, Series]:
    hours = [START + 3600 * n for n in range(count)]
    above = series(folder, "STETH", [time + shift for time in hours], [1900.0] * count)
    return above, series(folder, "WETH", hours, [2000.0] * count)


def test_aligned_points_give_their_ratio(tmp_path: Path) -> None:
    times, ratio = aligned_ratio(*points(tmp_path, 0), within_seconds=0)
    assert len(times) == 20 and ratio.tolist() == [0.95] * 20


@pytest.mark.parametrize(("shift", "good"), [(60, True), (-60, True), (61, False), (1500, False)])
def test_points_that_are_apart_are_refused(tmp_path: Path, shift: int, good: bool) -> None:
    if good:
        assert len(aligned_ratio(*points(tmp_path, shift))[0]) == 20
    else:
        with pytest.raises(InputError, match=r"row 1 \(line 2\) time = .*only 0 of 20 points"):
            aligned_ratio(*points(tmp_path, shift))


def test_nine_of_ten_points_must_be_aligned(tmp_path: Path) -> None:
    hours = [START + 3600 * n for n in range(20)]
    below = series(tmp_path, "WETH", hours, [2000.0] * 20)
    for off, good in ((2, True), (3, False)):
        times = [time + (1500 if n < off else 0) for n, time in enumerate(hours)]
        above = series(tmp_path, "STETH", times, [1900.0] * 20)
        if good:
            assert len(aligned_ratio(above, below)[0]) == 18
        else:
            with pytest.raises(InputError, match="only 17 of 20"):
                aligned_ratio(above, below)


def test_the_nearest_point_is_taken(tmp_path: Path) -> None:
    above = series(tmp_path, "STETH", [START + 50], [1900.0])
    below = series(tmp_path, "WETH", [START, START + 60], [1000.0, 2000.0])
    assert aligned_ratio(above, below)[1].tolist() == [0.95]
    above = series(tmp_path, "STETH", [START + 20], [1900.0])
    assert aligned_ratio(above, below)[1].tolist() == [1.9]


def test_one_point_each_is_enough_and_none_is_refused(tmp_path: Path) -> None:
    above, below = points(tmp_path, 0, 1)
    assert aligned_ratio(above, below)[1].tolist() == [0.95]
    with pytest.raises(InputError, match="needs points of both"):
        aligned_ratio(above.kept(above.times < 0), below)
    assert Gate().kind == ""
