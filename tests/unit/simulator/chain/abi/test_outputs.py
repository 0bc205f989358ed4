"""Return values of many calls at once against the ABI library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.abi import unpack_outputs
from simulator.chain.abi.types import AbiType, parse_type
from simulator.errors import ChainError, InputError, RevertError
from simulator.units import integers_to_words, words_to_integers
from tests.unit.simulator.chain.abi.made_receipts import receipts_of
from tests.unit.simulator.chain.abi.static_types import tables


def row_of(kind: AbiType, column: Any, row: int) -> Any:
    """One value of a column in the library's form."""
    if kind.parts:
        parts = column if isinstance(column, tuple) else [column[:, at] for at in range(kind.size)]
        return tuple(row_of(m, part, row) for m, part in zip(kind.members(), parts, strict=True))
    value = column[row]
    return value.tobytes() if kind.kind in ("address", "bytes") else value


@given(tables())
def test_values_of_any_static_types_come_back(
    table: tuple[list[str], list[tuple[Any, ...]]],
) -> None:
    kinds, rows = table
    receipts = receipts_of([encode(kinds, row) for row in rows])
    columns = unpack_outputs(f"({','.join(kinds)})", receipts, integers="python")
    for row, expected in enumerate(rows):
        pairs = zip(kinds, columns, strict=True)
        assert tuple(row_of(parse_type(kind), column, row) for kind, column in pairs) == expected


@given(
    values=st.lists(
        st.integers(-(2**255), 2**255 - 1)
        | st.integers(-9, 9)
        | st.sampled_from([-(2**63) - 1, -(2**63), 2**63 - 1, 2**63, 2**64 - 1, 2**64]),
        min_size=1,
        max_size=4,
    ),
    signed=st.booleans(),
)
def test_integers_come_in_each_form_or_are_refused(values: list[int], signed: bool) -> None:
    if not signed:
        values = [value % 2**256 for value in values]
    kind = "int256" if signed else "uint256"
    receipts = receipts_of([encode([kind], [value]) for value in values])
    (words,) = unpack_outputs(f"({kind})", receipts)
    assert words.dtype == np.uint64 and words_to_integers(words, signed) == values
    (floats,) = unpack_outputs(f"({kind})", receipts, integers="float64")
    assert floats.tolist() == [float(value) for value in values]
    for form, low, high in (("int64", -(2**63), 2**63 - 1), ("uint64", 0, 2**64 - 1)):
        wrong = [row for row, value in enumerate(values) if not low <= value <= high]
        if wrong:
            with pytest.raises(
                InputError, match=rf"call {wrong[0]} = {values[wrong[0]]}: .*{form}"
            ):
                unpack_outputs(f"({kind})", receipts, integers=form)  # type: ignore[arg-type]
        else:
            (column,) = unpack_outputs(f"({kind})", receipts, integers=form)  # type: ignore[arg-type]
            assert column.dtype == form and column.tolist() == values


def test_addresses_and_dynamic_values_come_as_asked_for() -> None:
    one, two = bytes([1]) * 20, bytes([0xAB]) * 20
    receipts = receipts_of([encode(["address"], [one]), encode(["address"], [two])])
    entry = {"type": "function", "name": "owner", "inputs": [], "outputs": [{"type": "address"}]}
    (raw,) = unpack_outputs(entry, receipts)
    assert raw.tobytes() == one + two
    (texts,) = unpack_outputs(entry, receipts, addresses="text")
    assert texts.tolist() == ["0x" + one.hex(), "0x" + two.hex()]
    kinds = ["string", "uint8[]", "address"]
    receipts = receipts_of([encode(kinds, ("né", [1, 2], two)), encode(kinds, ("", [], one))])
    texts, numbers, owners = unpack_outputs("f()(string,uint8[],address)", receipts)
    assert texts.tolist() == ["né", ""] and numbers.tolist() == [(1, 2), ()]
    assert owners.tolist() == ["0x" + two.hex(), "0x" + one.hex()]


def test_only_the_chosen_rows_are_read_and_a_failed_call_is_named() -> None:
    outputs = [encode(["uint256"], [5]), b"", encode(["uint256"], [2**70])]
    receipts = receipts_of(outputs, status=[1, 0, 1])
    (words,) = unpack_outputs("f() returns (uint256)", receipts, rows=np.array([2, 0]))
    assert words_to_integers(words, signed=False) == [2**70, 5]
    with pytest.raises(RevertError, match="call 1 reverted: empty revert data"):
        unpack_outputs("(uint256)", receipts)
    with pytest.raises(ChainError, match="call 1 halted: out of gas"):
        unpack_outputs("(uint256)", receipts_of(outputs, status=[1, 2, 1]))


@pytest.mark.parametrize(
    ("outputs", "kinds", "message"),
    [
        ([b"\0" * 32, b""], "(uint256)", r"output of call 1 = '0 bytes': must have 32 bytes"),
        ([b"\0" * 31 + b"\2"], "(bool)", r"output of call 0, value 1 = '0x0+2': is no bool"),
        ([b"\1" * 32], "(address)", r"call 0, value 1 = '0x01.*is no address"),
        ([b"\0" * 31 + b"\1"], "(bytes31 tag)", r"call 0, tag = .*is no bytes31"),
        ([b"\0" * 30 + b"\1\0"], "(uint8)", r"is no uint8"),
        ([b"\0" * 31 + b"\x80"], "(int8)", r"is no int8"),
        ([b"\0" * 33], "(string)", r"output of call 0 = .*is not \(string\)"),
        ([b"\0" * 32], "f(uint256)", r"must tell the types that it returns"),
    ],
)
def test_output_that_is_no_value_of_its_type_is_refused(
    outputs: list[bytes], kinds: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        unpack_outputs(kinds, receipts_of(outputs))


def test_an_unknown_form_is_refused() -> None:
    receipts = receipts_of([bytes(32)])
    with pytest.raises(InputError, match="integers = 'float'"):
        unpack_outputs("(uint256)", receipts, integers="float")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="addresses = 'hex'"):
        unpack_outputs("(uint256)", receipts, addresses="hex")  # type: ignore[arg-type]


def test_values_at_odd_places_are_read_alike() -> None:
    packed = encode(["int256", "bool"], [-5, True])
    receipts = receipts_of([b"\1" * 3, packed, packed], status=[0, 1, 1])
    numbers, flags = unpack_outputs(
        "(int256,bool)", receipts, rows=np.array([1, 2]), integers="int64"
    )
    assert numbers.tolist() == [-5, -5] and flags.tolist() == [True, True]


def test_no_calls_give_empty_columns() -> None:
    numbers, flags = unpack_outputs("(uint256,bool)", receipts_of([]))
    assert numbers.shape == (0, 4) and flags.shape == (0,)
    (texts,) = unpack_outputs("(string)", receipts_of([]))
    assert len(texts) == 0


def test_limbs_are_those_that_packing_takes() -> None:
    words = integers_to_words([-1, 2**200], signed=True)
    receipts = receipts_of([encode(["int256"], [-1]), encode(["int256"], [2**200])])
    np.testing.assert_array_equal(unpack_outputs("(int256)", receipts)[0], words)
