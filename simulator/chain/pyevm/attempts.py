"""Calls that fail before they begin, which py-evm leaves no trace of: a node's traces show them."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from eth.constants import STACK_DEPTH_LIMIT, UINT_64_MAX

from simulator.chain.base import STATUS_HALTED, ZERO_ADDRESS
from simulator.chain.pyevm.traces import Recorder

CREATIONS = ("create", "create2")
WITH_VALUE = ("call", "callcode")


class Attempt:
    """One opcode that calls, seen from outside: its operands, and the gas it took or gave back.

    A context manager around the opcode.
    """

    def __init__(self, computation: Any, kind: str) -> None:
        self._computation = computation
        self._kind = kind
        self._operands = [_integer(value) for value in reversed(computation._stack.values[-7:])]
        self._taken = self._returned = 0

    def __enter__(self) -> None:
        take, give = self._computation.consume_gas, self._computation.return_gas

        def consume_gas(amount: int, reason: str) -> None:
            self._taken = amount
            take(amount, reason)

        def return_gas(amount: int) -> None:
            self._returned = amount
            give(amount)

        self._computation.consume_gas = consume_gas
        self._computation.return_gas = return_gas

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        del self._computation.consume_gas, self._computation.return_gas

    def record(self, recorder: Recorder) -> None:
        """A frame for the call that did not begin. Of all reasons only a collision burns gas."""
        message = self._computation.msg
        creates = self._kind in CREATIONS
        reason = self._reason(creates)
        gas_limit = self._gas_limit_of_creation(reason) if creates else self._returned
        delegates = self._kind == "delegatecall"
        frame = recorder.begin(
            self._kind,
            message.depth + 1,
            message.sender if delegates else message.storage_address,
            ZERO_ADDRESS if creates else self._operands[1].to_bytes(32, "big")[12:],
            message.value if delegates else self._value(creates),
            gas_limit,
            self._input(creates),
        )
        frame.status, frame.reason = STATUS_HALTED, reason
        frame.gas_used = gas_limit if reason == "address collision" else 0

    def _value(self, creates: bool) -> int:
        if creates:
            return self._operands[0]
        return self._operands[2] if self._kind in WITH_VALUE else 0

    def _input(self, creates: bool) -> bytes:
        first = 1 if creates else 3 if self._kind in WITH_VALUE else 2
        start, size = self._operands[first : first + 2]
        return bytes(self._computation.memory_read_bytes(start, size))

    def _reason(self, creates: bool) -> str:
        message, state = self._computation.msg, self._computation.state
        if message.depth + 1 > STACK_DEPTH_LIMIT:
            return "call too deep"
        if state.get_balance(message.storage_address) < self._value(creates):
            return "insufficient balance"
        if state.get_nonce(message.storage_address) >= UINT_64_MAX:
            return "nonce overflow"
        return "address collision"

    def _gas_limit_of_creation(self, reason: str) -> int:
        if reason == "address collision":
            return self._taken
        left: int = self._computation.get_gas_remaining()
        return left - left // 64  # EIP-150


def _integer(value: int | bytes) -> int:
    return value if isinstance(value, int) else int.from_bytes(value, "big")
