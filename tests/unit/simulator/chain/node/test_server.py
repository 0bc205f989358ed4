"""JSON-RPC over HTTP: who may ask, what is refused, and that clients do not disturb each other."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any

import pytest

from simulator.chain.node import Endpoint, Node
from simulator.chain.node.server import MOST_BYTES, NodeServer
from tests.unit.simulator.chain.node.conftest import ALICE, BOB, Client, world_on

CHAIN_ID = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
ANSWER = {"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}


@contextmanager
def serving(endpoint: Endpoint, heard: list[str]) -> Iterator[NodeServer]:
    server = NodeServer(endpoint, report=heard.append)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(quick_engine: str) -> Iterator[NodeServer]:
    heard: list[str] = []
    with serving(Endpoint(Node(world_on(quick_engine))), heard) as running:
        yield running
    assert heard == []


@pytest.fixture
def connection(server: NodeServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as open_one:
        yield open_one


def post(connection: HTTPConnection, body: bytes, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/", body, named)
    response = connection.getresponse()
    return response.status, response.read()


def ask(connection: HTTPConnection, method: str, *parameters: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    return json.loads(post(connection, body.encode())[1])


def raw(server: NodeServer, request: bytes) -> bytes:
    """All that comes back for these very bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain:
        parts: list[bytes] = []
        with suppress(OSError):  # closed before it has read all is a reset
            plain.sendall(request)
            plain.shutdown(socket.SHUT_WR)
            parts += iter(lambda: plain.recv(65_536), b"")
    return b"".join(parts)


def test_it_listens_on_loopback_only(server: NodeServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_a_connection_stays_open_for_many_requests(connection: HTTPConnection) -> None:
    connection.connect()
    first = connection.sock
    for _ in range(3):
        status, body = post(connection, CHAIN_ID)
        assert status == 200 and json.loads(body) == ANSWER
    assert connection.sock is first


def test_a_notification_is_answered_with_nothing(connection: HTTPConnection) -> None:
    assert post(connection, b'{"jsonrpc":"2.0","method":"evm_mine"}') == (204, b"")
    assert ask(connection, "eth_blockNumber")["result"] == "0x1"


def test_rubbish_gets_a_parse_error_and_the_connection_goes_on(connection: HTTPConnection) -> None:
    for body in (b"", b"{", b"\xff\x00", b"[" * 200_000):
        status, answer = post(connection, body)
        assert status == 200 and json.loads(answer)["error"]["code"] == -32700
    assert json.loads(post(connection, CHAIN_ID)[1]) == ANSWER


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:99", "[::1]:8545"])
def test_our_own_names_are_hosts(connection: HTTPConnection, host: str) -> None:
    assert post(connection, CHAIN_ID, Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8545", "", "[", "a b"])
def test_a_foreign_name_that_points_here_is_refused(connection: HTTPConnection, host: str) -> None:
    assert post(connection, CHAIN_ID, Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "file://", "http://["])
def test_pages_of_other_sites_are_refused(connection: HTTPConnection, origin: str) -> None:
    connection.request("POST", "/", CHAIN_ID, {"Origin": origin})
    response = connection.getresponse()
    assert response.status == 403 and response.headers["Access-Control-Allow-Origin"] is None


def test_a_page_of_this_machine_may_ask(connection: HTTPConnection) -> None:
    origin = {"Origin": "http://localhost:3000"}
    connection.request("OPTIONS", "/", headers=origin)
    response = connection.getresponse()
    response.read()
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert post(connection, CHAIN_ID, **origin)[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_posts_are_answered(connection: HTTPConnection, method: str) -> None:
    connection.request(method, "/")
    assert connection.getresponse().status == 405


def test_a_body_needs_a_length_and_not_too_much_of_it(server: NodeServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
    for fields, status in (
        (b"", b"411"),
        (b"Content-Length: x\r\n", b"411"),
        (b"Content-Length: -5\r\n", b"411"),
        (b"Content-Length: " + b"9" * 30 + b"\r\n", b"411"),
        (b"Content-Length: %d\r\n" % (MOST_BYTES + 1), b"413"),
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"411"),
    ):
        assert raw(server, head + fields + b"\r\n").startswith(b"HTTP/1.1 " + status), fields


def test_a_client_that_breaks_off_or_talks_nonsense_disturbs_nobody(server: NodeServer) -> None:
    for request in (
        b"",
        b"\x00\x01\x02\x03",
        b"GARBAGE\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"POST /" + b"a" * 100_000,
    ):
        raw(server, request)
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        assert json.loads(post(connection, CHAIN_ID)[1]) == ANSWER


def test_two_clients_work_while_a_third_sends_rubbish(server: NodeServer) -> None:
    over, faults = threading.Event(), list[str]()
    blocks = 25

    def send_rubbish() -> None:
        bodies = [b"{", b"[1,2", b'{"method":5}', b"\xff" * 100, b"[" * 1_000]
        while not over.is_set():
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
                for body in bodies:
                    post(connection, body)
            raw(server, b"NONSENSE\r\n\r\n")

    def work(sender: str) -> None:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
            for nonce in range(blocks):
                sent = {"from": sender, "to": "0x" + "77" * 20, "value": "0x1", "gas": "0x5208"}
                answer = ask(connection, "eth_sendTransaction", sent)
                receipt = ask(connection, "eth_getTransactionReceipt", answer.get("result"))
                count = ask(connection, "eth_getTransactionCount", sender, "latest")
                if receipt["result"]["status"] != "0x1" or count["result"] != hex(nonce + 1):
                    faults.append(f"{answer} {receipt} {count}")

    vandal = threading.Thread(target=send_rubbish)
    workers = [threading.Thread(target=work, args=(sender,)) for sender in (ALICE, BOB)]
    for thread in (vandal, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    over.set()
    vandal.join()
    assert faults == []
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        assert ask(connection, "eth_blockNumber")["result"] == hex(2 * blocks)
        assert ask(connection, "eth_getBalance", "0x" + "77" * 20)["result"] == hex(2 * blocks)


def test_connections_beyond_the_limit_are_closed_and_places_become_free_again(
    quick_engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.chain.node.server.MOST_CONNECTIONS", 2)
    with serving(Client(world_on(quick_engine)).endpoint, []) as server:
        held = [HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(2)]
        for connection in held:
            assert json.loads(post(connection, CHAIN_ID)[1]) == ANSWER
        assert raw(server, b"POST / HTTP/1.1\r\n\r\n") == b""
        for connection in held:
            connection.close()
        for _ in range(200):
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
                try:
                    assert json.loads(post(connection, CHAIN_ID)[1]) == ANSWER
                    break
                except OSError:
                    threading.Event().wait(0.01)
        else:
            pytest.fail("no place became free")
