"""Several endpoints as one: retries with growing pauses, and the next endpoint when one gives up.

The order of the endpoints is the order of preference. One that lied is never asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from simulator.chain.fork.endpoint import Endpoint, check_url
from simulator.chain.fork.faults import MALFORMED, TRANSIENT, Unusable
from simulator.chain.fork.proofs import FalseProof
from simulator.errors import EndpointError, InputError, ProofError, UpstreamError

Answer = TypeVar("Answer")
Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UpstreamOptions:
    """How patient one is with an endpoint.

    attempts: tries of one request at one endpoint; the pause before the second is
    `first_pause_seconds`, then twice as long each time up to `longest_pause_seconds`, each
    shortened by a random share of up to a half, drawn from `seed`. An endpoint that says how long
    to wait is obeyed up to `longest_pause_seconds`.
    """

    timeout_seconds: float = 20.0
    attempts: int = 4
    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 8.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.timeout_seconds <= 3600:
            raise InputError("timeout_seconds", self.timeout_seconds, "must be in (0, 3600]")
        if not 1 <= self.attempts <= 100:
            raise InputError("attempts", self.attempts, "must be from 1 to 100")
        if not 0 <= self.first_pause_seconds <= self.longest_pause_seconds:
            raise InputError(
                "first_pause_seconds",
                self.first_pause_seconds,
                f"must be in [0, longest_pause_seconds = {self.longest_pause_seconds}]",
            )


class Upstream:
    """Answers requests from the first endpoint that can. Used by one thread at a time."""

    def __init__(
        self,
        urls: Sequence[str],
        options: UpstreamOptions,
        warn: Warn,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not urls:
            raise InputError("rpc_url", list(urls), "names no endpoint")
        if len(set(urls)) != len(urls):
            raise InputError("rpc_url", list(map(str, urls)), "names an endpoint twice")
        self._options = options
        self._warn = warn
        self._pause = pause
        self._generator = np.random.default_rng(options.seed)
        self._endpoints = [
            Endpoint(url, options.timeout_seconds, name)
            for url, name in zip(urls, _names(urls), strict=True)
        ]

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Names of the endpoints in use, the preferred one first."""
        return tuple(endpoint.name for endpoint in self._endpoints)

    def ask(
        self, method: str, parameters: list[Any], read: Callable[[Any], Answer], wanted: str
    ) -> Answer:
        """What `read` makes of the first good answer.

        `read` raises FalseProof for a lie and ValueError for what it cannot read. UpstreamError
        with what each endpoint did; with a single endpoint that endpoint's own error.
        """
        faults: list[EndpointError] = []
        for endpoint in list(self._endpoints):
            try:
                answer = self._patiently(endpoint, method, parameters, read)
            except EndpointError as fault:
                faults.append(fault)
                if isinstance(fault, ProofError):
                    self._endpoints.remove(endpoint)
                continue
            self._prefer(endpoint, faults)
            return answer
        raise all_failed(wanted, faults)

    def ask_each(
        self, method: str, parameters: list[Any], read: Callable[[Any], Answer]
    ) -> list[tuple[str, Answer | EndpointError]]:
        """The same request to every endpoint: its name, and what it answered or did."""
        answers: list[tuple[str, Answer | EndpointError]] = []
        for endpoint in self._endpoints:
            try:
                answers.append((endpoint.name, self._patiently(endpoint, method, parameters, read)))
            except EndpointError as fault:
                answers.append((endpoint.name, fault))
        return answers

    def keep(self, names: Sequence[str]) -> None:
        """Go on with these endpoints only."""
        for endpoint in self._endpoints:
            if endpoint.name not in names:
                endpoint.provider.close()
        self._endpoints = [endpoint for endpoint in self._endpoints if endpoint.name in names]

    def close(self) -> None:
        """Close all connections."""
        for endpoint in self._endpoints:
            endpoint.provider.close()

    def _patiently(
        self,
        endpoint: Endpoint,
        method: str,
        parameters: list[Any],
        read: Callable[[Any], Answer],
    ) -> Answer:
        longest = self._options.longest_pause_seconds
        wait = self._options.first_pause_seconds
        for attempt in range(self._options.attempts):
            try:
                return _read(endpoint, method, endpoint.request(method, parameters), read)
            except EndpointError as fault:
                if fault.fault not in TRANSIENT or attempt + 1 == self._options.attempts:
                    raise
                jittered = wait * (1 - 0.5 * float(self._generator.random()))
                self._pause(min(longest, max(jittered, fault.wait_seconds)))
                wait = min(longest, 2 * wait)
        raise AssertionError("unreachable: attempts is at least 1")

    def _prefer(self, endpoint: Endpoint, faults: Sequence[EndpointError]) -> None:
        """Begin with the one that works from now on, and say why."""
        if faults:
            self._endpoints.remove(endpoint)
            self._endpoints.insert(0, endpoint)
            for fault in faults:
                self._warn(f"{fault}; going on with {endpoint.name}")


def _names(urls: Sequence[str]) -> list[str]:
    """Names without secrets; endpoints that differ in nothing else get a number."""
    names = [check_url(url) for url in urls]
    for index, name in enumerate(names):
        if name in names[:index]:
            names[index] = f"{name} (number {index + 1})"
    return names


def all_failed(wanted: str, faults: Sequence[EndpointError]) -> EndpointError | UpstreamError:
    """The error for a request that nobody answered."""
    if not faults:
        return UpstreamError(f"{wanted}: none is left that did not lie", ())
    if len(faults) == 1:
        return faults[0]
    return UpstreamError(wanted, faults)


def _read(endpoint: Endpoint, method: str, answer: Any, read: Callable[[Any], Answer]) -> Answer:
    try:
        return read(answer)
    except FalseProof as lie:
        raise ProofError(endpoint.name, lie.what, lie.detail) from None
    except Unusable as fault:
        raise EndpointError(endpoint.name, fault.fault, fault.detail) from None
    except ValueError as error:
        raise EndpointError(endpoint.name, MALFORMED, f"{method}: {error}") from None
