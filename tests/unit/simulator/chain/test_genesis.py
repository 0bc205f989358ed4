"""A world's accounts as a genesis allocation, and back into another world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain import Chain, open_chain
from simulator.chain.genesis import (
    dump_allocation,
    load_allocation,
    read_genesis,
    write_genesis,
)
from simulator.errors import InputError

ADDRESS = "0x" + "ab" * 20

ACCOUNTS = st.dictionaries(
    st.binary(min_size=20, max_size=20),
    st.tuples(
        st.integers(0, 2**256 - 1),
        st.integers(0, 2**64 - 2),
        st.binary(max_size=40).filter(lambda code: not code.startswith(b"\xef")),
        st.dictionaries(st.integers(0, 2**256 - 1), st.integers(1, 2**256 - 1), max_size=4),
    ).filter(lambda account: any(account[:3])),
    max_size=5,
)


def world_with(accounts: dict[bytes, tuple[int, int, bytes, dict[int, int]]]) -> Chain:
    chain = open_chain()
    for address, (balance, nonce, code, storage) in accounts.items():
        chain.set_balance(address, balance)
        chain.set_nonce(address, nonce)
        chain.set_code(address, code)
        for slot, value in storage.items():
            chain.set_storage(address, slot, value)
    return chain


@given(ACCOUNTS)
def test_a_world_loaded_from_its_allocation_has_the_same_state_root(accounts: Any) -> None:
    origin = world_with(accounts)
    allocation = dump_allocation(origin)
    assert len(allocation) == len(accounts)
    twin = open_chain()
    load_allocation(twin, allocation)
    assert twin.state_root() == origin.state_root()
    assert dump_allocation(twin) == allocation


def test_a_genesis_file_is_read_back(tmp_path: Path) -> None:
    origin = world_with({b"\x11" * 20: (5, 1, b"\x00", {7: 8})})
    write_genesis(origin, tmp_path / "genesis.json")
    twin = open_chain()
    assert read_genesis(twin, tmp_path / "genesis.json") == 1
    assert dump_allocation(twin) == dump_allocation(origin)
    assert [path.name for path in tmp_path.iterdir()] == ["genesis.json"]


def test_decimal_numbers_and_bare_addresses_of_other_tools_are_read() -> None:
    chain = open_chain()
    load_allocation(chain, {"ab" * 20: {"balance": "1000", "nonce": 3, "storage": {"0x1": "2"}}})
    account = dump_allocation(chain)[ADDRESS]
    assert (account["balance"], account["nonce"]) == ("0x3e8", "0x3")
    assert account["storage"] == {"0x" + f"{1:064x}": "0x" + f"{2:064x}"}


@pytest.mark.parametrize(
    ("allocation", "field"),
    [
        ({"0x12": {}}, "alloc.0x12"),
        ({ADDRESS: {"balance": "1 ether"}}, f"alloc.{ADDRESS}.balance"),
        ({ADDRESS: {"balance": -1}}, f"alloc.{ADDRESS}.balance"),
        ({ADDRESS: {"balance": hex(2**256)}}, f"alloc.{ADDRESS}.balance"),
        ({ADDRESS: {"balance": True}}, f"alloc.{ADDRESS}.balance"),
        ({ADDRESS: {"nonce": 2**64}}, f"alloc.{ADDRESS}.nonce"),
        ({ADDRESS: {"code": "0xzz"}}, f"alloc.{ADDRESS}.code"),
        ({ADDRESS: {"storage": [1]}}, f"alloc.{ADDRESS}.storage"),
        ({ADDRESS: {"storage": {"0x1": None}}}, f"alloc.{ADDRESS}.storage.0x1"),
        ({ADDRESS: {"balanse": "0x1"}}, f"alloc.{ADDRESS}"),
        ({ADDRESS: "0x1"}, f"alloc.{ADDRESS}"),
    ],
)
def test_a_wrong_allocation_names_its_field_and_leaves_the_world_alone(
    allocation: Any, field: str
) -> None:
    chain = open_chain()
    good = {"0x" + "01" * 20: {"balance": "0x1"}}
    with pytest.raises(InputError) as refusal:
        load_allocation(chain, good | allocation)
    assert refusal.value.field == field
    assert chain.accounts() == []


def test_a_file_that_is_no_genesis_is_refused_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    for text in ("{", "[]", "[" * 5_000):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"genesis\.json"):
            read_genesis(open_chain(), path)
    with pytest.raises(InputError, match="cannot be read"):
        read_genesis(open_chain(), tmp_path / "absent.json")
