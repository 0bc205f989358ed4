"""Methods about the node and the chain as a whole."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.node import wire
from simulator.chain.node.faults import invalid
from simulator.chain.node.methods.declared import BLOCK, Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.requests import SUGGESTED_TIP_WEI
from simulator.chain.node.wire import BlockReference

MOST_HISTORY: Final = 1_024
MOST_PERCENTILES: Final = 100


def client_version(node: Node) -> str:
    try:
        number = version("underwater")
    except PackageNotFoundError:
        number = "unknown"
    return f"underwater/{number}/{node.chain.name}/{node.chain.hardfork}"


def fee_history(
    node: Node, count: int, newest: BlockReference, percentiles: list[float]
) -> dict[str, Any]:
    """Base fees and fullness of some blocks, and of the block after them the base fee."""
    if not 1 <= count <= MOST_HISTORY:
        raise invalid("block count", count, f"must be from 1 to {MOST_HISTORY:,}")
    # A block that is still being made has no history: the latest stands for it.
    reference = wire.LATEST if newest.tag == "pending" else newest
    last = node.view_block(reference)
    blocks = [
        block
        for number in range(max(0, last.number - count + 1), last.number + 1)
        if (block := node.ledger.block(number)) is not None
    ]
    after = node.ledger.block(last.number + 1)
    next_fee = node.next_base_fee() if after is None else after.environment.base_fee
    answer: dict[str, Any] = {
        "oldestBlock": hex(blocks[0].number),
        "baseFeePerGas": [hex(block.environment.base_fee) for block in blocks] + [hex(next_fee)],
        "gasUsedRatio": [block.gas_used / block.environment.gas_limit for block in blocks],
        "baseFeePerBlobGas": ["0x1"] * (len(blocks) + 1),
        "blobGasUsedRatio": [0.0] * len(blocks),
    }
    if percentiles:
        answer["reward"] = [_rewards(block, percentiles) for block in blocks]
    return answer


def _rewards(block: Any, percentiles: list[float]) -> list[str]:
    """The tips at these percentiles of the block's gas, as geth counts them."""
    base_fee = block.environment.base_fee
    paid = sorted((receipt.gas_price - base_fee, receipt.gas_used) for receipt in block.receipts)
    rewards = []
    for percentile in percentiles:
        threshold = block.gas_used * percentile / 100
        reached, reward = 0, 0
        for tip, gas in paid:
            reached, reward = reached + gas, tip
            if reached >= threshold:
                break
        rewards.append(hex(reward))
    return rewards


def _percentiles(name: str, value: object) -> list[float]:
    numbers = wire.list_of(_percentile)(name, value)
    if len(numbers) > MOST_PERCENTILES:
        raise invalid(name, f"{len(numbers)} numbers", f"at most {MOST_PERCENTILES}")
    if numbers != sorted(numbers):
        raise invalid(name, numbers, "must rise")
    return numbers


def _percentile(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        raise invalid(name, value, "must be a number from 0 to 100")
    return float(value)


def pool_status(node: Node) -> dict[str, str]:
    pending, queued = node.pool.counts(node.chain.nonce)
    return {"pending": hex(pending), "queued": hex(queued)}


def node_info(node: Node) -> dict[str, Any]:
    head = node.ledger.head
    return {
        "currentBlockNumber": hex(head.number),
        "currentBlockTimestamp": head.environment.timestamp,
        "currentBlockHash": wire.hex_data(head.hash),
        "hardFork": node.chain.hardfork,
        "transactionOrder": "fees",
        "environment": {
            "baseFee": hex(head.environment.base_fee),
            "chainId": node.chain.chain_id,
            "gasLimit": hex(head.environment.gas_limit),
            "gasPrice": hex(node.next_base_fee() + SUGGESTED_TIP_WEI),
        },
    }


METHODS: Final = {
    "web3_clientVersion": Method(client_version),
    "web3_sha3": Method(
        lambda node, data: wire.hex_data(bytes(keccak(data))), (Parameter("data", wire.data),)
    ),
    "net_version": Method(lambda node: str(node.chain.chain_id)),
    "net_listening": Method(lambda node: True),
    "net_peerCount": Method(lambda node: "0x0"),
    "eth_chainId": Method(lambda node: hex(node.chain.chain_id)),
    "eth_syncing": Method(lambda node: False),
    "eth_mining": Method(lambda node: node.mines_at_once),
    "eth_coinbase": Method(lambda node: wire.hex_data(node.coinbase)),
    "eth_accounts": Method(lambda node: list(map(wire.hex_data, node.signers.addresses))),
    "eth_gasPrice": Method(lambda node: hex(node.next_base_fee() + SUGGESTED_TIP_WEI)),
    "eth_maxPriorityFeePerGas": Method(lambda node: hex(SUGGESTED_TIP_WEI)),
    "eth_blobBaseFee": Method(lambda node: "0x1"),
    "eth_feeHistory": Method(
        fee_history,
        (
            Parameter("block count", wire.uint64),
            BLOCK,
            Parameter("reward percentiles", _percentiles, ()),
        ),
    ),
    "txpool_status": Method(pool_status),
    "anvil_nodeInfo": Method(node_info),
}
