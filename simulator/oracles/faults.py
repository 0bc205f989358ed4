"""What each fault of a feed does to its observations, its answers and its writes.

`feed.py` says in which order they act. All arrays are int64 ticks of 1e-8 quote per block; 0 is no
answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from simulator.errors import InputError
from simulator.oracles.answers import Answer
from simulator.oracles.composed import composed_answer
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


def observed_blocks(scenario: Scenario, blocks: int, market: int) -> Int1D:
    """int64[blocks]: the block whose price is published in each block; it never runs back.

    The latency of the oracle and the delays of the market's faults add up.
    """
    late = np.full(blocks, scenario.oracle.latency_blocks, np.int64)
    for _, fault in _faults_of(scenario, market):
        if isinstance(fault, Delay):
            late[fault.start_block : fault.end_block] += fault.delay_blocks
    return np.maximum.accumulate(np.maximum(np.arange(blocks) - late, 0))


def _faults_of(scenario: Scenario, market: int) -> list[tuple[int, Fault]]:
    """Number and fault of all that concern a market."""
    names = tuple(item.name for item in scenario.markets)
    return [
        (number, fault)
        for number, fault in enumerate(scenario.faults)
        if market in markets_of(fault, names)
    ]


def said_prices(scenario: Scenario, seen: Int2D, market: int) -> Int1D:
    """int64[T]: the answers of one market to what is seen of all, int64[T, k].

    Raises InputError for an answer that no feed can hold.
    """
    faults = _faults_of(scenario, market)
    said = _composed(scenario, seen, market, faults)
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
    base = _ratio(seen[:, market], quote)
    legs = {"base": base.copy(), "quote": quote.copy()}
    as_one = np.zeros(len(seen), bool)
    for _, fault in faults:
        if isinstance(fault, MissingLeg):
            acts = slice(fault.start_block, fault.end_block)
            legs[fault.leg][acts] = 0
            as_one[acts] |= fault.then == "uses_one"
    columns = zip(legs["base"].tolist(), legs["quote"].tolist(), as_one.tolist(), strict=True)
    answers = (composed_answer(Answer(b, 0), Answer(q, 0), 8, one) for b, q, one in columns)
    return np.array([answer.value for answer in answers], np.int64)


def _ratio(price: Int1D, quote: Int1D) -> Int1D:
    """floor(price / quote) in ticks: what a feed of the ratio says, at least one tick."""
    pairs = zip(price.tolist(), quote.tolist(), strict=True)
    return np.array([max(a * TICKS_PER_UNIT // b, 1) for a, b in pairs], np.int64)


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
    """The upper median when some venues are moved."""
    moved = _times(said, Fraction(fault.multiple), number)
    if 2 * fault.venues < venues:
        return said
    return moved if 2 * fault.venues > venues else np.maximum(said, moved)


def _times(said: Int1D, factor: Fraction, number: int) -> Int1D:
    products = [tick * factor.numerator // factor.denominator for tick in said.tolist()]
    for before, after in zip(said.tolist(), products, strict=True):
        if before and not 0 < after <= LARGEST_TICKS:
            largest = LARGEST_TICKS / TICKS_PER_UNIT
            rule = f"a feed holds answers from 0.00000001 to {largest:g}"
            raise InputError(f"faults.{number}: answer", after / TICKS_PER_UNIT, rule)
    return np.array(products, np.int64)


def stopped_blocks(scenario: Scenario, blocks: int, base_fees: Int1D) -> tuple[AnyArray, AnyArray]:
    """bool[T, k] each: where nothing can be sent, and where the answer is held.

    base_fees: int64[T], wei per gas. Raises InputError for a fee limit that is never reached.
    """
    names = tuple(item.name for item in scenario.markets)
    silent, held = np.zeros((blocks, len(names)), bool), np.zeros((blocks, len(names)), bool)
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
