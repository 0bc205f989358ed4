"""Logs by address and topics, and the filters that tell what is new since they were asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from simulator.chain.node.blocks import Block, Log
from simulator.chain.node.faults import SERVER_ERROR, RpcError
from simulator.chain.node.ledger import Ledger
from simulator.types import Address

MOST_FILTERS: Final = 1_000
"""Beyond them the one that was not asked for the longest time is forgotten."""

Found = tuple[Block, int, int]
"""A block, the index of a transaction in it, and that of a log in its receipt."""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """addresses: empty for all; topics: per position the allowed ones, or None for any."""

    addresses: frozenset[Address] = frozenset()
    topics: tuple[frozenset[bytes] | None, ...] = ()

    def matches(self, log: Log) -> bool:
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(allowed is None or topic in allowed for allowed, topic in pairs)


def find_logs(ledger: Ledger, query: LogQuery, first: int, last: int) -> Iterator[Found]:
    """The logs of blocks first to last that match, in order."""
    for block in ledger.with_logs(first, last):
        for index, receipt in enumerate(block.receipts):
            for position, log in enumerate(receipt.logs):
                if query.matches(log):
                    yield block, index, position


@dataclass(slots=True)
class Filter:
    """next: the block number, or for pending transactions the position, of what comes next.

    first, last: the range of a log filter; None for the latest block whenever it is asked.
    """

    kind: Literal["logs", "blocks", "transactions"]
    next: int
    query: LogQuery = LogQuery()
    first: int | None = None
    last: int | None = None


class Filters:
    """The filters of a node by number."""

    def __init__(self) -> None:
        self._filters: dict[int, Filter] = {}
        self._next_identifier = 1
        self.announced: list[bytes] = []
        """Hashes of all transactions in the order in which they came."""

    def add(self, new: Filter) -> int:
        """The number of a new filter."""
        identifier = self._next_identifier
        self._next_identifier += 1
        self._filters[identifier] = new
        if len(self._filters) > MOST_FILTERS:
            del self._filters[next(iter(self._filters))]
        return identifier

    def get(self, identifier: int) -> Filter:
        """RpcError for a filter that is not there."""
        found = self._filters.pop(identifier, None)
        if found is None:
            raise RpcError(SERVER_ERROR, "filter not found")
        self._filters[identifier] = found  # the latest asked stands last
        return found

    def remove(self, identifier: int) -> bool:
        return self._filters.pop(identifier, None) is not None

    def rewind(self, number: int) -> None:
        """Blocks from this number on are gone: whatever takes their place is new."""
        for known in self._filters.values():
            if known.kind != "transactions":
                known.next = min(known.next, number)
