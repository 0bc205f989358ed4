"""A node that answers what a test wants, over HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Fault(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({} if data is None else {"data": data})


class Raw(Exception):
    """An answer that is no JSON-RPC."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__(body)
        self.body = body
        self.status = status


NOT_OFFERED = Fault(-32601, "Method not found")

HEAD = {
    "number": "0x3", "timestamp": "0x64", "gasLimit": "0x1c9c380", "baseFeePerGas": "0x7",
    "miner": "0x" + "cc" * 20, "stateRoot": "0x" + "11" * 32, "transactions": [],
}  # fmt: skip

FINE: dict[str, Any] = {
    "eth_chainId": "0x1",
    "anvil_nodeInfo": {"hardFork": "Prague"},
    "evm_setAutomine": None,
    "anvil_autoImpersonateAccount": None,
    "eth_getBlockByNumber": HEAD,
    "eth_call": NOT_OFFERED,
}
"""A node that can be opened."""


@contextmanager
def node_that_answers(answers: dict[str, Any]) -> Iterator[str]:
    """The address of a node with these results (functions of the parameters, faults, raw answers).

    What is not among them is not offered. Batches are answered in reverse order.
    """

    def one(request: dict[str, Any]) -> dict[str, Any]:
        found = answers.get(request["method"], NOT_OFFERED)
        if callable(found):
            found = found(request.get("params", []))
        if isinstance(found, Raw):
            raise found
        ending = {"error": found.error} if isinstance(found, Fault) else {"result": found}
        return {"jsonrpc": "2.0", "id": request["id"]} | ending

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = 200
            try:
                made = (
                    [one(each) for each in reversed(body)] if isinstance(body, list) else one(body)
                )
                answer = json.dumps(made).encode()
            except Raw as raw:
                answer, status = raw.body, raw.status
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
