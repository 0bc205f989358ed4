"""anvil over HTTP: whether it agrees with us to the last unit of gas, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.engine_rows.results import Results
from benchmarks.engine_rows.timing import median
from benchmarks.engine_rows.workload import (
    BLOCK_GAS_LIMIT,
    GAS_LIMIT,
    SET_UP_GAS_LIMIT,
    Call,
    Workload,
    fresh_chain,
)
from simulator.chain import BlockEnvironment, Chain, Receipts
from simulator.chain.base import STATUS_SUCCESS
from simulator.types import Address
from simulator.units import words_to_integers
from tests.differential.anvil import Anvil, find_anvil, running

KEYS = ("gas_differences",)
ABSENT = "anvil is not installed: run make bench-setup"
HARDFORK = "cancun"
NAME = "anvil: HTTP batch per block, receipts read"
Rpc = tuple[str, list[object]]


def measure(workload: Workload, results: Results, rounds: int) -> None:
    """Differences of the whole sequence; then time it, new node and set-up for each round."""
    program = find_anvil()
    if program is None:
        results.note(ABSENT)
        return
    with running(program, HARDFORK, gas_limit=BLOCK_GAS_LIMIT) as node:
        results.figures["gas_differences"] = _differences(node, workload)
    seconds = []
    for _ in range(rounds):
        with running(program, HARDFORK, gas_limit=BLOCK_GAS_LIMIT) as node:
            seconds.append(_timed(node, workload))
    transactions = sum(len(block.batch) for block in workload.blocks)
    results.microseconds[NAME] = median(seconds) / transactions * 1e6


# --- the same transactions in the same order ------------------------------------------------------


def _differences(node: Anvil, workload: Workload) -> int:
    """Transactions with another gas or status, plus accounts and slots with another end state."""
    nonces: dict[Address, int] = {}
    _set_up(node, workload, nonces)
    chain = fresh_chain(workload)
    count = 0
    for block in workload.blocks:
        for transaction in _transactions(block.calls, nonces, GAS_LIMIT):
            node.request("eth_sendTransaction", transaction)  # one by one, so the order is ours
        theirs = _mine(node, block.environment)
        chain.set_block(block.environment)
        count += _unlike(chain.execute(block.batch), theirs)
    return count + _state_differences(chain, node.dump())


def _unlike(ours: Receipts, theirs: Sequence[dict[str, Any]]) -> int:
    if len(theirs) != len(ours.status):
        raise SystemExit(f"anvil included {len(theirs)} of {len(ours.status)} transactions")
    gas = np.array([int(receipt["gasUsed"], 16) for receipt in theirs])
    succeeded = np.array([int(receipt["status"], 16) for receipt in theirs]) == 1
    differs = (gas != ours.gas_used) | (succeeded != (ours.status == STATUS_SUCCESS))
    return int(np.count_nonzero(differs))


def _state_differences(chain: Chain, dump: dict[str, dict[str, Any]]) -> int:
    """Of all our accounts and their slots. A slot of zero counts as absent."""
    count = 0
    for address in chain.accounts():
        account = dump.pop("0x" + address.hex(), None)
        if account is None:
            count += 1
            continue
        ours = (chain.balance(address), chain.nonce(address), chain.code(address))
        code = bytes.fromhex(account["code"].removeprefix("0x"))
        count += ours != (int(account["balance"], 16), account["nonce"], code)
        slots, words = chain.slots_of(address)
        values = words_to_integers(words, signed=False)
        keys = [int.from_bytes(slot.tobytes(), "big") for slot in slots]
        mine = dict(zip(keys, values, strict=True))
        storage = {int(slot, 16): int(value, 16) for slot, value in account["storage"].items()}
        theirs = {slot: value for slot, value in storage.items() if value}
        count += len(mine.items() ^ theirs.items())
    return count


# --- as fast as HTTP allows -----------------------------------------------------------------------


def _timed(node: Anvil, workload: Workload) -> float:
    """Seconds for all blocks: a batch of sends with explicit nonces, a block, its receipts."""
    nonces: dict[Address, int] = {}
    _set_up(node, workload, nonces)
    blocks = [
        (block.environment, list(_transactions(block.calls, nonces, GAS_LIMIT)))
        for block in workload.blocks
    ]
    start = time.perf_counter()
    for environment, transactions in blocks:
        sends: list[Rpc] = [("eth_sendTransaction", [each]) for each in transactions]
        node.requests(sends)
        if len(_mine(node, environment)) != len(transactions):
            raise SystemExit("anvil lost transactions of a batch")
    return time.perf_counter() - start


def _set_up(node: Anvil, workload: Workload, nonces: dict[Address, int]) -> None:
    for transaction in _transactions(workload.set_up, nonces, SET_UP_GAS_LIMIT):
        node.request("eth_sendTransaction", transaction)
    for receipt in _mine(node, workload.first):
        if int(receipt["status"], 16) != 1:
            raise SystemExit(f"set-up failed on anvil: {receipt}")


def _transactions(
    calls: Iterable[Call], nonces: dict[Address, int], gas_limit: int
) -> Iterable[dict[str, str]]:
    """Explicit nonces: anvil runs a batch concurrently and would drop some."""
    for call in calls:
        nonce = nonces.get(call.sender, 0)
        nonces[call.sender] = nonce + 1
        target = {} if call.target is None else {"to": "0x" + call.target.hex()}
        yield target | {
            "from": "0x" + call.sender.hex(),
            "data": "0x" + call.data.hex(),
            "gas": hex(gas_limit),
            "maxFeePerGas": "0x0",
            "maxPriorityFeePerGas": "0x0",
            "nonce": hex(nonce),
        }


def _mine(node: Anvil, environment: BlockEnvironment) -> list[dict[str, Any]]:
    """Mine one block; the receipts in its order."""
    node.request("evm_setNextBlockTimestamp", environment.timestamp)
    node.request("evm_mine")
    receipts: list[dict[str, Any]] = node.request("eth_getBlockReceipts", hex(environment.number))
    return receipts
