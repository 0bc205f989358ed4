"""JSON-RPC 2.0 to the letter, whatever arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.node import Endpoint, Node
from tests.unit.simulator.chain.node.conftest import ALICE, Client, world_on


@pytest.fixture
def endpoint(any_client: Client) -> Endpoint:
    return any_client.endpoint


def answer(endpoint: Endpoint, body: str | bytes) -> Any:
    raw = endpoint.answer_bytes(body.encode() if isinstance(body, str) else body)
    return None if raw is None else json.loads(raw)


def request(**fields: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"} | fields)


@pytest.mark.parametrize("identifier", [1, 0, "a", None, 1.5, 2**70])
def test_an_answer_carries_the_request_s_id(endpoint: Endpoint, identifier: object) -> None:
    expected = {"jsonrpc": "2.0", "id": identifier, "result": "0x7a69"}
    assert answer(endpoint, request(id=identifier)) == expected


@pytest.mark.parametrize("parameters", [{}, {"params": []}, {"params": None}])
def test_parameters_may_be_absent(endpoint: Endpoint, parameters: dict[str, Any]) -> None:
    assert answer(endpoint, request(**parameters))["result"] == "0x7a69"


def test_a_notification_is_done_and_gets_no_answer(endpoint: Endpoint) -> None:
    assert answer(endpoint, '{"jsonrpc":"2.0","method":"evm_mine"}') is None
    assert answer(endpoint, '[{"jsonrpc":"2.0","method":"evm_mine"}]') is None
    assert answer(endpoint, '{"jsonrpc":"2.0","method":"eth_nosuch"}') is None
    assert answer(endpoint, request(method="eth_blockNumber"))["result"] == "0x2"


@pytest.mark.parametrize(
    "body", ["", "{", "[1,", "nonsense", "NaN", '{"id": Infinity}', b"\xff\xfe", "[" * 100_000,
             '{"id": 1' + "0" * 5_000 + "}"]
)  # fmt: skip
def test_what_is_no_json_is_a_parse_error(endpoint: Endpoint, body: str | bytes) -> None:
    got = answer(endpoint, body)
    assert got["error"]["code"] == -32700 and got["id"] is None


@pytest.mark.parametrize(
    "body",
    ["1", '"a"', "null", "true", "[]", request(jsonrpc="1.0"), request(jsonrpc=None),
     request(method=5), request(method=None), request(params="x"), request(params=5),
     request().replace('"id": 1', '"id": 1e999'),
     request(id={}), request(id=[1]), request(id=True), "{}"],
)  # fmt: skip
def test_what_is_no_request_is_an_invalid_request(endpoint: Endpoint, body: str) -> None:
    assert answer(endpoint, body)["error"]["code"] == -32600


def test_brackets_within_strings_do_not_count_as_nesting(endpoint: Endpoint) -> None:
    for text in ("[" * 500, '\\"' + "[" * 500, "{" * 500 + "\\\\"):
        got = answer(endpoint, request(method="web3_sha3", params=[json.loads(f'"{text}"')]))
        assert got["error"]["code"] == -32602
    many = [request(id=number) for number in range(200)]
    assert len(answer(endpoint, f"[{','.join(many)}]")) == 200
    hidden = '["' + '\\"' + '", ' + "[" * 100
    assert answer(endpoint, hidden)["error"]["code"] == -32700


def test_a_string_without_an_end_does_not_hold_the_node_up(endpoint: Endpoint) -> None:
    body = "[]" * 100 + '"' + '\\"' * 1_000_000
    assert answer(endpoint, body)["error"]["code"] == -32700


def test_an_unknown_method_and_wrong_parameters_have_codes_of_their_own(
    endpoint: Endpoint,
) -> None:
    assert answer(endpoint, request(method="eth_nosuch"))["error"]["code"] == -32601
    for parameters in ([1], {"a": 1}):
        assert answer(endpoint, request(params=parameters))["error"]["code"] == -32602
    for given_ in ([], ["0x12"], [ALICE, "latest", 1], [None], [5], [ALICE, {}], [ALICE, []]):
        got = answer(endpoint, request(method="eth_getBalance", params=given_))
        assert got["error"]["code"] == -32602, given_


def test_a_batch_is_answered_in_order_with_the_faults_in_place(endpoint: Endpoint) -> None:
    batch = [
        request(id=1),
        "5",
        '{"jsonrpc":"2.0","method":"evm_mine"}',
        request(id=2, method="eth_blockNumber"),
        request(id="x", method="eth_nosuch"),
    ]
    got = answer(endpoint, f"[{','.join(batch)}]")
    assert [item["id"] for item in got] == [1, None, 2, "x"]
    assert got[2]["result"] == "0x1"
    assert [item.get("error", {}).get("code") for item in got] == [None, -32600, None, -32601]


def test_a_batch_without_end_is_refused(endpoint: Endpoint) -> None:
    got = answer(endpoint, f"[{','.join(['1'] * 10_001)}]")
    assert got["error"]["code"] == -32600


def test_quantities_have_no_leading_zeros(endpoint: Endpoint) -> None:
    block = answer(endpoint, request(method="eth_getBlockByNumber", params=["0x0", False]))
    for field in ("number", "gasUsed", "difficulty", "size", "baseFeePerGas", "timestamp"):
        digits = block["result"][field][2:]
        assert digits == "0" or digits[0] != "0"


def test_a_fault_of_ours_is_reported_and_the_node_serves_on(
    any_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    endpoint = Endpoint(any_client.node, heard.append)

    def broken(address: bytes) -> int:
        raise ZeroDivisionError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(type(any_client.chain), "balance", lambda self, address: broken(address))
        got = answer(endpoint, request(method="eth_getBalance", params=[ALICE]))
    assert got["error"]["code"] == -32603 and "a fault" in got["error"]["message"]
    assert "ZeroDivisionError" in heard[0]
    assert "result" in answer(endpoint, request(method="eth_getBalance", params=[ALICE]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["0x", "0x0", "latest", ALICE, "0x" + "11" * 32, {"to": ALICE}, 0]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["to", "from", "data", "blockHash", "topics", "address", "tracer", "gas"]),
        inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(data=st.data())
def test_no_parameters_make_a_method_fail_in_a_way_we_did_not_mean(data: st.DataObject) -> None:
    from simulator.chain.node.methods import METHODS

    global_endpoint = _endpoint()
    method = data.draw(st.sampled_from(sorted(METHODS)))
    parameters = data.draw(st.lists(JSON, max_size=4))
    got = answer(global_endpoint, request(method=method, params=parameters))
    assert got.get("error", {}).get("code") != -32603, got


def _endpoint() -> Endpoint:
    from simulator.chain import select

    engine = "revm" if select.engine_is_installed() else "pyevm"
    return Endpoint(Node(world_on(engine)))
