"""The state machine: user actions, price moves and time, in any order, checked after every step.

Every example starts from the same deployed world, reverted to just before the example. Rules only
draw and delegate: what an action means is in audits/actions, what the environment does in
audits/environment, what must hold in audits/properties.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from audits.actions import liquidation, margin, trading
from audits.actions.amounts import AMOUNTS, EDGE_AMOUNTS, Amount
from audits.environment import price, time
from audits.setup import default_setup
from audits.steps import Step
from audits.world import AuditWorld
from simulator.agent import Accrue, ConfirmPrice, Settle

_START = default_setup()
_COUNT = len(_START.actors)
ACCOUNTS = st.sampled_from(range(_COUNT))
MARKETS = st.sampled_from(range(len(_START.markets)))
PAIRS = st.sampled_from(
    [(one, other) for one in range(_COUNT) for other in range(_COUNT) if one != other] + [(0, 0)]
)
"""Taker and maker; once in a while the same account on both sides."""
SIDES = st.booleans()
PICKS = st.integers(0, 11)
"""Picks one of however many positions there are."""
OTHERS = st.sampled_from([1, 2, 3, 1, 2, 3, 0])
"""Distance from the account in question to another one; once in a while itself."""
HEIRS = st.one_of(st.none(), OTHERS)
"""Who takes over what deleveraging left; None matches it against everybody."""
REFRESHES = st.sampled_from([False, True, True])


class Session(Protocol):
    """Who runs the examples: starts one, plays its steps, and stops it at a violation."""

    @property
    def world(self) -> AuditWorld: ...

    def start_example(self) -> None: ...

    def play(self, step: Step) -> None: ...


class MatchedPerpMachine(RuleBasedStateMachine):
    """Everything that users, keepers, prices and time can do to the matched perpetual."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.world = session.world
        session.start_example()

    def _play(self, steps: Iterable[Step | None]) -> None:
        for step in steps:
            if step is not None:
                self.session.play(step)

    # --- users: trading ---

    @rule(pair=PAIRS, market=MARKETS, buys=SIDES, edge=trading.EDGES, percent=trading.SHARES)
    def trade(
        self, pair: tuple[int, int], market: int, buys: bool, edge: int, percent: int
    ) -> None:
        deal = trading.Deal(*pair, market, buys, edge)
        self._play(trading.trade(self.world, deal, percent))

    @rule(pick=PICKS, maker=ACCOUNTS, share=AMOUNTS)
    def close(self, pick: int, maker: int, share: Amount) -> None:
        held = liquidation.positions(self.world.ledger)
        if held:
            account, market = held[pick % len(held)]
            self._play(trading.close(self.world, account, maker, market, share))

    @rule(pair=PAIRS, market=MARKETS, edge=trading.EDGES, percent=trading.SHARES, share=AMOUNTS)
    def quote_and_take(
        self, pair: tuple[int, int], market: int, edge: int, percent: int, share: Amount
    ) -> None:
        """A two-sided quote stays behind, for whoever comes later."""
        taker, maker = pair
        self._play([trading.take(self.world, taker, maker, market, share)])
        self._play([trading.quote_both(self.world, maker, market, edge, percent)])

    # --- users: margin ---

    @rule(account=ACCOUNTS, share=EDGE_AMOUNTS)
    def withdraw(self, account: int, share: Amount) -> None:
        self._play([margin.withdraw(self.world, account, share)])

    @rule(pick=PICKS, drawn=time.WAITS, share=EDGE_AMOUNTS)
    def come_back_to_withdraw(self, pick: int, drawn: int, share: Amount) -> None:
        """The patient holder: nothing touches his account for a while, then he takes money out."""
        held = liquidation.positions(self.world.ledger)
        if held:
            account, _ = held[pick % len(held)]
            self._wait(drawn, refresh=True)
            self._play([margin.withdraw(self.world, account, share)])

    @rule(kind=st.sampled_from(["deposit", "settle", "fund", "accrue"]), pick=PICKS, share=AMOUNTS)
    def chore(self, kind: str, pick: int, share: Amount) -> None:
        account, market = pick % _COUNT, pick % len(_START.markets)
        steps: dict[str, Step] = {
            "deposit": margin.deposit(self.world, account, share),
            "settle": Settle(0, account),
            "fund": margin.fund_insurance(self.world, account, share),
            "accrue": Accrue(market),
        }
        self._play([steps[kind]])

    # --- users: liquidation and the waterfall ---

    @rule(pick=PICKS, other=OTHERS, share=AMOUNTS)
    def liquidate(self, pick: int, other: int, share: Amount) -> None:
        place = liquidation.weak_position(self.world.ledger, pick, covered=True)
        if place is not None:
            liquidator = (place[0] + other) % _COUNT
            self._play([liquidation.liquidate(self.world, liquidator, *place, share)])

    @rule(pick=PICKS, candidates=st.integers(0, 3), heir=HEIRS)
    def resolve(self, pick: int, candidates: int, heir: int | None) -> None:
        place = liquidation.weak_position(self.world.ledger, pick, covered=False)
        if place is not None:
            self._resolve(*place, candidates, heir)

    @rule(pick=PICKS, brink=price.BRINKS, other=OTHERS, share=AMOUNTS)
    def gap_and_liquidate(self, pick: int, brink: price.Brink, other: int, share: Amount) -> None:
        """The price gaps to where it hurts a position, and a liquidator is there at once."""
        held = liquidation.positions(self.world.ledger)
        if held:
            account, market = held[pick % len(held)]
            self._play([price.to_the_brink(self.world.ledger, account, market, brink)])
            liquidator = (account + other) % _COUNT
            self._play([liquidation.liquidate(self.world, liquidator, account, market, share)])

    @rule(pick=PICKS, candidates=st.integers(0, 3), heir=HEIRS)
    def collapse(self, pick: int, candidates: int, heir: int | None) -> None:
        """The price gaps beyond what the insurance fund covers, and the waterfall runs."""
        held = liquidation.positions(self.world.ledger)
        if held:
            place = held[pick % len(held)]
            brink = price.Brink.BEYOND_THE_FUND
            self._play([price.to_the_brink(self.world.ledger, *place, brink)])
            self._resolve(*place, candidates, heir)

    def _resolve(self, account: int, market: int, candidates: int, heir: int | None) -> None:
        taker = None if heir is None else (account + heir) % _COUNT
        self._play(liquidation.resolve(self.world, account, market, candidates, taker))

    # --- environment ---

    @rule(market=MARKETS, percent=price.JUMPS_PERCENT, basis=price.BASES)
    def move_price(self, market: int, percent: int, basis: int) -> None:
        self._play([price.jump(self.world.index(market), percent, market, basis)])

    @rule(pick=PICKS, brink=price.BRINKS)
    def move_price_to_the_brink(self, pick: int, brink: price.Brink) -> None:
        held = liquidation.positions(self.world.ledger)
        if held:
            self._play([price.to_the_brink(self.world.ledger, *held[pick % len(held)], brink)])

    @rule(drawn=time.WAITS, refresh=REFRESHES)
    def wait(self, drawn: int, refresh: bool) -> None:
        self._wait(drawn, refresh)

    def _wait(self, drawn: int, refresh: bool) -> None:
        """Time passes; `refresh` confirms every index afterwards, so that none is stale."""
        self._play([time.wait(drawn, self.world.now)])
        if refresh:
            self._play(ConfirmPrice(market) for market in range(len(self.world.names.markets)))
