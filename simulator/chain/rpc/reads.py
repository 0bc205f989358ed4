"""State of a node: balances, slots, the whole of it, proofs."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.chain.base import Proof
from simulator.chain.fork.faults import NO_METHOD
from simulator.chain.fork.values import hex_bytes, hex_number, member, node_list
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.wire import bytes_in, number_in, reading, slot_text, text
from simulator.errors import ChainError, EndpointError
from simulator.types import Address, Bytes2D, Words
from simulator.units import integers_to_words

_LATEST = "latest"


class Reads:
    """Reads the latest state of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def balance(self, address: Address) -> int:
        with reading(self._node.name, "eth_getBalance"):
            return hex_number(self._of("eth_getBalance", address), "balance")

    def nonce(self, address: Address) -> int:
        with reading(self._node.name, "eth_getTransactionCount"):
            return hex_number(self._of("eth_getTransactionCount", address), "nonce", 64)

    def code(self, address: Address) -> bytes:
        with reading(self._node.name, "eth_getCode"):
            return hex_bytes(self._of("eth_getCode", address), "code")

    def slots(self, places: Sequence[tuple[Address, bytes]]) -> list[int]:
        """Values of slots, in as few HTTP requests as it takes."""
        asked = ([text(address), slot_text(slot), _LATEST] for address, slot in places)
        answers = self._node.ask_many("eth_getStorageAt", asked)
        with reading(self._node.name, "eth_getStorageAt"):
            return [int.from_bytes(hex_bytes(answer, "slot")) for answer in answers]

    def accounts(self) -> list[Address]:
        """Accounts that are not empty, ascending."""
        with reading(self._node.name, "anvil_dumpState"):
            return sorted(
                hex_bytes(address, "address", 20)
                for address, account in self._dump().items()
                if account["nonce"]
                or int(account["balance"], 16)
                or account["code"] not in ("", "0x")
            )

    def slots_of(self, address: Address) -> tuple[Bytes2D, Words]:
        """Slots of an account that are not zero, ascending."""
        with reading(self._node.name, "anvil_dumpState"):
            storage = self._dump().get(text(address), {}).get("storage", {})
            pairs = sorted((int(slot, 16), int(value, 16)) for slot, value in storage.items())
        pairs = [(slot, value) for slot, value in pairs if value]
        flat = b"".join(slot.to_bytes(32, "big") for slot, _ in pairs)
        slots = np.frombuffer(flat, np.uint8).reshape(-1, 32)
        return slots, integers_to_words([value for _, value in pairs], signed=False)

    def proof(self, address: Address, slots: Bytes2D) -> Proof:
        """By eth_getProof, against the latest header's root."""
        asked = [text(slot.tobytes()) for slot in slots]
        answer = self._node.ask("eth_getProof", text(address), asked, _LATEST)
        with reading(self._node.name, "eth_getProof"):
            entries = member(answer, "storageProof")
            if len(entries) != len(asked):
                raise ValueError(f"{len(entries)} slots proven instead of {len(asked)}")
            return Proof(
                address=address,
                balance=number_in(answer, "balance"),
                nonce=number_in(answer, "nonce"),
                code_hash=bytes_in(answer, "codeHash", 32),
                storage_hash=bytes_in(answer, "storageHash", 32),
                account=node_list(member(answer, "accountProof"), "accountProof"),
                slots=tuple(
                    (
                        slot.tobytes(),
                        number_in(entry, "value"),
                        node_list(member(entry, "proof"), "proof"),
                    )
                    for slot, entry in zip(slots, entries, strict=True)
                ),
            )

    def _of(self, method: str, address: Address) -> Any:
        return self._node.ask(method, text(address), _LATEST)

    def _dump(self) -> dict[str, dict[str, Any]]:
        try:
            packed = self._node.ask("anvil_dumpState")
        except EndpointError as error:
            if error.fault != NO_METHOD:
                raise
            raise ChainError(
                f"{self._node.name} does not list its state (anvil_dumpState)"
            ) from None
        with reading(self._node.name, "anvil_dumpState"):
            try:
                accounts = json.loads(gzip.decompress(hex_bytes(packed, "state")))["accounts"]
            except (OSError, EOFError, zlib.error) as error:
                raise ValueError(str(error)) from None
            return {str(address).lower(): account for address, account in accounts.items()}
