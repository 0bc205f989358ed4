"""The scenario that all rows share: 200 accounts, 100 blocks, 50 trades and a price in each.

Every way to run it gets the same orders: the ways over numpy as arrays, those in Python as lists of
integers. Some 14 % of the transactions revert, half of them at once (limit price) and half at the
end (margin). Nothing depends on the order of the trades within a block, since some peers shuffle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from eth_hash.auto import keccak

from simulator.chain.abi import address_word, mapping_slot, selector, uint_word
from simulator.chain.artifacts import Artifact, compile_contract
from simulator.types import Address, Bytes2D, Int1D, Int2D

ACCOUNTS = 200
BLOCKS = 100
TRADES = 50
SECONDS_PER_BLOCK = 12
START = 1_600_000_000
GAS_LIMIT = 500_000
SMALL_PERP = Path(__file__).resolve().parents[1] / "contracts" / "SmallPerp.vy"

DEPLOYER: Address = bytes([1]) * 20
KEEPER: Address = bytes([2]) * 20
MARGIN_TOKENS = 10_000 * 10**6
FIRST_PRICE_LOTS = 200 * 10**6
REVERTING_SHARE = 0.1476
WEI_PER_LOT = 10**12
"""Orders and prices are whole numbers of 1e-6, so that they fit an int64."""
SEED = 420

TRADE = selector("trade(int256,uint256)")
SET_PRICE = selector("set_price(uint256)")
HEALTH = selector("health(address)")
DEPOSIT = selector("deposit(uint256)")
MINT = selector("mint(address,uint256)")
APPROVE = selector("approve(address,uint256)")


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction; `target` is None for a creation."""

    sender: Address
    target: Address | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to happen in a block. traders: int64[50]; sizes_and_limits: int64[50, 2] of 1e-6."""

    number: int
    timestamp: int
    price_lots: int
    traders: Int1D
    sizes_and_limits: Int2D

    def integers(self) -> tuple[int, list[int], list[int], list[int]]:
        """The same for ways without numpy: price, traders, sizes and limits, 1e-18."""
        sizes = [size * WEI_PER_LOT for size in self.sizes_and_limits[:, 0].tolist()]
        limits = [limit * WEI_PER_LOT for limit in self.sizes_and_limits[:, 1].tolist()]
        return self.price_lots * WEI_PER_LOT, self.traders.tolist(), sizes, limits


@dataclass(frozen=True, slots=True)
class Scenario:
    """Contracts, set-up transactions and orders. trader_rows: uint8[200, 20]."""

    token: Address
    perp: Address
    artifact: Artifact
    traders: tuple[Address, ...]
    trader_rows: Bytes2D
    set_up: tuple[Call, ...]
    blocks: tuple[Orders, ...]

    def calls(self, orders: Orders) -> list[Call]:
        """The transactions of a block, one by one."""
        price, traders, sizes, limits = orders.integers()
        calls = [Call(KEEPER, self.perp, SET_PRICE + uint_word(price))]
        for trader, size, limit in zip(traders, sizes, limits, strict=True):
            data = TRADE + size.to_bytes(32, "big", signed=True) + uint_word(limit)
            calls.append(Call(self.traders[trader], self.perp, data))
        return calls

    def slots(self) -> Bytes2D:
        """uint8[802, 32]: margins, sizes, costs, checkpoints of all accounts, price, funding."""
        layout = self.artifact.storage_layout
        first = [mapping_slot(layout["accounts"].slot, trader) for trader in self.traders]
        slots = [slot + member for member in range(4) for slot in first]
        slots += [layout["price"].slot, layout["funding_index"].slot]
        raw = b"".join(uint_word(slot) for slot in slots)
        return np.frombuffer(raw, np.uint8).reshape(len(slots), 32)


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a creation with a nonce below 128 puts its contract."""
    return bytes(keccak(b"\xd6\x94" + sender + (bytes([nonce]) if nonce else b"\x80"))[12:])


def scenario(blocks: int = BLOCKS) -> Scenario:
    """The same scenario every time."""
    token_artifact = compile_contract("tokens/Token.vy")
    artifact = compile_contract("perps/SmallPerp.vy", SMALL_PERP)
    token, perp = contract_address(DEPLOYER, 0), contract_address(DEPLOYER, 1)
    traders = tuple(bytes([9]) + index.to_bytes(19, "big") for index in range(ACCOUNTS))
    first_price = FIRST_PRICE_LOTS * WEI_PER_LOT
    arguments = address_word(token) + address_word(KEEPER) + uint_word(first_price)
    set_up = [
        Call(DEPLOYER, None, token_artifact.bytecode),
        Call(DEPLOYER, None, artifact.bytecode + arguments),
    ]
    amount = uint_word(MARGIN_TOKENS)
    set_up += [Call(DEPLOYER, token, MINT + address_word(each) + amount) for each in traders]
    approval = APPROVE + address_word(perp) + uint_word(2**256 - 1)
    set_up += [Call(trader, token, approval) for trader in traders]
    set_up += [Call(trader, perp, DEPOSIT + amount) for trader in traders]
    return Scenario(
        token=token,
        perp=perp,
        artifact=artifact,
        traders=traders,
        trader_rows=np.frombuffer(b"".join(traders), np.uint8).reshape(-1, 20),
        set_up=tuple(set_up),
        blocks=tuple(_orders(blocks)),
    )


def _orders(blocks: int) -> list[Orders]:
    random = np.random.default_rng(SEED)
    made, price = [], FIRST_PRICE_LOTS
    for number in range(blocks):
        price = int(price * (1 + random.normal(0, 0.002)))
        traders = random.choice(ACCOUNTS, TRADES, replace=False)
        signs = random.choice([-1, 1], TRADES)
        sizes = signs * random.integers(10_000, 2_000_000, TRADES)  # up to 2 units
        limits = np.where(signs > 0, price * 2, price // 2)
        reverting = random.random(TRADES) < REVERTING_SHARE
        at_once = random.random(TRADES) < 0.5
        too_large = signs * (10**9 + sizes // 1000)  # 1,000 units: beyond every margin
        sizes = np.where(reverting & ~at_once, too_large, sizes)
        wrong = np.where(signs > 0, price // 2, price * 2)
        limits = np.where(reverting & at_once, wrong, limits)
        made.append(
            Orders(
                number=2 + number,
                timestamp=START + SECONDS_PER_BLOCK * (1 + number),
                price_lots=price,
                traders=traders.astype(np.int64),
                sizes_and_limits=np.stack([sizes, limits], axis=1).astype(np.int64),
            )
        )
    return made
