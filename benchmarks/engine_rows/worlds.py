"""What clones and snapshots cost a world that goes on."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.engine_rows import sequences
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import Way, interleaved, pinned, processor, ratio
from benchmarks.engine_rows.workload import Workload, fresh_chain
from simulator.chain import Chain

KEYS = ("deep_clone_vs_flat", "clone_run_vs_flat", "snapshots_vs_none")
LAYERS = 10
SNAPSHOT_BLOCKS = 1_000


def measure(
    workload: Workload, results: Results, rounds: int, long: Callable[[int], Workload]
) -> None:
    """`long` makes the same workload with more blocks."""
    with pinned():
        times = interleaved(_layer_ways(workload), rounds)
        for key, name in (
            ("deep_clone_vs_flat", "sequence"),
            ("clone_run_vs_flat", "clone and run"),
        ):
            results.figures[key] = ratio(times, f"{name}, deep", f"{name}, flat")
        count = sum(len(block.batch) for block in workload.blocks[LAYERS:])
        ours = {f"ours: {name}": values for name, values in times.items()}
        results.add_times(ours, 1e6 / count)
        times = interleaved(_snapshot_ways(long(SNAPSHOT_BLOCKS)), max(1, rounds // 2))
        results.figures["snapshots_vs_none"] = ratio(times, "snapshots", "none")


def _flat(workload: Workload) -> Chain:
    """After the first blocks, never cloned."""
    chain = fresh_chain(workload)
    sequences.ready(chain, workload.blocks[:LAYERS])
    return chain


def _deep(workload: Workload) -> list[Chain]:
    """The same state, a clone after every block; the last one is the deepest, all are alive."""
    chains = [fresh_chain(workload)]
    for block in workload.blocks[:LAYERS]:
        chains.append(chains[-1].clone())
        sequences.ready(chains[-1], [block])
    return chains


def _layer_ways(workload: Workload) -> dict[str, Way]:
    blocks = workload.blocks[LAYERS:]

    def clone_and_run(chain: Chain) -> None:
        for block in blocks:
            clone = chain.clone()
            sequences.ready(clone, [block])
            del clone

    def run_in_place(chain: Chain) -> None:
        for block in blocks:
            sequences.ready(chain, [block])

    flat: Callable[[], Chain] = lambda: _flat(workload)  # noqa: E731
    deep: Callable[[], list[Chain]] = lambda: _deep(workload)  # noqa: E731
    return {
        "sequence, flat": processor(flat, run_in_place),
        "sequence, deep": processor(deep, lambda chains: run_in_place(chains[-1])),
        "clone and run, flat": processor(flat, clone_and_run),
        "clone and run, deep": processor(deep, lambda chains: clone_and_run(chains[-1])),
    }


def _snapshot_ways(workload: Workload) -> dict[str, Way]:
    blocks = workload.blocks
    fresh: Callable[[], Chain] = lambda: fresh_chain(workload)  # noqa: E731
    return {
        "none": processor(fresh, lambda chain: sequences.ready(chain, blocks)),
        "snapshots": processor(fresh, lambda chain: sequences.with_snapshots(chain, blocks)),
    }
