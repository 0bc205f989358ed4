"""Calldata of many calls at once against the ABI library."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.abi import Calls, pack_arguments, pack_calls, selector
from simulator.errors import InputError
from simulator.units import integers_to_words
from tests.unit.simulator.chain.abi.static_types import tables

PEOPLE = [bytes([number]) * 20 for number in range(1, 4)]
DEEDS = np.frombuffer(b"".join(PEOPLE), np.uint8).reshape(3, 20)


def parts(calls: Calls) -> list[bytes]:
    data, offsets = calls
    assert data.dtype == np.uint8 and offsets.dtype == np.int64 and offsets[-1] == len(data)
    return [data[start:end].tobytes() for start, end in pairwise(offsets)]


@given(tables())
def test_rows_of_any_static_types_pack_as_the_library_packs_them(
    table: tuple[list[str], list[tuple[Any, ...]]],
) -> None:
    kinds, rows = table
    signature = f"act({','.join(kinds)})"
    packed = pack_calls(signature, *(list(column) for column in zip(*rows, strict=True)))
    assert parts(packed) == [selector(signature) + encode(kinds, row) for row in rows]


@given(
    size=st.integers(1, 32).map(lambda size: 8 * size),
    signed=st.booleans(),
    rows=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
    dtype=st.sampled_from([np.int64, np.uint64, np.int32, np.uint8, ">i8"]),
)
def test_machine_integers_pack_as_the_library_does_or_are_refused_like_by_it(
    size: int, signed: bool, rows: list[int], dtype: Any
) -> None:
    column = np.array(rows).astype(dtype)
    kind = f"{'' if signed else 'u'}int{size}"
    low, high = (-(2 ** (size - 1)), 2 ** (size - 1) - 1) if signed else (0, 2**size - 1)
    wrong = [row for row, value in enumerate(column.tolist()) if not low <= value <= high]
    if wrong:
        value = int(column[wrong[0]])
        with pytest.raises(InputError, match=rf"row {wrong[0]} = {value}: is an? {kind}"):
            pack_arguments([kind], column)
    else:
        expected = [encode([kind], [value]) for value in column.tolist()]
        assert parts(pack_arguments([kind], column)) == expected
        assert parts(pack_arguments([kind], column.astype(object))) == expected


@given(
    size=st.integers(1, 32).map(lambda size: 8 * size),
    signed=st.booleans(),
    bits=st.integers(1, 256),
    data=st.data(),
)
def test_limbs_pack_as_the_library_does_or_are_refused_like_by_it(
    size: int, signed: bool, bits: int, data: st.DataObject
) -> None:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    values = data.draw(st.lists(st.integers(low, high) | st.sampled_from([low, high]), min_size=1))
    column = integers_to_words(values, signed)
    kind = f"{'' if signed else 'u'}int{size}"
    low, high = (-(2 ** (size - 1)), 2 ** (size - 1) - 1) if signed else (0, 2**size - 1)
    wrong = [row for row, value in enumerate(values) if not low <= value <= high]
    if wrong:
        with pytest.raises(InputError, match=rf"row {wrong[0]} = {values[wrong[0]]}: "):
            pack_arguments([kind], column)
    else:
        assert parts(pack_arguments([kind], column)) == [encode([kind], [v]) for v in values]


def test_the_edges_of_64_bits_keep_their_sign() -> None:
    edges = [-(2**63), -(2**62) - 1, -(2**62), -1, 0, 1, 2**62 - 1, 2**62, 2**63 - 1]
    for kind in ("int72", "int256"):
        expected = [encode([kind], [value]) for value in edges]
        for column in (np.array(edges), np.array(edges, ">i8")):
            assert parts(pack_arguments([kind], column)) == expected
    unsigned = np.array([0, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)
    expected = [encode(["int72"], [value]) for value in unsigned.tolist()]
    assert parts(pack_arguments(["int72"], unsigned)) == expected


def test_more_rows_than_the_short_way_takes_pack_alike() -> None:
    column = np.arange(-1500, 1500) * 2**52
    expected = [encode(["int256"], [value]) for value in column.tolist()]
    assert parts(pack_arguments(["int256"], column)) == expected
    with pytest.raises(InputError, match=r"row 3 = -6: "):
        pack_arguments(["uint256"], np.concatenate([[1, 2, 3, -6], column]))


def test_single_values_stand_for_all_rows() -> None:
    signature = "pay(address,uint256,bool,bytes4,(int8,address)[2])"
    pair = (-3, PEOPLE[1])
    packed = pack_calls(signature, DEEDS, 7, True, b"abcd", ((-3, PEOPLE[1]), pair))
    kinds = ["address", "uint256", "bool", "bytes4", "(int8,address)[2]"]
    expected = [
        selector(signature) + encode(kinds, (who, 7, True, b"abcd", [pair, pair])) for who in PEOPLE
    ]
    assert parts(packed) == expected
    assert parts(pack_calls(signature, PEOPLE, 7, True, b"abcd", (pair, pair))) == expected


def test_columns_may_lie_within_tuples_and_arrays() -> None:
    amounts = np.array([[1, -2], [3, 4], [5, -6]])
    flags = np.array([True, False, True])
    expected = [
        encode(["int64[2]", "(bool,address)"], (pair, (flag, who)))
        for pair, flag, who in zip(amounts.tolist(), flags.tolist(), PEOPLE, strict=True)
    ]
    kinds = ["int64[2]", "(bool,address)"]
    assert parts(pack_arguments(kinds, amounts, (flags, DEEDS))) == expected
    assert parts(pack_arguments(kinds, (amounts[:, 0], amounts[:, 1]), (flags, PEOPLE))) == expected


def test_one_address_as_an_array_stands_for_all_rows() -> None:
    packed = pack_arguments(["address", "uint8"], DEEDS[1], np.array([1, 2]))
    assert parts(packed) == [encode(["address", "uint8"], (PEOPLE[1], n)) for n in (1, 2)]


def test_dynamic_types_pack_row_by_row_in_the_same_shape() -> None:
    signature = "tell(string,address[],uint256,bytes,(bytes,int8),uint16[2])"
    kinds = ["string", "address[]", "uint256", "bytes", "(bytes,int8)", "uint16[2]"]
    texts = ["", "né", "x" * 40]
    limbs = integers_to_words([1, 2**200, 3], signed=False)
    pairs = [(b"", 1), (b"xyz", -1), (b"1", 2)]
    numbers = np.array([[1, 2], [3, 4], [5, 6]], np.uint16)
    packed = pack_calls(
        signature, texts, [PEOPLE, [], PEOPLE[:1]], limbs, b"\x00\x01", pairs, numbers
    )
    expected = [
        selector(signature) + encode(kinds, row)
        for row in zip(
            texts,
            [PEOPLE, [], PEOPLE[:1]],
            [1, 2**200, 3],
            [b"\x00\x01"] * 3,
            pairs,
            numbers.tolist(),
            strict=True,
        )
    ]
    assert parts(packed) == expected


def test_calls_without_arguments_and_without_rows_keep_the_shape() -> None:
    assert parts(pack_calls("poke()")) == [selector("poke()")]
    assert parts(pack_calls("poke()", rows=3)) == [selector("poke()")] * 3
    assert parts(pack_calls("f(uint256)", np.zeros(0, np.int64))) == []
    assert parts(pack_calls("f(uint256,address)", [], [])) == []
    assert parts(pack_calls("f(string)", [])) == []
    assert parts(pack_arguments([], rows=2)) == [b"", b""]


def test_an_abi_entry_packs_like_its_signature_and_a_constructor_has_no_selector() -> None:
    part = {"name": "at", "type": "tuple[1]", "components": [{"name": "x", "type": "uint8"}]}
    entry = {"type": "function", "name": "set", "inputs": [part, {"name": "by", "type": "bool"}]}
    expected = encode(["(uint8)[1]", "bool"], [[(5,)], True])
    assert parts(pack_calls(entry, ((5,),), True)) == [selector("set((uint8)[1],bool)") + expected]
    constructor = entry | {"type": "constructor", "name": None}
    assert parts(pack_calls(constructor, ((5,),), True)) == [expected]


@pytest.mark.parametrize(
    ("signature", "columns", "message"),
    [
        (
            "f(uint256)",
            [np.array([1, -5])],
            r"argument 1 of f\(uint256\), row 1 = -5: is a uint256",
        ),
        (
            "f(uint8 fee)",
            [256],
            r"argument 1 \(fee\) of f\(uint8\) = 256: is a uint8, so from 0 to",
        ),
        ("f(uint8)", [[1, 300]], r"row 1 = 300: is a uint8"),
        ("f(int8)", [[1, -129]], r"row 1 = -129: is an int8, so from -2\^7"),
        ("f(uint256)", [np.array([1.0])], r"array of float64, shape \(1,\).*never floats"),
        ("f(uint256)", [1.0], r"= 1.0: is a uint256, so an integer"),
        ("f(uint256)", [[1, 2.5]], r"row 1 = 2.5: is a uint256, so an integer"),
        ("f(uint256)", [True], r"not a truth value"),
        ("f(uint256)", [[0, True]], r"row 1 = True: .*not a truth value"),
        ("f(uint256)", [np.array([True])], r"array of bool"),
        ("f(uint256)", [None], r"= None: is a uint256"),
        ("f(address)", ["0x" + "11" * 20], r"is an address, so 20 raw bytes"),
        ("f(address)", [[PEOPLE[0], b"short"]], r"row 1 = b'short': is an address"),
        ("f(address)", [DEEDS[:, :19]], r"shape \(3, 19\).*uint8\[n, 20\]"),
        ("f(bytes4)", [b"abc"], r"= b'abc': is a bytes4, so 4 raw bytes"),
        ("f(bool)", [1], r"= 1: is a bool"),
        ("f(bool)", [np.array([1])], r"array of int64.*bool\[n\]"),
        ("f(bool)", [[True, 0]], r"row 1 = 0: is a bool"),
        ("f(uint8[2])", [[(1, 2), (1,)]], r"row 1 = \(1,\): is a uint8\[2\], so 2 values"),
        ("f(uint8[2])", [(1, 2, 3)], r"is a uint8\[2\], so 2 columns"),
        ("f(uint8[2])", [(1, 300)], r"argument 1\[1\] of f.* = 300: is a uint8"),
        ("f(uint8[2])", [np.zeros((4, 3), np.uint8)], r"is a uint8\[2\]: \[n, 2, ...\]"),
        ("f((uint8,bool))", [7], r"a tuple of columns or a list of rows"),
        ("f(uint256,bool)", [np.arange(3), [True]], r"argument 2 of f.*'1 rows': must have 3 rows"),
        ("f(uint256)", [], r"arguments = 0: f\(uint256\) takes 1"),
        ("f(string,uint8)", ["a", [1, 256]], r"argument 2 of f.*row 1 = 256: is no uint8"),
        ("f(string)", [b"\xff"], r"argument 1 of f\(string\), row 0 = "),
    ],
)
def test_what_does_not_fit_is_refused_by_argument_row_value_and_rule(
    signature: str, columns: list[Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pack_calls(signature, *columns)


@pytest.mark.parametrize(
    "signature",
    [
        "f", "f(uint7)", "f(uint264)", "f(bytes33)", "f(uint08)", "f(uint8", "f(uint8))",
        "f(uint8[0])", "f(uint8 a b)", "f(,)", "f(uint8) maybe (bool)", "f(uint8)(bool) x",
        "f(address payable[)", "f(uint8) returns (bool) (bool)",
    ],
)  # fmt: skip
def test_text_that_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(InputError):
        pack_calls(signature, 1)
