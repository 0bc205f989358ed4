"""The base fee from block to block (EIP-1559), in exact integers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.checks import check_number
from simulator.errors import InputError

ELASTICITY_MULTIPLIER = 2
"""A block's gas target is its limit over this."""

BASE_FEE_MAX_CHANGE_DENOMINATOR = 8
"""A full or an empty block moves the base fee by one part in this."""


def next_base_fee(parent_base_fee_wei: int, parent_gas_used: int, parent_gas_limit: int) -> int:
    """Base fee in wei per gas of the block after the parent; rounded as EIP-1559 says.

    InputError where the parent used more than its limit, or its limit leaves no target.
    """
    check_number("parent_base_fee_wei", parent_base_fee_wei)
    check_number("parent_gas_used", parent_gas_used)
    check_number("parent_gas_limit", parent_gas_limit)
    target = parent_gas_limit // ELASTICITY_MULTIPLIER
    if target == 0:
        raise InputError("parent_gas_limit", parent_gas_limit, "must leave a target of 1 gas")
    if parent_gas_used > parent_gas_limit:
        rule = f"must not be above the block's gas limit {parent_gas_limit}"
        raise InputError("parent_gas_used", parent_gas_used, rule)
    distance = abs(parent_gas_used - target)
    change = parent_base_fee_wei * distance // target // BASE_FEE_MAX_CHANGE_DENOMINATOR
    if parent_gas_used > target:
        return parent_base_fee_wei + max(change, 1)
    return parent_base_fee_wei - change


def next_block(chain: Chain, timestamp_seconds: int, **changes: Any) -> BlockEnvironment:
    """The block after the chain's present one, with the base fee that follows from its gas.

    Gas limit and coinbase stay, prevrandao too; parent_hash is None, as the present block has no
    header. `changes` are fields of `BlockEnvironment` that shall be otherwise. It is not set:
    give it to `chain.set_block`. InputError for a time that is not after the present one.
    """
    parent = chain.block
    if timestamp_seconds <= parent.timestamp:
        rule = f"must be after the present block's {parent.timestamp}"
        raise InputError("timestamp_seconds", timestamp_seconds, rule)
    unknown = sorted(set(changes) - set(BlockEnvironment.__slots__))
    if unknown:
        raise InputError(unknown[0], changes[unknown[0]], "is no field of a block")
    follower = replace(
        parent,
        number=parent.number + 1,
        timestamp=timestamp_seconds,
        base_fee=next_base_fee(parent.base_fee, chain.block_gas_used, parent.gas_limit),
        parent_hash=None,
    )
    return replace(follower, **changes)
