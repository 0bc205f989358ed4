"""Liquidation and what follows when a position is worth less than nothing."""

from __future__ import annotations

from collections.abc import Iterator

from audits.actions.amounts import Amount
from audits.world import AuditWorld
from simulator.agent import CloseOut, Deleverage, Liquidate
from simulator.protocols.matched_perp.ledger import ExactLedger
from simulator.units import LOT, div_floor, wad_mul_floor

_TRIES_WITHOUT_CAUSE = 3


def weak_position(ledger: ExactLedger, drawn: int, covered: bool) -> tuple[int, int] | None:
    """Account and market meant by `drawn`: of the weak positions if there are any.

    Weak is below maintenance, or (covered = False) beyond what the insurance fund covers. Without
    one, small draws pick any position, so that refusals are tried as well.
    """
    held = positions(ledger)
    weak = [place for place in held if _is_weak(ledger, place[0], covered)]
    chosen = weak or (held if drawn < _TRIES_WITHOUT_CAUSE else [])
    return chosen[drawn % len(chosen)] if chosen else None


def positions(ledger: ExactLedger) -> list[tuple[int, int]]:
    """Account and market of every open position, in order."""
    return [
        (account, market)
        for account in range(ledger.account_count)
        for market in range(ledger.market_count)
        if ledger.size(account, market)
    ]


def _is_weak(ledger: ExactLedger, account: int, covered: bool) -> bool:
    floor = ledger.maintenance(account) if covered else -ledger.insurance
    return ledger.settled_equity(account) < floor


def liquidate(
    world: AuditWorld, liquidator: int, account: int, market: int, share: Amount
) -> Liquidate | None:
    """Take over at most a share of the position."""
    size = share.of(div_floor(abs(world.ledger.size(account, market)), LOT)) * LOT
    return Liquidate(liquidator, account, market, size) if size else None


def resolve(
    world: AuditWorld, account: int, market: int, candidates: int, heir: int | None
) -> Iterator[Deleverage | Liquidate | CloseOut]:
    """Deleverage against the `candidates` best ranked, then give the rest to `heir`.

    heir: a liquidator that takes it over, or None to match it against all opposite accounts. Both
    need the same block as the deleveraging.
    """
    ranked = adl_candidates(world.ledger, account, market)
    yield Deleverage(account, market, tuple(ranked[:candidates]))
    rest = abs(world.ledger.size(account, market))
    if not rest:
        return
    if heir is not None:
        yield Liquidate(heir, account, market, rest)
    else:
        yield CloseOut(account, market, tuple(opposite(world.ledger, account, market)))


def opposite(ledger: ExactLedger, account: int, market: int) -> list[int]:
    """Accounts of the other side that are not under water, by ledger row."""
    side = ledger.size(account, market)
    return [
        other
        for other in range(ledger.account_count)
        if ledger.size(other, market) * side < 0 and ledger.settled_equity(other) >= 0
    ]


def adl_candidates(ledger: ExactLedger, account: int, market: int) -> list[int]:
    """Profitable accounts of the other side, highest rank first, ties by row.

    Rank is (open profit / |cost|) x (notional / equity); the contract checks the order.
    """
    found = [
        (-ledger.adl_rank(other, market), other)
        for other in opposite(ledger, account, market)
        if _profit(ledger, other, market) > 0
    ]
    return [other for _, other in sorted(found)]


def _profit(ledger: ExactLedger, account: int, market: int) -> int:
    value = wad_mul_floor(ledger.size(account, market), ledger.mark(market))
    return value + ledger.cost(account, market)
