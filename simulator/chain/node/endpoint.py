"""JSON-RPC 2.0 around a node: bytes in and out, single requests and batches, one at a time."""

from __future__ import annotations

import json
import math
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from simulator.chain.depth import is_too_deep
from simulator.chain.node.faults import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RpcError,
    as_rpc_error,
)
from simulator.chain.node.methods import METHODS
from simulator.chain.node.node import Node
from simulator.errors import UnderwaterError

MOST_REQUESTS: Final = 10_000
"""Of one batch."""

Answer = dict[str, Any]


class Endpoint:
    """The one door to a node. Safe for several threads: it lets in one request after another.

    The requests of a batch run in their order, but those of other clients may come in between.
    """

    def __init__(self, node: Node, report: Callable[[str], None] | None = None) -> None:
        self.node = node
        self._lock = threading.RLock()
        self._report = report
        if report is not None:
            node.report = report

    def call(self, method: str, parameters: Sequence[object] = ()) -> Any:
        """The result of one method, ready for JSON; RpcError for whatever goes wrong."""
        known = METHODS.get(method)
        if known is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {method[:100]} does not exist")
        values = known.values(parameters)
        with self._lock:
            try:
                self.node.follow()
                return known.run(self.node, *values)
            except UnderwaterError as error:
                raise as_rpc_error(error) from error
            except Exception as error:  # a fault of ours; the world serves on
                if self._report is not None:
                    self._report(f"{method} failed\n{traceback.format_exc()}")
                what = f"internal error: {type(error).__name__}: {error}"
                raise RpcError(INTERNAL_ERROR, what) from error

    def answer_bytes(self, body: bytes) -> bytes | None:
        """The answer to what a client sent, whatever it is; None if there is nothing to say."""
        try:
            if is_too_deep(body):
                raise ValueError("nested too deep")
            message = json.loads(body.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            answer: Answer | list[Answer] | None = _failure(
                None, RpcError(PARSE_ERROR, "this is no JSON")
            )
        else:
            answer = self.answer(message)
        return None if answer is None else json.dumps(answer, separators=(",", ":")).encode()

    def answer(self, message: object) -> Answer | list[Answer] | None:
        """The answer to a request or a batch; None to notifications."""
        if not isinstance(message, list):
            return self._answer_one(message)
        if not message:
            return _failure(None, RpcError(INVALID_REQUEST, "the batch is empty"))
        if len(message) > MOST_REQUESTS:
            what = f"the batch has {len(message):,} requests, at most {MOST_REQUESTS:,} are taken"
            return _failure(None, RpcError(INVALID_REQUEST, what))
        answers = [self._answer_one(item) for item in message]
        return [answer for answer in answers if answer is not None] or None

    def _answer_one(self, message: object) -> Answer | None:
        identifier = None
        try:
            if not isinstance(message, Mapping):
                raise RpcError(INVALID_REQUEST, "a request is an object")
            identifier = _identifier(message)
            method, parameters = _request(message)
        except RpcError as error:
            return _failure(identifier, error)
        try:
            result = self.call(method, _by_position(parameters))
            answer = {"jsonrpc": "2.0", "id": identifier, "result": result}
        except RpcError as error:
            answer = _failure(identifier, error)
        return answer if "id" in message else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _identifier(message: Mapping[str, object]) -> object:
    identifier = message.get("id")
    if identifier is None or isinstance(identifier, str):
        return identifier
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        return identifier
    # 1e999 is read as infinity, for which JSON has no word.
    if isinstance(identifier, float) and math.isfinite(identifier):
        return identifier
    raise RpcError(INVALID_REQUEST, "id must be a string, a number or null")


def _request(message: Mapping[str, object]) -> tuple[str, object]:
    if message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'jsonrpc must be "2.0"')
    method = message.get("method")
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "method must be a string")
    parameters = message.get("params")
    if parameters is not None and not isinstance(parameters, (list, Mapping)):
        raise RpcError(INVALID_REQUEST, "params must be an array")
    return method, parameters


def _by_position(parameters: object) -> Sequence[object]:
    if isinstance(parameters, list):
        return parameters
    if parameters is None:
        return ()
    raise RpcError(INVALID_PARAMS, "parameters are given by position: params must be an array")


def _failure(identifier: object, error: RpcError) -> Answer:
    return {"jsonrpc": "2.0", "id": identifier, "error": error.to_json()}
