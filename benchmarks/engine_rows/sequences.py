"""Ways to run a workload on a chain, one function each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.engine_rows.workload import Block, Workload
from simulator.chain import Chain
from simulator.chain.base import STATUS_SUCCESS
from simulator.types import Float1D


def packed(chain: Chain, workload: Workload) -> None:
    """All blocks, packing included."""
    for index, block in enumerate(workload.blocks):
        chain.set_block(block.environment)
        chain.execute(workload.pack(index))


def ready(chain: Chain, blocks: Sequence[Block]) -> None:
    """Blocks whose batches were packed beforehand."""
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.batch)


def counted(chain: Chain, blocks: Sequence[Block]) -> tuple[int, int]:
    """The same: gas, and how many transactions succeeded."""
    gas = succeeded = 0
    for block in blocks:
        chain.set_block(block.environment)
        receipts = chain.execute(block.batch)
        gas += int(receipts.gas_used.sum())
        succeeded += int(np.count_nonzero(receipts.status == STATUS_SUCCESS))
    return gas, succeeded


def with_diff(chain: Chain, blocks: Sequence[Block]) -> None:
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.batch, diff=True)


def with_coverage(chain: Chain, blocks: Sequence[Block]) -> None:
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.batch, coverage=True)


def with_trace(chain: Chain, blocks: Sequence[Block]) -> None:
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.batch, trace=True)


def with_snapshots(chain: Chain, blocks: Sequence[Block]) -> None:
    """A snapshot is kept after each block."""
    for block in blocks:
        chain.set_block(block.environment)
        chain.execute(block.batch)
        chain.snapshot()


def one_by_one(chain: Chain, blocks: Sequence[Block]) -> None:
    """One Python call per transaction; only where none reverts."""
    for block in blocks:
        chain.set_block(block.environment)
        for call in block.calls:
            assert call.target is not None
            chain.transact(call.sender, call.target, call.data, gas_limit=500_000)


def steps(chain: Chain, workload: Workload) -> list[Float1D]:
    """Full steps: packing, execution, the mirror, and the health of all accounts."""
    mirror = workload.mirror(chain)
    answers = []
    with np.errstate(divide="ignore"):
        for index, block in enumerate(workload.blocks):
            chain.set_block(block.environment)
            mirror.apply(chain.execute(workload.pack(index)))
            answers.append(mirror.healths())
    return answers
