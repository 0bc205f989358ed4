"""Call trees, their text, and the form that geth gives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from eth_abi.abi import encode

from simulator.chain.abi import selector
from simulator.chain.columns import CALL_KINDS, Trace
from simulator.chain.reverts import revert_reason
from simulator.chain.traces import Names, call_tracer, call_tree, describe, trace_text, wei_text
from simulator.errors import ChainError, InputError
from simulator.units import integers_to_words
from tests.unit.simulator.chain.abi.made_receipts import flat

ALICE, PROXY, PERP, FEED = (bytes([number]) * 20 for number in (0xA1, 2, 3, 4))

PERP_ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "trade",
        "inputs": [{"name": "who", "type": "address"}, {"name": "size", "type": "int256"}],
        "outputs": [{"name": "", "type": "uint256[2]"}],
    },
    {
        "type": "error",
        "name": "NotEnough",
        "inputs": [{"name": "has", "type": "uint256"}, {"name": "tag", "type": "string"}],
    },
]
FEED_ABI: list[dict[str, Any]] = [
    {"type": "function", "name": "price", "inputs": [], "outputs": [{"type": "uint256"}]}
]
NAMES = Names({PERP: ("Perp", PERP_ABI), FEED: ("Feed", FEED_ABI)}, people={ALICE: "alice"})
NOT_ENOUGH = selector("NotEnough(uint256,string)") + encode(["uint256", "string"], [5, "né"])
TRADE = selector("trade(address,int256)") + encode(["address", "int256"], [ALICE, -7])
PRICE = selector("price()")

Row = tuple[int, int, str, bytes, bytes, int, bytes, bytes, int]
"""Transaction, depth, kind, caller, target, value, input, output, status."""


def trace_of(rows: Sequence[Row], reasons: dict[int, str] | None = None) -> Trace:
    data, data_offsets = flat([row[6] for row in rows])
    output, output_offsets = flat([row[7] for row in rows])
    return Trace(
        transaction=np.array([row[0] for row in rows], np.int64),
        depth=np.array([row[1] for row in rows], np.int64),
        kind=np.array([CALL_KINDS.index(row[2]) for row in rows], np.uint8),
        caller=np.frombuffer(b"".join(row[3] for row in rows), np.uint8).reshape(-1, 20),
        target=np.frombuffer(b"".join(row[4] for row in rows), np.uint8).reshape(-1, 20),
        value=integers_to_words([row[5] for row in rows], signed=False),
        gas_limit=np.arange(len(rows), dtype=np.uint64) + np.uint64(5000),
        gas_used=np.arange(len(rows), dtype=np.uint64) + np.uint64(1000),
        input=data,
        input_offsets=data_offsets,
        output=output,
        output_offsets=output_offsets,
        status=np.array([row[8] for row in rows], np.uint8),
        reasons=reasons or {},
    )


TRACE = trace_of(
    [
        (0, 0, "call", ALICE, FEED, 0, PRICE, encode(["uint256"], [9]), 1),
        (2, 0, "call", ALICE, PROXY, 10**18, TRADE, NOT_ENOUGH, 0),
        (2, 1, "delegatecall", ALICE, PERP, 10**18, TRADE, NOT_ENOUGH, 0),
        (2, 2, "staticcall", PROXY, FEED, 0, PRICE, encode(["uint256"], [9]), 1),
        (2, 2, "create2", PROXY, bytes(20), 3, b"\1\2", b"", 2),
        (2, 1, "call", PROXY, bytes([9]) * 20, 1, b"\1\2\3\4\5", b"\7", 1),
    ],
    {4: "out of gas"},
)


def test_the_columns_become_one_tree_for_each_transaction() -> None:
    root = call_tree(TRACE, 2)
    assert [frame.index for frame in root.walk()] == [1, 2, 3, 4, 5]
    assert [inner.index for inner in root.calls] == [2, 5]
    assert [inner.index for inner in root.calls[0].calls] == [3, 4]
    assert root.calls[0].account == PROXY and root.calls[0].target == PERP
    assert call_tree(TRACE, 0).calls == ()
    assert call_tree(TRACE, 0).gas_used == 1000 and root.value == 10**18
    with pytest.raises(ChainError, match="transaction 1 has no trace"):
        call_tree(TRACE, 1)


def test_a_call_a_thousand_levels_deep_is_told() -> None:
    rows: list[Row] = [(0, depth, "call", ALICE, PERP, 0, b"", b"", 1) for depth in range(1025)]
    trace = trace_of(rows)
    assert sum(1 for _ in call_tree(trace, 0).walk()) == 1025
    assert trace_text(trace, 0).count("\n") == 1024
    answer, depth = call_tracer(trace, 0), 1
    while "calls" in answer:
        (answer,), depth = answer["calls"], depth + 1
    assert depth == 1025


def test_columns_that_are_no_tree_are_refused() -> None:
    rows: list[Row] = [(0, depth, "call", ALICE, PERP, 0, b"", b"", 1) for depth in (0, 0)]
    with pytest.raises(ChainError, match="no tree"):
        call_tree(trace_of(rows), 0)


def test_the_text_tells_names_arguments_values_and_reasons() -> None:
    reason = 'revert: NotEnough(has=5, tag="né")'
    assert trace_text(TRACE, 2, NAMES).splitlines() == [
        f"call 0x{PROXY.hex()}.trade(who=alice, size=-7) {{1 ether}} [1,001 gas] → {reason}",
        f"  delegatecall Perp.trade(who=alice, size=-7) [1,002 gas] → {reason}",
        "    staticcall Feed.price() [1,003 gas] → 9",
        "    create2 contract (2 bytes of initcode) {3 wei} [5,004 gas] → halt: out of gas",
        f"  call 0x{'09' * 20} 0x0102030405 {{1 wei}} [1,005 gas] → 0x07",
    ]
    assert trace_text(TRACE, 0) == f"call 0x{FEED.hex()} 0x{PRICE.hex()} [1,000 gas] → 0x" + (
        encode(["uint256"], [9]).hex()
    )


def test_without_guessing_only_an_addresss_own_abi_is_used() -> None:
    careful = Names({PERP: ("Perp", PERP_ABI)}, guess=False)
    root = call_tree(TRACE, 2)
    assert "trade" not in describe(root, careful).call
    assert describe(root, careful).outcome.startswith("revert: unknown error 0x")
    assert describe(root.calls[0], careful).outcome == 'revert: NotEnough(has=5, tag="né")'
    libraries = Names(libraries=[PERP_ABI])
    assert describe(root, libraries).call.endswith(f"trade(who=0x{ALICE.hex()}, size=-7)")


def test_a_selector_that_two_abis_read_differently_stays_unknown() -> None:
    # The two are a known pair with one selector, 0x42966c68.
    entries = [
        {"type": "function", "name": "burn", "inputs": [{"type": "uint256"}]},
        {"type": "function", "name": "collate_propagate_storage", "inputs": [{"type": "bytes16"}]},
    ]
    data = selector("burn(uint256)") + bytes(32)
    assert selector("collate_propagate_storage(bytes16)") == data[:4]
    assert Names(libraries=[[entries[0]]]).function(PERP, data) is not None
    assert Names(libraries=[[entry] for entry in entries]).function(PERP, data) is None


def test_calldata_that_does_not_fit_its_function_is_shown_raw() -> None:
    broken = trace_of([(0, 0, "call", ALICE, PERP, 0, TRADE[:40], b"\1", 1)])
    line = trace_text(broken, 0, NAMES)
    assert "trade(address,int256) with data that is not its own: 0x" in line
    assert line.endswith("→ 0x01")


def test_geth_has_the_same_tree_in_its_own_words() -> None:
    answer = call_tracer(TRACE, 2, gas_limit=90_000, gas_used=60_000)
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["type"], answer["gas"], answer["gasUsed"]) == ("CALL", hex(90_000), hex(60_000))
    assert answer["error"] == "execution reverted" and answer["value"] == hex(10**18)
    assert answer["output"] == "0x" + NOT_ENOUGH.hex() and "revertReason" not in answer
    borrowed, last = answer["calls"]
    assert borrowed["type"] == "DELEGATECALL" and borrowed["from"] == "0x" + PROXY.hex()
    read, created = borrowed["calls"]
    assert "value" not in read and read["from"] == "0x" + PROXY.hex()
    assert created["error"] == "out of gas" and "to" not in created and "output" not in created
    assert last == {
        "type": "CALL", "from": "0x" + PROXY.hex(), "to": "0x" + "09" * 20, "gas": hex(5005),
        "gasUsed": hex(1005), "input": "0x0102030405", "value": "0x1", "output": "0x07",
    }  # fmt: skip
    assert "calls" not in call_tracer(TRACE, 2, only_top_call=True)


def test_geth_tells_the_text_of_a_revert() -> None:
    data = selector("Error(string)") + encode(["string"], ["stale price"])
    answer = call_tracer(trace_of([(0, 0, "call", ALICE, PERP, 0, b"", data, 0)]), 0)
    assert answer["revertReason"] == "stale price"


@pytest.mark.parametrize(
    ("wei", "text"),
    [
        (1, "1 wei"),
        (10**12 - 1, "999999999999 wei"),
        (10**12, "0.000001 ether"),
        (15 * 10**17, "1.5 ether"),
        (10**18 + 1, "1.000000000000000001 ether"),
        (2 * 10**20, "200 ether"),
    ],
)
def test_values_are_told_exactly(wei: int, text: str) -> None:
    assert wei_text(wei) == text


def test_custom_errors_are_told_with_their_arguments() -> None:
    assert revert_reason(NOT_ENOUGH, PERP_ABI) == 'NotEnough(has=5, tag="né")'
    assert revert_reason(NOT_ENOUGH, FEED_ABI).startswith("unknown error 0x")
    assert revert_reason(NOT_ENOUGH) == "0x" + NOT_ENOUGH.hex()
    assert revert_reason(b"\1\2\3\4", PERP_ABI) == "unknown error 0x01020304"
    assert revert_reason(b"", PERP_ABI) == "empty revert data"
    long = revert_reason(b"\1\2\3\4" + bytes(100), PERP_ABI)
    assert long.endswith("... (100 bytes)")


def test_nested_values_are_told_with_brackets() -> None:
    error = {
        "type": "error",
        "name": "Bad",
        "inputs": [
            {
                "name": "orders",
                "type": "tuple[]",
                "components": [{"name": "by", "type": "address"}, {"name": "ok", "type": "bool"}],
            },
            {"name": "tag", "type": "bytes2"},
        ],
    }
    kinds = ["(address,bool)[]", "bytes2"]
    data = selector("Bad((address,bool)[],bytes2)") + encode(kinds, [[(ALICE, True)], b"\1\2"])
    names = Names(people={ALICE: "alice"}, libraries=[[error]])
    assert names.reason(PERP, data) == "Bad(orders=[(alice, true)], tag=0x0102)"


def test_a_name_belongs_to_twenty_raw_bytes() -> None:
    with pytest.raises(InputError, match="20 raw bytes"):
        Names(people={b"short": "x"})


def test_the_engines_trace_becomes_a_tree() -> None:
    pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")
    from simulator.chain.columns import Batch
    from simulator.chain.revm import RevmChain

    reverter, caller = bytes([0x51]) * 20, bytes([0x52]) * 20
    chain = RevmChain()
    # The first reverts with its calldata; the second calls it with its own calldata and ignores it.
    chain.set_code(reverter, bytes.fromhex("366000600037366000fd"))
    call = "36600060003760006000366000600073" + reverter.hex() + "5af1"
    chain.set_code(caller, bytes.fromhex(call + "60005260206000f3"))
    chain.set_balance(ALICE, 10**18)
    batch = Batch.of([ALICE] * 2, [caller] * 2, [NOT_ENOUGH, b""], 100_000)
    trace = chain.execute(batch, trace=True).trace
    assert trace is not None
    names = Names({reverter: ("Reverter", PERP_ABI)}, people={caller: "caller"})
    lines = trace_text(trace, 0, names).splitlines()
    assert lines[0].startswith(f"call caller 0x{NOT_ENOUGH.hex()[:20]}")
    assert lines[1].startswith("  call Reverter 0x")
    assert lines[1].endswith('→ revert: NotEnough(has=5, tag="né")')
    assert trace_text(trace, 1, names).splitlines()[1].endswith("→ revert: empty revert data")
