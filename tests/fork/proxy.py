"""A proxy between a fork and its node that lies, dawdles, refuses or talks rubbish."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Tamper = Callable[[str, list[Any], Any], Any]
"""(method, params, result) -> the result that is told instead."""

Misbehave = Callable[["Handler", str, int], bool]
"""(handler, method, how many requests came before) -> whether it has answered by itself."""


class Proxy(ThreadingHTTPServer):
    """Forwards to `target` what it does not spoil."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: str, tamper: Tamper | None, misbehave: Misbehave | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.tamper = tamper
        self.misbehave = misbehave
        self.methods: list[str] = []
        self.parameters: list[list[Any]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self, method: str) -> int:
        return self.methods.count(method)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet, else each answer waits 40 ms for the client

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        proxy = self.server
        before = len(proxy.methods)
        proxy.methods.append(asked["method"])
        proxy.parameters.append(asked.get("params", []))
        if proxy.misbehave is not None and proxy.misbehave(self, asked["method"], before):
            return
        request = urllib.request.Request(proxy.target, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.loads(response.read())
        if proxy.tamper is not None and "result" in answer:
            answer["result"] = proxy.tamper(
                asked["method"], asked.get("params", []), answer["result"]
            )
        self.reply(200, json.dumps(answer).encode())

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def rpc_error(self, code: int, message: str) -> None:
        error = {"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message}}
        self.reply(200, json.dumps(error).encode())

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def standing_before(
    target: str, *, tamper: Tamper | None = None, misbehave: Misbehave | None = None
) -> Iterator[Proxy]:
    """A proxy on a free loopback port for as long as the context lasts."""
    proxy = Proxy(target, tamper, misbehave)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
