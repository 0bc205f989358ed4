"""A node that is spoken to over HTTP: single requests, batches, and methods with several names.

The transport is that of forks: web3.py's provider with bounds on time and size. Every way to fail
is an EndpointError that names the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from web3.types import RPCEndpoint

from simulator.chain.fork.endpoint import BoundedProvider, check_url
from simulator.chain.fork.faults import MALFORMED, NO_METHOD, clipped, fault_of_error
from simulator.errors import ChainError, EndpointError

CALLS_PER_REQUEST = 200
"""Public nodes cap batches at some hundreds; one HTTP request costs less than ten of these."""

Call = tuple[str, Sequence[Any]]
"""Method and parameters."""


class NodeProvider(BoundedProvider):
    """The bounded provider with batches."""

    def answers(self, calls: Sequence[Call]) -> list[dict[str, Any]]:
        """The answers to one batch, in the order of the calls."""
        requests = [(RPCEndpoint(method), list(parameters)) for method, parameters in calls]
        try:
            found = self.decode_rpc_response(self._post(self.encode_batch_rpc_request(requests)))
        except (ValueError, RecursionError) as error:
            raise EndpointError(self._name, MALFORMED, clipped(error)) from None
        listed: Any = found
        if not isinstance(listed, list):
            fault = listed.get("error") if isinstance(listed, dict) else None
            if fault is not None:
                raise fault_of_error(self._name, "a batch", fault)
            raise EndpointError(self._name, MALFORMED, f"no list for a batch: {clipped(listed)}")
        numbered = [item for item in listed if isinstance(item, dict) and _is_id(item.get("id"))]
        if len(numbered) != len(calls):
            detail = f"{len(numbered)} answers to a batch of {len(calls)}"
            raise EndpointError(self._name, MALFORMED, detail)
        # The numbers are given in the order of the calls; nodes may answer in any order.
        return sorted(numbered, key=lambda item: int(item["id"]))


class Node:
    """One node. `name` is its address without secrets."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self.name = check_url(url)
        self._provider = NodeProvider(url, timeout_seconds, self.name)
        self._chosen: dict[tuple[str, ...], str | None] = {}

    def close(self) -> None:
        """Close the connections."""
        self._provider.close()

    def answer(self, method: str, *parameters: Any) -> dict[str, Any]:
        """The answer as it came, with `result` or `error`."""
        answer: Any = self._provider.make_request(RPCEndpoint(method), list(parameters))
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise EndpointError(self.name, MALFORMED, f"{method}: {clipped(answer)}")
        return answer

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result; EndpointError for an error."""
        return self._result(method, self.answer(method, *parameters))

    def answers(self, calls: Iterable[Call]) -> list[dict[str, Any]]:
        """The answers to independent calls, which the node may run at the same time."""
        listed = list(calls)
        found = []
        for start in range(0, len(listed), CALLS_PER_REQUEST):
            found.extend(self._provider.answers(listed[start : start + CALLS_PER_REQUEST]))
        return found

    def ask_many(self, method: str, parameters: Iterable[Sequence[Any]]) -> list[Any]:
        """The results of one method for many parameters; EndpointError for the first error."""
        answers = self.answers((method, each) for each in parameters)
        return [self._result(method, answer) for answer in answers]

    def ask_any(self, methods: Sequence[str], *parameters: Any) -> Any:
        """The result of the first of some equivalent methods that the node offers.

        ChainError if it offers none. Which one it was is remembered.
        """
        key = tuple(methods)
        known = self._chosen.get(key, "")
        for method in [known] if known else methods:
            try:
                result = self.ask(method, *parameters)
            except EndpointError as error:
                if error.fault != NO_METHOD:
                    raise
                continue
            self._chosen[key] = method
            return result
        raise ChainError(f"{self.name} offers none of {', '.join(methods)}")

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        if answer.get("error") is not None:
            raise fault_of_error(self.name, method, answer["error"])
        if "result" not in answer:
            raise EndpointError(self.name, MALFORMED, f"{method}: neither result nor error")
        return answer["result"]


def _is_id(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdigit())
