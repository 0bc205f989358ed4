"""Transactions and calls as clients write them: JSON objects with much left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulator.chain.node import wire
from simulator.chain.node.faults import INVALID_PARAMS, TRANSACTION_REJECTED, RpcError, invalid
from simulator.chain.node.transactions import (
    LEGACY,
    WITH_ACCESS_LIST,
    WITH_DYNAMIC_FEE,
    AccessList,
)
from simulator.types import Address

SUGGESTED_TIP_WEI: Final = 10**9
"""Per gas, for clients that do not say what they offer."""

FIELDS: Final = (
    "from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "data",
    "input", "nonce", "type", "chainId", "accessList",
)  # fmt: skip

_BLOB_FIELDS: Final = ("blobVersionedHashes", "blobs", "maxFeePerBlobGas", "authorizationList")


@dataclass(frozen=True, slots=True)
class Request:
    """A call or transaction as far as the client described it; fees in wei per gas."""

    sender: Address | None
    to: Address | None
    data: bytes
    value: int
    gas: int | None
    gas_price: int | None
    max_fee: int | None
    priority_fee: int | None
    nonce: int | None
    type: int | None
    access_list: AccessList | None

    def kind(self) -> int:
        """The type of transaction: the one asked for, else the one that the fields imply."""
        if self.type is not None:
            return self.type
        if self.gas_price is None:
            return WITH_DYNAMIC_FEE
        return LEGACY if self.access_list is None else WITH_ACCESS_LIST

    def price(self, base_fee: int) -> int:
        """Wei per gas that the client would pay in a block of that base fee; 0 if it is silent."""
        if self.gas_price is not None:
            return self.gas_price
        return min(self.max_fee or 0, base_fee + (self.priority_fee or 0))


def request(name: str, value: object, chain_id: int) -> Request:
    """A client's object; RpcError if a field is malformed, unknown, or contradicts another."""
    fields = {key: item for key, item in wire.mapping(name, value).items() if item is not None}
    for field in _BLOB_FIELDS:
        if field in fields:
            raise invalid(f"{name}.{field}", fields[field], "only types 0, 1 and 2 are supported")
    wire.only_fields(name, fields, FIELDS)
    read = _Reader(name, fields)
    if (given := read.quantity("chainId")) not in (None, chain_id):
        raise invalid(f"{name}.chainId", given, f"this chain has {chain_id}")
    found = Request(
        sender=read.address("from"),
        to=read.address("to"),
        data=read.calldata(),
        value=read.quantity("value") or 0,
        gas=read.uint64("gas"),
        gas_price=read.uint64("gasPrice"),
        max_fee=read.uint64("maxFeePerGas"),
        priority_fee=read.uint64("maxPriorityFeePerGas"),
        nonce=read.uint64("nonce"),
        type=read.uint64("type"),
        access_list=read.access_list(),
    )
    _check(name, found)
    return found


def _check(name: str, found: Request) -> None:
    if found.type not in (None, LEGACY, WITH_ACCESS_LIST, WITH_DYNAMIC_FEE):
        raise invalid(f"{name}.type", found.type, "only types 0, 1 and 2 are supported")
    has_dynamic_fees = found.max_fee is not None or found.priority_fee is not None
    if has_dynamic_fees and (found.gas_price is not None or found.type in (0, 1)):
        raise RpcError(
            INVALID_PARAMS,
            "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
        )
    if found.type == LEGACY and found.access_list:
        raise invalid(f"{name}.accessList", "a list", "a transaction of type 0 has none")
    if None not in (found.max_fee, found.priority_fee):
        check_fees(found.max_fee or 0, found.priority_fee or 0)


def check_fees(max_fee: int, priority_fee: int) -> None:
    """RpcError if the tip is above the most that the sender pays."""
    if priority_fee > max_fee:
        raise RpcError(
            TRANSACTION_REJECTED,
            f"max priority fee per gas higher than max fee per gas: {priority_fee} > {max_fee}",
        )


class _Reader:
    def __init__(self, name: str, fields: Mapping[str, object]) -> None:
        self._name = name
        self._fields = fields

    def address(self, field: str) -> Address | None:
        # Some clients write a creation's target as empty data.
        if self._fields.get(field) in (None, "0x", ""):
            return None
        return wire.address(f"{self._name}.{field}", self._fields[field])

    def quantity(self, field: str) -> int | None:
        if field not in self._fields:
            return None
        return wire.quantity(f"{self._name}.{field}", self._fields[field])

    def uint64(self, field: str) -> int | None:
        if field not in self._fields:
            return None
        return wire.uint64(f"{self._name}.{field}", self._fields[field])

    def calldata(self) -> bytes:
        given = [
            wire.data(f"{self._name}.{field}", self._fields[field])
            for field in ("input", "data")
            if field in self._fields
        ]
        if len(given) == 2 and given[0] != given[1]:
            raise invalid(f"{self._name}.input", self._fields["input"], "differs from data")
        return given[0] if given else b""

    def access_list(self) -> AccessList | None:
        if "accessList" not in self._fields:
            return None
        read = wire.list_of(_access_entry)
        return tuple(read(f"{self._name}.accessList", self._fields["accessList"]))


def _access_entry(name: str, value: object) -> tuple[Address, tuple[bytes, ...]]:
    entry = wire.mapping(name, value)
    wire.only_fields(name, entry, ("address", "storageKeys"))
    read = wire.list_of(wire.hash_)
    slots = read(f"{name}.storageKeys", entry.get("storageKeys") or [])
    return wire.address(f"{name}.address", entry.get("address")), tuple(slots)
