"""Derive's Dutch auction of a portfolio with short options. Integers of 1e-18.

Source: derivexyz/v2-core, DutchAuction; parameters are those of its tests and deployment notes.
A solvent auction sells shares of the portfolio at a falling fraction of its mark-to-market; an
insolvent one pays bidders a rising amount from the security module, then socialises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.units import WAD, div_ceil, div_trunc, wad_mul_floor, wad_mul_trunc


@dataclass(frozen=True, slots=True)
class AuctionStages:
    """Fractions of mark-to-market in 1e-18, durations in seconds."""

    start: int = WAD
    cutoff: int = 8 * WAD // 10
    fast_seconds: int = 600
    slow_seconds: int = 7200

    def __post_init__(self) -> None:
        if not 0 <= self.cutoff <= self.start <= WAD:
            raise InvalidArgument("cutoff", self.cutoff, "needs 0 <= cutoff <= start <= 1e18")
        for name in ("fast_seconds", "slow_seconds"):
            if getattr(self, name) <= 0:
                raise InvalidArgument(name, getattr(self, name), "must be above 0")


def auction_discount(elapsed_seconds: int, stages: AuctionStages) -> int:
    """Fraction of mark-to-market that is asked: start to cutoff over the fast stage, cutoff to 0
    over the slow one, 0 after it; what has fallen is floored."""
    if elapsed_seconds < 0:
        raise InvalidArgument("elapsed_seconds", elapsed_seconds, "must be at least 0")
    if elapsed_seconds < stages.fast_seconds:
        fall = (stages.start - stages.cutoff) * elapsed_seconds // stages.fast_seconds
        return stages.start - fall
    slow = elapsed_seconds - stages.fast_seconds
    if slow > stages.slow_seconds:
        return 0
    return stages.cutoff - stages.cutoff * slow // stages.slow_seconds


def buffer_margin(maintenance_margin: int, mark_to_market: int, buffer_share: int) -> int:
    """Net maintenance margin + (itself - mark-to-market) x share, toward zero; < 0 is lacking."""
    return maintenance_margin + wad_mul_trunc(maintenance_margin - mark_to_market, buffer_share)


def maximum_proportion(
    buffer_margin: int, mark_to_market: int, discount: int, reserved_cash: int = 0
) -> int:
    """Most of the current portfolio that may be bought: bm / (bm - MtM d - reserved (1 - d)).

    0 if the buffer margin bm >= 0, all if the other terms are 0; every quotient goes toward zero.
    """
    if buffer_margin >= 0:
        return 0
    if mark_to_market < 0:
        raise InvalidArgument("mark_to_market", mark_to_market, "below 0 is an insolvent auction")
    denominator = buffer_margin - wad_mul_trunc(mark_to_market, discount)
    denominator -= wad_mul_floor(reserved_cash, WAD - discount)
    return div_trunc(buffer_margin * WAD, denominator)


class InsolventBid(NamedTuple):
    """Who pays the bidder that takes an insolvent portfolio."""

    payout: int
    from_security_module: int
    socialised: int


def insolvent_bid(
    lower_bound: int, elapsed_seconds: int, length_seconds: int, share: int, security_module: int
) -> InsolventBid:
    """Payout = |lower bound| x elapsed / length (at most all) x share of the portfolio, floored.

    The security module pays what it has, the rest is socialised: cash is printed for it.
    """
    if length_seconds <= 0 or elapsed_seconds < 0:
        raise InvalidArgument("length_seconds", length_seconds, "needs 0 <= elapsed, length > 0")
    full = abs(lower_bound) * min(elapsed_seconds, length_seconds) // length_seconds
    payout = wad_mul_floor(full, share)
    paid = min(payout, max(security_module, 0))
    return InsolventBid(payout, paid, payout - paid)


def withdrawal_fee(cash_supply: int, socialised: int) -> int:
    """Fraction (1e-18) withheld from every withdrawal after cash was printed without backing:
    socialised / (supply + socialised), rounded up; 0 without any cash."""
    total = cash_supply + socialised
    return div_ceil(socialised * WAD, total) if total else 0
