"""The base fee from block to block."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain import Batch, BlockEnvironment, Chain
from simulator.chain.fees import next_base_fee, next_block
from simulator.errors import InputError
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER

GWEI = 10**9


@given(
    base_fee=st.one_of(st.integers(0, 100), st.integers(0, 10**13)),
    gas_limit=st.integers(2, 10**9),
    share=st.floats(0, 1),
)
def test_the_base_fee_is_that_of_py_evm(base_fee: int, gas_limit: int, share: float) -> None:
    gas_used = min(gas_limit, int(gas_limit * share))
    parent = SimpleNamespace(base_fee_per_gas=base_fee, gas_used=gas_used, gas_limit=gas_limit)
    expected = calculate_expected_base_fee_per_gas(parent)  # type: ignore[arg-type]
    assert next_base_fee(base_fee, gas_used, gas_limit) == expected


@pytest.mark.parametrize(
    ("gas_used", "expected"),
    [
        (15_000_000, 8 * GWEI),
        (30_000_000, 9 * GWEI),
        (0, 7 * GWEI),
        (22_500_000, 8 * GWEI + GWEI // 2),
        (15_000_001, 8 * GWEI + 66),
        (14_999_999, 8 * GWEI - 66),
    ],
)
def test_a_full_and_an_empty_block_move_it_by_an_eighth(gas_used: int, expected: int) -> None:
    assert next_base_fee(8 * GWEI, gas_used, 30_000_000) == expected


def test_it_rises_by_at_least_one_wei_and_falls_to_zero_at_most() -> None:
    assert next_base_fee(0, 30_000_000, 30_000_000) == 1
    assert next_base_fee(7, 15_000_001, 30_000_000) == 8
    assert next_base_fee(7, 0, 30_000_000) == 7
    assert next_base_fee(8, 0, 30_000_000) == 7


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1, 0, 100), "parent_base_fee_wei"),
        ((1 << 64, 0, 100), "parent_base_fee_wei"),
        ((1, -1, 100), "parent_gas_used"),
        ((1, 101, 100), "parent_gas_used"),
        ((1, 0, 1), "parent_gas_limit"),
        ((1, 0, -5), "parent_gas_limit"),
    ],
)
def test_a_parent_that_cannot_be_is_refused(arguments: tuple[int, int, int], field: str) -> None:
    with pytest.raises(InputError) as caught:
        next_base_fee(*arguments)
    assert caught.value.field == field


def transfers(count: int) -> Batch:
    batch = Batch.of([SENDER] * count, [RECEIVER] * count, [b""] * count, 21_000)
    return dataclasses.replace(batch, max_fees=np.full(count, GWEI, np.uint64))


@pytest.mark.parametrize(("count", "expected"), [(0, 700), (1, 800), (2, 900)])
def test_the_next_block_follows_from_the_gas_of_the_present_one(
    chain: Chain, count: int, expected: int
) -> None:
    present = BlockEnvironment(5, 50, base_fee=800, gas_limit=42_000, coinbase=b"\x05" * 20)
    chain.set_balance(SENDER, 10**18)
    chain.set_block(present)
    assert chain.execute(transfers(count)).status.tolist() == [1] * count
    follower = next_block(chain, 62)
    assert follower == dataclasses.replace(present, number=6, timestamp=62, base_fee=expected)
    chain.set_block(follower)
    assert chain.block == follower


def test_fields_of_the_next_block_can_be_given(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(5, 50, base_fee=800, parent_hash=b"\x09" * 32))
    assert next_block(chain, 62).parent_hash is None
    follower = next_block(chain, 62, base_fee=3, gas_limit=99, parent_hash=b"\x01" * 32)
    assert (follower.base_fee, follower.gas_limit) == (3, 99)
    assert follower.parent_hash == b"\x01" * 32


def test_a_time_that_is_not_later_or_an_unknown_field_is_refused(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(5, 50))
    with pytest.raises(InputError, match=r"timestamp_seconds = 50: must be after"):
        next_block(chain, 50)
    with pytest.raises(InputError, match=r"gaslimit = 7: is no field of a block"):
        next_block(chain, 60, gaslimit=7)
