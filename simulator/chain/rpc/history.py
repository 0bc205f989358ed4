"""What transactions did, asked of a node's tracers afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.chain.base import StorageDiff
from simulator.chain.fork.faults import NO_METHOD
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.reads import Reads
from simulator.chain.rpc.receipts import Changes
from simulator.chain.rpc.wire import reading
from simulator.errors import ChainError, EndpointError
from simulator.types import Address

_DIFF = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}

Slot = tuple[Address, bytes]


class History:
    """The transactions and the slots set by hand since the first snapshot that is still there."""

    def __init__(self, node: Node, reads: Reads) -> None:
        self._node = node
        self._reads = reads
        self._entries: list[str | tuple[Slot, int]] = []
        self._can_trace = True

    def __len__(self) -> int:
        return len(self._entries)

    def cut(self, length: int) -> None:
        """Forget what came after."""
        del self._entries[length:]

    def note_transactions(self, hashes: Sequence[str]) -> None:
        self._entries.extend(hashes)

    def note_slot(self, address: Address, slot: bytes, old: int) -> None:
        self._entries.append(((address, slot), old))

    def calls(self, hashes: Sequence[str], *, whole: bool) -> list[dict[str, Any]] | None:
        """Call frames of transactions, with inner ones if `whole`; None if not offered."""
        if not self._can_trace:
            return None
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": not whole}}
        try:
            return self._node.ask_many(
                "debug_traceTransaction", ([each, options] for each in hashes)
            )
        except EndpointError as error:
            if error.fault != NO_METHOD:
                raise
            self._can_trace = False
            return None

    def changes(self, hashes: Sequence[str]) -> Changes:
        """Slots that transactions changed, one after the other; ChainError if not offered."""
        changes = Changes()
        for tracer in self._traced(hashes):
            with reading(self._node.name, "prestateTracer"):
                changes.add(tracer)
        return changes

    def diff_since(self, length: int) -> StorageDiff:
        """Slots that differ from those when the history had this length."""
        entries = self._entries[length:]
        tracers = iter(self._traced([entry for entry in entries if isinstance(entry, str)]))
        changes = Changes()
        for entry in entries:
            if isinstance(entry, str):
                with reading(self._node.name, "prestateTracer"):
                    changes.add(next(tracers))
            else:
                changes.note(entry[0], entry[1], entry[1])
        keys = list(changes.slots)
        for key, value in zip(keys, self._reads.slots(keys), strict=True):
            changes.note(key, 0, value)
        return changes.as_diff()

    def _traced(self, hashes: Sequence[str]) -> list[dict[str, Any]]:
        try:
            return self._node.ask_many("debug_traceTransaction", ([each, _DIFF] for each in hashes))
        except EndpointError as error:
            if error.fault != NO_METHOD:
                raise
            raise ChainError(
                f"{self._node.name} cannot tell which slots changed (debug_traceTransaction)"
            ) from None
