"""Logs as tables, against the ABI library and web3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.abi import decode_logs, event_topic, events_of
from simulator.chain.abi.types import parse_type
from simulator.errors import InputError
from tests.unit.simulator.chain.abi.made_receipts import Log, receipts_of
from tests.unit.simulator.chain.abi.static_types import types, values

ONE, TWO = bytes([0x11]) * 20, bytes([0xAB]) * 20
TRANSFER = "Transfer(address indexed from, address indexed to, uint256 value)"
TOPIC = event_topic("Transfer(address,address,uint256)")


def word(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value.rjust(32, b"\0")
    return (value % 2**256).to_bytes(32, "big")


def transfer(transaction: int, value: int, emitter: bytes = ONE) -> Log:
    return transaction, emitter, [TOPIC, word(ONE), word(TWO)], word(value)


def text(data: bytes) -> str:
    return "0x" + data.hex()


def test_each_event_becomes_a_table_in_the_order_of_emission() -> None:
    other: Log = (1, TWO, [event_topic("Paid(int256)")], word(-7))
    receipts = receipts_of(logs=[transfer(0, 5), other, transfer(2, 2**200), transfer(2, 0, TWO)])
    tables = decode_logs(receipts, [TRANSFER, "event Paid(int256 wei);", "Never(bool flag)"])
    assert tables["Transfer"].to_dict("list") == {
        "transaction": [0, 2, 2],
        "log": [0, 2, 3],
        "emitter": [text(ONE), text(ONE), text(TWO)],
        "from": [text(ONE)] * 3,
        "to": [text(TWO)] * 3,
        "value": [5, 2**200, 0],
    }
    assert tables["Paid"]["wei"].tolist() == [-7]
    assert len(tables["Never"]) == 0 and "flag" in tables["Never"].columns
    only_two = decode_logs(receipts, TRANSFER, addresses=TWO)["Transfer"]
    assert only_two["log"].tolist() == [3]
    assert len(decode_logs(receipts, TRANSFER, addresses=[ONE, TWO])["Transfer"]) == 3


@st.composite
def events(draw: st.DrawFn) -> tuple[list[tuple[str, bool]], list[tuple[Any, ...]]]:
    kinds = draw(st.lists(types | st.sampled_from(["string", "uint8[]", "bytes"]), max_size=4))
    flags = draw(st.lists(st.booleans(), min_size=len(kinds), max_size=len(kinds)))
    while sum(flags) > 3:
        flags[flags.index(True)] = False
    special = {"string": st.text(max_size=40), "bytes": st.binary(max_size=40)}
    special["uint8[]"] = st.lists(st.integers(0, 255), max_size=3).map(tuple)
    row = st.tuples(
        *(special[kind] if kind in special else values(parse_type(kind)) for kind in kinds)
    )
    return list(zip(kinds, flags, strict=True)), draw(st.lists(row, max_size=4))


def in_table(kind: str, value: Any) -> Any:
    """A value of the library as a table has it."""
    parsed = parse_type(kind)
    if parsed.kind == "address":
        return text(value)
    if parsed.parts:
        pairs = zip(parsed.members(), value, strict=True)
        return tuple(in_table(member.text, part) for member, part in pairs)
    return value


@given(events())
def test_any_event_decodes_to_what_was_encoded(
    event: tuple[list[tuple[str, bool]], list[tuple[Any, ...]]],
) -> None:
    fields, rows = event
    entry = {
        "type": "event",
        "name": "Happened",
        "inputs": [
            {"name": f"f{place}", "indexed": indexed} | abi_input(kind)
            for place, (kind, indexed) in enumerate(fields)
        ],
    }
    topic = event_topic(f"Happened({','.join(parse_type(kind).text for kind, _ in fields)})")
    logs: list[Log] = []
    for row in rows:
        pairs = [(kind, indexed, value) for (kind, indexed), value in zip(fields, row, strict=True)]
        leaves = [
            encode([kind], [value]) if parse_type(kind).is_leaf else b"\7" * 32
            for kind, indexed, value in pairs
            if indexed
        ]
        data = [(kind, value) for kind, indexed, value in pairs if not indexed]
        logs.append((0, ONE, [topic, *leaves], encode([k for k, _ in data], [v for _, v in data])))
    table = decode_logs(receipts_of(logs=logs), entry)["Happened"]
    for place, (kind, indexed) in enumerate(fields):
        expected = [in_table(kind, row[place]) for row in rows]
        if indexed and not parse_type(kind).is_leaf:
            expected = [b"\7" * 32] * len(rows)
        assert table[f"f{place}"].tolist() == expected


def abi_input(kind: str) -> dict[str, Any]:
    """A type as an ABI entry spells it."""
    if not kind.startswith("("):
        return {"type": kind}
    closing = kind.rindex(")")
    parsed = parse_type(kind[: closing + 1])
    return {
        "type": "tuple" + kind[closing + 1 :],
        "components": [{"name": ""} | abi_input(part.text) for part in parsed.parts],
    }


def test_web3_reads_the_same_from_a_log() -> None:
    from web3 import Web3

    entry: dict[str, Any] = {
        "type": "event",
        "name": "Filled",
        "anonymous": False,
        "inputs": [
            {"name": "who", "type": "address", "indexed": True},
            {"name": "tag", "type": "string", "indexed": True},
            {"name": "size", "type": "int128", "indexed": False},
            {"name": "note", "type": "string", "indexed": False},
        ],
    }
    topics = [event_topic("Filled(address,string,int128,string)"), word(TWO), b"\5" * 32]
    data = encode(["int128", "string"], [-3, "né"])
    ours = decode_logs(receipts_of(logs=[(0, ONE, topics, data)]), [entry])["Filled"].iloc[0]
    contract = Web3().eth.contract(address=Web3.to_checksum_address(ONE), abi=[entry])
    theirs = contract.events.Filled().process_log(
        {
            "address": Web3.to_checksum_address(ONE), "topics": topics, "data": data,
            "logIndex": 0, "transactionIndex": 0, "transactionHash": b"", "blockHash": b"",
            "blockNumber": 0,
        }
    )["args"]  # fmt: skip
    assert ours["who"] == theirs["who"].lower()
    assert (ours["tag"], ours["size"], ours["note"]) == (theirs["tag"], theirs["size"], "né")


def test_integers_and_addresses_come_in_the_form_asked_for() -> None:
    receipts = receipts_of(logs=[transfer(0, 5), transfer(1, 2**64 + 1)])
    floats = decode_logs(receipts, TRANSFER, integers="float64", addresses_as="bytes")["Transfer"]
    assert floats["value"].dtype == np.float64 and floats["value"].tolist() == [5.0, 2.0**64]
    assert floats["to"].tolist() == [TWO, TWO] and floats["emitter"].tolist() == [ONE, ONE]
    limbs = decode_logs(receipts, TRANSFER, integers="words")["Transfer"]
    assert limbs[["value.0", "value.1"]].to_numpy().tolist() == [[5, 0], [1, 1]]
    assert limbs["value.3"].dtype == np.uint64
    with pytest.raises(InputError, match=rf"log 1 of transaction 1 = {2**64 + 1}: .*int64"):
        decode_logs(receipts, TRANSFER, integers="int64")


def test_events_of_one_name_are_told_apart_by_their_signature() -> None:
    logs: list[Log] = [
        (0, ONE, [event_topic("Set(uint256)")], word(1)),
        (0, ONE, [event_topic("Set(bool)")], word(1)),
    ]
    tables = decode_logs(receipts_of(logs=logs), ["Set(uint256 a)", "Set(bool a)"])
    assert tables["Set(uint256)"]["a"].tolist() == [1]
    assert tables["Set(bool)"]["a"].tolist() == [True]


def test_one_signature_with_different_indexed_fields_is_told_apart_by_the_topics() -> None:
    nft = "Transfer(address indexed from, address indexed to, uint256 indexed id)"
    log: Log = (0, ONE, [TOPIC, word(ONE), word(TWO), word(9)], b"")
    receipts = receipts_of(logs=[transfer(0, 5), log])
    with pytest.raises(InputError, match="log 1 of transaction 0 = '4 topics, 0 bytes'"):
        decode_logs(receipts, TRANSFER)
    skipping = decode_logs(receipts, TRANSFER, mismatches="skip")["Transfer"]
    assert skipping["value"].tolist() == [5] and skipping.attrs["skipped"] == [1]
    tables = decode_logs(receipts, [TRANSFER, nft])
    fungible, unique = tables.values()
    assert fungible["value"].tolist() == [5] and unique["id"].tolist() == [9]
    assert list(tables) == [
        "Transfer(address indexed,address indexed,uint256)",
        "Transfer(address indexed,address indexed,uint256 indexed)",
    ]


def test_anonymous_events_are_told_by_their_emitter_and_shape() -> None:
    logs: list[Log] = [
        (0, ONE, [word(3)], word(-4)),
        (0, TWO, [word(3)], word(-4)),
        (1, ONE, [event_topic("Paid(uint256)")], word(8)),
        (1, ONE, [word(3)], word(1) + word(2)),
    ]
    both = ["Note(uint8 indexed kind, int256 value) anonymous", "Paid(uint256 wei)"]
    tables = decode_logs(receipts_of(logs=logs), both, addresses=[ONE])
    assert tables["Note"].to_dict("list") == {
        "transaction": [0], "log": [0], "emitter": [text(ONE)], "kind": [3], "value": [-4],
    }  # fmt: skip
    assert tables["Paid"]["wei"].tolist() == [8]
    with pytest.raises(InputError, match="anonymous"):
        decode_logs(receipts_of(logs=logs), both)
    alike = [*both, "Other(uint8 indexed kind, int256 value) anonymous"]
    with pytest.raises(InputError, match=r"cannot be told apart from Note\(uint8,int256\)"):
        decode_logs(receipts_of(logs=logs), alike, addresses=ONE)


def test_fields_without_a_name_or_with_one_of_ours_are_renamed() -> None:
    log: Log = (4, ONE, [event_topic("Odd(uint256,uint256)")], word(1) + word(2))
    table = decode_logs(receipts_of(logs=[log]), "Odd(uint256, uint256 log)")["Odd"]
    assert table["argument_1"].tolist() == [1] and table["log_"].tolist() == [2]
    assert table["log"].tolist() == [0] and table["transaction"].tolist() == [4]


@pytest.mark.parametrize(
    ("topics", "data", "message"),
    [
        ([TOPIC, word(ONE)], word(1), "log 1 of transaction 7 = '2 topics, 32 bytes'"),
        ([TOPIC, word(ONE), word(TWO)], b"\1", "log 1 of transaction 7 = '3 topics, 1 bytes'"),
        ([TOPIC, b"\1" * 32, word(TWO)], word(1), "log 1 of transaction 7, from = .*no address"),
    ],
)
def test_wrong_data_is_named_by_transaction_and_log(
    topics: list[bytes], data: bytes, message: str
) -> None:
    receipts = receipts_of(logs=[transfer(0, 5), (7, ONE, topics, data)])
    with pytest.raises(InputError, match=message):
        decode_logs(receipts, TRANSFER)


def test_wrong_dynamic_data_is_named_by_transaction_and_log() -> None:
    log: Log = (3, ONE, [event_topic("Said(string)")], word(2**40))
    with pytest.raises(InputError, match=r"log 0 of transaction 3 = .*is not \(string\)"):
        decode_logs(receipts_of(logs=[log]), "Said(string words)", mismatches="raise")


@pytest.mark.parametrize("events", ["Transfer", "Transfer(uint7 a)", "E(uint8 a b)"])
def test_text_that_is_no_event_is_refused(events: str) -> None:
    with pytest.raises(InputError):
        decode_logs(receipts_of(), events)


def test_what_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(InputError, match="20 raw bytes"):
        decode_logs(receipts_of(), TRANSFER, addresses=[b"short"])
    with pytest.raises(InputError, match="mismatches = 'ignore'"):
        decode_logs(receipts_of(), TRANSFER, mismatches="ignore")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="more indexed fields"):
        events_of("E(bool indexed a, bool indexed b, bool indexed c, bool indexed d)")


def test_other_entries_of_an_abi_are_passed_over() -> None:
    abi = [{"type": "function", "name": "f", "inputs": []}, {"type": "constructor", "inputs": []}]
    assert decode_logs(receipts_of(), abi) == {}
