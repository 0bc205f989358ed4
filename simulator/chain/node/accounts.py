"""The development accounts that anvil and Hardhat have, too: everybody knows their keys."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.node.faults import INVALID_PARAMS, RpcError
from simulator.chain.node.transactions import Transaction
from simulator.types import Address

MNEMONIC: Final = "test test test test test test test test test test test junk"
PATH: Final = "m/44'/60'/0'/0/{index}"
ETHER: Final = 10**18
MOST_ACCOUNTS: Final = 1_000


class Signers:
    """Keys of the accounts that the node signs for, by address in the order of derivation."""

    def __init__(self, count: int) -> None:
        self._keys = dict(_derived(count)) if count else {}

    def __contains__(self, address: Address) -> bool:
        return address in self._keys

    @property
    def addresses(self) -> list[Address]:
        return list(self._keys)

    def private_key(self, address: Address) -> bytes:
        """32 bytes; RpcError for an account that is not one of these."""
        return bytes.fromhex(str(self._key(address).to_hex()).removeprefix("0x"))

    def sign(self, transaction: Transaction, sender: Address) -> Transaction:
        """The signed transaction; RpcError for an account that is not one of these."""
        signature = self._key(sender).sign_msg_hash(transaction.signing_hash())
        return transaction.signed(int(signature.v), signature.r, signature.s, sender)

    def sign_message(self, message: bytes, sender: Address) -> bytes:
        """65 bytes r, s, v (27 or 28) over a text with the prefix of EIP-191."""
        prefixed = b"\x19Ethereum Signed Message:\n%d" % len(message) + message
        signature = self._key(sender).sign_msg_hash(bytes(keccak(prefixed)))
        words = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
        return bytes(words) + bytes([27 + int(signature.v)])

    def _key(self, address: Address) -> Any:
        if address not in self._keys:
            raise RpcError(
                INVALID_PARAMS,
                f"no signer available for 0x{address.hex()}; impersonate the account first",
            )
        return self._keys[address]


@lru_cache(maxsize=4)  # a third of a second for ten, and always the same
def _derived(count: int) -> tuple[tuple[Address, Any], ...]:
    from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
    from eth_keys.datatypes import PrivateKey

    seed = seed_from_mnemonic(MNEMONIC, passphrase="")
    keys = [PrivateKey(key_from_seed(seed, PATH.format(index=index))) for index in range(count)]
    return tuple((bytes(key.public_key.to_canonical_address()), key) for key in keys)
