"""Endpoints that dawdle, drop, refuse or talk rubbish are named with what they did."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from simulator.chain.fork import open_fork
from simulator.chain.fork.upstream import Upstream, UpstreamOptions
from simulator.errors import EndpointError, InputError, UpstreamError
from tests.fork.proxy import Handler, Misbehave, standing_before
from tests.fork.upstream import RICH, RICH_WEI, TOKEN_ADDRESS, Node, text

pytestmark = pytest.mark.node


def always(action: Any) -> Misbehave:
    def misbehave(handler: Handler, method: str, before: int) -> bool:
        action(handler)
        return True

    return misbehave


def hang(handler: Handler) -> None:
    handler.server.closing.wait(20)
    handler.hang_up()


def drip(handler: Handler) -> None:
    """A byte now and then: every read of the client is quick, the answer never comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"{")
        handler.wfile.flush()


def cut(handler: Handler) -> None:
    """Half an answer, then the connection is closed."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"jsonrpc": "2.0", "id": 1, "resu')
    handler.wfile.flush()
    handler.hang_up()


def raw(status: int, body: bytes, **headers: str) -> Misbehave:
    return always(lambda handler: handler.reply(status, body, **headers))


def result(value: object) -> Misbehave:
    return raw(200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def error(code: int, message: str) -> Misbehave:
    return always(lambda handler: handler.rpc_error(code, message))


PAGE = b"<!DOCTYPE html>\n<html><body>Attention required!</body></html>"

BAD: dict[str, tuple[Misbehave, str]] = {
    "hangs": (always(hang), "timeout: no answer within"),
    "drips": (always(drip), "timeout: no answer within"),
    "drops": (always(Handler.hang_up), "dropped the connection: "),
    "cuts": (always(cut), "dropped the connection: "),
    "429": (raw(429, b"slow down", Retry_After="7"), "rate limit: HTTP 429, retry after 7 s"),
    "429 without a hint": (raw(429, PAGE, Retry_After="soon"), "rate limit: HTTP 429"),
    "rate limit in JSON": (error(-32005, "limit exceeded"), "rate limit: eth_chainId: limit"),
    "rate limit in words": (error(-32000, "Too Many Requests"), "rate limit: eth_chainId: Too"),
    "HTML": (raw(200, PAGE), "HTML instead of JSON: HTTP 200: <!DOCTYPE html> <html>"),
    "bad gateway": (raw(502, PAGE), "server error: HTTP 502"),
    "denied": (raw(401, b"{}"), "access denied: HTTP 401"),
    "moved": (raw(301, b"", Location="https://other.example/x"), "moved elsewhere: HTTP 301 to"),
    "nothing": (raw(200, b""), "malformed answer: HTTP 200: nothing"),
    "words": (raw(200, b"hello"), "malformed answer: HTTP 200: hello"),
    "broken JSON": (raw(200, b'{"result": '), "malformed answer: "),
    "deep JSON": (raw(200, b'{"result": ' + b"[" * 100_000), "malformed answer: "),
    "no UTF-8": (raw(200, b'{"result": "\xff\xfe"}'), "malformed answer: "),
    "a list": (raw(200, b"[1, 2]"), "malformed answer: eth_chainId: [1, 2]"),
    "an empty object": (raw(200, b"{}"), "malformed answer: eth_chainId: {}"),
    "refuses": (error(-32000, "go away"), "request refused: eth_chainId: go away (-32000)"),
    "null chain id": (result(None), "malformed answer: eth_chainId: chain id = 'None' is no"),
    "number as chain id": (result(1), "malformed answer: eth_chainId: chain id = '1' is no"),
    "huge chain id": (result("0x" + "f" * 40), "is too large for 64 bits"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_endpoint_that_cannot_be_used_is_named_with_what_it_did(
    node: Node, brisk: UpstreamOptions, case: str
) -> None:
    misbehave, said = BAD[case]
    hurried = replace(brisk, timeout_seconds=0.3, attempts=2)
    with (
        standing_before(node.url, misbehave=misbehave) as proxy,
        pytest.raises(EndpointError) as caught,
    ):
        open_fork(proxy.url, options=hurried)
    assert str(caught.value).startswith(f"{proxy.url}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_an_endpoint_where_nobody_listens_is_named(brisk: UpstreamOptions) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(EndpointError, match=f"{url}: dropped the connection: .*refused"):
            open_fork(url, options=brisk)


@pytest.mark.parametrize("case", ["drops", "429", "HTML", "bad gateway", "rate limit in words"])
def test_a_fault_that_passes_is_tried_again(node: Node, brisk: UpstreamOptions, case: str) -> None:
    """Two bad answers in a row, then a good one, again and again."""
    spoil, _ = BAD[case]

    def misbehave(handler: Handler, method: str, before: int) -> bool:
        return before % 3 < 2 and spoil(handler, method, before)

    with (
        standing_before(node.url, misbehave=misbehave) as proxy,
        open_fork(proxy.url, options=brisk) as world,
    ):
        assert world.chain.balance(RICH) == RICH_WEI
        assert world.warnings == []


@pytest.mark.parametrize("case", ["denied", "refuses", "moved", "words"])
def test_a_fault_that_does_not_pass_is_not_tried_again(
    node: Node, brisk: UpstreamOptions, case: str
) -> None:
    with standing_before(node.url, misbehave=BAD[case][0]) as proxy:
        with pytest.raises(EndpointError):
            open_fork(proxy.url, options=brisk)
        assert len(proxy.methods) == 1


def test_the_next_endpoint_takes_over_and_stays_preferred(
    node: Node, brisk: UpstreamOptions
) -> None:
    def dies_later(handler: Handler, method: str, before: int) -> bool:
        if before < 4:
            return False
        handler.hang_up()
        return True

    with (
        standing_before(node.url, misbehave=dies_later) as proxy,
        open_fork([proxy.url, node.url], options=brisk) as world,
    ):
        assert world.chain.balance(RICH) == RICH_WEI
        assert len(proxy.methods) == 4 + brisk.attempts
        world.chain.balance(TOKEN_ADDRESS)
        assert len(proxy.methods) == 4 + brisk.attempts
        assert len(world.warnings) == 1
        assert world.warnings[0].startswith(f"{proxy.url}: dropped the connection")
        assert world.warnings[0].endswith(f"going on with {node.url}")


def test_an_endpoint_that_fails_from_the_start_is_left_out_with_a_warning(
    node: Node, brisk: UpstreamOptions
) -> None:
    with (
        standing_before(node.url, misbehave=BAD["HTML"][0]) as proxy,
        open_fork([proxy.url, node.url], options=brisk) as world,
    ):
        assert world.warnings[0].startswith(f"{proxy.url}: HTML instead of JSON")
        assert world.chain.balance(RICH) == RICH_WEI


def test_when_all_endpoints_fail_each_of_them_is_named(node: Node, brisk: UpstreamOptions) -> None:
    with (
        standing_before(node.url, misbehave=BAD["HTML"][0]) as first,
        standing_before(node.url, misbehave=BAD["429"][0]) as second,
        pytest.raises(UpstreamError) as caught,
    ):
        open_fork([first.url, second.url], options=brisk)
    assert f"{first.url}: HTML instead of JSON" in str(caught.value)
    assert f"{second.url}: rate limit" in str(caught.value)


@contextmanager
def of_chain(node: Node, chain_id: int) -> Iterator[str]:
    def tamper(method: str, parameters: list[Any], result: Any) -> Any:
        return hex(chain_id) if method == "eth_chainId" else result

    with standing_before(node.url, tamper=tamper) as proxy:
        yield proxy.url


def test_an_endpoint_of_another_chain_is_an_error(node: Node, brisk: UpstreamOptions) -> None:
    with of_chain(node, 5) as url:
        with pytest.raises(EndpointError, match="another chain: its chain id is 5, not 31337"):
            open_fork([node.url, url], options=brisk)
        with pytest.raises(EndpointError, match="another chain: its chain id is 5, not 1"):
            open_fork(url, chain_id=1, options=brisk)
        open_fork(url, chain_id=5, options=brisk).close()


def test_a_block_that_does_not_exist_yet_is_unknown(node: Node, brisk: UpstreamOptions) -> None:
    with pytest.raises(EndpointError, match="block unknown: it has no block 999") as caught:
        open_fork(node.url, 999, options=brisk)
    assert caught.value.endpoint == node.url


def test_the_latest_block_is_one_that_all_endpoints_have(
    node: Node, brisk: UpstreamOptions
) -> None:
    def behind(method: str, parameters: list[Any], result: Any) -> Any:
        return "0x4" if method == "eth_blockNumber" else result

    with (
        standing_before(node.url, tamper=behind) as proxy,
        open_fork([node.url, proxy.url], options=brisk) as world,
    ):
        assert world.block_number == 4 and world.chain.block.number == 4


def test_the_latest_block_is_looked_up_once(node: Node, brisk: UpstreamOptions) -> None:
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, "latest", options=brisk) as world,
    ):
        number = world.block_number
        node.mine()
        world.chain.balance(RICH)
        assert proxy.parameters[-1][-1] == hex(number)
        assert proxy.count("eth_blockNumber") == 1


def without_proofs(handler: Handler, method: str, before: int) -> bool:
    if method != "eth_getProof":
        return False
    handler.rpc_error(-32601, "the method eth_getProof does not exist/is not available")
    return True


def test_a_node_without_proofs_is_used_unverified_with_a_warning(
    node: Node, brisk: UpstreamOptions
) -> None:
    told: list[str] = []
    with (
        standing_before(node.url, misbehave=without_proofs) as proxy,
        open_fork(proxy.url, options=brisk, warn=told.append) as world,
    ):
        assert world.verification == "hash-only"
        assert told == world.warnings and len(told) == 1
        assert "no endpoint gives proofs" in told[0] and proxy.url in told[0]
        assert world.chain.balance(RICH) == RICH_WEI
        assert int.from_bytes(world.source.slot(TOKEN_ADDRESS, bytes(31) + b"\x02"), "big") == 1050
        assert world.capsule().verification == "hash-only"


def test_an_endpoint_without_proofs_is_left_out_beside_one_that_has_them(
    node: Node, brisk: UpstreamOptions
) -> None:
    with (
        standing_before(node.url, misbehave=without_proofs) as proxy,
        open_fork([proxy.url, node.url], options=brisk) as world,
    ):
        assert world.verification == "proof"
        assert "method not offered" in world.warnings[0]
        asked = len(proxy.methods)
        assert world.chain.balance(RICH) == RICH_WEI
        assert len(proxy.methods) == asked


@pytest.mark.parametrize("verify", ["hash-only", "off"])
def test_proofs_that_are_not_wanted_are_not_asked_for(
    node: Node, brisk: UpstreamOptions, verify: Any
) -> None:
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, verify=verify, options=brisk) as world,
    ):
        assert world.chain.balance(RICH) == RICH_WEI
        assert world.chain.storage(TOKEN_ADDRESS, _slots(2))[0, 0] == 1050
        assert proxy.count("eth_getProof") == 0 and world.warnings == []


def test_slots_of_one_account_are_proven_in_one_request(node: Node, brisk: UpstreamOptions) -> None:
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, options=brisk) as world,
    ):
        world.chain.balance(TOKEN_ADDRESS)
        before = len(proxy.methods)
        assert world.prefetch(text(TOKEN_ADDRESS), list(range(40))) == 40
        assert len(proxy.methods) == before + 1
        assert world.chain.storage(TOKEN_ADDRESS, _slots(2, 39))[:, 0].tolist() == [1050, 0]
        assert len(proxy.methods) == before + 1
        assert world.prefetch(TOKEN_ADDRESS, [bytes(32), 39]) == 0


def test_a_proof_that_is_too_large_for_a_node_is_asked_in_parts(
    node: Node, brisk: UpstreamOptions
) -> None:
    def stingy(handler: Handler, method: str, before: int) -> bool:
        if method != "eth_getProof" or len(handler.server.parameters[-1][1]) <= 10:
            return False
        handler.rpc_error(-32602, "too many keys")
        return True

    with (
        standing_before(node.url, misbehave=stingy) as proxy,
        open_fork(proxy.url, options=brisk) as world,
    ):
        assert world.prefetch(TOKEN_ADDRESS, list(range(30))) == 30
        assert world.capsule().state.count_slots() == 30


def _slots(*numbers: int) -> Any:
    import numpy as np

    words = b"".join(number.to_bytes(32, "big") for number in numbers)
    return np.frombuffer(words, np.uint8).reshape(-1, 32)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"timeout_seconds": 0.0}, "timeout_seconds"),
        ({"attempts": 0}, "attempts"),
        ({"first_pause_seconds": 9.0}, "first_pause_seconds"),
    ],
)
def test_impossible_patience_is_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        UpstreamOptions(**options)


@pytest.mark.parametrize(
    "urls",
    [[], ["localhost:8545"], ["ws://127.0.0.1:1"], ["http://"], ["http://[::1"], [None], [7]],
)
def test_what_is_no_address_of_a_node_is_refused(urls: Any) -> None:
    with pytest.raises(InputError, match="rpc_url"):
        open_fork(urls)


def test_the_same_endpoint_twice_is_refused() -> None:
    with pytest.raises(InputError, match="names an endpoint twice"):
        open_fork(["http://127.0.0.1:1", "http://127.0.0.1:1"])


def test_secrets_in_an_address_stay_out_of_messages(brisk: UpstreamOptions) -> None:
    key = "0123456789abcdef0123456789abcdef"
    url = f"http://user:password@127.0.0.1:1/v3/{key}?apikey={key}"
    other = f"http://127.0.0.1:1/v3/{key[::-1]}"
    with pytest.raises(UpstreamError) as caught:
        open_fork([url, other], options=brisk)
    message = str(caught.value)
    assert key not in message and key[::-1] not in message and "password" not in message
    assert "http://127.0.0.1:1/v3/...: dropped" in message
    assert "http://127.0.0.1:1/v3/... (number 2): dropped" in message


def test_pauses_grow_and_are_drawn_from_the_seed() -> None:
    def pauses(seed: int) -> list[float]:
        waited: list[float] = []
        options = UpstreamOptions(
            attempts=6, first_pause_seconds=1.0, longest_pause_seconds=8.0, seed=seed
        )
        upstream = Upstream(["http://127.0.0.1:1"], options, lambda _: None, waited.append)
        with pytest.raises(EndpointError):
            upstream.ask("eth_chainId", [], str, "the chain id")
        return waited

    first = pauses(1)
    for pause, longest in zip(first, [1, 2, 4, 8, 8], strict=True):
        assert longest / 2 < pause <= longest
    assert pauses(1) == first != pauses(2)


def test_an_endpoint_that_says_how_long_to_wait_is_obeyed(node: Node) -> None:
    waited: list[float] = []
    options = UpstreamOptions(attempts=2, first_pause_seconds=0.1, longest_pause_seconds=30.0)
    with standing_before(node.url, misbehave=BAD["429"][0]) as proxy:
        upstream = Upstream([proxy.url], options, lambda _: None, waited.append)
        with pytest.raises(EndpointError):
            upstream.ask("eth_chainId", [], str, "the chain id")
    assert waited == [7.0]
