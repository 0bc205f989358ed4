"""The scenario on our engine: a batch per block, and a mirror fed by the watch list."""

from __future__ import annotations

import numpy as np

from benchmarks.engine_rows.packing import Packer
from benchmarks.engine_rows.scenario import ACCOUNTS, START, Orders, Scenario
from simulator.chain import BlockEnvironment, Chain, Receipts
from simulator.types import Float1D, Words

BLOCK_GAS_LIMIT = 1_000_000_000
WAD = 1e18
TWO_TO_64 = 2.0**64


def block_of(orders: Orders) -> BlockEnvironment:
    """The block that the orders are for."""
    return BlockEnvironment(orders.number, orders.timestamp, gas_limit=BLOCK_GAS_LIMIT)


def set_up(chain: Chain, scenario: Scenario) -> None:
    """Contracts, funded accounts, and the watch list of `Scenario.slots`."""
    chain.set_block(BlockEnvironment(1, START, gas_limit=BLOCK_GAS_LIMIT))
    for call in scenario.set_up:
        if call.target is None:
            chain.deploy(call.data, call.sender)
        else:
            chain.transact(call.sender, call.target, call.data)
    chain.watch(scenario.perp, scenario.slots())


def trade_sequence(chain: Chain, scenario: Scenario, packer: Packer) -> tuple[int, int]:
    """All blocks, packing included: gas and the number of transactions that succeeded."""
    gas = succeeded = 0
    for orders in scenario.blocks:
        chain.set_block(block_of(orders))
        receipts = chain.execute(packer.pack(orders))
        gas += int(receipts.gas_used.sum())
        succeeded += int(np.count_nonzero(receipts.status == 1))
    return gas, succeeded


class Mirror:
    """What the exchange stores, as floats: margins, sizes, costs, checkpoints, price, funding."""

    def __init__(self, chain: Chain) -> None:
        self._values = values = _floats(chain.watched())
        self._accounts = values[: 4 * ACCOUNTS].reshape(4, ACCOUNTS)

    def apply(self, receipts: Receipts) -> None:
        """Take over what a batch changed."""
        self._values[receipts.watched_index] = _floats(receipts.watched_value)

    def healths(self) -> Float1D:
        """float64[n] equity over notional; inf without a position (numpy warns of it)."""
        margins, sizes, costs, checkpoints = self._accounts
        price, funding = self._values[-2:].tolist()
        equities = checkpoints + (price - funding)
        equities *= sizes
        equities += margins
        equities -= costs
        notionals = np.abs(sizes)
        notionals *= price
        equities /= notionals
        return equities


def steps(chain: Chain, scenario: Scenario, packer: Packer) -> list[Float1D]:
    """All blocks with the health of all accounts after each."""
    mirror = Mirror(chain)
    healths = []
    with np.errstate(divide="ignore"):
        for orders in scenario.blocks:
            chain.set_block(block_of(orders))
            mirror.apply(chain.execute(packer.pack(orders)))
            healths.append(mirror.healths())
    return healths


def _floats(words: Words) -> Float1D:
    """Signed words below 2^127 in units of 1e-18, good to 2,048 wei."""
    values = words.view(np.int64)[:, 1] * (TWO_TO_64 / WAD)
    values += words[:, 0] * (1 / WAD)
    return values
