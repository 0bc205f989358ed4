"""The scenario of the limits: 200 accounts, a price and 50 trades in each block.

Some 14 % of the transactions revert, half of them at once (limit price) and half at the end
(margin). Each account trades at most once in a block and no outcome depends on the order of the
trades, since some peers shuffle them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engine_rows.workload import (
    FIRST,
    GAS_LIMIT,
    Block,
    Call,
    batch_of,
    block_environment,
    contract_address,
)
from simulator.chain import Batch, Chain, Receipts
from simulator.chain.abi import address_word, mapping_slot, selector, uint_word
from simulator.chain.artifacts import Artifact, compile_contract
from simulator.types import Address, Bytes2D, Float1D, Int1D, Int2D, Words

SOURCE = Path(__file__).resolve().parents[1] / "contracts" / "SmallPerp.vy"
ACCOUNTS = 200
TRADES = 50
DEPLOYER: Address = bytes([1]) * 20
KEEPER: Address = bytes([2]) * 20
MARGIN_TOKENS = 10_000 * 10**6
FIRST_PRICE_LOTS = 200 * 10**6
WEI_PER_LOT = 10**12
"""Orders and prices are whole numbers of 1e-6, so that they fit an int64."""
REVERTING_SHARE = 0.1476
TOO_LARGE_LOTS = 10**9
"""1,000 units: five times what an account's margin carries."""
SEED = 420
"""With it 738 of the 5,100 transactions of 100 blocks revert."""
WAD = 1e18
TWO_TO_64 = 2.0**64

TRADE = selector("trade(int256,uint256)")
SET_PRICE = selector("set_price(uint256)")
HEALTH = selector("health(address)")
DEPOSIT = selector("deposit(uint256)")
MINT = selector("mint(address,uint256)")
APPROVE = selector("approve(address,uint256)")

_PRICE_BYTES = 36
_TRADE_BYTES = 68
_ODD, _SHIFT = WEI_PER_LOT >> 12, 12
"""1e12 is 5^12 x 2^12: the odd part fits an int64 product, the rest is a shift."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to happen in a block. traders: int64[50]; sizes_and_limits: int64[50, 2] of 1e-6."""

    price_lots: int
    traders: Int1D
    sizes_and_limits: Int2D


@dataclass(frozen=True, slots=True)
class IntegerOrders:
    """The same for ways without numpy: Python integers of 1e-18."""

    price: int
    traders: list[int]
    sizes: list[int]
    limits: list[int]

    @staticmethod
    def of(orders: Orders) -> IntegerOrders:
        sizes, limits = (orders.sizes_and_limits.T.astype(object) * WEI_PER_LOT).tolist()
        return IntegerOrders(
            orders.price_lots * WEI_PER_LOT, orders.traders.tolist(), sizes, limits
        )


class SmallPerp:
    """`benchmarks/contracts/SmallPerp.vy` with its orders. trader_rows: uint8[200, 20]."""

    name = "SmallPerp"

    def __init__(self, blocks: int = 100) -> None:
        token = compile_contract("tokens/Token.vy")
        self.artifact: Artifact = compile_contract("perps/SmallPerp.vy", SOURCE)
        self.token = contract_address(DEPLOYER, 0)
        self.perp = contract_address(DEPLOYER, 1)
        self.traders = tuple(bytes([9]) + index.to_bytes(19, "big") for index in range(ACCOUNTS))
        self.trader_rows: Bytes2D = np.frombuffer(b"".join(self.traders), np.uint8).reshape(-1, 20)
        self.first = FIRST
        self.set_up = tuple(self._set_up(token))
        self.orders = _orders(blocks)
        self.integers = [IntegerOrders.of(orders) for orders in self.orders]
        self.blocks = tuple(self._block(index) for index in range(blocks))
        self._columns = _Columns(self.perp, self.trader_rows)

    def _set_up(self, token: Artifact) -> list[Call]:
        price = uint_word(FIRST_PRICE_LOTS * WEI_PER_LOT)
        arguments = address_word(self.token) + address_word(KEEPER) + price
        amount = uint_word(MARGIN_TOKENS)
        mints = [MINT + address_word(trader) + amount for trader in self.traders]
        approval = APPROVE + address_word(self.perp) + uint_word(2**256 - 1)
        return [
            Call(DEPLOYER, None, token.bytecode),
            Call(DEPLOYER, None, self.artifact.bytecode + arguments),
            *(Call(DEPLOYER, self.token, mint) for mint in mints),
            *(Call(trader, self.token, approval) for trader in self.traders),
            *(Call(trader, self.perp, DEPOSIT + amount) for trader in self.traders),
        ]

    def _block(self, index: int) -> Block:
        calls = tuple(Call(*call) for call in self.pack_by_hand(index))
        return Block(block_environment(index), calls, batch_of(calls))

    def pack(self, index: int) -> Batch:
        """A block's calldata in a few numpy operations."""
        return self._columns.pack(self.orders[index])

    def pack_by_hand(self, index: int) -> list[tuple[Address, Address, bytes]]:
        """The same, call by call, as fast as plain Python can."""
        orders, perp, traders = self.integers[index], self.perp, self.traders
        packed = [(KEEPER, perp, SET_PRICE + orders.price.to_bytes(32, "big"))]
        for trader, size, limit in zip(orders.traders, orders.sizes, orders.limits, strict=True):
            data = TRADE + size.to_bytes(32, "big", signed=True) + limit.to_bytes(32, "big")
            packed.append((traders[trader], perp, data))
        return packed

    def slots(self) -> Bytes2D:
        """uint8[802, 32]: margins, sizes, costs, checkpoints of all accounts, price, funding."""
        layout = self.artifact.storage_layout
        first = [mapping_slot(layout["accounts"].slot, trader) for trader in self.traders]
        slots = [slot + member for member in range(4) for slot in first]
        slots += [layout["price"].slot, layout["funding_index"].slot]
        raw = b"".join(uint_word(slot) for slot in slots)
        return np.frombuffer(raw, np.uint8).reshape(len(slots), 32)

    def watch(self, chain: Chain) -> None:
        chain.watch(self.perp, self.slots())

    def mirror(self, chain: Chain) -> FloatMirror:
        return FloatMirror(chain)

    def views(self) -> Batch:
        """`health` of every account."""
        data = [HEALTH + address_word(trader) for trader in self.traders]
        return Batch.of([KEEPER] * ACCOUNTS, [self.perp] * ACCOUNTS, data, GAS_LIMIT)


class _Columns:
    """Orders of a block to a batch. What never changes is made once; `pack` overwrites the rest."""

    def __init__(self, perp: Address, trader_rows: Bytes2D) -> None:
        count = 1 + TRADES
        self._rows = trader_rows
        senders = np.empty((count, 20), np.uint8)
        senders[0] = np.frombuffer(KEEPER, np.uint8)
        data = np.zeros(_PRICE_BYTES + TRADES * _TRADE_BYTES, np.uint8)
        data[:4] = np.frombuffer(SET_PRICE, np.uint8)
        trades = data[_PRICE_BYTES:].reshape(TRADES, _TRADE_BYTES)
        trades[:, :4] = np.frombuffer(TRADE, np.uint8)
        offsets = np.zeros(count + 1, np.int64)
        offsets[1:] = _PRICE_BYTES + _TRADE_BYTES * np.arange(count)
        self._traders = senders[1:]
        self._price = data[4:_PRICE_BYTES]
        # The words of all trades as four limbs, most significant first, though none is aligned.
        limbs: Int1D = np.ndarray(
            (TRADES, 2, 4), ">i8", data, _PRICE_BYTES + 4, (_TRADE_BYTES, 32, 8)
        )
        self._signs, self._highs, self._lows = limbs[..., :2], limbs[..., 2], limbs[..., 3]
        targets = np.tile(np.frombuffer(perp, np.uint8), (count, 1))
        gas = np.full(count, GAS_LIMIT, np.uint64)
        self._batch = Batch(senders, targets, data, offsets, gas)

    def pack(self, orders: Orders) -> Batch:
        """Sizes and limits below 2^35 in magnitude become words of 1e-18."""
        price = (orders.price_lots * WEI_PER_LOT).to_bytes(32, "big")
        self._price[:] = np.frombuffer(price, np.uint8)
        odd = orders.sizes_and_limits * _ODD
        self._lows[:] = odd << _SHIFT
        self._highs[:] = odd >> (64 - _SHIFT)
        self._signs[:] = (odd >> 63)[..., None]
        self._rows.take(orders.traders, axis=0, out=self._traders, mode="clip")
        return self._batch


class FloatMirror:
    """What the exchange stores, as floats: margins, sizes, costs, checkpoints, price, funding."""

    def __init__(self, chain: Chain) -> None:
        self._values = values = _floats(chain.watched())
        self._accounts = values[: 4 * ACCOUNTS].reshape(4, ACCOUNTS)

    def apply(self, receipts: Receipts) -> None:
        """Take over what a batch changed."""
        self._values[receipts.watched_index] = _floats(receipts.watched_value)

    def healths(self) -> Float1D:
        """float64[200] equity over notional; inf without a position."""
        price, funding = self._values[-2:].tolist()
        margins, sizes, costs, checkpoints = self._accounts
        return healths(margins, sizes, costs, checkpoints, price, funding)


def healths(
    margins: Float1D,
    sizes: Float1D,
    costs: Float1D,
    checkpoints: Float1D,
    price: float,
    funding: float,
) -> Float1D:
    """The contract's `health` in floats; numpy's warning of the division is the caller's."""
    equities = checkpoints + (price - funding)
    equities *= sizes
    equities += margins
    equities -= costs
    notionals = np.abs(sizes)
    notionals *= price
    equities /= notionals
    return equities


def _floats(words: Words) -> Float1D:
    """Signed words below 2^127 in units of 1e-18, good to 2,048 wei."""
    values = words.view(np.int64)[:, 1].astype(np.float64)
    values *= TWO_TO_64 / WAD
    values += words[:, 0] * (1 / WAD)
    return values


def _orders(blocks: int) -> Sequence[Orders]:
    random = np.random.default_rng(SEED)
    made, price = [], FIRST_PRICE_LOTS
    for _ in range(blocks):
        price = int(price * (1 + random.normal(0, 0.002)))
        traders = random.choice(ACCOUNTS, TRADES, replace=False)
        signs = random.choice([-1, 1], TRADES)
        sizes = signs * random.integers(10_000, 2_000_000, TRADES)
        limits = np.where(signs > 0, price * 2, price // 2)
        reverting = random.random(TRADES) < REVERTING_SHARE
        at_once = random.random(TRADES) < 0.5
        too_large = signs * (TOO_LARGE_LOTS + sizes // 1000)
        sizes = np.where(reverting & ~at_once, too_large, sizes)
        wrong = np.where(signs > 0, price // 2, price * 2)
        limits = np.where(reverting & at_once, wrong, limits)
        both = np.stack([sizes, limits], axis=1).astype(np.int64)
        made.append(Orders(price, traders.astype(np.int64), both))
    return made
