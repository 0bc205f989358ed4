"""Oracles: accumulators, mean ticks, the cost of moving them, push feeds, medians."""

from __future__ import annotations

from typing import Any

from simulator.liquidity.pair import Pair, accumulated
from simulator.oracles.aggregator import update_times, upper_median
from simulator.oracles.manipulation import push_capital, spot_multiple
from simulator.oracles.twap_v2 import average_price
from simulator.oracles.twap_v3 import mean_tick, quote_at_tick
from simulator.risk import weighted_median
from simulator.units import Q112
from tests.golden.rows import Check, Row, exact, rows


def cumulatives(row: Row) -> dict[str, Any]:
    """Each observation's reserves hold for its seconds."""
    pair, now = Pair(), 0
    for item in row["inputs"]["observations"]:
        pair = Pair(
            int(item["reserve0"]),
            int(item["reserve1"]),
            price0_cumulative=pair.price0_cumulative,
            price1_cumulative=pair.price1_cumulative,
            timestamp=now,
        )
        now += item["seconds"]
        price0, price1 = accumulated(pair, now)
        pair = Pair(price0_cumulative=price0, price1_cumulative=price1, timestamp=now)
    averages = [average_price(0, total, now) / Q112 for total in (price0, price1)]
    return {
        "price0_cumulative": price0,
        "price1_cumulative": price1,
        "twap0": averages[0],
        "twap1": averages[1],
    }


def product(row: Row) -> dict[str, float]:
    answer = cumulatives(rows()[row["inputs"]["from_row"]])
    return {"product": answer["twap0"] * answer["twap1"]}


def mean(row: Row) -> dict[str, list[int]]:
    pairs = zip(row["inputs"]["tick_cumulatives"], row["inputs"]["period"], strict=True)
    return {"mean_tick": [mean_tick(before, after, time) for (before, after), time in pairs]}


def quote(row: Row) -> dict[str, int]:
    given = row["inputs"]
    amount = int(exact(given["base_amount"]))
    return {"quote_amount": quote_at_tick(given["tick"], amount, given["base_token"] == 0)}


def geometric(row: Row) -> dict[str, list[float]]:
    given = row["inputs"]
    needed = spot_multiple(
        "geometric", given["target_multiple"], given["window_seconds"], given["held_seconds"]
    )
    return {"spot_multiple": needed.tolist()}


def capital(row: Row) -> dict[str, list[float]]:
    given = row["inputs"]
    return {"capital": push_capital(given["quote_reserve"], given["price_multiple"]).tolist()}


def updates(row: Row) -> dict[str, list[int]]:
    given = row["inputs"]
    observations = [(time, price) for time, price in given["observations"]]
    times = update_times(observations, str(given["deviation"]), given["heartbeat_seconds"])
    return {"update_times": times}


def medians(row: Row) -> dict[str, float]:
    given = row["inputs"]
    weighted = weighted_median(given["values"], given["weights"])
    return {"median": upper_median(given["values"]), "weighted_median": weighted}


ANSWERS: dict[str, Check] = {
    "R01": cumulatives,
    "R02": product,
    "R03": mean,
    "R05": quote,
    "R07": geometric,
    "R09": capital,
    "R10": updates,
    "R12": medians,
}
