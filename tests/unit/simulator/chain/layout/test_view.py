"""Paths into a layout, and what does not lead anywhere. The layouts are written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.chain.layout import (
    StorageView,
    UndescribedTypeError,
    parse_solidity,
    parse_vyper,
    read_items,
    read_texts,
)  # fmt: skip
from simulator.errors import ChainError, InputError
from simulator.types import Bytes2D, Words
from simulator.units import integers_to_words

STRUCTS = {
    "Position": [("size", "int256"), ("spot", "Spot"), ("rates", "uint8[2]")],
    "Spot": [("price", "decimal"), ("tag", "bytes3")],
}
VYPER: dict[str, Any] = {
    "storage_layout": {
        "owner": {"type": "address", "n_slots": 1, "slot": 0},
        "positions": {"type": "HashMap[address, Position]", "n_slots": 1, "slot": 1},
        "books": {
            "depth": {"type": "HashMap[uint8, HashMap[uint8, uint256]]", "n_slots": 1, "slot": 2}
        },
        "markets": {"type": "Position[3]", "n_slots": 15, "slot": 3},
        "names": {"type": "DynArray[String[33], 2]", "n_slots": 7, "slot": 18},
        "$.nonreentrant_key": {"type": "nonreentrant lock", "n_slots": 1, "slot": 25},
    }
}
SOLIDITY: dict[str, Any] = {
    "storage": [
        {"astId": 1, "contract": "A.sol:B", "label": "x", "offset": 0, "slot": "0", "type": "t"},
        {"astId": 2, "contract": "A.sol:B", "label": "x", "offset": 4, "slot": "0", "type": "t"},
        {"astId": 3, "contract": "A.sol:B", "label": "text", "offset": 0, "slot": "1", "type": "s"},
        {"astId": 4, "contract": "A.sol:B", "label": "list", "offset": 0, "slot": "2", "type": "l"},
    ],
    "types": {
        "t": {"encoding": "inplace", "label": "Id", "numberOfBytes": "4"},
        "s": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
        "l": {"encoding": "dynamic_array", "label": "Id[]", "numberOfBytes": "32", "base": "t"},
    },
}
OWNERS = [b"\1" * 20, b"\2" * 20]


@pytest.fixture(scope="module")
def view() -> StorageView:
    return StorageView(parse_vyper(VYPER, STRUCTS))


def numbers(slots: Bytes2D) -> list[int]:
    return [int.from_bytes(row.tobytes(), "big") for row in slots]


def test_members_follow_one_another(view: StorageView) -> None:
    table = view.slots("markets[1]")
    names = [field.name for field in table.fields]
    assert names == ["size", "spot.price", "spot.tag", "rates[0]", "rates[1]"]
    assert numbers(table.flat_slots()) == [8, 9, 10, 11, 12]
    assert numbers(view.slots("markets[].spot.tag", [0, 2]).flat_slots()) == [5, 15]


def test_variables_of_a_module_have_its_name_before_theirs(view: StorageView) -> None:
    assert len(view.slots("books.depth", [1, 2, 3], [4, 5, 6])) == 3
    assert numbers(view.slots("$.nonreentrant_key").flat_slots()) == [25]


@pytest.mark.parametrize(
    ("path", "keys", "words"),
    [
        ("nothing", (), "is no state variable; there are: .*owner"),
        ("owner.size", (), "has no members"),
        ("owner[0]", (), "takes no key"),
        ("owner[x]", (), "must go on with"),
        ("positions", (), "takes more columns of keys"),
        ("positions", (OWNERS, OWNERS), "takes 1 columns of keys"),
        ("positions[].nothing", (OWNERS,), "no such member; there are: size, spot, rates"),
        ("books.depth", ([1, 2], [1]), "must be as many as the keys before, 2"),
        ("markets[3]", (), "must be an index of Position\\[3\\]"),
        ("markets[]", ([0, -1],), "must be an index"),
        ("markets[]", ([0.5],), "must be a sequence of integers"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    view: StorageView, path: str, keys: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        view.slots(path, *keys)


def test_no_keys_make_an_empty_table(view: StorageView) -> None:
    table = view.slots("positions", [])
    assert table.slots.shape == (0, 5, 32)
    assert len(table.decode(np.zeros((0, 4), np.uint64))["size"]) == 0


def test_a_struct_that_nobody_describes_is_refused_only_when_it_is_read() -> None:
    blind = StorageView(parse_vyper(VYPER))
    assert numbers(blind.slots("owner").flat_slots()) == [0]
    for path, keys in (("positions", (OWNERS,)), ("markets", ())):
        with pytest.raises(UndescribedTypeError, match=r"Position.*give structs"):
            blind.slots(path, *keys)


def test_a_layout_that_contradicts_its_types_is_refused() -> None:
    wrong = {"storage_layout": {"a": {"type": "uint8[3]", "n_slots": 2, "slot": 0}}}
    with pytest.raises(InputError, match="takes 2 slots in the layout, but 3 by its type"):
        parse_vyper(wrong)
    with pytest.raises(InputError, match=r"structs.S.inner = 'Other': is not described"):
        parse_vyper(
            {"storage_layout": {"a": {"type": "S", "n_slots": 1, "slot": 0}}},
            {"S": [("inner", "Other")]},
        )
    with pytest.raises(InputError, match=r"storage_layout.a.slot = None: must be an integer"):
        parse_vyper({"storage_layout": {"a": {"type": "bool", "n_slots": 1}}})


def test_solidity_variables_of_one_name_are_told_apart_by_place_or_owner() -> None:
    places = parse_solidity(SOLIDITY)
    assert list(places.variables) == ["x@0+0", "x@0+4", "text", "list"]
    owners = parse_solidity(SOLIDITY, owners={"1": "A", "2": "B"})
    assert list(owners.variables)[:2] == ["A.x", "B.x"]


def test_a_user_type_is_what_it_is_said_to_be_made_of() -> None:
    view = StorageView(parse_solidity(SOLIDITY, {"Id": "int32"}))
    word = integers_to_words([(2**32 - 1) << 32], signed=False)
    assert view.slots("x@0+4").decode(word)["value"].int64().tolist() == [-1]
    with pytest.raises(InputError, match="has not the 4 bytes"):
        parse_solidity(SOLIDITY, {"Id": "int64"})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "ask solc for the output `storageLayout`"),
        ({"storage": [{"label": "x"}], "types": {}}, "storageLayout: slot"),
        ({"storage": SOLIDITY["storage"], "types": {}}, "is used but not described"),
        ({"storage": SOLIDITY["storage"], "types": {"t": {"label": "x"}}}, "encoding.*is missing"),
    ],
)
def test_a_layout_that_is_none_names_what_it_lacks(document: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_solidity(document)


@pytest.mark.parametrize("head", [2**200 + 1, 2 * 40, 2 * 5 + 1])
def test_a_slot_that_holds_no_text_is_refused(head: int) -> None:
    view = StorageView(parse_solidity(SOLIDITY))

    def read(slots: Bytes2D) -> Words:
        return integers_to_words([head] * len(slots), signed=False)

    with pytest.raises(ChainError, match="is this the layout of the contract"):
        read_texts(view, read, "text")


def test_an_absurd_length_of_an_array_is_refused() -> None:
    view = StorageView(parse_solidity(SOLIDITY))

    def read(slots: Bytes2D) -> Words:
        return integers_to_words([2**64] * len(slots), signed=False)

    with pytest.raises(ChainError, match="length 18446744073709551616 is above"):
        read_items(view, read, "list")
    with pytest.raises(InputError, match="not bytes or a string"):
        read_texts(view, read, "list")
    with pytest.raises(InputError, match="not a dynamic array"):
        read_items(view, read, "text")


def test_too_many_values_are_refused() -> None:
    layout = {"storage_layout": {"a": {"type": "uint8[70000]", "n_slots": 70000, "slot": 0}}}
    view = StorageView(parse_vyper(layout))
    with pytest.raises(InputError, match="more than 65536 values"):
        view.slots("a")
    assert numbers(view.slots("a[]", [69_999]).flat_slots()) == [69_999]


def test_a_contract_without_a_layout_has_no_view() -> None:
    with pytest.raises(InputError, match="compile with the storage layout"):
        StorageView(None)
