"""An anvil node of our own on a free loopback port, and the few calls the tests make."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_SECONDS = 20.0


def find_anvil() -> str | None:
    """anvil of `npm ci` in the checkout, else one on PATH."""
    local = ROOT / "node_modules" / ".bin" / "anvil"
    return str(local) if local.exists() else shutil.which("anvil")


class Anvil:
    """JSON-RPC over plain HTTP, one connection per request."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def request(self, method: str, *parameters: object) -> Any:
        return self.requests([(method, list(parameters))])[0]

    def requests(self, calls: list[tuple[str, list[object]]]) -> list[Any]:
        """One batch. anvil runs it concurrently, so the calls must not depend on their order."""
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
            for index, (method, parameters) in enumerate(calls)
        ]
        request = urllib.request.Request(
            self._address, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answers = json.loads(response.read())
        for answer in answers:
            if "error" in answer:
                raise RuntimeError(f"{calls[answer['id']]}: {answer['error']}")
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]


@contextmanager
def running(program: str, hardfork: str) -> Iterator[Anvil]:
    """A node that mines on demand only, in the order of arrival, without accounts of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [
        "--host", "127.0.0.1", "--port", str(port), "--hardfork", hardfork, "--chain-id", "1",
        "--accounts", "1", "--no-mining", "--order", "fifo", "--auto-impersonate",
        "--block-base-fee-per-gas", "0", "--gas-limit", "60000000", "--timestamp", "1600000000",
        "--disable-pool-balance-checks", "--enable-tx-gas-limit",
        "--disable-default-create2-deployer", "--silent",
    ]  # fmt: skip
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        node = Anvil(port)
        _wait_until_up(node, process)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_up(node: Anvil, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while True:
        try:
            node.request("eth_chainId")
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"anvil did not come up: {error}") from error
            time.sleep(0.05)
