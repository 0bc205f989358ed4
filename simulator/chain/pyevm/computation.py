"""py-evm's computation of a fork, with hooks at jumps and calls."""

from __future__ import annotations

from typing import Any

from eth.abc import ComputationAPI, MessageAPI, OpcodeAPI
from eth.exceptions import ReservedBytesInCode, Revert
from eth.vm import opcode_values

from simulator.chain.base import STATUS_HALTED, STATUS_REVERTED, STATUS_SUCCESS
from simulator.chain.pyevm.attempts import Attempt
from simulator.chain.pyevm.rules import halt_reason
from simulator.chain.pyevm.traces import Frame

JUMPS = (opcode_values.JUMP, opcode_values.JUMPI)

CALLS = {
    opcode_values.CALL: "call",
    opcode_values.CALLCODE: "callcode",
    opcode_values.DELEGATECALL: "delegatecall",
    opcode_values.STATICCALL: "staticcall",
    opcode_values.CREATE: "create",
    opcode_values.CREATE2: "create2",
}


class _Jump:
    """An opcode that tells where it jumped; not taken means one further."""

    def __init__(self, opcode: OpcodeAPI) -> None:
        self._opcode = opcode
        self.mnemonic = opcode.mnemonic

    def __call__(self, computation: Any) -> None:
        code = computation.code
        start = code.program_counter - 1
        self._opcode(computation)
        computation.state.watcher.jumped(computation.msg.code, start, code.program_counter)


class _Call:
    """An opcode that says by which name it calls, which py-evm's message does not hold."""

    def __init__(self, opcode: OpcodeAPI, kind: str) -> None:
        self._opcode = opcode
        self._kind = kind
        self.mnemonic = opcode.mnemonic

    def __call__(self, computation: Any) -> None:
        computation.calls_by = self._kind
        recorder = computation.state.watcher.recorder
        if recorder is None:
            self._opcode(computation)
            return
        attempt = Attempt(computation, self._kind)
        frames_before = len(recorder.frames)
        with attempt:
            self._opcode(computation)
        if len(recorder.frames) == frames_before:
            attempt.record(recorder)


def hooked(parent: Any) -> Any:
    """The computation of a fork, watched by the state's `watcher`."""
    jumps = {value: _Jump(parent.opcodes[value]) for value in JUMPS}
    calls = {value: _Call(parent.opcodes[value], kind) for value, kind in CALLS.items()}
    table = {**parent.opcodes, **jumps, **calls}

    class Hooked(parent):  # type: ignore[misc]
        opcodes = table
        calls_by = ""

        @property
        def is_origin_computation(self) -> bool:
            # py-evm compares sender and origin; a sender with code that is called back and then
            # calls would pass for the transaction itself.
            return bool(self.msg.depth == 0)

        def apply_child_computation(self, child_msg: MessageAPI) -> ComputationAPI:
            watcher = self.state.watcher
            watcher.called()
            if watcher.recorder is None:
                return super().apply_child_computation(child_msg)  # type: ignore[no-any-return]
            frame = watcher.recorder.begin(
                self.calls_by,
                child_msg.depth,
                child_msg.sender,
                child_msg.storage_address if child_msg.is_create else child_msg.code_address,
                child_msg.value,
                child_msg.gas,
                child_msg.code if child_msg.is_create else bytes(child_msg.data),
            )
            child = super().apply_child_computation(child_msg)
            end_frame(frame, child)
            return child  # type: ignore[no-any-return]

    return Hooked


def end_frame(frame: Frame, computation: ComputationAPI) -> None:
    """Fill in what came out of a call."""
    frame.gas_used = frame.gas_limit - computation.get_gas_remaining()
    frame.output = bytes(computation.output)
    frame.status = status_of(computation)
    if frame.status == STATUS_HALTED:
        frame.reason = halt_reason(computation.error)


def status_of(computation: ComputationAPI) -> int:
    """One of STATUS_* of code that ran."""
    if computation.is_success:
        return STATUS_SUCCESS
    return STATUS_REVERTED if isinstance(computation.error, Revert) else STATUS_HALTED


def without_size_limits(parent: Any) -> Any:
    """A computation without the limits of EIP-170 and EIP-3860."""

    class Unlimited(parent):  # type: ignore[misc]
        @classmethod
        def validate_create_message(cls, message: MessageAPI) -> None:
            """Any initcode."""

        @classmethod
        def validate_contract_code(cls, contract_code: bytes) -> None:
            if contract_code[:1] == b"\xef":  # EIP-3541 stays
                raise ReservedBytesInCode("contract code starts with 0xEF")

    return Unlimited
