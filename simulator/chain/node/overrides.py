"""State and block overrides of `eth_call`: on a copy of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.chain.base import Chain
from simulator.chain.node import wire
from simulator.chain.node.faults import invalid
from simulator.types import Address

ACCOUNT_FIELDS: Final = ("balance", "nonce", "code", "state", "stateDiff")
BLOCK_FIELDS: Final = {
    "number": "number",
    "time": "timestamp",
    "gasLimit": "gas_limit",
    "baseFeePerGas": "base_fee",
    "baseFee": "base_fee",
}


def overridden(chain: Chain, state: object, block: object) -> Chain:
    """The chain itself without overrides, else a changed copy. RpcError for unknown fields."""
    if not state and not block:
        return chain
    copy = chain.clone()
    if block:
        _change_block(copy, wire.mapping("block overrides", block))
    for address, changes in wire.mapping("state overrides", state or {}).items():
        name = f"state overrides.{address}"
        _change_account(copy, wire.address(name, address), name, wire.mapping(name, changes))
    return copy


def _change_block(chain: Chain, changes: Mapping[str, object]) -> None:
    environment = chain.block
    for field, value in changes.items():
        name = f"block overrides.{field}"
        if field in BLOCK_FIELDS:
            changed: dict[str, Any] = {BLOCK_FIELDS[field]: wire.uint64(name, value)}
            environment = replace(environment, **changed)
        elif field in ("coinbase", "feeRecipient"):
            environment = replace(environment, coinbase=wire.address(name, value))
        elif field in ("random", "prevRandao"):
            environment = replace(environment, prevrandao=wire.hash_(name, value))
        else:
            known = ", ".join((*BLOCK_FIELDS, "coinbase", "feeRecipient", "random", "prevRandao"))
            raise invalid(name, value, f"is unknown; {known} are")
    chain.set_block(environment)


def _change_account(
    chain: Chain, address: Address, name: str, changes: Mapping[str, object]
) -> None:
    wire.only_fields(name, changes, ACCOUNT_FIELDS)
    if "state" in changes and "stateDiff" in changes:
        raise invalid(name, sorted(changes), "has both state and stateDiff")
    for field, value in changes.items():
        label = f"{name}.{field}"
        if field == "balance":
            chain.set_balance(address, wire.quantity(label, value))
        elif field == "nonce":
            chain.set_nonce(address, wire.uint64(label, value))
        elif field == "code":
            chain.set_code(address, wire.data(label, value))
        else:
            if field == "state":
                for slot in chain.slots_of(address)[0]:
                    chain.set_storage(address, int.from_bytes(slot.tobytes(), "big"), 0)
            for slot_text, slot_value in wire.mapping(label, value).items():
                slot_name = f"{label}.{slot_text}"
                slot_number = wire.word(slot_name, slot_text)
                chain.set_storage(address, slot_number, wire.word(slot_name, slot_value))
