"""Call trees of transactions and calls."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.chain.node import NodeOptions
from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    CALLER,
    COUNTER,
    REVERTER,
    Client,
    word,
    world_on,
)

TRACER = {"tracer": "callTracer"}


def traced(client: Client, hash_: str, **options: Any) -> dict[str, Any]:
    frame: dict[str, Any] = client("debug_traceTransaction", hash_, TRACER | options)
    return frame


def test_a_mined_transaction_is_told_as_a_tree_of_calls(client: Client) -> None:
    counter, caller = client.place(COUNTER), client.place(CALLER, "0x" + "c1" * 20)
    data = word(int(counter, 16))
    receipt = client.mined(to=caller, data=data, gas=200_000)
    frame = traced(client, receipt["transactionHash"])
    assert frame["from"] == ALICE and frame["to"] == caller and frame["input"] == data
    assert frame["gas"] == hex(200_000) and frame["gasUsed"] == receipt["gasUsed"]
    assert frame["output"] == word(1)
    inner = frame["calls"][0]
    assert inner["from"] == caller and inner["to"] == counter and inner["type"] == "CALL"
    assert inner["output"] == word(1)
    assert "calls" not in traced(
        client, receipt["transactionHash"], tracerConfig={"onlyTopCall": True}
    )


def test_a_trace_sees_the_state_of_its_time(client: Client) -> None:
    counter = client.place(COUNTER)
    client("evm_setAutomine", False)
    hashes = [client.send(to=counter, nonce=nonce, gas=100_000) for nonce in range(3)]
    client("evm_mine")
    client("evm_setAutomine", True)
    later = client.mined(to=counter)["transactionHash"]
    client("anvil_setStorageAt", counter, "0x0", "0x77")
    outputs = [traced(client, hash_)["output"] for hash_ in [*hashes, later]]
    assert outputs == [word(1), word(2), word(3), word(4)]


def test_a_failed_transaction_says_why(client: Client) -> None:
    no = "0x08c379a0" + word(32)[2:] + word(2)[2:] + b"no".ljust(32, b"\0").hex()
    receipt = client.mined(to=client.place(REVERTER), data=no, gas=100_000)
    frame = traced(client, receipt["transactionHash"])
    assert frame["error"] == "execution reverted" and frame["revertReason"] == "no"
    assert frame["output"] == no


def test_a_call_is_traced_without_being_sent(client: Client) -> None:
    counter = client.place(COUNTER)
    poor = {"from": "0x" + "99" * 20, "to": counter}
    for _ in range(2):
        assert client("debug_traceCall", poor, "latest", TRACER)["output"] == word(1)
    assert client("eth_blockNumber") == "0x0"
    overrides = {"stateOverrides": {counter: {"stateDiff": {word(0): word(8)}}}}
    assert client("debug_traceCall", poor, "latest", TRACER | overrides)["output"] == word(9)
    client.mined(to=counter)
    assert client("debug_traceCall", poor, "0x0", TRACER)["output"] == word(1)


@pytest.mark.parametrize(
    "options",
    [{}, {"tracer": "prestateTracer"}, {"tracer": "callTracer", "tracerConfig": {"withLog": True}},
     {"tracer": "callTracer", "tracerConfig": {"onlyTop": True}},
     {"tracer": "callTracer", "tracrConfig": {}}],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(
    any_client: Client, options: dict[str, Any]
) -> None:
    hash_ = any_client.send(to=BOB)
    refused = any_client.refusal("debug_traceTransaction", hash_, options)
    assert refused.code == -32602 and "options" in str(refused)


def test_a_transaction_that_is_unknown_or_too_old_cannot_be_traced(quick_engine: str) -> None:
    client = Client(world_on(quick_engine), NodeOptions(kept_states=2))
    hash_ = client.send(to=BOB)
    assert traced(client, hash_)["to"] == BOB
    client("anvil_mine", "0x5")
    assert "not kept" in str(client.refusal("debug_traceTransaction", hash_, TRACER))
    unknown = client.refusal("debug_traceTransaction", "0x" + "11" * 32, TRACER)
    assert "not found" in str(unknown)
