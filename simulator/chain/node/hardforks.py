"""What a hardfork changes for a node; names as `Chain.hardfork` gives them."""

from __future__ import annotations

from typing import Final

from simulator.types import Address

ORDER: Final = ("london", "paris", "shanghai", "cancun", "prague", "osaka")

OSAKA_TRANSACTION_GAS: Final = 1 << 24
"""The most gas of one transaction since osaka (EIP-7825)."""


def has(hardfork: str, since: str) -> bool:
    """Whether a fork includes what came with `since`. An unknown name counts as newer than all."""
    return hardfork not in ORDER or ORDER.index(hardfork) >= ORDER.index(since)


def most_gas(hardfork: str, block_gas_limit: int) -> int:
    """The most gas that one transaction may have in a block of this limit."""
    cap = OSAKA_TRANSACTION_GAS if has(hardfork, "osaka") else block_gas_limit
    return min(cap, block_gas_limit)


def intrinsic_gas(
    hardfork: str, data: bytes, creates: bool, addresses: int = 0, slots: int = 0
) -> int:
    """The least gas limit of a transaction, with `addresses` and `slots` in its access list."""
    zeros = data.count(0)
    tokens = zeros + 4 * (len(data) - zeros)
    words = (len(data) + 31) // 32
    gas = 21_000 + 4 * tokens + 2_400 * addresses + 1_900 * slots
    if creates:
        gas += 32_000 + (2 * words if has(hardfork, "shanghai") else 0)
    floor = 21_000 + 10 * tokens if has(hardfork, "prague") else 0
    return max(gas, floor)


HISTORY_ADDRESS: Address = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""The history contract of EIP-2935: beginning a block writes its parent's hash there."""

HISTORY_SLOTS = 8_191
