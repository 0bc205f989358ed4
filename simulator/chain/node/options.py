"""How a node behaves, and where a forked one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.chain.checks import WORD_LIMIT, check_number
from simulator.chain.fork.headers import Header
from simulator.chain.node.accounts import ETHER, MOST_ACCOUNTS
from simulator.errors import InputError

MOST_STATES = 100_000
"""Kept copies share what did not change between them, but each costs a little."""


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """accounts: how many development accounts the node signs for; balance_wei: what they get;
    funds: whether only those without balance and nonce get it, or all with less.

    kept_states: of how many blocks before the latest the state can be asked for. wall_clock: blocks
    carry the time that goes by, from the first block's on; else seconds_per_block after the parent.
    """

    accounts: int = 10
    balance_wei: int = 10_000 * ETHER
    funds: Literal["untouched", "all"] = "untouched"
    kept_states: int = 128
    wall_clock: bool = False
    seconds_per_block: int = 12

    def __post_init__(self) -> None:
        check_number("balance_wei", self.balance_wei, WORD_LIMIT)
        for field, low, high in (
            ("accounts", 0, MOST_ACCOUNTS),
            ("kept_states", 0, MOST_STATES),
            ("seconds_per_block", 1, 1 << 32),
        ):
            value = getattr(self, field)
            if not low <= value <= high:
                raise InputError(field, value, f"must be from {low} to {high:,}")


@dataclass(frozen=True, slots=True)
class Origin:
    """The real block on which a forked world stands. header: None where only the hash is known."""

    hash: bytes
    header: Header | None = None
