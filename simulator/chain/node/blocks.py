"""Blocks with real headers, and the receipts of their transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.headers import FIELDS, Header
from simulator.chain.node.roots import EMPTY_LIST_HASH, EMPTY_ROOT, ordered_root
from simulator.chain.node.transactions import LEGACY, Transaction
from simulator.types import Address

NO_BLOOM: Final = bytes(256)
NO_ROOT: Final = bytes(32)
"""Stands in a header for a state root that is not known (forks, very large worlds)."""

_EMPTY_REQUESTS: Final = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
"""sha256 of nothing: no requests of EIP-7685."""

_HEADER_LENGTHS: Final = {"london": 16, "paris": 16, "shanghai": 17, "cancun": 20}
"""How many fields a header has; from prague on all."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event. topics: 32 bytes each."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction did. gas_price: wei per gas that was paid; created: a creation's address.

    first_log: index of its first log within the block.
    """

    succeeded: bool
    gas_used: int
    cumulative_gas: int
    gas_price: int
    logs: tuple[Log, ...]
    first_log: int
    created: Address | None

    def bloom(self) -> bytes:
        """The logs' bloom filter, 256 bytes."""
        return bloom_of(self.logs)

    def encoded(self, kind: int) -> bytes:
        """As the trie of receipts holds it, for a transaction of this type."""
        import rlp

        logs = [[log.address, list(log.topics), log.data] for log in self.logs]
        fields = [int(self.succeeded), self.cumulative_gas, self.bloom(), logs]
        prefix = b"" if kind == LEGACY else bytes([kind])
        return prefix + bytes(rlp.encode(fields))


def bloom_of(logs: Iterable[Log]) -> bytes:
    """Three bits for each address and topic; 256 bytes."""
    bits = 0
    for log in logs:
        for item in (log.address, *log.topics):
            digest = keccak(item)
            for start in (0, 2, 4):
                bits |= 1 << (int.from_bytes(digest[start : start + 2], "big") & 2047)
    return bits.to_bytes(256, "big")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the ledger. transactions and receipts: in order, one for each other.

    is_adopted: the world came to this block outside of the node, which therefore knows none of its
    transactions nor the gas they took.
    """

    environment: BlockEnvironment
    header: Header
    hash: bytes
    transactions: tuple[Transaction, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    is_adopted: bool = False

    @property
    def number(self) -> int:
        return self.environment.number

    @property
    def gas_used(self) -> int:
        return self.receipts[-1].cumulative_gas if self.receipts else 0

    @property
    def has_logs(self) -> bool:
        return self.header["logsBloom"] != NO_BLOOM

    def size(self) -> int:
        """Bytes of the block's RLP."""
        import rlp

        bodies = [
            rlp.decode(item) if transaction.type == LEGACY else item
            for transaction in self.transactions
            for item in (transaction.encoded(),)
        ]
        withdrawals: list[Any] = [[]] if len(self.header.items) > _HEADER_LENGTHS["paris"] else []
        return len(rlp.encode([list(self.header.items), bodies, [], *withdrawals]))


def sealed(
    hardfork: str,
    environment: BlockEnvironment,
    state_root: bytes,
    transactions: Sequence[Transaction] = (),
    receipts: Sequence[Receipt] = (),
    *,
    parent: Block | None = None,
) -> Block:
    """A block with its header. Without a parent hash in its environment it follows `parent`."""
    parent_hash = environment.parent_hash or (parent.hash if parent else bytes(32))
    pairs = list(zip(transactions, receipts, strict=True))
    logs = [log for receipt in receipts for log in receipt.logs]
    values: dict[str, bytes | int] = {
        "parentHash": parent_hash,
        "sha3Uncles": EMPTY_LIST_HASH,
        "miner": environment.coinbase,
        "stateRoot": state_root,
        "transactionsRoot": ordered_root([transaction.encoded() for transaction in transactions]),
        "receiptsRoot": ordered_root([receipt.encoded(sent.type) for sent, receipt in pairs]),
        "logsBloom": bloom_of(logs) if logs else NO_BLOOM,
        "difficulty": 0,
        "number": environment.number,
        "gasLimit": environment.gas_limit,
        "gasUsed": receipts[-1].cumulative_gas if receipts else 0,
        "timestamp": environment.timestamp,
        "extraData": b"",
        "mixHash": environment.prevrandao,
        "nonce": bytes(8),
        "baseFeePerGas": environment.base_fee,
        "withdrawalsRoot": EMPTY_ROOT,
        "blobGasUsed": 0,
        "excessBlobGas": 0,
        "parentBeaconBlockRoot": bytes(32),
        "requestsHash": _EMPTY_REQUESTS,
    }
    names = [name for name, _ in FIELDS[: _HEADER_LENGTHS.get(hardfork)]]
    header = Header(tuple(_item(values[name]) for name in names))
    return Block(environment, header, header.hash(), tuple(transactions), tuple(receipts))


def _item(value: bytes | int) -> bytes:
    if isinstance(value, int):
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return value
