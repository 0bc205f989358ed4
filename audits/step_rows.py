"""Steps as rows of a finding file, and back.

Rows keep exact decimal strings in natural units (contracts, quote, tokens), so that a finding reads
well and replays to the last unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TypeAlias

from audits.steps import FORMS, KEEPERS, WAD, Names, Step, Wait, action_name
from audits.words import exact_decimal
from simulator.agent import Action, UpdatePrice
from simulator.errors import InputError
from simulator.units import decimal_to_integer

Row: TypeAlias = dict[str, object]
WriteAmount: TypeAlias = Callable[[int, int], str]

_PRICE = {"price": WAD, "basis": WAD}
_ACCOUNT_FIELDS = ("account", "maker")
_LIST_FIELDS = ("candidates", "counterparties")
_SKIPPED_FIELDS = ("sender", "forced")


def to_row(step: Step, names: Names, amount: WriteAmount = exact_decimal) -> Row:
    """The step as a row of a finding: strings, except for the seconds of a wait.

    amount: writes an integer with its decimals; only the exact default can be read back.
    """
    if isinstance(step, Wait):
        return {"wait": step.seconds}
    if isinstance(step, UpdatePrice):
        market = names.markets[step.market]
        price, basis = amount(step.index, WAD), amount(step.basis, WAD)
        return {"market": market, "price": price, "basis": basis}
    name = action_name(step)
    row: Row = {"actor": names.actor(step.sender), "action": name}
    for item in fields(step):
        if item.name not in _SKIPPED_FIELDS:
            value = getattr(step, item.name)
            row[item.name] = _written(item.name, value, FORMS[name].decimals, names, amount)
    return row


def _written(
    name: str,
    value: object,
    decimals: Mapping[str, int],
    names: Names,
    amount: WriteAmount,
) -> str:
    if isinstance(value, tuple):
        return ", ".join(names.actor(account) for account in value)
    assert isinstance(value, int)
    if name == "market":
        return names.markets[value]
    if name in _ACCOUNT_FIELDS:
        return names.actor(value)
    return amount(value, decimals[name])


def from_row(row: object, names: Names, place: str) -> Step:
    """The step of a finding's row; InputError with `place` (steps[3]), field, value and rule."""
    if not isinstance(row, dict):
        raise InputError(place, row, "must be a table")
    if "wait" in row:
        _only(row, ("wait",), place)
        return Wait(_seconds(row["wait"], f"{place}.wait"))
    if "action" in row:
        return _action(row, names, place)
    _only(row, ("market", *_PRICE), place)
    market = _one_of(row["market"], names.markets, f"{place}.market")
    price = _amount(row["price"], WAD, f"{place}.price")
    if price <= 0:
        raise InputError(f"{place}.price", row["price"], "must be above 0")
    return UpdatePrice(market, price, _amount(row["basis"], WAD, f"{place}.basis"))


def _action(row: Row, names: Names, place: str) -> Step:
    name = row["action"]
    if name not in FORMS:
        rule = f"is not an action; there are {', '.join(FORMS)}"
        raise InputError(f"{place}.action", name, rule)
    form = FORMS[str(name)]
    wanted = [item.name for item in fields(form.message) if item.name not in _SKIPPED_FIELDS]
    _only(row, ("actor", "action", *wanted), place)
    values: dict[str, object] = {
        item: _read(item, row[item], form.decimals, names, f"{place}.{item}") for item in wanted
    }
    values["sender"] = _account(row["actor"], names, f"{place}.actor")
    message: Callable[..., Action] = form.message
    return message(**values)


def _read(
    name: str, value: object, decimals: Mapping[str, int], names: Names, place: str
) -> object:
    if name == "market":
        return _one_of(value, names.markets, place)
    if name in _ACCOUNT_FIELDS:
        return _one_of(value, names.actors, place)
    if name in _LIST_FIELDS:
        listed = [item.strip() for item in str(value).split(",") if item.strip()]
        return tuple(_one_of(item, names.actors, place) for item in listed)
    amount = _amount(value, decimals[name], place)
    if amount < 0 and name != "size":
        raise InputError(place, value, "must not be negative")
    return amount


def _account(value: object, names: Names, place: str) -> int:
    for account, keeper in KEEPERS.items():
        if value == keeper:
            return account
    return _one_of(value, names.actors, place)


def _one_of(value: object, known: tuple[str, ...], place: str) -> int:
    if value not in known:
        raise InputError(place, value, f"must be one of {', '.join(known)}")
    return known.index(str(value))


def _amount(value: object, decimals: int, place: str) -> int:
    if not isinstance(value, str):
        raise InputError(place, value, "must be a decimal number written as a string")
    return decimal_to_integer(value, decimals, place)


def _seconds(value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(place, value, "must be a whole number of seconds, 0 or more")
    return value


def _only(row: Row, wanted: Sequence[str], place: str) -> None:
    for name in row:
        if name not in wanted:
            raise InputError(f"{place}.{name}", row[name], f"is unknown; expected {wanted}")
    for name in wanted:
        if name not in row:
            raise InputError(f"{place}.{name}", None, f"is missing; expected {', '.join(wanted)}")
