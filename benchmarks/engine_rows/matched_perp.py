"""The same on the reference exchange: a price, a quote and 49 fills in each block.

127,000 gas a transaction instead of 57,000, packed call by call, with the exact mirror of the
simulation: what the engine is worth in a real run.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engine_rows.workload import (
    FIRST,
    GAS_LIMIT,
    Block,
    Call,
    batch_of,
    block_environment,
)
from simulator.chain import Batch, BlockEnvironment, Chain, Receipts, open_chain
from simulator.chain.abi import address_word, selector
from simulator.protocols.matched_perp import deployment, encode
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.risk.margin import equity, margin_ratio
from simulator.types import Address, Float1D

ACCOUNTS = 200
FILLS = 49
PRICE = 200 * 10**18
TICK = 10**6
SIZE_STEP = 10**16
QUOTED = 10**6 * 10**18
MAKER_TOKENS = 10**14
TRADER_TOKENS = 10**11
SEED = 1
OWNER, KEEPER, MAKER = (bytes([byte]) * 20 for byte in (1, 2, 3))
POSITIONS = selector("margin(address)")


class Recorder:
    """Takes note of the transactions of a set-up, which it runs on a world of its own."""

    def __init__(self, first: BlockEnvironment) -> None:
        self._chain = open_chain("revm")
        self._chain.set_block(first)
        self.calls: list[Call] = []

    @property
    def block(self) -> BlockEnvironment:
        return self._chain.block

    def set_block(self, block: BlockEnvironment) -> None:
        self._chain.set_block(block)

    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        self.calls.append(Call(sender, None, initcode))
        return self._chain.deploy(initcode, sender, value)

    def transact(self, sender: Address, target: Address, data: bytes) -> bytes:
        self.calls.append(Call(sender, target, data))
        return self._chain.transact(sender, target, data)

    def execute(self, batch: Batch) -> Receipts:
        cuts = batch.data_offsets.tolist()
        for index in range(len(batch)):
            data = batch.data[cuts[index] : cuts[index + 1]].tobytes()
            sender, target = batch.senders[index].tobytes(), batch.targets[index].tobytes()
            self.calls.append(Call(sender, target, data))
        return self._chain.execute(batch)


class MatchedPerp:
    """`contracts/perps/MatchedPerp.vy` with one market, one maker and 200 traders."""

    name = "MatchedPerp"

    def __init__(self, blocks: int = 100) -> None:
        self.first = FIRST
        self.traders = tuple(bytes([9]) + index.to_bytes(19, "big") for index in range(ACCOUNTS))
        self.accounts = (MAKER, *self.traders)
        recorder = Recorder(self.first)
        roles = deployment.Roles(owner=OWNER, oracle_keeper=KEEPER, adl_keeper=KEEPER)
        chain: Chain = recorder  # type: ignore[assignment]  # the five methods that a set-up calls
        self.exchange = deployment.deploy(chain, load_parameters(), [("ETH", PRICE)], roles)
        amounts = [MAKER_TOKENS, *[TRADER_TOKENS] * ACCOUNTS]
        deployment.endow(chain, self.exchange, self.accounts, amounts)
        deployment.deposit_all(chain, self.exchange, self.accounts, amounts)
        self.set_up = tuple(recorder.calls)
        self._orders = list(_orders(blocks))
        self.blocks = tuple(self._block(index) for index in range(blocks))

    def _block(self, index: int) -> Block:
        calls = tuple(Call(*call) for call in self.pack_by_hand(index))
        return Block(block_environment(index), calls, batch_of(calls))

    def pack(self, index: int) -> Batch:
        """Packed call by call, as a run packs the actions of its agents."""
        senders, targets, data = zip(*self.pack_by_hand(index), strict=True)
        return Batch.of(senders, targets, data, GAS_LIMIT)

    def pack_by_hand(self, index: int) -> list[tuple[Address, Address, bytes]]:
        price, fills = self._orders[index]
        feed, perp, traders = self.exchange.feed, self.exchange.perp, self.traders
        width = price // 1000 // TICK * TICK
        quote = encode.quote(0, price - width, QUOTED, price + width, QUOTED)
        packed = [(KEEPER, feed, encode.update_price(0, price, 0)), (MAKER, perp, quote)]
        for trader, size in fills:
            limit = price * 2 if size > 0 else price // 2 // TICK * TICK
            packed.append((traders[trader], perp, encode.fill(MAKER, 0, size, limit)))
        return packed

    def watch(self, chain: Chain) -> None:
        """The simulation's mirror does that itself."""

    def mirror(self, chain: Chain) -> ExactMirror:
        return ExactMirror(Mirror(chain, self.exchange, self.accounts))

    def views(self) -> Batch:
        """`margin` of every trader: the exchange keeps no health view."""
        count = len(self.traders)
        data = [POSITIONS + address_word(trader) for trader in self.traders]
        return Batch.of([KEEPER] * count, [self.exchange.perp] * count, data, GAS_LIMIT)


class ExactMirror:
    """The mirror of a run, with the equity of its risk core."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def apply(self, receipts: Receipts) -> object:
        return self._mirror.apply(receipts)

    def healths(self) -> Float1D:
        """float64[201], nan without a position."""
        ledger = self._mirror
        marks = ledger.mark_prices
        worth = equity(ledger.margins, ledger.sizes, marks, ledger.costs, ledger.pendings())
        return margin_ratio(worth, np.abs(ledger.sizes) @ marks)


def _orders(blocks: int) -> list[tuple[int, list[tuple[int, int]]]]:
    """Per block a price and (trader, size) of its fills."""
    random = np.random.default_rng(SEED)
    made, price = [], PRICE
    for _ in range(blocks):
        price = max(PRICE // 2, price + int(random.integers(-20, 21)) * SIZE_STEP) // TICK * TICK
        traders = random.integers(0, ACCOUNTS, FILLS).tolist()
        signs = random.choice([-1, 1], FILLS)
        sizes = (signs * random.integers(1, 100, FILLS)).tolist()
        fills = [(trader, size * SIZE_STEP) for trader, size in zip(traders, sizes, strict=True)]
        made.append((price, fills))
    return made
