"""What a layout decodes from storage is what the contract's own views answer, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain import Batch, Chain, open_chain
from simulator.chain.artifacts import (
    Artifact,
    decode_result,
    deploy,
    encode_call,
    function_entry,
)  # fmt: skip
from simulator.chain.layout import Column, Columns, StorageView, read_items, read_texts
from simulator.chain.mirror import CallMirror, StorageMirror, Watched
from simulator.types import Address
from tests.differential.solidity import everything

SENDER = b"\x77" * 20
OWNERS = [bytes([number]) * 20 for number in (1, 0x80, 0xFF)]
LANGUAGES = ("vyper", "solidity")
EXAMPLES = settings(max_examples=20)
FLAGS_END = 4
ENUM_END = 3


@dataclass(frozen=True)
class World:
    chain: Chain
    address: Address
    artifact: Artifact
    view: StorageView

    def send(self, function: str, *arguments: object) -> None:
        self.chain.transact(SENDER, self.address, encode_call(self.artifact, function, *arguments))

    def ask(self, function: str, *arguments: object) -> Any:
        data = self.chain.call(self.address, encode_call(self.artifact, function, *arguments))
        answer = decode_result(self.artifact, function, data)
        return answer[0] if len(answer) == 1 else answer

    @property
    def read(self) -> Any:
        return partial(self.chain.storage, self.address)


@cache
def world(language: str) -> World:
    artifact = everything(language)
    chain = open_chain("auto")
    return World(chain, deploy(chain, artifact, SENDER), artifact, StorageView(artifact.layout))


def values_of(entry: Any) -> st.SearchStrategy[Any]:
    """Values of an ABI type."""
    text, name, inner = str(entry["type"]), str(entry["name"]), str(entry.get("internalType"))
    if text.endswith("]"):
        item, _, length = text.rpartition("[")
        parts = values_of({**entry, "type": item})
        fixed = length.rstrip("]")
        least, most = (int(fixed), int(fixed)) if fixed else (0, 4)
        return st.lists(parts, min_size=least, max_size=most)
    if text == "tuple":
        return st.tuples(*map(values_of, entry["components"]))
    if inner.startswith("enum "):
        return st.integers(0, ENUM_END - 1)
    if text == "uint256" and "role" in name:
        return st.integers(0, FLAGS_END - 1)
    if text.startswith("uint"):
        top = 2 ** int(text[4:]) - 1
        return st.one_of(st.integers(0, top), st.just(top))
    if text.startswith("int"):
        half = 2 ** (int(text[3:]) - 1)
        return st.one_of(st.integers(-half, half - 1), st.just(-half), st.just(-1))
    if text == "bool":
        return st.booleans()
    if text == "address":
        return st.binary(min_size=20, max_size=20)
    if text == "string":
        return st.text(st.characters(max_codepoint=126), max_size=40)
    size = int(text[5:]) if text != "bytes" else None
    return st.binary(min_size=size or 0, max_size=size or 64)


def arguments_of(language: str, function: str) -> st.SearchStrategy[tuple[Any, ...]]:
    inputs = function_entry(everything(language), function)["inputs"]
    return st.tuples(*map(values_of, inputs))


def leaves(value: Any) -> Iterator[Any]:
    """The values in an answer in order; of a text its length."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    elif isinstance(value, str) and value.startswith("0x") and len(value) == 42:
        yield bytes.fromhex(value[2:])
    else:
        yield len(value.encode()) if isinstance(value, str) else value


def plain(column: Column) -> list[Any]:
    """A column as Python values."""
    if column.type.kind in ("address", "bytes"):
        return [row.tobytes() for row in column.raw()]
    if column.type.kind == "bool":
        return [bool(value) for value in column.bools()]
    return column.integers()


def rows(columns: Columns) -> list[list[Any]]:
    return [list(row) for row in zip(*map(plain, columns.values()), strict=True)]


MAPPINGS = {
    # setter: (keys, path, getter)
    "vyper": {
        "set_position": (1, "positions", "positions"),
        "set_entry": (1, "ledger.entries", "entry"),
        "set_tick": (2, "ticks", "ticks"),
        "set_known": (1, "known", "known"),
        "set_by_name": (1, "by_name", "by_name"),
        "set_by_bytes": (1, "by_bytes", "by_bytes"),
        "set_by_sign": (2, "by_sign", "by_sign"),
        "set_by_role": (1, "by_role", "by_role"),
    },
    "solidity": {
        "setPosition": (1, "positions", "positionOf"),
        "setTick": (2, "ticks", "ticks"),
        "setKnown": (1, "known", "known"),
        "setByName": (1, "byName", "byName"),
        "setBySign": (2, "bySign", "bySign"),
        "setBySide": (1, "bySide", "bySide"),
    },
}
BOUNDS = {"set_by_bytes": 5, "set_by_role": FLAGS_END}


@pytest.mark.parametrize(
    ("language", "setter"), [(name, setter) for name in LANGUAGES for setter in MAPPINGS[name]]
)
@EXAMPLES
@given(data=st.data())
def test_entries_of_mappings_are_what_the_getter_says(
    language: str, setter: str, data: st.DataObject
) -> None:
    count, path, getter = MAPPINGS[language][setter]
    here = world(language)
    calls = data.draw(st.lists(arguments_of(language, setter), min_size=1, max_size=3))
    bound = BOUNDS.get(setter)
    if bound is not None:
        cut = [(key[:bound] if isinstance(key, bytes) else key % bound, v) for key, v in calls]
        calls = cut
    for call in calls:
        here.send(setter, *call)
    keys = [[call[at] for call in calls] for at in range(count)]
    columns = here.view.read(here.read, path, *keys)
    answers = [list(leaves(here.ask(getter, *key))) for key in zip(*keys, strict=True)]
    assert rows(columns) == answers


TEXTS = {
    "vyper": ("set_texts", "set_note", "title", "blob", "notes"),
    "solidity": ("setTexts", "setNote", "title", "blob", "notes"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@EXAMPLES
@given(
    text=st.text(st.characters(max_codepoint=126), max_size=100),
    raw=st.binary(max_size=70),
    notes=st.lists(st.binary(max_size=64), min_size=3, max_size=3),
)
def test_bytes_and_strings_of_any_length_are_read(
    language: str, text: str, raw: bytes, notes: list[bytes]
) -> None:
    set_texts, set_note, title, blob, path = TEXTS[language]
    here = world(language)
    here.send(set_texts, text, raw)
    for owner, note in zip(OWNERS, notes, strict=True):
        here.send(set_note, owner, note)
    assert read_texts(here.view, here.read, title) == [text.encode()]
    assert read_texts(here.view, here.read, blob) == [raw]
    assert read_texts(here.view, here.read, path, OWNERS) == notes
    lengths = here.view.read(here.read, path, OWNERS)["length"].int64()
    assert lengths.tolist() == list(map(len, notes))


@pytest.mark.parametrize("language", LANGUAGES)
@EXAMPLES
@given(
    numbers=st.lists(st.integers(0, 2**40 - 1), max_size=10),
    series=st.lists(st.lists(st.integers(-(2**23), 2**23 - 1), max_size=6), min_size=3, max_size=3),
)
def test_dynamic_arrays_are_read_of_many_keys_at_once(
    language: str, numbers: list[int], series: list[list[int]]
) -> None:
    here = world(language)
    unsigned = language == "solidity"
    path, setter = ("packed", "setPacked") if unsigned else ("numbers", "set_numbers")
    here.send(setter, numbers)
    lists = [[abs(n) for n in part] for part in series] if unsigned else series
    for key, part in enumerate(lists):
        here.send("setSeries" if unsigned else "set_series", key, part)
    alone = read_items(here.view, here.read, path)
    assert alone.columns["value"].integers() == numbers
    items = read_items(here.view, here.read, "series", [0, 1, 2])
    assert np.diff(items.offsets).tolist() == list(map(len, lists))
    assert items.columns["value"].integers() == [n for part in lists for n in part]
    if numbers:
        backwards = list(range(len(numbers)))[::-1]
        picked = here.view.read(here.read, f"{path}[]", backwards)["value"].int64()
        assert picked.tolist() == numbers[::-1]
        assert here.view.read(here.read, f"{path}[0]")["value"].integers() == numbers[:1]


@pytest.mark.parametrize("language", LANGUAGES)
@EXAMPLES
@given(data=st.data())
def test_fixed_arrays_are_read_whole_and_by_index(language: str, data: st.DataObject) -> None:
    here = world(language)
    setter = "setArrays" if language == "solidity" else "set_arrays"
    three, grid = data.draw(arguments_of(language, setter))
    here.send(setter, three, grid)
    whole = here.view.read(here.read, "three")
    assert [column.integers()[0] for column in whole.values()] == three
    assert list(whole) == ["[0]", "[1]", "[2]"]
    cells = here.view.read(here.read, "grid")
    assert [column.integers()[0] for column in cells.values()] == list(leaves(grid))
    assert cells["[2][1]"].integers() == [grid[2][1]]
    by_index = here.view.read(here.read, "grid[][]", [2, 0], [0, 1])["value"]
    assert by_index.integers() == [grid[2][0], grid[0][1]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_structs_in_arrays_are_what_the_contract_says(language: str) -> None:
    here = world(language)
    push, at = ("push_history", "history") if language == "vyper" else ("pushHistory", "historyAt")
    position = function_entry(here.artifact, push)["inputs"][0]
    for number in (1, 2, 3):
        here.send(push, _filled(position, number))
    columns = here.view.read(here.read, "history[]", [2, 0])
    assert rows(columns) == [list(leaves(here.ask(at, index))) for index in (2, 0)]
    ages = here.view.read(here.read, "history[].inner.opened", [0, 1, 2])["value"].int64()
    assert ages.tolist() == [1, 2, 3]
    everything_of_it = read_items(here.view, here.read, "history").columns
    assert everything_of_it["inner.opened"].int64().tolist() == [1, 2, 3]


def _filled(entry: Any, number: int) -> Any:
    """A value of an ABI type that is made of one number."""
    text = str(entry["type"])
    if text.endswith("]"):
        item, _, length = text.rpartition("[")
        return [_filled({**entry, "type": item}, number) for _ in range(int(length[:-1]))]
    if text == "tuple":
        return [_filled(part, number) for part in entry["components"]]
    if text == "bool":
        return number % 2 == 0
    if text == "address":
        return bytes([number]) * 20
    if text == "string":
        return "x" * number
    if text.startswith("bytes"):
        return bytes([number]) * int(text[5:])
    if str(entry.get("internalType")).startswith("enum"):
        return number % ENUM_END
    return number


def test_trees_of_solidity_structs_are_followed() -> None:
    here = world("solidity")
    here.send("setTree", 4, 5, 99, [7, 8, 9])
    path = "tree.children[].children[]"
    assert here.view.read(here.read, path, [4, 4], [5, 6])["weight"].integers() == [99, 0]
    leaves_ = read_items(here.view, here.read, f"{path}.leaves", [4], [5])
    assert leaves_.columns["value"].int64().tolist() == [7, 8, 9]
    assert here.ask("treeAt", 4, 5) == (99, (7, 8, 9))


def test_variables_that_share_a_slot_or_a_name_are_told_apart() -> None:
    here = world("solidity")
    here.send("setSmall", b"\x0a" * 20, True, -5)
    names = ["Base.secret", "first", "Everything.secret", "paused", "price"]
    values = [plain(here.view.read(here.read, name)["value"])[0] for name in names]
    assert values == [11, 12, 21, True, -5]
    assert plain(here.view.read(here.read, "token")["value"]) == [b"\x0a" * 20]
    hook = plain(here.view.read(here.read, "hook")["value"])[0]
    assert hook == here.address + encode_call(here.artifact, "echo", 0)[:4]


def test_small_variables_of_vyper_are_read() -> None:
    here = world("vyper")
    here.send("set_small", -(10**10) - 1, 2, b"\x0b" * 20, b"abcde")
    read = {name: here.view.read(here.read, name)["value"] for name in ("price", "role", "token")}
    assert read["price"].integers() == [-(10**10) - 1]
    assert read["price"].floats().tolist() == [-1.0000000001]
    assert read["role"].integers() == [2]
    assert plain(read["token"]) == [b"\x0b" * 20]
    assert plain(here.view.read(here.read, "tag")["value"]) == [b"abcde"]
    assert here.view.read(here.read, "ledger.count")["value"].integers()[0] >= 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_kinds_of_mirror_agree_field_by_field(language: str) -> None:
    here = world(language)
    setter, getter = (
        ("set_position", "positions") if language == "vyper" else ("setPosition", "positionOf")
    )
    position = function_entry(here.artifact, setter)["inputs"][1]
    for number, owner in enumerate(OWNERS):
        here.send(setter, owner, _filled(position, number + 1))
    paths = [Watched("ticks", OWNERS, [1, 2, 3])]
    if language == "solidity":  # the answer of Vyper's has a string in it
        paths.append(Watched("positions", OWNERS, getter=getter))
    stored = StorageMirror(here.chain, here.address, here.artifact.layout, paths)
    asked = CallMirror(here.chain, here.address, here.artifact, paths)
    for item in paths:
        ours, theirs = stored.columns(item.name), asked.columns(item.name)
        assert list(ours) == list(theirs)
        assert rows(ours) == rows(theirs)
    call = encode_call(here.artifact, setter, OWNERS[1], _filled(position, 3))
    batch = Batch.of([SENDER], [here.address], [call], 2_000_000)
    receipts = here.chain.execute(batch)
    assert receipts.status.tolist() == [1]
    for mirror in (stored, asked):
        found = mirror.apply(here.chain, receipts)
        changed = {name: part.tolist() for name, part in found.items()}
        assert changed == ({"positions": [1]} if len(paths) == 2 else {})
        assert mirror.verify(here.chain) == []
