"""Transactions of types 0, 1 and 2, access lists, and senders with code, on both engines."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment, Chain
from simulator.chain.columns import AccessLists
from simulator.errors import InputError
from simulator.types import Bytes2D
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER, Open, slots, value_at

COINBASE = b"\x33" * 20

# SLOAD of slot 0.
READ_SLOT = bytes.fromhex("60005400")
# Creates an empty contract by a word of initcode and keeps its address in slot 0.
CREATES = bytes.fromhex("602060006000f060005500")
GASPRICE = bytes.fromhex("3a60005260206000f3")


def transfers(*types: int, **columns: Any) -> Batch:
    count = len(types)
    batch = Batch.of([SENDER] * count, [RECEIVER] * count, [b""] * count, 60_000)
    return dataclasses.replace(batch, types=np.array(types, np.uint8), **columns)


def lists(*entries: tuple[bytes, list[int]], counts: list[int]) -> AccessLists:
    """One list per count of entries."""
    numbers = [slot for _, listed in entries for slot in listed]
    return AccessLists(
        offsets=np.cumsum([0, *counts], dtype=np.int64),
        addresses=_addresses([address for address, _ in entries]),
        slot_offsets=np.cumsum([0, *(len(listed) for _, listed in entries)], dtype=np.int64),
        slots=slots(*numbers),
    )


def _addresses(items: list[bytes]) -> Bytes2D:
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), 20)


def column(*numbers: int) -> Any:
    return np.array(numbers, np.uint64)


def test_the_gas_price_is_the_max_fee_in_types_0_and_1(chain: Chain) -> None:
    chain.set_balance(SENDER, 10**9)
    chain.set_block(BlockEnvironment(2, 2, base_fee=10, coinbase=COINBASE))
    batch = transfers(0, 1, 2, 2, max_fees=column(15, 16, 17, 17), priority_fees=column(3, 0, 4, 9))
    receipts = chain.execute(batch)
    assert receipts.status.tolist() == [1] * 4
    assert receipts.gas_price.tolist() == [15, 16, 14, 17]
    assert chain.balance(COINBASE) == 21_000 * (5 + 6 + 4 + 7)
    assert chain.balance(SENDER) == 10**9 - 21_000 * (15 + 16 + 14 + 17)


def test_what_is_not_included_has_no_gas_price(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(2, 2, base_fee=10))
    receipts = chain.execute(transfers(0, 1, max_fees=column(9, 10), priority_fees=column(99, 99)))
    assert receipts.gas_price.tolist() == [0, 0]
    assert receipts.reasons == {
        0: "max fee below the base fee",
        1: "insufficient balance: needs 600000 wei, has 0",
    }


def test_an_access_list_costs_its_gas_and_makes_slots_warm(chain: Chain) -> None:
    chain.set_code(RECEIVER, READ_SLOT)
    other = b"\x44" * 20
    listed = lists((RECEIVER, [0, 5]), (other, []), counts=[0, 1, 0, 1])
    receipts = chain.execute(transfers(1, 1, 2, 2, access_lists=listed))
    cold, warm = 21_003 + 2_100, 21_003 + 100
    assert receipts.gas_used.tolist() == [cold, warm + 2_400 + 2 * 1_900, cold, cold + 2_400]


def test_without_types_a_batch_has_access_lists_too(chain: Chain) -> None:
    chain.set_code(RECEIVER, READ_SLOT)
    batch = transfers(2, access_lists=lists((RECEIVER, [0]), counts=[1]))
    typed = chain.clone().execute(batch)
    plain = chain.execute(dataclasses.replace(batch, types=None))
    assert typed.gas_used.tolist() == plain.gas_used.tolist() == [21_003 + 100 + 2_400 + 1_900]


def test_the_gas_of_an_access_list_must_be_within_the_limit(chain: Chain) -> None:
    listed = lists((RECEIVER, [1] * 20), counts=[1])
    receipts = chain.execute(transfers(2, access_lists=listed))
    assert receipts.reasons == {0: "gas limit below intrinsic gas: 60000, needs 61400"}


FITTING = lists((RECEIVER, [1, 2]), counts=[1, 0])


@pytest.mark.parametrize(
    "changes",
    [
        {"types": np.array([0, 3], np.uint8)},
        {"types": np.array([1, 1, 1], np.uint8)},
        {"types": np.array([1, 1], np.int64)},
        {"types": np.array([0, 1], np.uint8), "access_lists": FITTING},
        {"access_lists": dataclasses.replace(FITTING, offsets=np.array([0, 1], np.int64))},
        {"access_lists": dataclasses.replace(FITTING, offsets=np.array([0, 1, 2], np.int64))},
        {"access_lists": dataclasses.replace(FITTING, offsets=np.array([0, 2, 1], np.int64))},
        {"access_lists": dataclasses.replace(FITTING, addresses=np.zeros((1, 19), np.uint8))},
        {"access_lists": dataclasses.replace(FITTING, slot_offsets=np.array([0, 3], np.int64))},
        {"access_lists": dataclasses.replace(FITTING, slots=np.zeros((2, 32), np.int8))},
    ],
)
def test_types_and_lists_that_do_not_fit_are_refused_and_nothing_happens(
    chain: Chain, changes: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"types|access_lists|access list"):
        chain.execute(dataclasses.replace(transfers(1, 1), **changes))
    assert chain.nonce(SENDER) == 0
    assert chain.execute(transfers(1, 1, access_lists=FITTING)).status.tolist() == [1, 1]


def test_calls_see_the_gas_price_but_need_no_money(chain: Chain) -> None:
    chain.set_code(RECEIVER, GASPRICE)
    chain.set_block(BlockEnvironment(2, 2, base_fee=10))
    batch = transfers(0, 2, 2, max_fees=column(3, 30, 0), priority_fees=column(0, 5, 0))
    receipts = chain.call_many(batch)
    assert receipts.status.tolist() == [1, 1, 1]
    assert [int.from_bytes(receipts.output_of(row), "big") for row in range(3)] == [3, 15, 0]
    assert receipts.gas_price.tolist() == [3, 15, 0]


def test_an_account_with_code_sends_where_senders_are_not_checked(open_world: Open) -> None:
    from simulator.chain.pyevm import PyEvmChain

    chain = open_world()
    kinds: dict[str, Any] = {"pyevm": PyEvmChain}
    if chain.name == "revm":
        from simulator.chain.revm import RevmChain

        kinds["revm"] = RevmChain
    free = kinds[chain.name](check_senders=False)
    for world in (chain, free):
        world.set_code(SENDER, CREATES)
    assert chain.execute(transfers(2)).reasons == {0: "sender has code"}
    assert free.execute(transfers(2)).status.tolist() == [1]
    assert free.clone().execute(transfers(2)).status.tolist() == [1]
    # A sender that calls itself and creates is its own origin; that costs nothing more.
    free.set_code(RECEIVER, CREATES)
    itself = Batch.of([SENDER] * 2, [SENDER, RECEIVER], [b""] * 2, 100_000)
    receipts = free.execute(itself)
    assert receipts.status.tolist() == [1, 1]
    assert receipts.gas_used[0] == receipts.gas_used[1]
    assert value_at(free, SENDER, 0) != 0


def test_a_creation_onto_an_account_with_code_takes_all_gas(chain: Chain) -> None:
    created = chain.clone().deploy(bytes.fromhex("60006000f3"), SENDER)
    chain.set_code(created, b"\x00")
    batch = dataclasses.replace(transfers(2), creates=np.array([1], np.uint8))
    receipts = chain.execute(batch)
    assert receipts.status.tolist() == [2]
    assert receipts.gas_used.tolist() == [60_000]
    assert receipts.reasons == {0: "address collision"}


def test_an_account_that_delegates_its_code_may_send(open_world: Open) -> None:
    chain = open_world(hardfork="prague")
    chain.set_code(RECEIVER, READ_SLOT)
    chain.set_code(SENDER, b"\xef\x01\x00" + RECEIVER)
    assert chain.execute(transfers(2)).status.tolist() == [1]


@pytest.mark.parametrize("code", [b"\xef\x01", b"\xef\x01\x00" + bytes(19), b"\xef\x01\x01" * 8])
def test_code_that_looks_like_a_delegation_but_is_none_is_refused(
    chain: Chain, code: bytes
) -> None:
    with pytest.raises(InputError, match="delegation"):
        chain.set_code(RECEIVER, code)
    assert chain.code(RECEIVER) == b""
