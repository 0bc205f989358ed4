"""Transactions into a block: run one after the other in the chain's current block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.chain.base import STATUS_NOT_INCLUDED, Chain
from simulator.chain.node.blocks import Receipt
from simulator.chain.node.execution import Outcome, batch_of_transaction, outcome_of
from simulator.chain.node.transactions import Transaction
from simulator.errors import ChainError
from simulator.types import Address

WAITS = ("block full", "nonce too high")
"""Reasons (their beginnings) for which a transaction stays in the pool for a later block."""


@dataclass(slots=True)
class Content:
    """What went into a block, and why others did not: by hash, to be dropped from the pool."""

    transactions: list[Transaction] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    rejected: dict[bytes, str] = field(default_factory=dict)


def fill(chain: Chain, ready: Iterable[Transaction]) -> Content:
    """Execute transactions, one batch each, so that a fault concerns exactly one of them."""
    content = Content()
    for transaction in ready:
        try:
            outcome = outcome_of(chain.execute(batch_of_transaction(transaction)))
        except ChainError as error:  # a fork's source failed in the middle of it
            content.rejected[transaction.hash] = str(error)
            continue
        if outcome.status == STATUS_NOT_INCLUDED:
            if not outcome.reason.startswith(WAITS):
                content.rejected[transaction.hash] = outcome.reason
            continue
        content.transactions.append(transaction)
        content.receipts.append(_receipt(transaction, outcome, content.receipts))
    return content


def _receipt(transaction: Transaction, outcome: Outcome, before: list[Receipt]) -> Receipt:
    last = before[-1] if before else None
    return Receipt(
        succeeded=outcome.succeeded,
        gas_used=outcome.gas_used,
        cumulative_gas=outcome.gas_used + (last.cumulative_gas if last else 0),
        gas_price=outcome.gas_price,
        logs=outcome.logs,
        first_log=last.first_log + len(last.logs) if last else 0,
        created=created_address(transaction.sender, transaction.nonce)
        if transaction.to is None
        else None,
    )


def created_address(sender: Address, nonce: int) -> Address:
    """The address of what a transaction of this sender and nonce creates."""
    import rlp
    from eth_hash.auto import keccak

    return bytes(keccak(rlp.encode([sender, nonce]))[12:])
