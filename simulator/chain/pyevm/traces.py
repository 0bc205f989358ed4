"""The calls within transactions, gathered into the columns of a trace."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.chain.base import STATUS_SUCCESS, Trace
from simulator.chain.columns import CALL_KINDS
from simulator.chain.pyevm.flat import flat, words
from simulator.types import Address


@dataclass(slots=True)
class Frame:
    """One call. What comes out of it is filled in when it ends."""

    transaction: int
    depth: int
    kind: int
    caller: Address
    target: Address
    value: int
    gas_limit: int
    input: bytes
    gas_used: int = 0
    output: bytes = b""
    status: int = STATUS_SUCCESS
    reason: str | None = None


@dataclass(slots=True)
class Recorder:
    """Frames in the order in which they begin."""

    transaction: int = 0
    frames: list[Frame] = field(default_factory=list)

    def begin(
        self,
        kind: str,
        depth: int,
        caller: Address,
        target: Address,
        value: int,
        gas_limit: int,
        input_: bytes,
    ) -> Frame:
        """A call begins; the frame is to be told how it ended."""
        number = CALL_KINDS.index(kind)
        frame = Frame(self.transaction, depth, number, caller, target, value, gas_limit, input_)
        self.frames.append(frame)
        return frame

    def drop(self) -> None:
        """Forget the frames of the transaction at work: it did not happen."""
        self.frames = [f for f in self.frames if f.transaction != self.transaction]

    def trace(self) -> Trace:
        """All frames as columns."""
        frames = self.frames
        inputs, input_offsets = flat([frame.input for frame in frames])
        outputs, output_offsets = flat([frame.output for frame in frames])
        return Trace(
            transaction=np.array([frame.transaction for frame in frames], np.int64),
            depth=np.array([frame.depth for frame in frames], np.int64),
            kind=np.array([frame.kind for frame in frames], np.uint8),
            caller=_addresses([frame.caller for frame in frames]),
            target=_addresses([frame.target for frame in frames]),
            value=words([frame.value for frame in frames]),
            gas_limit=np.array([frame.gas_limit for frame in frames], np.uint64),
            gas_used=np.array([frame.gas_used for frame in frames], np.uint64),
            input=inputs,
            input_offsets=input_offsets,
            output=outputs,
            output_offsets=output_offsets,
            status=np.array([frame.status for frame in frames], np.uint8),
            reasons={
                index: frame.reason
                for index, frame in enumerate(frames)
                if frame.reason is not None
            },
        )


def _addresses(items: list[Address]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), 20)
