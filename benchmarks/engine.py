"""How fast the engines execute the exchange's own transactions.

    python benchmarks/engine.py [--json] [--blocks N] [--repeat N]

One price update, one quote and 49 fills a block on the reference exchange, the same on every
engine. The ways are run in turn, so that a noisy machine disturbs all of them alike; minimum and
median of the turns are shown, in processor time, for the same reason. Packing of the columns is
outside of the timer, reading the receipts is not. py-evm runs the first two blocks only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.chain import Batch, BlockEnvironment, Chain, open_chain
from simulator.protocols.matched_perp import deployment, encode
from simulator.protocols.matched_perp.layout import perp_slots
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.types import Address

ACCOUNTS = 200
FILLS_PER_BLOCK = 49
PYEVM_BLOCKS = 2
GAS_LIMIT = 500_000
START = 1_583_884_800  # 2020-03-11T00:00Z
PRICE = 200 * 10**18
TICK = 10**6
LOT = 10**12

OWNER, KEEPER, MAKER = (bytes([byte]) * 20 for byte in (1, 2, 3))
TRADERS = [bytes([9]) + index.to_bytes(19, "big") for index in range(ACCOUNTS)]


@dataclass(frozen=True, slots=True)
class Step:
    """A block, its transactions as columns, and the same transactions one by one."""

    block: BlockEnvironment
    batch: Batch
    calls: list[tuple[Address, Address, bytes]]


def world(engine: str) -> tuple[Chain, deployment.Deployment]:
    """The exchange with funded accounts and all of its slots watched."""
    chain = open_chain(engine)
    chain.set_block(BlockEnvironment(1, START))
    roles = deployment.Roles(owner=OWNER, oracle_keeper=KEEPER, adl_keeper=KEEPER)
    exchange = deployment.deploy(chain, load_parameters(), [("ETH", PRICE)], roles)
    accounts = [MAKER, *TRADERS]
    amounts = [10**14, *[10**11] * ACCOUNTS]
    deployment.endow(chain, exchange, accounts, amounts)
    deployment.deposit_all(chain, exchange, accounts, amounts)
    chain.watch(exchange.perp, perp_slots(exchange, accounts))
    return chain, exchange


def steps(exchange: deployment.Deployment, count: int) -> list[Step]:
    """The same random trading for every engine."""
    random = np.random.default_rng(1)
    made = []
    price = PRICE
    for number in range(count):
        price = max(PRICE // 2, price + int(random.integers(-20, 21)) * 10**16) // TICK * TICK
        width = price // 1000 // TICK * TICK
        feed, perp = exchange.feed, exchange.perp
        size = 10**6 * 10**18
        calls = [
            (KEEPER, feed, encode.update_price(0, price, 0)),
            (MAKER, perp, encode.quote(0, price - width, size, price + width, size)),
        ]
        for trader in random.integers(0, ACCOUNTS, FILLS_PER_BLOCK):
            sign = 1 if random.random() < 0.5 else -1
            lots = sign * int(random.integers(1, 100)) * 10**4
            limit = price * (2 if sign > 0 else 1) // (1 if sign > 0 else 2) // TICK * TICK
            calls.append((TRADERS[trader], perp, encode.fill(MAKER, 0, lots * LOT, limit)))
        senders, targets, data = (list(column) for column in zip(*calls, strict=True))
        block = BlockEnvironment(2 + number, START + 12 * (1 + number))
        made.append(Step(block, Batch.of(senders, targets, data, GAS_LIMIT), calls))
    return made


def run_batches(chain: Chain, blocks: Sequence[Step]) -> int:
    gas = 0
    for step in blocks:
        chain.set_block(step.block)
        gas += int(chain.execute(step.batch).gas_used.sum())
    return gas


def run_batches_with_diff(chain: Chain, blocks: Sequence[Step]) -> int:
    gas = 0
    for step in blocks:
        chain.set_block(step.block)
        gas += int(chain.execute(step.batch, diff=True).gas_used.sum())
    return gas


def run_with_snapshots(chain: Chain, blocks: Sequence[Step]) -> int:
    gas = 0
    for step in blocks:
        chain.snapshot()
        chain.set_block(step.block)
        gas += int(chain.execute(step.batch).gas_used.sum())
    return gas


def run_one_by_one(chain: Chain, blocks: Sequence[Step]) -> int:
    for step in blocks:
        chain.set_block(step.block)
        for sender, target, data in step.calls:
            chain.transact(sender, target, data, gas_limit=GAS_LIMIT)
    return 0


def microseconds(run: Callable[[], object], repeat: int) -> float:
    start = time.process_time()
    for _ in range(repeat):
        run()
    return (time.process_time() - start) / repeat * 1e6


def measure(blocks: int, repeat: int) -> dict[str, dict[str, float]]:
    """way -> minimum and median us per transaction, transactions/s of the minimum."""
    base, exchange = world("revm")
    reference, _ = world("pyevm")
    script = steps(exchange, blocks)
    short = script[:PYEVM_BLOCKS]
    agreed = run_batches(base.clone(), short)
    ways: dict[str, tuple[Chain, Callable[[Chain, Sequence[Step]], int], list[Step]]] = {
        "revm, batch per block": (base, run_batches, script),
        "revm, batch per block with diff": (base, run_batches_with_diff, script),
        "revm, a snapshot kept of every block": (base, run_with_snapshots, script),
        "revm, one call per transaction": (base, run_one_by_one, script),
        "py-evm, batch per block": (reference, run_batches, short),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeat):
        for name, (chain, run, part) in ways.items():
            fresh = chain.clone()
            start = time.process_time()
            gas = run(fresh, part)
            seconds = time.process_time() - start
            times[name].append(seconds / sum(len(step.batch) for step in part) * 1e6)
            if chain is reference and gas != agreed:
                raise SystemExit(f"the engines disagree: {gas} and {agreed} gas")
    table = {
        name: {
            "minimum_us": min(values),
            "median_us": statistics.median(values),
            "transactions_per_s": 1e6 / min(values),
        }
        for name, values in times.items()
    }
    return table | {"single calls of revm": single_calls(base, exchange)}


def single_calls(chain: Chain, exchange: deployment.Deployment) -> dict[str, float]:
    """us per call of what a simulation does beside executing."""
    slots = perp_slots(exchange, TRADERS[:1])
    view = bytes.fromhex("18160ddd")  # totalSupply()

    def snapshot_and_revert() -> None:
        chain.revert(chain.snapshot())

    def read_only_call() -> None:
        chain.call(exchange.token, view)

    return {
        "clone_us": microseconds(chain.clone, 1000),
        "snapshot_and_revert_us": microseconds(snapshot_and_revert, 1000),
        "set_block_us": microseconds(lambda: chain.set_block(chain.block), 1000),
        "empty_batch_us": microseconds(lambda: chain.execute(Batch.of([], [], [], 0)), 1000),
        "call_us": microseconds(read_only_call, 1000),
        f"storage_of_{len(slots)}_slots_us": microseconds(
            lambda: chain.storage(exchange.perp, slots), 1000
        ),
        f"watched_{len(chain.watched())}_slots_us": microseconds(chain.watched, 100),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--blocks", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    table = measure(options.blocks, options.repeat)
    if options.json:
        print(json.dumps(table, indent=2))
        return
    for name, row in table.items():
        cells = "  ".join(f"{key} {value:,.2f}" for key, value in row.items())
        print(f"{name:38} {cells}")


if __name__ == "__main__":
    main()
