"""The blocks so far, and where each transaction is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from simulator.chain.node.blocks import Block


class Ledger:
    """Blocks by ascending number. There may be gaps where the world jumped outside of the node."""

    def __init__(self, first: Block) -> None:
        self._blocks: dict[int, Block] = {}
        self._numbers: list[int] = []
        self._numbers_by_hash: dict[bytes, int] = {}
        self._places: dict[bytes, tuple[int, int]] = {}
        self._with_logs: list[int] = []
        self.append(first)

    @property
    def head(self) -> Block:
        """The latest block."""
        return self._blocks[self._numbers[-1]]

    @property
    def first(self) -> Block:
        return self._blocks[self._numbers[0]]

    def append(self, block: Block) -> None:
        """Add a block of a higher number than all others."""
        self._blocks[block.number] = block
        self._numbers.append(block.number)
        self._numbers_by_hash[block.hash] = block.number
        for index, transaction in enumerate(block.transactions):
            self._places[transaction.hash] = (block.number, index)
        if block.has_logs:
            self._with_logs.append(block.number)

    def drop_from(self, number: int) -> None:
        """Forget all blocks of this number or a higher one; they may be all there are."""
        while self._numbers and self._numbers[-1] >= number:
            block = self._blocks.pop(self._numbers.pop())
            del self._numbers_by_hash[block.hash]
            for transaction in block.transactions:
                del self._places[transaction.hash]
        del self._with_logs[bisect_left(self._with_logs, number) :]

    @property
    def is_empty(self) -> bool:
        return not self._numbers

    def block(self, number: int) -> Block | None:
        return self._blocks.get(number)

    def block_of_hash(self, hash_: bytes) -> Block | None:
        number = self._numbers_by_hash.get(hash_)
        return None if number is None else self._blocks[number]

    def place(self, transaction_hash: bytes) -> tuple[Block, int] | None:
        """The block of a transaction and its index there."""
        found = self._places.get(transaction_hash)
        return None if found is None else (self._blocks[found[0]], found[1])

    def from_number(self, first: int) -> Iterator[Block]:
        """Blocks of this number and higher, ascending."""
        for number in self._numbers[bisect_left(self._numbers, first) :]:
            yield self._blocks[number]

    def with_logs(self, first: int, last: int) -> Iterator[Block]:
        """Blocks that have logs, of numbers first to last."""
        begin, end = bisect_left(self._with_logs, first), bisect_right(self._with_logs, last)
        for number in self._with_logs[begin:end]:
            yield self._blocks[number]
