"""A step of an audit: an action of somebody, a new price, or a wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from simulator.agent import (
    ADL_KEEPER,
    FUNDING_KEEPER,
    ORACLE_KEEPER,
    Accrue,
    Action,
    CloseOut,
    ConfirmPrice,
    Deleverage,
    Deposit,
    Fill,
    FundInsurance,
    Liquidate,
    Quote,
    Settle,
    UpdatePrice,
    Withdraw,
)

TOKENS = 6
WAD = 18
"""Decimals of token amounts, and of sizes, prices and quote amounts."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass: the following steps run in a later block."""

    seconds: int


Step: TypeAlias = Action | Wait

KEEPERS = {
    ORACLE_KEEPER: "price keeper",
    FUNDING_KEEPER: "funding keeper",
    ADL_KEEPER: "adl keeper",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What rows and words call the accounts (by ledger row) and the markets (by index)."""

    actors: tuple[str, ...]
    markets: tuple[str, ...]

    def actor(self, account: int) -> str:
        return KEEPERS[account] if account < 0 else self.actors[account]


@dataclass(frozen=True, slots=True)
class Form:
    """An action's message class and, of the fields that are amounts, the decimals.

    The other fields are an account, a market or a list of accounts, told by their name.
    """

    message: type[Action]
    decimals: Mapping[str, int]


FORMS: dict[str, Form] = {
    "deposit": Form(Deposit, {"amount": TOKENS}),
    "withdraw": Form(Withdraw, {"amount": TOKENS}),
    "quote": Form(Quote, {"bid_price": WAD, "bid_size": WAD, "ask_price": WAD, "ask_size": WAD}),
    "fill": Form(Fill, {"size": WAD, "limit_price": WAD}),
    "settle": Form(Settle, {}),
    "liquidate": Form(Liquidate, {"max_size": WAD}),
    "deleverage": Form(Deleverage, {}),
    "close_out": Form(CloseOut, {}),
    "fund_insurance": Form(FundInsurance, {"amount": TOKENS}),
    "accrue": Form(Accrue, {}),
    "confirm": Form(ConfirmPrice, {}),
}
_NAME_OF = {form.message: name for name, form in FORMS.items()}


def action_name(step: Step) -> str:
    """The name under which a step is written and counted: deposit, fill, price, wait, ..."""
    if isinstance(step, Wait):
        return "wait"
    return "price" if isinstance(step, UpdatePrice) else _NAME_OF[type(step)]
