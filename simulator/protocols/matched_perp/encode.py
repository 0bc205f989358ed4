"""Calldata of every call, by hand: about a microsecond each.

Amounts of `deposit`, `withdraw` and `fund_insurance` are token units of 1e-6; everything else is
1e-18. Sizes must be multiples of LOT, prices and indices of TICK.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.chain.abi import address_array, selector
from simulator.types import Address

_DEPOSIT = selector("deposit(uint256)")
_WITHDRAW = selector("withdraw(uint256)")
_FUND_INSURANCE = selector("fund_insurance(uint256)")
_QUOTE = selector("quote(uint256,uint256,uint256,uint256,uint256)")
_FILL = selector("fill(address,uint256,int256,uint256)") + bytes(12)
_SETTLE = selector("settle(address)") + bytes(12)
_ACCRUE = selector("accrue(uint256)")
_LIQUIDATE = selector("liquidate(address,uint256,uint256)") + bytes(12)
_DELEVERAGE = selector("deleverage(address,uint256,address[])") + bytes(12)
_CLOSE_OUT = selector("close_out(address,uint256,address[])") + bytes(12)
_LIST_PERP_MARKET = selector("list_market()")
_SET_ADL_KEEPER = selector("set_adl_keeper(address)") + bytes(12)
_UPDATE = selector("update(uint256,uint256,int256)")
_CONFIRM = selector("confirm(uint256)")
_LIST_FEED_MARKET = selector("list_market(uint256)")
_SET_PERP = selector("set_perp(address)") + bytes(12)
_SET_KEEPER = selector("set_keeper(address)") + bytes(12)
_MINT = selector("mint(address,uint256)") + bytes(12)
_APPROVE = selector("approve(address,uint256)") + bytes(12)
_TRANSFER = selector("transfer(address,uint256)") + bytes(12)
_ARRAY_OFFSET = (96).to_bytes(32, "big")


def deposit(amount: int) -> bytes:
    """Tokens (1e-6) into margin."""
    return _DEPOSIT + amount.to_bytes(32, "big")


def withdraw(amount: int) -> bytes:
    """Tokens (1e-6) out of margin."""
    return _WITHDRAW + amount.to_bytes(32, "big")


def fund_insurance(amount: int) -> bytes:
    """Tokens (1e-6) into the insurance fund."""
    return _FUND_INSURANCE + amount.to_bytes(32, "big")


def quote(market: int, bid_price: int, bid_size: int, ask_price: int, ask_size: int) -> bytes:
    """Replace the sender's bid and ask."""
    return (
        _QUOTE
        + market.to_bytes(32, "big")
        + bid_price.to_bytes(32, "big")
        + bid_size.to_bytes(32, "big")
        + ask_price.to_bytes(32, "big")
        + ask_size.to_bytes(32, "big")
    )


def fill(maker: Address, market: int, size: int, limit_price: int) -> bytes:
    """Buy (size > 0) at the maker's ask or sell at his bid."""
    return (
        _FILL
        + maker
        + market.to_bytes(32, "big")
        + size.to_bytes(32, "big", signed=True)
        + limit_price.to_bytes(32, "big")
    )


def settle(account: Address) -> bytes:
    """Realise an account's pending funding and losses."""
    return _SETTLE + account


def accrue(market: int) -> bytes:
    """Bring a market's funding up to now."""
    return _ACCRUE + market.to_bytes(32, "big")


def liquidate(account: Address, market: int, max_size: int) -> bytes:
    """Take over up to `max_size` of a position at the mark."""
    return _LIQUIDATE + account + market.to_bytes(32, "big") + max_size.to_bytes(32, "big")


def deleverage(account: Address, market: int, candidates: Sequence[Address]) -> bytes:
    """Close against ranked candidates (at most 32)."""
    return (
        _DELEVERAGE
        + account
        + market.to_bytes(32, "big")
        + _ARRAY_OFFSET
        + address_array(candidates)
    )


def close_out(account: Address, market: int, counterparties: Sequence[Address]) -> bytes:
    """Match the rest at the mark (at most 32 counterparties)."""
    return (
        _CLOSE_OUT
        + account
        + market.to_bytes(32, "big")
        + _ARRAY_OFFSET
        + address_array(counterparties)
    )


def update_price(market: int, index: int, basis: int) -> bytes:
    """To the feed: write index and basis (WAD, signed)."""
    return (
        _UPDATE
        + market.to_bytes(32, "big")
        + index.to_bytes(32, "big")
        + basis.to_bytes(32, "big", signed=True)
    )


def confirm_index(market: int) -> bytes:
    """To the feed: heartbeat of an index that has not changed."""
    return _CONFIRM + market.to_bytes(32, "big")


def list_feed_market(index: int) -> bytes:
    """To the feed: a new market with its first price."""
    return _LIST_FEED_MARKET + index.to_bytes(32, "big")


def list_perp_market() -> bytes:
    """To the exchange: take the feed's next market."""
    return _LIST_PERP_MARKET


def set_adl_keeper(keeper: Address) -> bytes:
    """To the exchange, by its owner."""
    return _SET_ADL_KEEPER + keeper


def set_perp(perp: Address) -> bytes:
    """To the feed, by its owner."""
    return _SET_PERP + perp


def set_keeper(keeper: Address) -> bytes:
    """To the feed, by its owner."""
    return _SET_KEEPER + keeper


def mint(receiver: Address, amount: int) -> bytes:
    """To the token, by its owner."""
    return _MINT + receiver + amount.to_bytes(32, "big")


def approve(spender: Address, amount: int) -> bytes:
    """To the token."""
    return _APPROVE + spender + amount.to_bytes(32, "big")


def transfer(receiver: Address, amount: int) -> bytes:
    """To the token: a donation when the receiver is the exchange."""
    return _TRANSFER + receiver + amount.to_bytes(32, "big")
