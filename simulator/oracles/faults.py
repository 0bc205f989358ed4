"""What a feed with faults publishes: from the true price to the writes of a keeper.

A price passes these stages, and each kind of fault acts in one of them, so that faults compose:

1. which observation reaches the feed: the latency, `delay` (observations never run back);
2. what it says: the legs of a composed feed (`missing_leg`), the median of the venues
   (`single_venue`), then `outlier`, `scale` and at last the bounds of the aggregator (`clamp`);
3. whether it is published: `stale_round` holds the answer, `freeze`, `keeper_priced_out` and
   `sequencer_down` publish nothing.

Faults of the second stage act on what is published in their blocks. Ticks are 1e-8 quote, rounded
down, as every feed with eight decimals rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from simulator.errors import InputError
from simulator.oracles.push import push_schedule
from simulator.prices.ohlc import TICKS_PER_UNIT
from simulator.scenario import Scenario, markets_of
from simulator.scenario.faults import (
    Clamp,
    Delay,
    Fault,
    Freeze,
    KeeperPricedOut,
    MissingLeg,
    Outlier,
    Scale,
    SequencerDown,
    SingleVenue,
    StaleRound,
)
from simulator.types import AnyArray, Int1D, Int2D

LARGEST_TICKS = 2**62
"""About 4.6e10 quote; what a chain's feed takes is far above it."""


class Publication(NamedTuple):
    """What the keeper sends, int64[T, k] and bool[T, k]."""

    writes: Int2D
    """Ticks written, 0 for no write of the index."""
    silent: AnyArray
    """Blocks in which it cannot send anything, a mark neither."""


def publication(scenario: Scenario, ticks: Int2D, base_fees: Int1D) -> Publication:
    """Everything that the feeds of a run publish.

    ticks: int64[T, k] true prices, row 0 being what the feeds were listed with; base_fees:
    int64[T], wei per gas of each block. Raises InputError for a fault that makes an answer no feed
    can hold, or that could never act.
    """
    says = answers(scenario, ticks)
    silent, held = _stopped(scenario, ticks.shape, base_fees)
    heartbeat = scenario.oracle.heartbeat_seconds // scenario.chain.block_seconds
    writes = push_schedule(says, scenario.oracle.deviation, heartbeat, silent, held)
    return Publication(writes, silent)


def answers(scenario: Scenario, ticks: Int2D) -> Int2D:
    """int64[T, k]: what each feed would say if it were written in that block; 0 is no answer."""
    says = np.empty_like(ticks)
    for market in range(ticks.shape[1]):
        delays = _delays(scenario, market)
        seen = observed_blocks(len(ticks), scenario.oracle.latency_blocks, *delays)
        says[:, market] = _said(scenario, ticks, seen, market)
    says[0] = ticks[0]
    return says


def observed_blocks(blocks: int, latency: int, *delays: Delay) -> Int1D:
    """int64[blocks]: the block whose price is published in each block; it never runs back."""
    late = np.full(blocks, latency, np.int64)
    for delay in delays:
        late[delay.start_block : delay.end_block] += delay.delay_blocks
    return np.maximum.accumulate(np.maximum(np.arange(blocks) - late, 0))


def _delays(scenario: Scenario, market: int) -> list[Delay]:
    return [fault for _, fault in _faults_of(scenario, market) if isinstance(fault, Delay)]


def _faults_of(scenario: Scenario, market: int) -> list[tuple[int, Fault]]:
    """Number and fault of all that concern a market."""
    names = tuple(item.name for item in scenario.markets)
    return [
        (number, fault)
        for number, fault in enumerate(scenario.faults)
        if market in markets_of(fault, names)
    ]


def _said(scenario: Scenario, ticks: Int2D, seen: Int1D, market: int) -> Int1D:
    """The answer of one market in every block, faults of the second stage applied in order."""
    faults = _faults_of(scenario, market)
    said = _composed(scenario, ticks[seen], market, faults)
    for kind in (SingleVenue, Outlier, Scale, Clamp):
        for number, fault in faults:
            if isinstance(fault, kind):
                acts = slice(fault.start_block, fault.end_block)
                said[acts] = _distorted(scenario, fault, said[acts], number)
    return said


def _composed(
    scenario: Scenario, seen: Int2D, market: int, faults: Sequence[tuple[int, Fault]]
) -> Int1D:
    """The price, or for a market with `through` the product of its two legs."""
    through = scenario.markets[market].through
    if not through:
        return seen[:, market].copy()
    names = [item.name for item in scenario.markets]
    quote = seen[:, names.index(through)]
    base = _quotient(seen[:, market], quote)
    said = _product(base, quote)
    for _, fault in faults:
        if isinstance(fault, MissingLeg):
            acts = slice(fault.start_block, fault.end_block)
            left = quote if fault.leg == "base" else base
            said[acts] = left[acts] if fault.then == "uses_one" else 0
    return said


def _quotient(price: Int1D, quote: Int1D) -> Int1D:
    """floor(price / quote) in ticks: what a feed of the ratio says, at least one tick."""
    pairs = zip(price.tolist(), quote.tolist(), strict=True)
    return np.array([max(a * TICKS_PER_UNIT // b, 1) for a, b in pairs], np.int64)


def _product(base: Int1D, quote: Int1D) -> Int1D:
    """floor(base x quote) in ticks."""
    pairs = zip(base.tolist(), quote.tolist(), strict=True)
    return np.array([max(a * b // TICKS_PER_UNIT, 1) for a, b in pairs], np.int64)


def _distorted(scenario: Scenario, fault: Fault, said: Int1D, number: int) -> Int1D:
    """Answers under one fault; 0, which is no answer, stays 0."""
    if isinstance(fault, SingleVenue):
        return _median_of_venues(said, fault, scenario.oracle.venues, number)
    if isinstance(fault, Outlier):
        return _times(said, Fraction(fault.multiple), number)
    if isinstance(fault, Scale):
        return _times(said, Fraction(10) ** fault.exponent, number)
    assert isinstance(fault, Clamp)
    low = 0 if fault.minimum is None else int(fault.minimum * TICKS_PER_UNIT)
    high = LARGEST_TICKS if fault.maximum is None else int(fault.maximum * TICKS_PER_UNIT)
    return np.where(said > 0, np.clip(said, low, min(high, LARGEST_TICKS)), 0)


def _median_of_venues(said: Int1D, fault: SingleVenue, venues: int, number: int) -> Int1D:
    """The median when some venues are moved; of an even number the mean of the middle two, down."""
    moved = _times(said, Fraction(fault.multiple), number)
    if 2 * fault.venues < venues:
        return said
    return moved if 2 * fault.venues > venues else (said + moved) // 2


def _times(said: Int1D, factor: Fraction, number: int) -> Int1D:
    products = [tick * factor.numerator // factor.denominator for tick in said.tolist()]
    for before, after in zip(said.tolist(), products, strict=True):
        if before and not 0 < after <= LARGEST_TICKS:
            largest = LARGEST_TICKS / TICKS_PER_UNIT
            rule = f"a feed holds answers from 0.00000001 to {largest:g}"
            raise InputError(f"faults.{number}: answer", after / TICKS_PER_UNIT, rule)
    return np.array(products, np.int64)


def _stopped(
    scenario: Scenario, shape: tuple[int, ...], base_fees: Int1D
) -> tuple[AnyArray, AnyArray]:
    """bool[T, k] each: where nothing can be sent, and where the answer is held."""
    silent, held = np.zeros(shape, bool), np.zeros(shape, bool)
    names = tuple(item.name for item in scenario.markets)
    for number, fault in enumerate(scenario.faults):
        acts = slice(fault.start_block, fault.end_block)
        for market in markets_of(fault, names):
            if isinstance(fault, StaleRound):
                held[acts, market] = True
            elif isinstance(fault, (Freeze, SequencerDown)):
                silent[acts, market] = True
            elif isinstance(fault, KeeperPricedOut):
                silent[acts, market] |= _dear(fault, base_fees[acts], number)
    return silent, held


def _dear(fault: KeeperPricedOut, base_fees: Int1D, number: int) -> AnyArray:
    """Blocks too dear for the keeper; a limit that is never reached is a slip of the pen."""
    dear = base_fees > fault.base_fee_limit
    if not dear.any():
        highest = int(base_fees.max())
        rule = f"the base fee never exceeds it in these blocks, it reaches {highest} wei"
        raise InputError(f"faults.{number}.base_fee_limit", fault.base_fee_limit, rule)
    return np.asarray(dear)
