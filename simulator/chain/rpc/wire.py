"""Transactions as a node reads them, and answers as we do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from simulator.chain.columns import Batch
from simulator.chain.fork.faults import MALFORMED, clipped
from simulator.chain.fork.values import hex_bytes, hex_number, member
from simulator.errors import EndpointError, UnderwaterError

LEGACY, ACCESS_LIST, DYNAMIC_FEE = 0, 1, 2

_INITCODE_WORD_GAS = 2
_CREATION_GAS = 32_000


def text(data: bytes) -> str:
    """`0x` and hex."""
    return "0x" + data.hex()


def slot_text(slot: bytes | int) -> str:
    """32 bytes with all their zeros: nodes refuse odd numbers of digits."""
    return text(slot if isinstance(slot, bytes) else slot.to_bytes(32, "big"))


def word_integer(batch: Batch, row: int) -> int:
    """The value of a transaction in wei."""
    if batch.values is None:
        return 0
    return int.from_bytes(batch.values[row].astype("<u8").tobytes(), "little")


def data_of(batch: Batch, row: int) -> bytes:
    """Calldata or initcode."""
    return batch.data[batch.data_offsets[row] : batch.data_offsets[row + 1]].tobytes()


def creates(batch: Batch, row: int) -> bool:
    """Whether a transaction makes a contract."""
    return batch.creates is not None and bool(batch.creates[row])


def type_of(batch: Batch, row: int) -> int:
    """0 legacy, 1 access list, 2 dynamic fee."""
    return DYNAMIC_FEE if batch.types is None else int(batch.types[row])


def fees_of(batch: Batch, row: int) -> tuple[int, int]:
    """Max fee and priority fee (equal in types 0 and 1), wei per gas."""
    most = 0 if batch.max_fees is None else int(batch.max_fees[row])
    if type_of(batch, row) != DYNAMIC_FEE:
        return most, most
    return most, 0 if batch.priority_fees is None else int(batch.priority_fees[row])


def access_list_of(batch: Batch, row: int) -> list[dict[str, Any]]:
    """The access list as JSON."""
    lists = batch.access_lists
    if lists is None:
        return []
    return [
        {
            "address": text(lists.addresses[at].tobytes()),
            "storageKeys": [
                text(slot.tobytes())
                for slot in lists.slots[lists.slot_offsets[at] : lists.slot_offsets[at + 1]]
            ],
        }
        for at in range(int(lists.offsets[row]), int(lists.offsets[row + 1]))
    ]


def call_of(batch: Batch, row: int) -> dict[str, Any]:
    """Sender, target, data, value and gas, without fees and nonce."""
    call = {
        "from": text(batch.senders[row].tobytes()),
        "data": text(data_of(batch, row)),
        "value": hex(word_integer(batch, row)),
        "gas": hex(int(batch.gas_limits[row])),
    }
    if not creates(batch, row):
        call["to"] = text(batch.targets[row].tobytes())
    return call


def transaction_of(batch: Batch, row: int, nonce: int) -> dict[str, Any]:
    """What eth_sendTransaction takes."""
    kind = type_of(batch, row)
    most, priority = fees_of(batch, row)
    transaction = call_of(batch, row) | {"nonce": hex(nonce), "type": hex(kind)}
    if kind == DYNAMIC_FEE:
        transaction |= {"maxFeePerGas": hex(most), "maxPriorityFeePerGas": hex(priority)}
    else:
        transaction["gasPrice"] = hex(most)
    if kind != LEGACY:
        transaction["accessList"] = access_list_of(batch, row)
    return transaction


def intrinsic_gas(batch: Batch, row: int) -> int:
    """What a transaction costs before its first opcode (shanghai and later, no floor)."""
    data = data_of(batch, row)
    zeros = data.count(0)
    gas = 21_000 + 4 * zeros + 16 * (len(data) - zeros)
    if creates(batch, row):
        gas += _CREATION_GAS + _INITCODE_WORD_GAS * -(-len(data) // 32)
    entries = access_list_of(batch, row)
    return gas + sum(2_400 + 1_900 * len(entry["storageKeys"]) for entry in entries)


def floor_gas(batch: Batch, row: int) -> int:
    """What a transaction costs at least from prague on (EIP-7623)."""
    data = data_of(batch, row)
    return 21_000 + 10 * (4 * len(data) - 3 * data.count(0))


@contextmanager
def reading(node: str, what: str) -> Iterator[None]:
    """Turns what a reader says of a malformed answer into an EndpointError that names the node."""
    try:
        yield
    except UnderwaterError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise EndpointError(node, MALFORMED, f"{what}: {clipped(error)}") from None


def number_in(answer: Mapping[str, Any], field: str) -> int:
    """A hexadecimal number of an object; ValueError names the field."""
    return hex_number(member(answer, field), field)


def bytes_in(answer: Mapping[str, Any], field: str, length: int | None = None) -> bytes:
    """Hexadecimal data of an object; ValueError names the field."""
    return hex_bytes(member(answer, field), field, length)
