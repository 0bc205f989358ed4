"""Methods that read accounts at a block."""

from __future__ import annotations

from typing import Final

from simulator.chain.node import wire
from simulator.chain.node.execution import rows
from simulator.chain.node.faults import invalid
from simulator.chain.node.methods.declared import ADDRESS, BLOCK, Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.views import Json
from simulator.chain.node.wire import BlockReference, hex_data
from simulator.types import Address

MOST_SLOTS: Final = 100_000
"""Of one proof."""


def balance(node: Node, address: Address, at: BlockReference) -> str:
    return hex(node.view(at).chain.balance(address))


def count(node: Node, address: Address, at: BlockReference) -> str:
    if at.tag == "pending":
        return hex(node.next_nonce(address))
    return hex(node.view(at).chain.nonce(address))


def code(node: Node, address: Address, at: BlockReference) -> str:
    return hex_data(node.view(at).chain.code(address))


def storage(node: Node, address: Address, slot: int, at: BlockReference) -> str:
    value = node.view(at).chain.storage(address, rows([slot.to_bytes(32, "big")], 32))
    return hex_data(value.astype("<u8").tobytes()[::-1])


def proof(node: Node, address: Address, slots: list[int], at: BlockReference) -> Json:
    """Against the state root of the block; ChainError on a fork, which has no root."""
    wanted = [slot.to_bytes(32, "big") for slot in slots]
    found = node.view(at).chain.proof(address, rows(wanted, 32))
    return {
        "address": hex_data(address),
        "balance": hex(found.balance),
        "codeHash": hex_data(found.code_hash),
        "nonce": hex(found.nonce),
        "storageHash": hex_data(found.storage_hash),
        "accountProof": list(map(hex_data, found.account)),
        "storageProof": [
            {"key": hex_data(slot), "value": hex(value), "proof": list(map(hex_data, nodes))}
            for slot, value, nodes in found.slots
        ],
    }


def _slots(name: str, value: object) -> list[int]:
    slots = wire.list_of(wire.word)(name, value)
    if len(slots) > MOST_SLOTS:
        raise invalid(name, f"{len(slots)} slots", f"at most {MOST_SLOTS:,}")
    return slots


METHODS: Final = {
    "eth_getBalance": Method(balance, (ADDRESS, BLOCK)),
    "eth_getTransactionCount": Method(count, (ADDRESS, BLOCK)),
    "eth_getCode": Method(code, (ADDRESS, BLOCK)),
    "eth_getStorageAt": Method(storage, (ADDRESS, Parameter("slot", wire.word), BLOCK)),
    "eth_getProof": Method(proof, (ADDRESS, Parameter("slots", _slots, ()), BLOCK)),
}
