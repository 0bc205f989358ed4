"""One endpoint of a real chain: JSON-RPC through web3.py, with bounds on time and size.

web3.py's own retries are off and its transport is replaced, because `requests` knows a timeout per
read only: an endpoint that drips a byte now and then would hold a run for ever.
"""

from __future__ import annotations

import queue
import threading
from typing import Any, Final, cast
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from simulator.chain.fork.faults import (
    DROPPED,
    MALFORMED,
    TIMEOUT,
    clipped,
    endpoint_name,
    fault_of_body,
    fault_of_error,
    fault_of_status,
)
from simulator.errors import EndpointError, InputError

MOST_BYTES: Final = 64 << 20
"""Of one answer. A proof of 250 slots takes about 2 MB, the largest block some 10 MB."""

_CHUNK_BYTES: Final = 1 << 16


class BoundedProvider(HTTPProvider):
    """web3.py's HTTP provider whose requests end after `timeout_seconds`, whatever comes in."""

    def __init__(self, url: str, timeout_seconds: float, name: str) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self._url = url
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """The JSON-RPC answer, or EndpointError."""
        body = self._post(self.encode_rpc_request(method, params))
        try:
            return self.decode_rpc_response(body)
        except (ValueError, RecursionError) as error:
            raise EndpointError(self._name, MALFORMED, clipped(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _post(self, data: bytes) -> bytes:
        answers: queue.SimpleQueue[bytes | EndpointError] = queue.SimpleQueue()
        given_up = threading.Event()
        session = self._session

        def work() -> None:
            try:
                answers.put(self._exchange(session, data, given_up))
            except EndpointError as error:
                answers.put(error)
            except requests.Timeout:
                answers.put(self._timed_out())
            except (requests.RequestException, OSError) as error:
                answers.put(EndpointError(self._name, DROPPED, _reason(error)))
            except Exception as error:  # else the thread would end without an answer
                answers.put(EndpointError(self._name, MALFORMED, clipped(repr(error))))

        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=self._timeout_seconds)
        except queue.Empty:
            answer = self._timed_out()
        finally:
            given_up.set()
        if isinstance(answer, EndpointError):
            # The thread may still use the old session, and a broken connection is worth nothing.
            self._session = requests.Session()
            raise answer
        return answer

    def _exchange(self, session: requests.Session, data: bytes, given_up: threading.Event) -> bytes:
        with session.post(
            self._url,
            data=data,
            headers=self.get_request_headers(),
            timeout=self._timeout_seconds,
            allow_redirects=False,
            stream=True,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            fault = fault_of_status(self._name, response.status_code, headers)
            if fault is not None:
                raise fault
            body = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                body += chunk
                if given_up.is_set() or len(body) > MOST_BYTES:
                    raise EndpointError(self._name, MALFORMED, f"more than {MOST_BYTES:,} bytes")
            fault = fault_of_body(self._name, response.status_code, bytes(body))
            if fault is not None:
                raise fault
            return bytes(body)

    def _timed_out(self) -> EndpointError:
        return EndpointError(self._name, TIMEOUT, f"no answer within {self._timeout_seconds:g} s")


def _reason(error: BaseException) -> str:
    """The innermost reason of a transport error: the outer ones repeat address and query."""
    seen: BaseException = error
    while True:
        inner = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        if not isinstance(inner, BaseException) or inner is seen:
            break
        seen = inner
    words = getattr(seen, "strerror", None) or seen
    return f"{type(seen).__name__}: {clipped(words)}"


class Endpoint:
    """Asks one endpoint once; every way to fail is an EndpointError that names it."""

    def __init__(self, url: str, timeout_seconds: float, name: str) -> None:
        self.name = name
        self.provider = BoundedProvider(url, timeout_seconds, name)

    def request(self, method: str, parameters: list[Any]) -> Any:
        """The `result` of the answer (null is None)."""
        answer: Any = self.provider.make_request(RPCEndpoint(method), parameters)
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise EndpointError(self.name, MALFORMED, f"{method}: {clipped(answer)}")
        if answer.get("error") is not None:
            raise fault_of_error(self.name, method, answer["error"])
        if "result" not in answer:
            raise EndpointError(self.name, MALFORMED, f"{method}: neither result nor error")
        return cast(Any, answer["result"])


def check_url(url: str) -> str:
    """The endpoint's name without secrets; InputError if the address is none of HTTP."""
    rule = "must be the address of a node, such as http://127.0.0.1:8545"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises where it is no number
        name = endpoint_name(url)
    except (ValueError, TypeError, AttributeError):
        raise InputError("rpc_url", url, rule) from None
    if not good:
        raise InputError("rpc_url", name if "://" in url else clipped(url), rule)
    return name
