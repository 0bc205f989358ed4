"""What is asked of a node before it is used."""

from __future__ import annotations

from typing import Any

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.faults import NO_METHOD
from simulator.chain.fork.values import hex_number
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.wire import bytes_in, number_in, reading
from simulator.errors import ChainError, EndpointError


def check_chain(node: Node, wanted: int | None) -> int:
    """The chain's id; ChainError if it is not the one that was wanted."""
    with reading(node.name, "eth_chainId"):
        found = hex_number(node.ask("eth_chainId"), "chain id", 64)
    if wanted is not None and found != wanted:
        raise ChainError(f"{node.name} is chain {found}, not chain {wanted}")
    return found


def hardfork_of(node: Node, wanted: str | None) -> str:
    """The node's hardfork in small letters; ChainError if it is another one than wanted."""
    try:
        answer = node.ask("anvil_nodeInfo")
    except EndpointError as error:
        if error.fault != NO_METHOD:
            raise
        answer = {}
    told = answer.get("hardFork") if isinstance(answer, dict) else None
    if not isinstance(told, str):
        if wanted is None:
            raise ChainError(f"{node.name} does not tell its hardfork: name it by `hardfork`")
        return wanted
    if wanted is not None and told.lower() != wanted:
        raise ChainError(f"{node.name} runs {told.lower()}, not {wanted}")
    return told.lower()


def next_block(node: Node, head: dict[str, Any]) -> BlockEnvironment:
    """The block after the latest one, a second later, with no base fee."""
    with reading(node.name, "block"):
        return BlockEnvironment(
            number=number_in(head, "number") + 1,
            timestamp=number_in(head, "timestamp") + 1,
            gas_limit=number_in(head, "gasLimit"),
            coinbase=bytes_in(head, "miner", 20),
        )
