"""JSON-RPC over HTTP on loopback, with nothing but the standard library.

Every connection has a thread; the endpoint lets in one request at a time. What one client sends can
close its own connection, never another's.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from simulator.chain.node.endpoint import Endpoint

LOOPBACK: Final = "127.0.0.1"
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one request; initcode and batches are far below."""

MOST_CONNECTIONS: Final = 256
IDLE_SECONDS: Final = 120.0
"""After so long a connection that says nothing, or stops in the middle, is closed."""

_OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class NodeServer(ThreadingHTTPServer):
    """Serves an endpoint on a loopback port (0 for a free one, see `port`)."""

    daemon_threads = True
    request_queue_size = 128
    # Not SO_REUSEPORT-like sharing, only a port whose last owner is in TIME_WAIT.
    allow_reuse_address = True

    def __init__(
        self, endpoint: Endpoint, port: int = 0, report: Callable[[str], None] | None = None
    ) -> None:
        self.endpoint = endpoint
        self._report = report
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for a connection, or at once the end of it if there are too many."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        error = sys.exc_info()[1]
        if self._report is not None and not isinstance(error, OSError):
            self._report(f"a connection broke off: {type(error).__name__}: {error}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "underwater"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Answers are small and leave in one piece: waiting for more would only cost time.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: NodeServer

    def do_POST(self) -> None:
        """A JSON-RPC request or batch in the body."""
        if not self._is_from_here():
            return
        length = self._length()
        if length is None:
            return
        body = self.rfile.read(length)
        if len(body) < length:  # the client went away in the middle
            self.close_connection = True
            return
        answer = self.server.endpoint.answer_bytes(body)
        if answer is None:
            self._send(HTTPStatus.NO_CONTENT, b"")
        else:
            self._send(HTTPStatus.OK, answer)

    def do_OPTIONS(self) -> None:
        """A browser asks whether a page may talk to us."""
        if self._is_from_here():
            self._send(HTTPStatus.NO_CONTENT, b"")

    def do_GET(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "JSON-RPC is sent by POST")

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_GET

    def _is_from_here(self) -> bool:
        """Whether the request is for this machine and no foreign page sends it.

        A page of another site can point a name of its own at 127.0.0.1 (the Host header gives that
        away), or simply post to it (then there is an Origin header).
        """
        host = self.headers.get("Host")
        if host is not None and _name(f"//{host}") not in _OWN_NAMES:
            self._refuse(HTTPStatus.FORBIDDEN, "the Host header names another machine")
            return False
        origin = self.headers.get("Origin")
        if origin is not None and _name(origin) not in _OWN_NAMES:
            self._refuse(HTTPStatus.FORBIDDEN, "pages of other sites may not use this node")
            return False
        return True

    def _length(self) -> int | None:
        """The body's length; None, with an answer given, if there is none or too much."""
        text = self.headers.get("Content-Length", "") if self._has_plain_body() else ""
        if not (text.isascii() and text.isdigit()) or len(text) > 20:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing or no number")
            return None
        if int(text) > MOST_BYTES:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_BYTES:,} bytes"
            )
            return None
        return int(text)

    def _has_plain_body(self) -> bool:
        return self.headers.get("Transfer-Encoding", "identity").lower() == "identity"

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """An answer without JSON-RPC. The body was not read, so the connection cannot go on."""
        self.close_connection = True
        self._send(status, f"{why}\n".encode(), "text/plain; charset=utf-8")

    def _send(self, status: HTTPStatus, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        origin = self.headers.get("Origin")
        if origin is not None and status != HTTPStatus.FORBIDDEN:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Headers", "content-type")
            self.send_header("Access-Control-Allow-Methods", "POST")
            self.send_header("Vary", "Origin")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are not news."""


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
