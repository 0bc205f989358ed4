"""Transactions that wait for a block."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from simulator.chain.node.faults import SERVER_ERROR, TRANSACTION_REJECTED, RpcError
from simulator.chain.node.transactions import Transaction
from simulator.types import Address

NonceOf = Callable[[Address], int]

REPLACEMENT_PERCENT = 10
"""By how much a transaction with the same sender and nonce must pay more."""

MOST_TRANSACTIONS = 100_000


class Pool:
    """Waiting transactions by sender and nonce. Higher tips go first, then earlier arrivals."""

    def __init__(self) -> None:
        self._waiting: dict[Address, dict[int, Transaction]] = {}
        self._arrivals: dict[bytes, tuple[int, Transaction]] = {}
        self._next_arrival = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    def find(self, hash_: bytes) -> Transaction | None:
        found = self._arrivals.get(hash_)
        return None if found is None else found[1]

    def add(self, transaction: Transaction) -> None:
        """RpcError if it is known, or would replace one without paying enough more."""
        if transaction.hash in self._arrivals:
            raise RpcError(SERVER_ERROR, "already known")
        if len(self._arrivals) >= MOST_TRANSACTIONS:
            raise RpcError(SERVER_ERROR, f"the pool is full: {MOST_TRANSACTIONS:,} transactions")
        mine = self._waiting.setdefault(transaction.sender, {})
        before = mine.get(transaction.nonce)
        if before is not None:
            if not _pays_more(transaction, before):
                raise RpcError(TRANSACTION_REJECTED, "replacement transaction underpriced")
            del self._arrivals[before.hash]
        mine[transaction.nonce] = transaction
        self._arrivals[transaction.hash] = (self._next_arrival, transaction)
        self._next_arrival += 1

    def remove(self, hash_: bytes) -> bool:
        """Whether it was there."""
        found = self._arrivals.pop(hash_, None)
        if found is None:
            return False
        transaction = found[1]
        mine = self._waiting[transaction.sender]
        del mine[transaction.nonce]
        if not mine:
            del self._waiting[transaction.sender]
        return True

    def forget_below(self, nonce_of: NonceOf) -> None:
        """Drop what can never be mined, since its nonce was used."""
        for sender, mine in list(self._waiting.items()):
            least = nonce_of(sender)
            for nonce in [nonce for nonce in mine if nonce < least]:
                self.remove(mine[nonce].hash)

    def next_nonce(self, sender: Address, nonce: int) -> int:
        """The nonce after all waiting transactions that follow on the account's without a gap."""
        mine = self._waiting.get(sender, {})
        while nonce in mine:
            nonce += 1
        return nonce

    def ready(self, base_fee: int, nonce_of: NonceOf) -> Iterator[Transaction]:
        """Those that a block with this base fee can take, in the order in which it takes them."""
        heap: list[tuple[int, int, Transaction]] = []

        def offer(sender: Address, nonce: int) -> None:
            transaction = self._waiting[sender].get(nonce)
            if transaction is not None and transaction.max_fee >= base_fee:
                arrival = self._arrivals[transaction.hash][0]
                heapq.heappush(heap, (-transaction.tip(base_fee), arrival, transaction))

        for sender in list(self._waiting):
            offer(sender, nonce_of(sender))
        while heap:
            transaction = heapq.heappop(heap)[2]
            following = (transaction.sender, transaction.nonce + 1)
            if transaction.nonce + 1 in self._waiting.get(transaction.sender, {}):
                offer(*following)
            yield transaction

    def counts(self, nonce_of: NonceOf) -> tuple[int, int]:
        """How many could be mined one after the other, and how many wait for a lower nonce."""
        pending = sum(
            self.next_nonce(sender, nonce_of(sender)) - nonce_of(sender) for sender in self._waiting
        )
        return pending, len(self) - pending


def _pays_more(transaction: Transaction, before: Transaction) -> bool:
    percent = 100 + REPLACEMENT_PERCENT
    return (
        transaction.max_fee * 100 >= before.max_fee * percent
        and transaction.priority_fee * 100 >= before.priority_fee * percent
    )
