"""How quick a transaction and a full step are, next to the peers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.engine_rows import bare, on_pyrevm, on_verbs, sequences
from benchmarks.engine_rows.bare import BareLoop
from benchmarks.engine_rows.matched_perp import MatchedPerp
from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.small_perp import SmallPerp
from benchmarks.engine_rows.timing import Times, Way, interleaved, pinned, processor, ratio
from benchmarks.engine_rows.workload import Workload, fresh_chain
from simulator.chain import Chain

KEYS = ("trade_vs_verbs", "step_vs_verbs_documented", "step_vs_verbs_tuned", "step_vs_bare")
SHORT_BLOCKS = 2
"""py-evm is some 200 times slower."""

PACKED = "ours: batches, packing included"
READY = "ours: batches, packed beforehand"
STEP = "ours: full step"
BARE = "bare Rust loop over revm"
VERBS = "verbs: queue, packing included"
VERBS_TUNED = "verbs: full step, tuned"
VERBS_DOCUMENTED = "verbs: full step, as documented"
PYEVM = "py-evm: batches"


def measure(workload: Workload, results: Results, rounds: int) -> None:
    """Ratios into `results.figures`, microseconds per transaction into `results.microseconds`."""
    base = fresh_chain(workload)
    counts = sequences.counted(base.clone(), workload.blocks)
    with pinned(), ExitStack() as stack:
        ways = _ours(base, workload)
        if isinstance(workload, MatchedPerp):
            ways |= _other_ways(base, workload)
        program = bare.find()
        if program is None:
            results.note(bare.ABSENT)
        else:
            loop = stack.enter_context(BareLoop(program, workload))
            ways[BARE] = _bare_way(loop, counts)
        if not on_verbs.is_installed():
            results.note(on_verbs.ABSENT)
        else:
            ways |= _verbs_ways(workload, counts[1])
        if not on_pyrevm.is_installed():
            results.note(on_pyrevm.ABSENT)
        else:
            ways |= on_pyrevm.ways(workload)
        times = interleaved(ways, rounds)
    per_transaction = 1e6 / sum(len(block.batch) for block in workload.blocks)
    results.add_times(times, per_transaction)
    _ratios(times, results)
    _pyevm(workload, results)


def _ratios(times: Times, results: Results) -> None:
    pairs = ((VERBS, PACKED), (VERBS_DOCUMENTED, STEP), (VERBS_TUNED, STEP), (STEP, BARE))
    for key, (slow, quick) in zip(KEYS, pairs, strict=True):
        if slow in times and quick in times:
            results.figures[key] = ratio(times, slow, quick)


def _ours(base: Chain, workload: Workload) -> dict[str, Way]:
    blocks = workload.blocks
    return {
        PACKED: processor(base.clone, lambda chain: sequences.packed(chain, workload)),
        READY: processor(base.clone, lambda chain: sequences.ready(chain, blocks)),
        STEP: processor(base.clone, lambda chain: sequences.steps(chain, workload)),
    }


def _other_ways(base: Chain, workload: Workload) -> dict[str, Way]:
    """What else a run may do with its blocks."""
    blocks = workload.blocks
    return {
        "ours: batches with storage diffs": processor(
            base.clone, lambda chain: sequences.with_diff(chain, blocks)
        ),
        "ours: one call per transaction": processor(
            base.clone, lambda chain: sequences.one_by_one(chain, blocks)
        ),
    }


def _bare_way(loop: BareLoop, counts: tuple[int, int]) -> Way:
    def way() -> float:
        seconds, gas, succeeded = loop.run()
        if (gas, succeeded) != counts:
            raise SystemExit(f"the bare loop: {gas}, {succeeded} gas and successes, not {counts}")
        return seconds

    return way


def _verbs_ways(workload: Workload, succeeded: int) -> dict[str, Way]:
    peer = on_verbs.Verbs(workload)
    peer.check_counts(succeeded)
    blocks = peer.ready()
    ways = {
        VERBS: processor(peer.fresh, peer.trade_sequence),
        "verbs: queue, packed beforehand": processor(
            peer.fresh, lambda environment: peer.ready_sequence(environment, blocks)
        ),
    }
    if isinstance(workload, SmallPerp):
        steps = on_verbs.VerbsSteps(workload)
        ways[VERBS_TUNED] = processor(steps.fresh, steps.tuned)
        ways[VERBS_DOCUMENTED] = processor(steps.fresh, steps.documented)
    return ways


def _pyevm(workload: Workload, results: Results) -> None:
    """The reference engine on the first blocks; it must use the same gas."""
    short = workload.blocks[:SHORT_BLOCKS]
    counts = sequences.counted(fresh_chain(workload), short)
    base = fresh_chain(workload, "pyevm")
    theirs = sequences.counted(base.clone(), short)
    if theirs != counts:
        raise SystemExit(f"py-evm: {theirs} gas and successes instead of {counts}")
    run: Callable[[Chain], object] = lambda chain: sequences.ready(chain, short)  # noqa: E731
    times = interleaved({PYEVM: processor(base.clone, run)}, 1)
    results.add_times(times, 1e6 / sum(len(block.batch) for block in short))
