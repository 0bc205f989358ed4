"""Where a forked world's state comes from online: endpoints, whose answers are held against the
block's state root and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from eth_hash.auto import keccak

from simulator.chain.fork.answers import block_reader, parent_reader, proof_reader
from simulator.chain.fork.capsule import Capsule, RecordedAccount, RecordedState, Verification
from simulator.chain.fork.faults import REFUSED, TIMEOUT
from simulator.chain.fork.point import ForkPoint
from simulator.chain.fork.proofs import check_code
from simulator.chain.fork.source import RecordedSource
from simulator.chain.fork.upstream import Upstream
from simulator.chain.fork.values import hex_bytes, hex_number, hex_word
from simulator.errors import EndpointError, InputError, UpstreamError
from simulator.types import Address

Answer = TypeVar("Answer")
Read = Callable[[Any], Answer]

SLOTS_PER_PROOF: Final = 250
"""Slots in one eth_getProof. Nodes cap it (often at 1,024); a refused one is asked in halves."""

HASHES_BACK: Final = 256
"""How far back BLOCKHASH sees."""


class UpstreamSource(RecordedSource):
    """Answers from what is recorded; the rest is asked of the endpoints, verified and recorded.

    An answer that does not follow from the block's hash is a ProofError with the endpoint and the
    value in it; another endpoint is asked then, if there is one.
    """

    def __init__(
        self,
        upstream: Upstream,
        point: ForkPoint,
        verification: Verification,
        state: RecordedState,
    ) -> None:
        super().__init__(state, point.header.number, point.block_hash)
        self._upstream = upstream
        self._point = point
        self._block = hex(point.header.number)
        self.verification = verification

    def capsule(self, hardfork: str) -> Capsule:
        """What has been recorded so far."""
        point = self._point
        return Capsule(
            chain_id=point.chain_id,
            hardfork=hardfork,
            verification=self.verification,
            block=point.header.environment(),
            block_hash=point.block_hash,
            header=point.header,
            state=self.state,
        )

    def prefetch(self, address: Address, slots: Sequence[bytes]) -> int:
        """Load slots (32 bytes each) of one account in few requests; how many were new."""
        for slot in slots:
            if not isinstance(slot, bytes) or len(slot) != 32:
                raise InputError("slots", slot, "a slot is 32 raw bytes")
        with self._lock:
            if self.account(address) is None:
                return 0
            unknown = [
                slot for slot in dict.fromkeys(slots) if self.state.slot(address, slot) is None
            ]
            if self.verification == "proof":
                for start in range(0, len(unknown), SLOTS_PER_PROOF):
                    self._prove_slots(address, unknown[start : start + SLOTS_PER_PROOF])
            else:
                for slot in unknown:
                    self._load_slot(address, slot)
            return len(unknown)

    def close(self) -> None:
        """Close the connections."""
        self._upstream.close()

    def _load_account(self, address: Address) -> None:
        if self.verification == "proof":
            read = proof_reader(self._point.header.state_root, address, ())
            account, _ = self._ask("eth_getProof", [_text(address), [], self._block], read, address)
        else:
            account = self._unproven_account(address)
        if account and not account.has_no_code and account.code_hash not in self.state.codes:
            self._load_code(address, account.code_hash)
        self.state.accounts[address] = account

    def _load_code(self, address: Address, code_hash: bytes) -> None:
        def read(answer: Any) -> bytes:
            code = hex_bytes(answer, "code")
            check_code(code, code_hash, address)
            return code

        code = self._ask("eth_getCode", [_text(address), self._block], read, address)
        self.state.codes[code_hash] = code

    def _unproven_account(self, address: Address) -> RecordedAccount | None:
        place = [_text(address), self._block]

        def number(bits: int, what: str) -> Read[int]:
            return lambda answer: hex_number(answer, what, bits)

        balance = self._ask("eth_getBalance", place, number(256, "balance"), address)
        nonce = self._ask("eth_getTransactionCount", place, number(64, "nonce"), address)
        code = self._ask("eth_getCode", place, lambda data: hex_bytes(data, "code"), address)
        if not balance and not nonce and not code:
            return None
        code_hash = bytes(keccak(code))
        if code:
            self.state.codes[code_hash] = code
        return RecordedAccount(balance, nonce, code_hash)

    def _load_slot(self, address: Address, slot: bytes) -> bytes:
        if self.account(address) is None:
            return bytes(32)
        value = self.state.slot(address, slot)
        if value is not None:
            return value
        if self.verification == "proof":
            self._prove_slots(address, [slot])
            return self.state.slots[address][slot]
        place = [_text(address), _text(slot), self._block]
        value = self._ask("eth_getStorageAt", place, lambda data: _padded(data), address)
        self.state.slots.setdefault(address, {})[slot] = value
        return value

    def _prove_slots(self, address: Address, slots: Sequence[bytes]) -> None:
        read = proof_reader(self._point.header.state_root, address, slots)
        place = [_text(address), [_text(slot) for slot in slots], self._block]
        try:
            _, values = self._ask("eth_getProof", place, read, address)
        except (EndpointError, UpstreamError) as error:
            if len(slots) == 1 or not _too_many(error):
                raise
            middle = len(slots) // 2
            self._prove_slots(address, slots[:middle])
            self._prove_slots(address, slots[middle:])
            return
        self.state.slots.setdefault(address, {}).update(values)

    def _load_block_hash(self, number: int) -> bytes:
        """Walk back from the fork's header: each header names its parent's hash."""
        if number < 0 or number < self._block_number - HASHES_BACK:
            raise InputError("number", number, f"must be within {HASHES_BACK} blocks of the fork")
        if self.verification == "off":
            _, found = self._header(number, block_reader(number, False))
            self.state.block_hashes[number] = found
            return found
        at, expected = self._block_number - 1, self._point.header.parent_hash
        self.state.block_hashes[at] = expected
        while at > number:
            header = self._header(at, parent_reader(at, expected))
            at, expected = at - 1, header.parent_hash
            self.state.block_hashes[at] = expected
        return expected

    def _header(self, number: int, read: Read[Answer]) -> Answer:
        return self._upstream.ask(
            "eth_getBlockByNumber", [hex(number), False], read, f"block {number}"
        )

    def _ask(
        self, method: str, parameters: list[Any], read: Read[Answer], address: Address
    ) -> Answer:
        wanted = f"{method} of 0x{address.hex()} at block {self._block_number}"
        return self._upstream.ask(method, parameters, read, wanted)


def _padded(value: object) -> bytes:
    # Most nodes write 32 bytes, some the bare number.
    return hex_word(value, "slot") if value != "0x" else bytes(32)


def _too_many(error: EndpointError | UpstreamError) -> bool:
    """Whether a request may have been too large: it was refused, or took too long."""
    faults = error.faults if isinstance(error, UpstreamError) else (error,)
    return any(fault.fault in (REFUSED, TIMEOUT) for fault in faults)


def _text(data: bytes) -> str:
    return "0x" + data.hex()
