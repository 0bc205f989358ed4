"""Read-only calls on a node, many in one HTTP request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.chain.base import BlockEnvironment
from simulator.chain.columns import (
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    STATUS_SUCCESS,
    Batch,
)
from simulator.chain.fork.faults import NO_METHOD, clipped, fault_of_error
from simulator.chain.fork.values import hex_bytes, hex_number
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.receipts import Outcome, ending_of
from simulator.chain.rpc.traces import logs_of
from simulator.chain.rpc.wire import call_of, number_in, reading, text, word_integer
from simulator.errors import EndpointError

_TRACER = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}
_PROBE_AT = bytes([0x5A]) * 20
_TELL_TIME = "0x4260005260206000f3"
_PROBE_TIME = 7_777_777_777

_HALTS = {
    "OutOfGas": "out of gas",
    "InvalidFEOpcode": "invalid opcode",
    "OpcodeNotFound": "invalid opcode",
    "NotActivated": "invalid opcode",
    "InvalidJump": "invalid jump destination",
    "StackUnderflow": "stack underflow",
    "StackOverflow": "stack overflow",
    "OutOfOffset": "return data out of bounds",
    "StateChangeDuringStaticCall": "write in a static call",
    "CreateContractSizeLimit": "contract code too large",
    "CreateContractStartingWithEF": "contract code starts with 0xEF",
}
"""How anvil names in eth_call why code halted -> the engine's words."""

_EVM_ERROR = re.compile(r"EVM error:? (\w+)")
_HALT_WORDS = re.compile(r"out of gas|invalid opcode|invalid jump|stack (under|over)flow", re.I)


class Caller:
    """Calls on the latest state, in the next block's environment where the node can do that.

    Without block overrides (`sees_next_block` False) calls run in that of the latest block. Without
    `debug_traceCall` they have neither gas nor logs.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._can_trace = True
        self.sees_next_block = self._probe()

    def call(self, call: Mapping[str, Any], block: BlockEnvironment) -> Outcome:
        """One call by eth_call."""
        answer = self._node.answer("eth_call", call, *self._context(block))
        with reading(self._node.name, "eth_call"):
            return _of_eth_call(self._node.name, answer)

    def call_many(self, batch: Batch, block: BlockEnvironment) -> list[Outcome]:
        """One outcome for each call."""
        calls = [call_of(batch, row) for row in range(len(batch))]
        funds = self._funds(batch)
        if self._can_trace:
            found = self._traced(calls, funds, block)
            if found is not None:
                return found
            self._can_trace = False
        place, _, overrides = (*self._context(block), {}, {})[:3]
        answers = self._node.answers(
            ("eth_call", [call, place, *([fund, overrides] if self.sees_next_block else [])])
            for call, fund in zip(calls, funds, strict=True)
        )
        with reading(self._node.name, "eth_call"):
            return [_of_eth_call(self._node.name, answer) for answer in answers]

    def _traced(
        self,
        calls: Sequence[Mapping[str, Any]],
        funds: Sequence[Mapping[str, Any]],
        block: BlockEnvironment,
    ) -> list[Outcome] | None:
        """By debug_traceCall; None if the node does not offer it."""
        options = _TRACER | ({"blockOverrides": _overrides(block)} if self.sees_next_block else {})
        answers = self._node.answers(
            (
                "debug_traceCall",
                [call, "latest", options | ({"stateOverrides": fund} if fund else {})],
            )
            for call, fund in zip(calls, funds, strict=True)
        )
        outcomes = []
        for answer in answers:
            error = answer.get("error")
            if error is not None:
                fault = fault_of_error(self._node.name, "debug_traceCall", error)
                if fault.fault == NO_METHOD:
                    return None
                outcomes.append(Outcome(STATUS_NOT_INCLUDED, reason=clipped(_words(error))))
                continue
            with reading(self._node.name, "debug_traceCall"):
                frame = answer["result"]
                gas = number_in(frame, "gasUsed")
                outcomes.append(Outcome(gas_used=gas, logs=logs_of(frame), **ending_of(frame)))
        return outcomes

    def _funds(self, batch: Batch) -> list[dict[str, Any]]:
        """State overrides that give senders what their call sends, where they lack it."""
        rows = [row for row in range(len(batch)) if word_integer(batch, row)]
        senders = [text(batch.senders[row].tobytes()) for row in rows]
        balances = self._node.ask_many("eth_getBalance", ([who, "latest"] for who in senders))
        funds: list[dict[str, Any]] = [{} for _ in range(len(batch))]
        with reading(self._node.name, "eth_getBalance"):
            for row, sender, balance in zip(rows, senders, balances, strict=True):
                if hex_number(balance, "balance") < (value := word_integer(batch, row)):
                    funds[row] = {sender: {"balance": hex(value)}}
        return funds

    def _context(self, block: BlockEnvironment) -> list[Any]:
        return ["latest", {}, _overrides(block)] if self.sees_next_block else ["latest"]

    def _probe(self) -> bool:
        place = text(_PROBE_AT)
        try:
            answer = self._node.ask(
                "eth_call",
                {"to": place},
                "latest",
                {place: {"code": _TELL_TIME}},
                {"time": hex(_PROBE_TIME)},
            )
        except EndpointError as error:
            if error.fault in ("timeout", "dropped the connection"):
                raise
            return False
        return isinstance(answer, str) and answer[2:].lstrip("0") == hex(_PROBE_TIME)[2:]


def _overrides(block: BlockEnvironment) -> dict[str, str]:
    return {
        "number": hex(block.number),
        "time": hex(block.timestamp),
        "gasLimit": hex(block.gas_limit),
        "feeRecipient": text(block.coinbase),
        "baseFeePerGas": hex(block.base_fee),
    } | ({"prevRandao": text(block.prevrandao)} if any(block.prevrandao) else {})


def _of_eth_call(node: str, answer: Mapping[str, Any]) -> Outcome:
    error = answer.get("error")
    if error is None:
        return Outcome(STATUS_SUCCESS, output=hex_bytes(answer.get("result"), "result"))
    words = _words(error)
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):  # Hardhat wraps it
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return Outcome(STATUS_REVERTED, output=hex_bytes(data, "data"))
    if "revert" in words.lower():
        return Outcome(STATUS_REVERTED)
    if named := _EVM_ERROR.search(words):
        return Outcome(STATUS_HALTED, reason=_HALTS.get(named[1], named[1]))
    if halted := _HALT_WORDS.search(words):
        return Outcome(STATUS_HALTED, reason=halted[0].lower())
    fault = fault_of_error(node, "eth_call", error)
    if fault.fault == "request refused":
        return Outcome(STATUS_NOT_INCLUDED, reason=clipped(words))
    raise fault


def _words(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
