"""Nodes to compare with each other: anvil as people start it, and worlds of ours over HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, Protocol

from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.node import Endpoint, Node, NodeOptions, RpcError
from simulator.chain.node.server import NodeServer
from simulator.chain.node.worlds import open_world

CHAIN_ID = 31337
HARDFORK = "prague"
START_SECONDS = 1_700_000_000
DEADLINE_SECONDS = 20.0


class Answers(Protocol):
    """One who answers JSON-RPC: a result, or RpcError."""

    def call(self, method: str, parameters: list[Any]) -> Any: ...


class HttpClient:
    """Requests over one connection that stays open; a context that closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *failure: object) -> None:
        self.connection.close()

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of an answer."""
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        return response.status, response.read()

    def call(self, method: str, parameters: list[Any]) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer = json.loads(self.post(json.dumps(request).encode())[1])
        if "error" in answer:
            error = answer["error"]
            raise RpcError(error["code"], error["message"], error.get("data"))
        return answer["result"]


def new_world(engine: str, hardfork: str = HARDFORK) -> Chain:
    """A world as a fresh anvil has one, with the same clock."""
    block = BlockEnvironment(number=0, timestamp=START_SECONDS, base_fee=10**9)
    return open_world(engine, hardfork, CHAIN_ID, block)


@contextmanager
def serving(chain: Chain, options: NodeOptions | None = None) -> Iterator[NodeServer]:
    """A world over HTTP on a free port."""
    server = NodeServer(Endpoint(Node(chain, options)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def anvil(program: str, *more: str) -> Iterator[HttpClient]:
    """anvil on a free port, mining at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--silent", *more]
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with HttpClient(port) as client:
            _wait_until_up(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=10)


FRESH_ANVIL = (
    "--hardfork", HARDFORK, "--chain-id", str(CHAIN_ID), "--timestamp", str(START_SECONDS),
    "--disable-default-create2-deployer",
)  # fmt: skip


def _wait_until_up(client: HttpClient, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            client.call("eth_chainId", [])
            return
        except (OSError, HTTPException) as error:
            client.connection.close()
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"anvil did not come up: {error}") from error
            time.sleep(0.05)
