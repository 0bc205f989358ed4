"""Checks of an account against a table; amounts are compared as exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from simulator.errors import InvalidArgument
from simulator.risk.policy.tables import PolicyTable, PolicyTables, policy_table

Amount: TypeAlias = int | float | Decimal | Fraction
"""Read exactly as it is; a float at its binary value."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A leveraged position as a regulator sees it."""

    asset_class: str
    notional: Amount
    """At opening, >= 0."""
    margin: Amount
    """Put up for it at opening, >= 0."""


@dataclass(frozen=True, slots=True)
class ClientAccount:
    """One client's account."""

    holdings: Sequence[Holding]
    equity: Amount
    required_margin: Amount
    """Of all open positions, for the close-out rule."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What is not as a table asks."""

    rule: str
    """'banned', 'leverage', 'close-out' or 'negative balance'."""
    detail: str
    source: str
    verified: bool


def leverage_allowed(
    notional: Amount, margin: Amount, asset_class: str, table: PolicyTable
) -> bool:
    """notional <= cap x margin (the cap itself is allowed); a class without a cap is free."""
    size, held = _amount("notional", notional), _amount("margin", margin)
    cap = table.caps.get(asset_class)
    return cap is None or size <= cap * held


def close_out_due(equity: Amount, required_margin: Amount, table: PolicyTable) -> bool:
    """equity <= share x required margin (inclusive), with a requirement above 0 and such a rule."""
    required = _amount("required_margin", required_margin)
    if table.close_out_share is None or required == 0:
        return False
    return _exact("equity", equity) <= table.close_out_share * required


def policy_violations(
    account: ClientAccount,
    jurisdiction: str,
    day: date,
    tables: PolicyTables,
    client: str = "retail",
) -> list[Violation]:
    """All violations of the table in force that day, in the order: bans and leverage per holding,
    close-out, negative balance (equity < 0 where a client is protected).

    Raises InvalidArgument if no table is in force: that is never a pass.
    """
    table = policy_table(tables, jurisdiction, day, client)
    found = []
    for holding in account.holdings:
        name = holding.asset_class
        if name in table.banned:
            found.append(("banned", f"{name} may not be offered to {client} clients"))
        elif not leverage_allowed(holding.notional, holding.margin, name, table):
            detail = f"{name}: {holding.notional} on {holding.margin}, at most {table.caps[name]}x"
            found.append(("leverage", detail))
    if close_out_due(account.equity, account.required_margin, table):
        detail = f"equity {account.equity} on a required margin of {account.required_margin}"
        found.append(("close-out", detail))
    if table.negative_balance_protection and _exact("equity", account.equity) < 0:
        found.append(("negative balance", f"the client owes {-account.equity}"))
    return [Violation(rule, detail, table.source, table.verified) for rule, detail in found]


def _exact(name: str, value: Amount) -> Fraction:
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise InvalidArgument(name, value, "must be finite")
    return Fraction(value)


def _amount(name: str, value: Amount) -> Fraction:
    number = _exact(name, value)
    if number < 0:
        raise InvalidArgument(name, value, "must be at least 0")
    return number
