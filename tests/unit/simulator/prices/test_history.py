"""The figures that ship against the finer bars beside the project (skipped when absent)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest

from simulator.prices import load_crash
from simulator.types import Int2D

FINE = {
    "ETH": "black_thursday_2020__ETHUSDT_5m.parquet",
    "BTC": "black_thursday_2020__BTCUSDT_30m.parquet",
}
SECOND_SOURCE = {
    "ETH": "black_thursday_2020__ETHUSDT_1h.parquet",
    "BTC": "black_thursday_2020__BTCUSDT_1h.parquet",
}


def hourly(path: Path) -> Int2D:
    """int64[hours, 5]: unix seconds, then first, max, min, last of left-closed hours in ticks."""
    query = """
        select epoch(date_trunc('hour', ts))::bigint as hour, first(open order by ts), max(high),
               min(low), last(close order by ts)
        from read_parquet(?) group by hour order by hour
    """
    rows = duckdb.execute(query, [str(path)]).fetchall()
    # repr of a float64 is the shortest decimal that gives it back: the venue's own figure.
    ticks = [[row[0], *(int(Decimal(repr(price)) * 10**8) for price in row[1:])] for row in rows]
    return np.array(ticks, dtype=np.int64)


@pytest.mark.parametrize("symbol", ["ETH", "BTC"])
@pytest.mark.parametrize("files", [FINE, SECOND_SOURCE], ids=["finer bars", "second source"])
def test_the_hours_equal_the_bars_beside_the_project(
    history: Path, symbol: str, files: dict[str, str]
) -> None:
    series = load_crash("black-thursday").series[symbol]
    bars = hourly(history / files[symbol])
    assert bars[:, 0].tolist() == series.times.tolist()
    assert bars[:, 1:].tolist() == series.ticks.tolist()


def test_five_minute_volatility_is_the_figure_the_bridge_is_held_against(history: Path) -> None:
    rows = duckdb.execute(
        "select open, close from read_parquet(?) order by ts limit 864",
        [str(history / FINE["ETH"])],
    ).fetchnumpy()
    prices = np.log(np.concatenate([rows["open"][:1], rows["close"]]))
    assert np.sqrt((np.diff(prices) ** 2).sum() * 365 / 3) == pytest.approx(4.572, abs=0.001)
