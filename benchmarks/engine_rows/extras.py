"""What-ifs, coverage and traces: what each costs beyond the transaction itself."""

from __future__ import annotations

import time

from benchmarks.engine_rows import sequences
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import Way, interleaved, median, pinned, processor, ratio
from benchmarks.engine_rows.workload import Workload, batch_of, fresh_chain
from simulator.chain import Chain

KEYS = ("what_if_us", "what_if_call_us", "coverage_vs_off", "trace_vs_off")


def measure(workload: Workload, results: Results, rounds: int) -> None:
    base = fresh_chain(workload)
    blocks = workload.blocks
    ways: dict[str, Way] = {
        "off": processor(base.clone, lambda chain: sequences.ready(chain, blocks)),
        "coverage": processor(base.clone, lambda chain: sequences.with_coverage(chain, blocks)),
        "trace": processor(base.clone, lambda chain: sequences.with_trace(chain, blocks)),
        "what-ifs, many": lambda: _what_ifs(base.clone(), workload),
        "what-ifs, one a call": lambda: _what_ifs_one_by_one(base.clone(), workload),
    }
    with pinned():
        times = interleaved(ways, rounds)
    results.figures["coverage_vs_off"] = ratio(times, "coverage", "off")
    results.figures["trace_vs_off"] = ratio(times, "trace", "off")
    factor = 1e6 / sum(len(block.batch) for block in blocks)
    for key, name in (("what_if_us", "many"), ("what_if_call_us", "one a call")):
        pairs = zip(times[f"what-ifs, {name}"], times["off"], strict=True)
        results.figures[key] = median([theirs - plain for theirs, plain in pairs]) * factor
    results.add_times({f"ours: {name}": values for name, values in times.items()}, factor)


def _what_ifs(chain: Chain, workload: Workload) -> float:
    """Each block's transactions as what-ifs on the state before it; executing it does not count."""
    seconds = 0.0
    for block in workload.blocks:
        start = time.process_time()
        chain.set_block(block.environment)
        chain.what_if_many(block.batch)
        seconds += time.process_time() - start
        chain.execute(block.batch)
    return seconds


def _what_ifs_one_by_one(chain: Chain, workload: Workload) -> float:
    seconds = 0.0
    for block in workload.blocks:
        batches = [batch_of([call]) for call in block.calls]
        start = time.process_time()
        chain.set_block(block.environment)
        for batch in batches:
            chain.what_if_many(batch)
        seconds += time.process_time() - start
        chain.execute(block.batch)
    return seconds
