"""What an endpoint can do wrong, in words, and how JSON-RPC and HTTP errors map to them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from simulator.chain.depth import DEEPEST, is_too_deep
from simulator.errors import EndpointError

TIMEOUT: Final = "timeout"
DROPPED: Final = "dropped the connection"
RATE_LIMITED: Final = "rate limit"
SERVER_ERROR: Final = "server error"
HTML: Final = "HTML instead of JSON"
MALFORMED: Final = "malformed answer"
MOVED: Final = "moved elsewhere"
DENIED: Final = "access denied"
NO_METHOD: Final = "method not offered"
NO_STATE: Final = "state of the block not held"
REFUSED: Final = "request refused"
BLOCK_UNKNOWN: Final = "block unknown"
OTHER_CHAIN: Final = "another chain"
OTHER_BLOCK: Final = "another block"

TRANSIENT: Final = frozenset({TIMEOUT, DROPPED, RATE_LIMITED, SERVER_ERROR, HTML})
"""Worth another try at the same endpoint. (An overloaded gateway often answers with a page.)"""

LONGEST_TALE: Final = 160
"""Characters of an endpoint's own words that go into a message."""

_LONGEST_WAIT: Final = 3600.0

_RATE = re.compile(r"rate.?limit|too many request|throttl|quota|compute units|capacity", re.I)
_STATE = re.compile(
    r"missing trie node|prun|archive|state.*not available|historical|header not found|"
    r"unknown block|block not found|blockoutofrange|distance to target block|proof window",
    re.I,
)
_METHOD = re.compile(
    r"method.*(not|n't) (found|exist|support|available|allowed|whitelisted)|does not exist|"
    r"unsupported method|unknown method|not (been )?implemented|method.*disabled",
    re.I,
)


class Unusable(ValueError):
    """An answer that can be read but is of no use: the reader does not know whose it is."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


def endpoint_name(url: str) -> str:
    """An address without what may be a secret: no user, no query, no long part of the path."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    path = "/".join(part if len(part) < 16 else "..." for part in parts.path.split("/"))
    return f"{parts.scheme}://{place}{path}".rstrip("/")


def clipped(words: object) -> str:
    """Somebody else's words on one line of limited length."""
    line = " ".join(str(words).split())
    return line if len(line) <= LONGEST_TALE else f"{line[:LONGEST_TALE]}..."


def fault_of_status(endpoint: str, status: int, headers: dict[str, str]) -> EndpointError | None:
    """The fault that an HTTP status alone tells; None if the body must say more."""
    if status == 429:
        wait = headers.get("retry-after", "")  # seconds; the other form, a date, is not followed
        if wait.isascii() and wait.isdigit():
            detail = f"HTTP 429, retry after {clipped(wait)} s"
            return EndpointError(endpoint, RATE_LIMITED, detail, min(float(wait), _LONGEST_WAIT))
        return EndpointError(endpoint, RATE_LIMITED, "HTTP 429")
    if status in (401, 403, 407):
        return EndpointError(endpoint, DENIED, f"HTTP {status}")
    if 300 <= status < 400:
        target = endpoint_name(headers.get("location", "")) or "nowhere"
        return EndpointError(endpoint, MOVED, f"HTTP {status} to {clipped(target)}")
    return None


def fault_of_body(endpoint: str, status: int, body: bytes) -> EndpointError | None:
    """The fault of an answer that is no JSON object or array at all, or one of hostile depth."""
    start = body.lstrip()[:1]
    if start in (b"{", b"["):
        if is_too_deep(body):
            return EndpointError(endpoint, MALFORMED, f"nested deeper than {DEEPEST} levels")
        return None
    words = clipped(body[: 4 * LONGEST_TALE].decode("utf-8", "replace"))
    if status >= 500:
        return EndpointError(endpoint, SERVER_ERROR, f"HTTP {status}: {words}")
    if start == b"<":
        return EndpointError(endpoint, HTML, f"HTTP {status}: {words}")
    return EndpointError(endpoint, MALFORMED, f"HTTP {status}: {words or 'nothing'}")


def fault_of_error(endpoint: str, method: str, error: object) -> EndpointError:
    """The fault that a JSON-RPC error object tells."""
    code, words = None, str(error)
    if isinstance(error, dict):
        code, words = error.get("code"), str(error.get("message", error))
    detail = f"{method}: {clipped(words)}" + ("" if code is None else f" ({clipped(code)})")
    if code in (-32005, 429) or _RATE.search(words):
        return EndpointError(endpoint, RATE_LIMITED, detail)
    if _STATE.search(words):
        return EndpointError(endpoint, NO_STATE, detail)
    if code == -32601 or _METHOD.search(words):
        return EndpointError(endpoint, NO_METHOD, detail)
    return EndpointError(endpoint, REFUSED, detail)
