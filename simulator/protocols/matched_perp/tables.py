"""Rows of the run's tables from decoded events: liquidations, adl, funding, oracle_updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.protocols.matched_perp.events import Columns, merge_rows
from simulator.units import SECONDS_PER_DAY, WAD

Row = dict[str, Any]
_LOSS = ("amount", "from_insurance", "socialised", "deficit")


def event_tables(
    events: Mapping[str, Columns], markets: Sequence[str]
) -> dict[str, dict[str, list[Any]]]:
    """Table name -> column -> values, in the order of emission; tables without rows are left out.

    markets: the names to write, by id. Amounts are exact integers of 1e-18.
    """
    tables = {
        "liquidations": _liquidations(events),
        "adl": _deleveragings(events),
        "funding": _accruals(events),
        "oracle_updates": _price_writes(events),
    }
    return {name: _as_columns(rows, markets) for name, rows in tables.items() if rows}


def _as_columns(rows: list[Row], markets: Sequence[str]) -> dict[str, list[Any]]:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["market"] = [markets[market] for market in columns["market"]]
    return columns


def _start(event: Row) -> Row:
    return {name: event[name] for name in ("block", "timestamp", "market")}


def _liquidations(events: Mapping[str, Columns]) -> list[Row]:
    losses = {_call(event): event for event in merge_rows(events, "Shortfall")}
    taken = merge_rows(events, "Liquidation") + [
        _as_liquidation(event) for event in merge_rows(events, "CloseOut")
    ]
    rows = []
    for event in sorted(taken, key=lambda event: int(event["log"])):
        loss = losses.get(_call(event), dict.fromkeys(_LOSS, 0))
        kind = event.get("kind") or ("partial" if event["remaining"] else "full")
        rows.append(
            _start(event)
            | {"account": event["account"], "liquidator": event["liquidator"], "kind": kind}
            | {
                name: event[name]
                for name in ("size", "price", "notional", "penalty", "reward", "equity_before")
            }
            | {"shortfall": loss["amount"]}
            | {name: loss[name] for name in _LOSS[1:]}
        )
    return rows


def _call(event: Row) -> tuple[int, int, str]:
    """A transaction is one call of the exchange, so this joins the events of one liquidation."""
    return event["block"], event["transaction"], event["account"]


def _as_liquidation(event: Row) -> Row:
    notional = abs(event["size"]) * event["price"] // WAD
    return event | {
        "liquidator": "",
        "kind": "close_out",
        "notional": notional,
        "penalty": 0,
        "reward": 0,
    }


def _deleveragings(events: Mapping[str, Columns]) -> list[Row]:
    """A row per candidate; the fund's money stands on the first row of its call, or alone."""
    moved = {_call(event): event for event in merge_rows(events, "InsuranceMoved")}
    rows = []
    for event in merge_rows(events, "Deleveraged"):
        fund = moved.pop(_call(event), None)
        closed, side = abs(event["size"]), 1 if event["size"] > 0 else -1
        rows.append(
            _start(event)
            | {
                "account": event["account"],
                "candidate": event["candidate"],
                "size": event["size"],
                "price": event["mark"] + side * (event["draw"] * WAD // closed),
                "mark": event["mark"],
                "notional": closed * event["mark"] // WAD,
                "insurance_moved": fund["amount"] if fund else 0,
                "log": event["log"],
            }
        )
    rows += [_fund_alone(event) for event in moved.values()]
    rows.sort(key=lambda row: int(row["log"]))
    for row in rows:
        del row["log"]
    return rows


def _fund_alone(event: Row) -> Row:
    zeros = dict.fromkeys(("size", "price", "mark", "notional"), 0)
    names = {"account": event["account"], "candidate": ""}
    return _start(event) | names | zeros | {"insurance_moved": event["amount"], "log": event["log"]}


def _accruals(events: Mapping[str, Columns]) -> list[Row]:
    return [
        _start(event)
        | {
            "rate": event["payment"] * SECONDS_PER_DAY / (event["elapsed"] * event["index"]),
            "index": event["index"],
            "mark": event["mark"],
            "payment_per_unit": event["payment"],
            "funding_index": event["funding_index"],
        }
        for event in merge_rows(events, "Accrued")
        if event["payment"]
    ]


def _price_writes(events: Mapping[str, Columns]) -> list[Row]:
    return [
        _start(event)
        | {
            "index": event["index"],
            "mark": event["mark"],
            "kind": "index" if event["updated_at"] == event["timestamp"] else "mark",
        }
        for event in merge_rows(events, "PriceUpdated")
    ]
