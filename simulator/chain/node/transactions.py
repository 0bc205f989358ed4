"""Signed transactions of types 0, 1 and 2: their encoding, hash, and the sender of a raw one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.node.faults import INVALID_PARAMS, SERVER_ERROR, RpcError
from simulator.chain.node.wire import UINT64_LIMIT, WORD_LIMIT
from simulator.types import Address

LEGACY: Final = 0
WITH_ACCESS_LIST: Final = 1
WITH_DYNAMIC_FEE: Final = 2

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

AccessList = tuple[tuple[Address, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction and its sender. Fees in wei per gas; to: None creates.

    In types 0 and 1 max_fee is the gas price, and priority_fee equals it. chain_id: None for a
    legacy transaction without replay protection. v, r, s: the signature as it is encoded (v is the
    parity in types 1 and 2). That of an impersonated sender is made up: r is the sender, s is 1.
    """

    type: int
    chain_id: int | None
    nonce: int
    gas_limit: int
    max_fee: int
    priority_fee: int
    to: Address | None
    value: int
    data: bytes
    access_list: AccessList = ()
    v: int = 0
    r: int = 0
    s: int = 0
    sender: Address = bytes(20)
    hash: bytes = b""

    @property
    def most_wei(self) -> int:
        """What the sender must own."""
        return self.gas_limit * self.max_fee + self.value

    def tip(self, base_fee: int) -> int:
        """Wei per gas for the coinbase; negative if the fee does not reach the base fee."""
        return min(self.priority_fee, self.max_fee - base_fee)

    def _fields(self) -> list[Any]:
        to = b"" if self.to is None else self.to
        tail = [self.gas_limit, to, self.value, self.data]
        if self.type == LEGACY:
            return [self.nonce, self.max_fee, *tail]
        fees = (
            [self.max_fee] if self.type == WITH_ACCESS_LIST else [self.priority_fee, self.max_fee]
        )
        listed = [[address, list(slots)] for address, slots in self.access_list]
        return [self.chain_id, self.nonce, *fees, *tail, listed]

    def signing_hash(self) -> bytes:
        """What the sender signs."""
        protected = self.type == LEGACY and self.chain_id is not None
        return self._hash([self.chain_id, b"", b""] if protected else [])

    def encoded(self) -> bytes:
        """The raw transaction."""
        return self._encoded([self.v, self.r, self.s])

    def _hash(self, tail: list[Any]) -> bytes:
        return bytes(keccak(self._encoded(tail)))

    def _encoded(self, tail: list[Any]) -> bytes:
        import rlp

        prefix = b"" if self.type == LEGACY else bytes([self.type])
        return prefix + bytes(rlp.encode([*self._fields(), *tail]))

    def signed(self, parity: int, r: int, s: int, sender: Address) -> Transaction:
        """The same transaction with a signature, its sender and its hash."""
        v = parity
        if self.type == LEGACY:
            v = parity + (27 if self.chain_id is None else 35 + 2 * self.chain_id)
        signed = replace(self, v=v, r=r, s=s, sender=sender)
        return replace(signed, hash=bytes(keccak(signed.encoded())))

    def impersonated(self, sender: Address) -> Transaction:
        """The same transaction as if `sender` had signed it."""
        return self.signed(0, int.from_bytes(sender, "big"), 1, sender)

    @property
    def parity(self) -> int:
        """0 or 1, which of the two points of the curve was meant."""
        if self.type != LEGACY:
            return self.v
        return (self.v - (27 if self.chain_id is None else 35)) % 2


def decoded(raw: bytes, chain_id: int) -> Transaction:
    """A raw transaction with its sender recovered.

    RpcError if it is malformed, of another type or chain, or its signature is none.
    """
    if not raw:
        raise _malformed("it is empty")
    if raw[0] >= 0xC0:
        return _recovered(_legacy(_items(raw, 9)), chain_id)
    if raw[0] == WITH_ACCESS_LIST:
        return _recovered(_typed(WITH_ACCESS_LIST, _items(raw[1:], 11)), chain_id)
    if raw[0] == WITH_DYNAMIC_FEE:
        return _recovered(_typed(WITH_DYNAMIC_FEE, _items(raw[1:], 12)), chain_id)
    raise RpcError(INVALID_PARAMS, f"transaction type {raw[0]:#x} is not supported; 0, 1 and 2 are")


def _malformed(why: str) -> RpcError:
    return RpcError(INVALID_PARAMS, f"cannot decode the transaction: {why}")


def _items(encoded: bytes, count: int) -> list[Any]:
    import rlp

    try:
        items = rlp.decode(encoded)
    except (rlp.DecodingError, RecursionError) as error:
        raise _malformed(f"no RLP ({type(error).__name__})") from None
    if not isinstance(items, list) or len(items) != count:
        raise _malformed(f"a list of {count} items is expected")
    return items


def _number(name: str, item: object, limit: int) -> int:
    if not isinstance(item, bytes) or item[:1] == b"\0" or int.from_bytes(item, "big") >= limit:
        raise _malformed(f"{name} is no number below 2^{limit.bit_length() - 1}")
    return int.from_bytes(item, "big")


def _bytes(name: str, item: object) -> bytes:
    if not isinstance(item, bytes):
        raise _malformed(f"{name} is a list")
    return item


def _target(item: object) -> Address | None:
    to = _bytes("to", item)
    if len(to) not in (0, 20):
        raise _malformed(f"to has {len(to)} bytes, not 20 or none")
    return to or None


def _legacy(items: list[Any]) -> Transaction:
    price = _number("gasPrice", items[1], UINT64_LIMIT)
    v = _number("v", items[6], WORD_LIMIT)
    if v not in (27, 28) and v < 35:
        raise _malformed(f"v = {v} is no signature's")
    return Transaction(
        type=LEGACY,
        chain_id=None if v in (27, 28) else (v - 35) // 2,
        nonce=_number("nonce", items[0], UINT64_LIMIT),
        gas_limit=_number("gas", items[2], UINT64_LIMIT),
        max_fee=price,
        priority_fee=price,
        to=_target(items[3]),
        value=_number("value", items[4], WORD_LIMIT),
        data=_bytes("data", items[5]),
        v=v,
        r=_number("r", items[7], WORD_LIMIT),
        s=_number("s", items[8], WORD_LIMIT),
    )


def _typed(kind: int, items: list[Any]) -> Transaction:
    fees = items[2:-8]
    return Transaction(
        type=kind,
        chain_id=_number("chainId", items[0], WORD_LIMIT),
        nonce=_number("nonce", items[1], UINT64_LIMIT),
        priority_fee=_number("maxPriorityFeePerGas", fees[0], UINT64_LIMIT),
        max_fee=_number("maxFeePerGas", fees[-1], UINT64_LIMIT),
        gas_limit=_number("gas", items[-8], UINT64_LIMIT),
        to=_target(items[-7]),
        value=_number("value", items[-6], WORD_LIMIT),
        data=_bytes("data", items[-5]),
        access_list=_access_list(items[-4]),
        v=_number("yParity", items[-3], 2),
        r=_number("r", items[-2], WORD_LIMIT),
        s=_number("s", items[-1], WORD_LIMIT),
    )


def _access_list(item: object) -> AccessList:
    if not isinstance(item, list):
        raise _malformed("accessList is no list")
    return tuple(_access_entry(entry) for entry in item)


def _access_entry(entry: object) -> tuple[Address, tuple[bytes, ...]]:
    match entry:
        case [bytes(address), list(slots)] if len(address) == 20:
            if all(isinstance(slot, bytes) and len(slot) == 32 for slot in slots):
                return address, tuple(slots)
    raise _malformed("an entry of accessList is no address with slots")


def _recovered(unsigned: Transaction, chain_id: int) -> Transaction:
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if unsigned.chain_id not in (None, chain_id):
        raise RpcError(
            SERVER_ERROR,
            f"invalid chain id for signer: have {unsigned.chain_id}, want {chain_id}",
        )
    if not 0 < unsigned.r < CURVE_ORDER or not 0 < unsigned.s <= CURVE_ORDER // 2:
        raise RpcError(SERVER_ERROR, "invalid transaction v, r, s values")
    try:
        signature = Signature(vrs=(unsigned.parity, unsigned.r, unsigned.s))
        key = signature.recover_public_key_from_msg_hash(unsigned.signing_hash())
    except (BadSignature, ValidationError):
        raise RpcError(SERVER_ERROR, "invalid transaction v, r, s values") from None
    sender = bytes(key.to_canonical_address())
    return replace(unsigned, sender=sender, hash=bytes(keccak(unsigned.encoded())))
