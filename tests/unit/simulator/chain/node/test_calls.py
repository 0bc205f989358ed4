"""Calls, estimates, access lists, overrides."""

from __future__ import annotations

import pytest

from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    CALLER,
    COUNTER,
    GWEI,
    NOBODY,
    READER,
    REVERTER,
    Client,
    skip_without,
    word,
    world_on,
)

NO = "0x08c379a0" + word(32)[2:] + word(2)[2:] + b"no".ljust(32, b"\0").hex()
SPENDER = "0x5a600052" + "60206000f3"
"""Returns the gas it has."""


def test_a_call_keeps_nothing(client: Client) -> None:
    counter = client.place(COUNTER)
    for _ in range(2):
        assert client("eth_call", {"to": counter}, "latest") == word(1)
    assert client("eth_getStorageAt", counter, "0x0", "latest") == word(0)
    assert client("eth_blockNumber") == "0x0"


def test_a_revert_comes_with_code_3_its_reason_and_its_data(client: Client) -> None:
    reverter = client.place(REVERTER)
    refused = client.refusal("eth_call", {"to": reverter, "data": NO}, "latest")
    assert (refused.code, str(refused), refused.data) == (3, "execution reverted: no", NO)
    refused = client.refusal("eth_call", {"to": reverter, "data": "0x1234"}, "latest")
    assert (refused.code, str(refused), refused.data) == (3, "execution reverted", "0x1234")
    refused = client.refusal("eth_estimateGas", {"to": reverter, "data": NO})
    assert (refused.code, refused.data) == (3, NO)


def test_a_halt_is_an_error_without_data(client: Client) -> None:
    invalid = client.place("0xfe")
    refused = client.refusal("eth_call", {"to": invalid}, "latest")
    assert (refused.code, str(refused), refused.data) == (-32000, "invalid opcode", None)


def test_a_call_may_bring_ether_but_not_more_than_its_sender_has(client: Client) -> None:
    teller = client.place("0x3460005260206000f3")  # CALLVALUE
    call = {"from": ALICE, "to": teller, "value": hex(5)}
    assert client("eth_call", call, "latest") == word(5)
    refused = client.refusal("eth_call", call | {"value": hex(10**30)}, "latest")
    assert refused.code == -32003 and "insufficient funds" in str(refused)


def test_the_gas_of_a_call_is_capped_by_the_block(client: Client) -> None:
    spender = client.place(SPENDER)
    for gas in ({"gas": hex(10**12)}, {}):
        left = client.number("eth_call", {"to": spender} | gas, "latest")
        assert 29_900_000 < left < 30_000_000
    assert client.number("eth_call", {"to": spender, "gas": hex(50_000)}, "latest") < 29_000
    refused = client.refusal("eth_call", {"to": spender, "gas": "0x1"}, "latest")
    assert "intrinsic gas" in str(refused)


def test_a_call_that_creates_returns_the_code(client: Client) -> None:
    initcode = "0x60ff60005360016000f3"
    assert client("eth_call", {"from": ALICE, "data": initcode}, "latest") == "0xff"


@pytest.mark.parametrize("code", [COUNTER, CALLER, READER, "0x"])
def test_an_estimate_is_the_least_gas_that_is_enough(client: Client, code: str) -> None:
    place = client.place(code)
    data = word(int(client.place(COUNTER, "0x" + "c1" * 20), 16))
    sent = {"from": ALICE, "to": place, "data": data}
    estimate = client.number("eth_estimateGas", sent)
    assert client("eth_call", sent | {"gas": hex(estimate)}, "latest") is not None
    if code == CALLER:
        # The inner call may fail without the outer one noticing: any gas that lets it end will do.
        return
    assert client.refusal("eth_call", sent | {"gas": hex(estimate - 1)}, "latest")
    assert client.mined(to=place, data=data, gas=estimate)["status"] == "0x1"


def test_an_estimate_of_a_transaction_that_needs_more_than_it_uses_is_found(
    client: Client,
) -> None:
    # Calls the counter with all gas and fails unless that succeeded: 1/64 stays behind.
    strict = client.place(
        "0x600060006000600060006000355af16100185760006000fd5b00", "0x" + "c2" * 20
    )
    counter = client.place(COUNTER)
    sent = {"from": ALICE, "to": strict, "data": word(int(counter, 16))}
    estimate = client.number("eth_estimateGas", sent)
    assert client.refusal("eth_call", sent | {"gas": hex(estimate - 1)}, "latest").code == 3
    receipt = client.mined(to=strict, data=sent["data"], gas=estimate)
    assert receipt["status"] == "0x1" and int(receipt["gasUsed"], 16) < estimate


def test_an_estimate_knows_what_a_sender_can_pay_for(client: Client) -> None:
    sent = {"from": NOBODY, "to": BOB, "value": "0x1"}
    assert "insufficient funds" in str(client.refusal("eth_estimateGas", sent))
    assert client("eth_estimateGas", {"from": ALICE, "to": BOB, "value": "0x1"}) == "0x5208"


def test_an_access_list_names_what_a_call_touches(client: Client) -> None:
    counter = client.place(COUNTER, "0x" + "c1" * 20)
    caller = client.place(CALLER)
    sent = {"from": ALICE, "to": caller, "data": word(int(counter, 16)), "gas": hex(200_000)}
    answer = client("eth_createAccessList", sent, "latest")
    assert answer["accessList"] == [{"address": counter, "storageKeys": [word(0)]}]
    with_list = sent | {"accessList": answer["accessList"]}
    receipt = client.mined(**{k: v for k, v in with_list.items() if k != "from"})
    assert receipt["gasUsed"] == answer["gasUsed"]


def test_accounts_that_are_only_looked_at_are_listed_and_created_ones_are_not(
    client: Client,
) -> None:
    looks = client.place(f"0x73{NOBODY[2:]}31600052600060006000f000")  # BALANCE, then CREATE
    answer = client("eth_createAccessList", {"from": ALICE, "to": looks}, "latest")
    assert answer["accessList"] == [{"address": NOBODY, "storageKeys": []}]


def test_the_target_is_listed_only_with_slots(client: Client) -> None:
    reader = client.place(READER)
    answer = client("eth_createAccessList", {"from": ALICE, "to": reader}, "latest")
    assert answer["accessList"] == [{"address": reader, "storageKeys": [word(5)]}]
    assert client("eth_createAccessList", {"from": ALICE, "to": BOB})["accessList"] == []


def test_an_access_list_of_a_revert_says_so(client: Client) -> None:
    answer = client("eth_createAccessList", {"from": ALICE, "to": client.place(REVERTER)})
    assert answer["error"] == "execution reverted"


def test_overrides_are_for_one_call_only(client: Client) -> None:
    reader = client.place(READER)
    client("anvil_setStorageAt", reader, "0x5", word(9))
    call = {"to": reader}
    diff = {reader: {"stateDiff": {word(5): word(7)}}}
    assert client("eth_call", call, "latest", diff) == word(7)
    assert client("eth_call", call, "latest", {reader: {"state": {}}}) == word(0)
    assert client("eth_call", call, "latest", {reader: {"code": SPENDER}}) != word(9)
    assert client("eth_call", call, "latest", {}) == word(9)
    rich = {NOBODY: {"balance": hex(10**20), "nonce": "0x5"}}
    assert client("eth_call", {"from": NOBODY, "to": BOB, "value": "0x9"}, "latest", rich) == "0x"
    clock = client.place("0x4260005243602052" + "60406000f3", "0x" + "c3" * 20)
    block = {"time": hex(77), "number": hex(99)}
    assert client("eth_call", {"to": clock}, "latest", {}, block) == word(77) + word(99)[2:]
    assert client("eth_call", call, "latest") == word(9)


@pytest.mark.parametrize(
    "overrides",
    [{NOBODY: {"kode": "0x"}}, {NOBODY: {"state": {}, "stateDiff": {}}}, {"0x12": {}},
     {NOBODY: {"balance": -1}}, {NOBODY: {"stateDiff": {"0x" + "00" * 33: "0x0"}}}],
)  # fmt: skip
def test_overrides_that_mean_nothing_are_refused(
    any_client: Client, overrides: dict[str, object]
) -> None:
    assert any_client.refusal("eth_call", {"to": BOB}, "latest", overrides).code == -32602


@pytest.mark.parametrize(
    "fields",
    [{"gasPrice": "0x1", "maxFeePerGas": "0x1"}, {"data": "0x12", "input": "0x13"},
     {"type": "0x3"}, {"type": "0x0", "maxFeePerGas": "0x1"}, {"chainId": "0x5"},
     {"gas": "0x1" + "0" * 16}, {"to": "0x1234"}, {"value": "5"}, {"data": "0x123"},
     {"nonce": True}, {"recipient": BOB}, {"accessList": [{"address": "0x"}]},
     {"gasPrice": "0x1" + "0" * 20}],
)  # fmt: skip
def test_malformed_calls_are_refused_by_field(
    any_client: Client, fields: dict[str, object]
) -> None:
    refused = any_client.refusal("eth_call", {"to": BOB} | fields, "latest")
    assert refused.code == -32602


def test_a_call_at_an_earlier_block_sees_its_state_and_its_clock(client: Client) -> None:
    counter = client.place(COUNTER)
    for _ in range(3):
        client.mined(to=counter)
    answers = [client("eth_call", {"to": counter}, hex(number)) for number in range(4)]
    assert answers == [word(number + 1) for number in range(4)]
    clock = client.place("0x4360005260206000f3", "0x" + "c4" * 20)
    assert client("eth_call", {"to": clock}, "latest") == word(3)
    assert client("eth_call", {"to": clock}, "pending") == word(4)


@pytest.mark.parametrize("hardfork", ["osaka"])
def test_osaka_caps_the_gas_of_a_transaction(hardfork: str) -> None:
    skip_without("revm")
    client = Client(world_on("revm", hardfork))
    assert client.number("eth_call", {"to": client.place(SPENDER)}, "latest") < 1 << 24
    assert "EIP-7825" in str(client.refusal(
        "eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": hex((1 << 24) + 1)}
    ))  # fmt: skip
    assert client("eth_estimateGas", {"from": ALICE, "to": BOB}) == "0x5208"


def test_the_price_of_a_call_is_seen_by_its_contract(client: Client) -> None:
    teller = client.place("0x3a60005260206000f3")  # GASPRICE
    for price, seen in (
        ({"gasPrice": hex(3 * GWEI)}, 3 * GWEI),
        ({"maxFeePerGas": hex(9 * GWEI), "maxPriorityFeePerGas": hex(GWEI)}, 2 * GWEI),
        ({"maxFeePerGas": hex(9 * GWEI)}, GWEI),
        ({}, 0),
    ):
        assert client.number("eth_call", {"to": teller} | price, "latest") == seen
