"""Methods that look up blocks, transactions and receipts. What is not there is null."""

from __future__ import annotations

from typing import Any, Final

from simulator.chain.node import wire
from simulator.chain.node.blocks import Block
from simulator.chain.node.methods.declared import (
    BLOCK,
    BLOCK_HASH,
    BLOCK_REQUIRED,
    FULL,
    HASH,
    INDEX,
    Method,
)
from simulator.chain.node.node import Node
from simulator.chain.node.views import Json, block_json, receipt_json, transaction_json
from simulator.chain.node.wire import BlockReference


def _found(node: Node, reference: BlockReference | bytes) -> Block | None:
    if isinstance(reference, bytes):
        return node.ledger.block_of_hash(reference)
    return node.find_block(reference)


def block(node: Node, reference: BlockReference | bytes, full: bool) -> Json | None:
    found = _found(node, reference)
    return None if found is None else block_json(found, node.chain.hardfork, full)


def count_transactions(node: Node, reference: BlockReference | bytes) -> str | None:
    found = _found(node, reference)
    return None if found is None else hex(len(found.transactions))


def count_uncles(node: Node, reference: BlockReference | bytes) -> str | None:
    return None if _found(node, reference) is None else "0x0"


def transaction_at(node: Node, reference: BlockReference | bytes, index: int) -> Json | None:
    found = _found(node, reference)
    if found is None or index >= len(found.transactions):
        return None
    return transaction_json(found.transactions[index], found, index)


def transaction(node: Node, hash_: bytes) -> Json | None:
    place = node.ledger.place(hash_)
    if place is not None:
        return transaction_json(place[0].transactions[place[1]], *place)
    waiting = node.pool.find(hash_)
    return None if waiting is None else transaction_json(waiting)


def raw_transaction(node: Node, hash_: bytes) -> str | None:
    place = node.ledger.place(hash_)
    found = node.pool.find(hash_) if place is None else place[0].transactions[place[1]]
    return None if found is None else wire.hex_data(found.encoded())


def receipt(node: Node, hash_: bytes) -> Json | None:
    place = node.ledger.place(hash_)
    return None if place is None else receipt_json(*place)


def receipts(node: Node, reference: BlockReference) -> list[Json] | None:
    found = node.find_block(reference)
    if found is None:
        return None
    return [receipt_json(found, index) for index in range(len(found.transactions))]


def number(node: Node) -> Any:
    return hex(node.ledger.head.number)


METHODS: Final = {
    "eth_blockNumber": Method(number),
    "eth_getBlockByNumber": Method(block, (BLOCK, FULL)),
    "eth_getBlockByHash": Method(block, (BLOCK_HASH, FULL)),
    "eth_getBlockTransactionCountByNumber": Method(count_transactions, (BLOCK,)),
    "eth_getBlockTransactionCountByHash": Method(count_transactions, (BLOCK_HASH,)),
    "eth_getUncleCountByBlockNumber": Method(count_uncles, (BLOCK,)),
    "eth_getUncleCountByBlockHash": Method(count_uncles, (BLOCK_HASH,)),
    "eth_getBlockReceipts": Method(receipts, (BLOCK_REQUIRED,)),
    "eth_getTransactionByHash": Method(transaction, (HASH,)),
    "eth_getRawTransactionByHash": Method(raw_transaction, (HASH,)),
    "eth_getTransactionByBlockNumberAndIndex": Method(transaction_at, (BLOCK_REQUIRED, INDEX)),
    "eth_getTransactionByBlockHashAndIndex": Method(transaction_at, (BLOCK_HASH, INDEX)),
    "eth_getTransactionReceipt": Method(receipt, (HASH,)),
}
