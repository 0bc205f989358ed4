"""Headers: the same hash as py-evm's, and nothing odd gets in."""

from __future__ import annotations

from typing import Any

import pytest
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.london.blocks import LondonBlockHeader
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.fork.headers import FIELDS, Header, header_from_json, header_from_rlp

SIZES = {"hash": 32, "address": 20, "bloom": 256, "nonce": 8}
FIELD_COUNTS = {16: "london", 17: "shanghai", 20: "cancun", 21: "prague"}
NAMES_IN_PYEVM = (  # in the order of the encoding; its constructors have another one
    "parent_hash uncles_hash coinbase state_root transaction_root receipt_root bloom difficulty "
    "block_number gas_limit gas_used timestamp extra_data mix_hash nonce base_fee_per_gas "
    "withdrawals_root blob_gas_used excess_blob_gas parent_beacon_block_root requests_hash"
)
HEADERS_OF_PYEVM: dict[str, Any] = {
    "london": LondonBlockHeader,
    "shanghai": ShanghaiBlockHeader,
    "cancun": CancunBlockHeader,
    "prague": PragueBlockHeader,
}


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, str]:
    """A node's JSON of a block."""
    count = draw(st.sampled_from(sorted(FIELD_COUNTS)))
    block = {"hash": "0x00", "size": "0x1", "totalDifficulty": "0x0"}
    for name, kind in FIELDS[:count]:
        if kind == "number":
            block[name] = hex(draw(st.integers(0, 2**64 - 1)))
        else:
            size = SIZES.get(kind)
            data = draw(st.binary(min_size=size or 0, max_size=size or 32))
            block[name] = f"0x{data.hex()}"
    return block


def hash_by_pyevm(block: dict[str, str], fork: str) -> bytes:
    """The header as py-evm builds and hashes it. (Bounds of its fields are its own.)"""
    count = next(count for count, name in FIELD_COUNTS.items() if name == fork)
    values = [
        int(block[name], 16) if kind in ("number", "bloom") else bytes.fromhex(block[name][2:])
        for name, kind in FIELDS[:count]
    ]
    named = dict(zip(NAMES_IN_PYEVM.split()[:count], values, strict=True))
    header = HEADERS_OF_PYEVM[fork](**named)
    return bytes(header.hash)


@given(blocks())
def test_the_hash_is_that_of_py_evm(block: dict[str, str]) -> None:
    fork = FIELD_COUNTS[sum(name in block for name, _ in FIELDS)]
    header = header_from_json(block)
    assert header.hash() == hash_by_pyevm(block, fork)
    assert header_from_rlp(header.rlp()) == header


@given(blocks())
def test_the_environment_is_that_of_the_block(block: dict[str, str]) -> None:
    environment = header_from_json(block).environment()
    assert environment.number == int(block["number"], 16)
    assert environment.timestamp == int(block["timestamp"], 16)
    assert environment.base_fee == int(block["baseFeePerGas"], 16)
    assert environment.gas_limit == int(block["gasLimit"], 16)
    assert environment.coinbase.hex() == block["miner"][2:]
    assert environment.prevrandao.hex() == block["mixHash"][2:]
    assert environment.parent_hash == bytes.fromhex(block["parentHash"][2:])


def plain_block() -> dict[str, object]:
    block: dict[str, object] = {}
    for name, kind in FIELDS[:16]:
        block[name] = "0x1" if kind == "number" else "0x" + "11" * SIZES.get(kind, 2)
    return block


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("stateRoot", "0x1234", "stateRoot has 2 bytes instead of 32"),
        ("stateRoot", None, "stateRoot = 'None' is no hexadecimal data"),
        ("stateRoot", 5, "stateRoot = '5' is no hexadecimal data"),
        ("extraData", "0x123", "extraData = '0x123' is no hexadecimal data"),
        ("number", "12", "number = '12' is no hexadecimal number"),
        ("number", "0x", "number = '0x' is no hexadecimal number"),
        ("number", "0xg", "is no hexadecimal number"),
        ("number", "0x1" + "0" * 16, "number is too large for 64 bits"),
        ("baseFeePerGas", "0x1" + "0" * 16, "baseFeePerGas is too large for 64 bits"),
        ("difficulty", "0x" + "f" * 65, "is too large for 256 bits"),
        ("blobGasUsed", "0x1", None),
    ],
)
def test_a_bad_field_is_named(field: str, value: object, said: str | None) -> None:
    block = plain_block() | {field: value}
    if said is None:  # a later hardfork's field without those before it is not taken
        assert header_from_json(block) == header_from_json(plain_block())
        return
    with pytest.raises(ValueError, match=said):
        header_from_json(block)


@pytest.mark.parametrize("field", [name for name, _ in FIELDS[:15]])
def test_a_missing_field_is_named(field: str) -> None:
    block = plain_block()
    del block[field]
    with pytest.raises(ValueError, match=f"{field} is missing"):
        header_from_json(block)


def test_a_block_from_before_london_or_an_answer_that_is_no_block_is_refused() -> None:
    block = plain_block()
    del block["baseFeePerGas"]
    with pytest.raises(ValueError, match="baseFeePerGas is missing"):
        header_from_json(block)
    answers: tuple[object, ...] = ([], "0x", 5, True)
    for answer in answers:
        with pytest.raises(ValueError, match="is no object"):
            header_from_json(answer)


@given(st.binary(max_size=300))
def test_rubbish_as_rlp_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="header"):
        header_from_rlp(data)


def test_odd_items_of_a_list_are_refused() -> None:
    good = header_from_json(plain_block())
    for position, item in ((3, b"\1"), (8, b"\0\1"), (8, bytes([1] * 33)), (9, bytes([1] * 9))):
        items = list(good.items)
        items[position] = item
        with pytest.raises(ValueError, match=r"has|is no number|too large"):
            header_from_rlp(Header(tuple(items)).rlp())
