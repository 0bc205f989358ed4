"""Blocks, transactions, receipts and logs as JSON-RPC shows them."""

from __future__ import annotations

from typing import Any

from simulator.chain.fork.headers import FIELDS
from simulator.chain.node.blocks import Block
from simulator.chain.node.hardforks import has
from simulator.chain.node.transactions import LEGACY, WITH_DYNAMIC_FEE, Transaction
from simulator.chain.node.wire import hex_data
from simulator.types import Address

Json = dict[str, Any]


def optional_data(value: bytes | None) -> str | None:
    return None if value is None else hex_data(value)


def header_json(block: Block) -> Json:
    """The fields of the header, and the block's hash."""
    shown: Json = {"hash": hex_data(block.hash)}
    for (name, kind), item in zip(FIELDS, block.header.items, strict=False):
        shown[name] = hex(int.from_bytes(item, "big")) if kind == "number" else hex_data(item)
    return shown


def block_json(block: Block, hardfork: str, with_transactions: bool) -> Json:
    """A block with its transactions, or only their hashes."""
    transactions: list[Any] = [
        transaction_json(transaction, block, index)
        if with_transactions
        else hex_data(transaction.hash)
        for index, transaction in enumerate(block.transactions)
    ]
    shown = header_json(block) | {
        "size": hex(block.size()),
        "totalDifficulty": "0x0",
        "uncles": [],
        "transactions": transactions,
    }
    return shown | {"withdrawals": []} if has(hardfork, "shanghai") else shown


def transaction_json(
    sent: Transaction, block: Block | None = None, index: int | None = None
) -> Json:
    """A transaction and its place, if it is in a block."""
    shown: Json = {
        "type": hex(sent.type),
        "nonce": hex(sent.nonce),
        "gas": hex(sent.gas_limit),
        "to": optional_data(sent.to),
        "value": hex(sent.value),
        "input": hex_data(sent.data),
        "v": hex(sent.v),
        "r": hex(sent.r),
        "s": hex(sent.s),
        "hash": hex_data(sent.hash),
        "from": hex_data(sent.sender),
        "gasPrice": hex(sent.max_fee),
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
    }
    if sent.chain_id is not None:
        shown["chainId"] = hex(sent.chain_id)
    if sent.type != LEGACY:
        shown["yParity"] = hex(sent.v)
        shown["accessList"] = access_list_json(sent.access_list)
    if sent.type == WITH_DYNAMIC_FEE:
        shown["maxFeePerGas"] = hex(sent.max_fee)
        shown["maxPriorityFeePerGas"] = hex(sent.priority_fee)
    if block is not None and index is not None:
        shown["gasPrice"] = hex(block.receipts[index].gas_price)
        shown["blockHash"] = hex_data(block.hash)
        shown["blockNumber"] = hex(block.number)
        shown["transactionIndex"] = hex(index)
    return shown


def access_list_json(access_list: tuple[tuple[Address, tuple[bytes, ...]], ...]) -> list[Json]:
    return [
        {"address": hex_data(address), "storageKeys": [hex_data(slot) for slot in slots]}
        for address, slots in access_list
    ]


def receipt_json(block: Block, index: int) -> Json:
    """The receipt of a block's transaction."""
    sent, receipt = block.transactions[index], block.receipts[index]
    return {
        "type": hex(sent.type),
        "status": hex(receipt.succeeded),
        "cumulativeGasUsed": hex(receipt.cumulative_gas),
        "logs": [log_json(block, index, position) for position in range(len(receipt.logs))],
        "logsBloom": hex_data(receipt.bloom()),
        "transactionHash": hex_data(sent.hash),
        "transactionIndex": hex(index),
        "blockHash": hex_data(block.hash),
        "blockNumber": hex(block.number),
        "gasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(receipt.gas_price),
        "from": hex_data(sent.sender),
        "to": optional_data(sent.to),
        "contractAddress": optional_data(receipt.created),
    }


def log_json(block: Block, index: int, position: int) -> Json:
    """A log by the index of its transaction and its own index in the receipt."""
    receipt = block.receipts[index]
    log = receipt.logs[position]
    return {
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
        "blockHash": hex_data(block.hash),
        "blockNumber": hex(block.number),
        "blockTimestamp": hex(block.environment.timestamp),
        "transactionHash": hex_data(block.transactions[index].hash),
        "transactionIndex": hex(index),
        "logIndex": hex(receipt.first_log + position),
        "removed": False,
    }
