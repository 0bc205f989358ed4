"""An anvil node of our own on a free loopback port, and the few calls the tests make."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_SECONDS = 20.0


def find_anvil() -> str | None:
    """anvil of `npm ci` in the checkout, else one on PATH."""
    local = ROOT / "node_modules" / ".bin" / "anvil"
    return str(local) if local.exists() else shutil.which("anvil")


class Anvil:
    """JSON-RPC over one HTTP connection that stays open, so requests are answered in order."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def request(self, method: str, *parameters: object) -> Any:
        return self.requests([(method, list(parameters))])[0]

    def requests(self, calls: list[tuple[str, list[object]]]) -> list[Any]:
        """One batch. anvil runs it concurrently, so the calls must not depend on their order."""
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
            for index, (method, parameters) in enumerate(calls)
        ]
        self._connection.request(
            "POST", "/", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        answers = json.loads(self._connection.getresponse().read())
        for answer in answers:
            if "error" in answer:
                raise RuntimeError(f"{calls[answer['id']]}: {answer['error']}")
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]

    def dump(self) -> dict[str, dict[str, Any]]:
        """All accounts: nonce, balance, code, storage, as anvil writes them."""
        packed = bytes.fromhex(self.request("anvil_dumpState")[2:])
        accounts: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed))["accounts"]
        return accounts

    def close(self) -> None:
        self._connection.close()


@contextmanager
def running(
    program: str, hardfork: str, *, base_fee_wei: int = 0, gas_limit: int = 60_000_000
) -> Iterator[Anvil]:
    """A node that mines on demand only, in the order of arrival, without accounts of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [
        "--host", "127.0.0.1", "--port", str(port), "--hardfork", hardfork, "--chain-id", "1",
        "--accounts", "1", "--no-mining", "--order", "fifo", "--auto-impersonate",
        "--block-base-fee-per-gas", str(base_fee_wei), "--gas-limit", str(gas_limit),
        "--timestamp", "1600000000", "--disable-pool-balance-checks", "--enable-tx-gas-limit",
        "--disable-default-create2-deployer", "--silent",
    ]  # fmt: skip
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    node = Anvil(port)
    try:
        _wait_until_up(node, process)
        yield node
    finally:
        node.close()
        process.terminate()
        process.wait(timeout=10)


def _wait_until_up(node: Anvil, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while True:
        try:
            node.request("eth_chainId")
            return
        except (OSError, HTTPException) as error:
            node.close()
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"anvil did not come up: {error}") from error
            time.sleep(0.05)
