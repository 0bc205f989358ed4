"""`underwater node`: what it says when it is ready, how it ends, and what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import InputError, UnderwaterError
from underwater.commands.node import NodeCommandOptions, node

COMMAND = [sys.executable, "-c", "from underwater.cli import main; main()", "node"]


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """The first line on stdout, which comes when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate()[1])
    return line.strip()


def ask(url: str, method: str, *parameters: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    with urllib.request.urlopen(urllib.request.Request(url, body.encode()), timeout=30) as answer:
        return json.loads(answer.read())["result"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_address_serves_and_ends_cleanly(how: signal.Signals) -> None:
    with running("--port", "0") as process:
        url = line_of(process)
        assert url.startswith("http://127.0.0.1:")
        assert ask(url, "eth_chainId") == "0x7a69"
        process.send_signal(how)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == "" and "Traceback" not in err
    assert "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80" in err


def test_a_program_reads_one_line_of_json() -> None:
    options = ("--port", "0", "--json", "--chain-id", "5", "--hardfork", "prague")
    with running(*options) as process:
        facts = json.loads(line_of(process))
        assert facts["chain_id"] == 5 and facts["hardfork"] == "prague" and facts["block"] == 0
        assert facts["url"] == f"http://127.0.0.1:{facts['port']}"
        assert ask(facts["url"], "eth_accounts") == facts["accounts"]
        assert ask(facts["url"], "eth_chainId") == "0x5"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"port": "x"}, "--port"),
        ({"port": "65536"}, "--port"),
        ({"port": "-1"}, "--port"),
        ({"chain_id": "0"}, "--chain-id"),
        ({"chain_id": "1e3"}, "--chain-id"),
        ({"hardfork": "berlin"}, "--hardfork"),
        ({"hardfork": "Prague"}, "--hardfork"),
        ({"chain": "geth"}, "--chain"),
        ({"missing": "zero"}, "--missing"),
        ({"capsule": "x", "chain_id": "1"}, "--chain-id"),
        ({"capsule": "x", "missing": "maybe"}, "--missing"),
    ],
)
def test_bad_options_are_refused_by_name(options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        node(NodeCommandOptions(**({"port": "0"} | options)))  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(InputError, match="is in use"):
            node(NodeCommandOptions(port=port))


def test_a_capsule_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.capsule"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(UnderwaterError, match=r"x\.capsule"):
        node(NodeCommandOptions(port="0", capsule=str(path)))
    with pytest.raises(UnderwaterError):
        node(NodeCommandOptions(port="0", capsule=str(tmp_path / "missing.capsule")))


def test_signal_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(InputError):
        node(NodeCommandOptions(port="0", hardfork="berlin"))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
