"""What-ifs, coverage and traces: what each costs beyond the transaction itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engine_rows import sequences
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import Way, interleaved, median, pinned, processor, ratio
from benchmarks.engine_rows.workload import (
    GAS_LIMIT,
    Block,
    Workload,
    batch_of,
    fresh_chain,
)
from simulator.chain import Batch, BlockEnvironment, Chain
from simulator.types import Address

KEYS = ("what_if_us", "what_if_call_us", "coverage_vs_off", "trace_vs_off")


def measure(workload: Workload, results: Results, rounds: int) -> None:
    """Ratios of the whole sequence; what-ifs in microseconds beyond the trade."""
    base = fresh_chain(workload)
    blocks = workload.blocks
    split = [_Split.of(block) for block in blocks]
    ways: dict[str, Way] = {
        "off": processor(base.clone, lambda chain: sequences.ready(chain, blocks)),
        "coverage": processor(base.clone, lambda chain: sequences.with_coverage(chain, blocks)),
        "trace": processor(base.clone, lambda chain: sequences.with_trace(chain, blocks)),
        "trades": lambda: _trades(base.clone(), split),
        "what-ifs, many": lambda: _what_ifs(base.clone(), split),
        "what-ifs, one a call": lambda: _what_ifs_one_by_one(base.clone(), split, False),
        "what-ifs, one a call, with diff": lambda: _what_ifs_one_by_one(base.clone(), split, True),
    }
    with pinned():
        times = interleaved(ways, rounds)
    results.figures["coverage_vs_off"] = ratio(times, "coverage", "off")
    results.figures["trace_vs_off"] = ratio(times, "trace", "off")
    all_of_them = sum(len(block.batch) for block in blocks)
    for name in ("off", "coverage", "trace"):
        results.add_times({f"ours: {name}": times[name]}, 1e6 / all_of_them)
    trades = sum(len(block.trades) for block in split)
    for name in list(ways)[3:]:
        results.add_times({f"ours: {name}": times[name]}, 1e6 / trades)
    for key, name in (("what_if_us", "many"), ("what_if_call_us", "one a call")):
        pairs = zip(times[f"what-ifs, {name}"], times["trades"], strict=True)
        results.figures[key] = median([theirs - plain for theirs, plain in pairs]) / trades * 1e6


@dataclass(frozen=True, slots=True)
class _Split:
    """A block's first transaction (the price), and its trades together and one by one.

    The price comes first in every way, or each what-if would accrue the funding as well.
    """

    environment: BlockEnvironment
    price: Batch
    trades: Batch
    singles: tuple[tuple[Address, Address, bytes], ...]

    @staticmethod
    def of(block: Block) -> _Split:
        price, *trades = block.calls
        singles = tuple((call.sender, call.target or bytes(20), call.data) for call in trades)
        return _Split(block.environment, batch_of([price]), batch_of(trades), singles)


def _trades(chain: Chain, blocks: Sequence[_Split]) -> float:
    """Seconds of the trades alone, executed."""
    seconds = 0.0
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.price)
        start = time.process_time()
        chain.execute(block.trades)
        seconds += time.process_time() - start
    return seconds


def _what_ifs(chain: Chain, blocks: Sequence[_Split]) -> float:
    """Seconds of the same trades as what-ifs; executing them afterwards does not count."""
    seconds = 0.0
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.price)
        start = time.process_time()
        chain.what_if_many(block.trades)
        seconds += time.process_time() - start
        chain.execute(block.trades)
    return seconds


def _what_ifs_one_by_one(chain: Chain, blocks: Sequence[_Split], diff: bool) -> float:
    """The same, a Python call each."""
    seconds = 0.0
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.price)
        start = time.process_time()
        for sender, target, data in block.singles:
            chain.what_if(sender, target, data, gas_limit=GAS_LIMIT, diff=diff)
        seconds += time.process_time() - start
        chain.execute(block.trades)
    return seconds
