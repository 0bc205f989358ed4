"""Single calls on MatchedPerp: what a simulation does beside executing."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.engine_rows.matched_perp import MatchedPerp
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import pinned, seconds_per_call
from benchmarks.engine_rows.workload import fresh_chain
from simulator.chain import Batch
from simulator.chain.abi import selector
from simulator.protocols.matched_perp.layout import perp_slots

TOTAL_SUPPLY = selector("totalSupply()")


def measure(workload: MatchedPerp, results: Results, rounds: int) -> None:
    """Microseconds into `results.single`."""
    chain = fresh_chain(workload)
    exchange = workload.exchange
    chain.watch(exchange.perp, perp_slots(exchange, workload.accounts))
    slots = perp_slots(exchange, workload.traders[:1])
    nothing = Batch.of([], [], [], 0)
    operations: dict[str, tuple[Callable[[], object], int]] = {
        "clone": (chain.clone, 1_000),
        "snapshot and revert": (lambda: chain.revert(chain.snapshot()), 1_000),
        "set_block": (lambda: chain.set_block(chain.block), 1_000),
        "empty batch": (lambda: chain.execute(nothing), 1_000),
        "call": (lambda: chain.call(exchange.token, TOTAL_SUPPLY), 1_000),
        f"storage of {len(slots)} slots": (lambda: chain.storage(exchange.perp, slots), 1_000),
        f"{len(chain.watched())} watched slots": (chain.watched, 100),
    }
    with pinned():
        for name, (run, calls) in operations.items():
            results.single[name] = seconds_per_call(run, calls, rounds) * 1e6
