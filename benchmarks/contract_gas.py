"""Gas of every operation of MatchedPerp with 1, 2 and 8 held markets.

    python benchmarks/contract_gas.py [--json] [--chain C]

Each figure is one true transaction (cold storage, refunds) in the state that the operation needs:
prices were written in an earlier block, so accrual is part of it. Informational: nothing is
asserted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from simulator.chain import open_chain
from simulator.chain.base import STATUS_SUCCESS, Batch
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import TOKEN, WAD

NAMES = ("maker", "trader", "liquidator", "rival")
FIRST = 200 * WAD
MARKET_COUNTS = (1, 2, 8)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--chain", default="auto")
    options = parser.parse_args()
    rows = {
        name: [measure(operation(count, options.chain)) for count in MARKET_COUNTS]
        for name, operation in OPERATIONS.items()
    }
    if options.json:
        print(json.dumps({"held_markets": MARKET_COUNTS, "gas": rows}))
        return 0
    print(f"{'held markets':<34}" + "".join(f"{count:>10}" for count in MARKET_COUNTS))
    for name, gas in rows.items():
        print(f"{name:<34}" + "".join(f"{value:>10,}" for value in gas))
    return 0


Prepared = tuple[Session, str, bytes]


def measure(prepared: Prepared) -> int:
    """Gas of one transaction that must succeed; the oracle keeper's go to the feed."""
    session, name, data = prepared
    deployment = session.deployment
    target = deployment.feed if name == "oracle keeper" else deployment.perp
    receipts = session.chain.execute(Batch.of([address_of(name)], [target], [data], 15_000_000))
    if int(receipts.status[0]) != STATUS_SUCCESS:
        raise RuntimeError(session.refusal(name, data, target))
    return int(receipts.gas_used[0])


def world(count: int, chain: str) -> Session:
    """Everybody has a million; trader and rival hold every market but the first against the maker.

    The rival and the maker hold the first one too. Funding has run before, as in a run under way.
    """
    markets = tuple((f"M{number}", FIRST) for number in range(count))
    session = Session(open_chain(chain), load_parameters(), markets)
    session.fund(*NAMES)
    for name in NAMES:
        session.perp(name, encode.deposit(1_000_000 * TOKEN))
    for market in range(1, count):
        trade(session, "trader", WAD, market)
        trade(session, "rival", -WAD, market)
    trade(session, "rival", -WAD)
    later(session, count)
    return later(session, count)


def trade(session: Session, taker: str, size: int, market: int = 0) -> None:
    session.perp("maker", encode.quote(market, FIRST, 10**24, FIRST, 10**24))
    session.perp(taker, encode.fill(address_of("maker"), market, size, FIRST))


def later(session: Session, count: int, first_price: int = FIRST) -> Session:
    """New prices, then a block later, so that the next transaction accrues every market."""
    session.wait()
    for market in range(count):
        price = first_price if market == 0 else FIRST
        session.price(price, market, basis=WAD // 1000)
    session.wait()
    return session


def falling(count: int, chain: str, loss: int) -> Session:
    """The trader is long in the first market too and has lost `loss` of his 10,000 quote."""
    session = world(count, chain)
    session.perp("trader", encode.withdraw(989_000 * TOKEN))
    trade(session, "trader", 400 * WAD)
    session.perp("maker", encode.quote(0, 0, 0, 0, 0))
    return later(session, count, FIRST - loss * WAD // 400)


def fill(count: int, chain: str) -> Prepared:
    """Adding to a position against a maker who holds this market alone."""
    session = world(count, chain)
    trade(session, "trader", WAD)
    quote_by_single(session)
    session.perp("trader", encode.fill(address_of("single"), 0, WAD, FIRST))
    later(session, count)
    return session, "trader", encode.fill(address_of("single"), 0, 10 * WAD, FIRST)


def fill_against_maker(count: int, chain: str) -> Prepared:
    """Adding to a position against a maker who holds as many markets as the taker."""
    session = world(count, chain)
    trade(session, "trader", WAD)
    later(session, count)
    return session, "trader", encode.fill(address_of("maker"), 0, 10 * WAD, FIRST)


def opening_fill(count: int, chain: str) -> Prepared:
    """A first position against a maker who holds this market alone."""
    session = world(count, chain)
    quote_by_single(session)
    session.perp("rival", encode.fill(address_of("single"), 0, WAD, FIRST))
    later(session, count)
    return session, "trader", encode.fill(address_of("single"), 0, 10 * WAD, FIRST)


def quote_by_single(session: Session) -> None:
    session.fund("single")
    session.perp("single", encode.deposit(1_000_000 * TOKEN))
    session.perp("single", encode.quote(0, FIRST, 10**24, FIRST, 10**24))


def settle(count: int, chain: str) -> Prepared:
    session = world(count, chain)
    trade(session, "trader", WAD)
    return later(session, count), "rival", encode.settle(address_of("trader"))


def liquidate(count: int, chain: str) -> Prepared:
    session = falling(count, chain, 6_900)
    return session, "liquidator", encode.liquidate(address_of("trader"), 0, 10**30)


def deleverage(count: int, chain: str) -> Prepared:
    session = falling(count, chain, 14_000)
    return session, "adl keeper", encode.deleverage(address_of("trader"), 0, [])


def deleverage_one(count: int, chain: str) -> Prepared:
    session = falling(count, chain, 14_000)
    candidates = [address_of("maker")]
    return session, "adl keeper", encode.deleverage(address_of("trader"), 0, candidates)


def takeover(count: int, chain: str) -> Prepared:
    session = falling(count, chain, 14_000)
    session.perp("adl keeper", encode.deleverage(address_of("trader"), 0, []))
    return session, "liquidator", encode.liquidate(address_of("trader"), 0, 10**30)


def close_out(count: int, chain: str) -> Prepared:
    session = falling(count, chain, 14_000)
    session.perp("adl keeper", encode.deleverage(address_of("trader"), 0, []))
    return session, "adl keeper", encode.close_out(address_of("trader"), 0, [address_of("maker")])


def withdraw(count: int, chain: str) -> Prepared:
    session = world(count, chain)
    trade(session, "trader", WAD)
    return later(session, count), "trader", encode.withdraw(TOKEN)


def deposit(count: int, chain: str) -> Prepared:
    return world(count, chain), "trader", encode.deposit(TOKEN)


def quote(count: int, chain: str) -> Prepared:
    return world(count, chain), "maker", encode.quote(0, FIRST, WAD, FIRST + WAD, WAD)


def update(count: int, chain: str) -> Prepared:
    return world(count, chain), "oracle keeper", encode.update_price(0, FIRST + WAD, 0)


OPERATIONS: dict[str, Callable[[int, str], Prepared]] = {
    "deposit": deposit,
    "withdraw": withdraw,
    "quote (replacing one)": quote,
    "fill, adding": fill,
    "fill, opening": opening_fill,
    "fill, maker holds as many": fill_against_maker,
    "settle": settle,
    "oracle update with accrual": update,
    "half liquidation": liquidate,
    "ADL, no candidate": deleverage,
    "ADL, one candidate": deleverage_one,
    "takeover after ADL": takeover,
    "close-out, one counterparty": close_out,
}


if __name__ == "__main__":
    raise SystemExit(main())
