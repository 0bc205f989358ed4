"""py-evm's execution rules over our accounts: one state class per hardfork."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from eth.abc import ComputationAPI, MessageAPI
from eth.exceptions import ReservedBytesInCode
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.state import CancunState
from eth.vm.forks.london.state import LondonState
from eth.vm.forks.paris.state import ParisState
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.shanghai.state import ShanghaiState
from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment
from simulator.chain.pyevm.accounts import Accounts
from simulator.errors import InputError
from simulator.types import Address

STATES: dict[str, type[LondonState]] = {
    "london": LondonState,
    "paris": ParisState,
    "shanghai": ShanghaiState,
    "cancun": CancunState,
    "prague": PragueState,
}

ANCESTORS = 256
"""How far back BLOCKHASH sees."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What py-evm's executor reads of a transaction. `to` is empty for a creation."""

    sender: Address
    to: bytes
    data: bytes
    value: int
    gas: int
    nonce: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    intrinsic_gas: int
    access_list: tuple[()] = ()
    type_id: ClassVar[int] = 2

    def validate(self) -> None:
        """Signatures are not needed, and the rest is checked before."""


def state_class(hardfork: str, limit_code_size: bool) -> type[Any]:
    """py-evm's state of a fork, made to work on `Accounts`. InputError for an unknown fork."""
    if hardfork not in STATES:
        rule = f"py-evm knows {', '.join(STATES)}"
        raise InputError("hardfork", hardfork, rule)
    parent = STATES[hardfork]
    computation = parent.computation_class
    return type(
        f"{parent.__name__}InMemory",
        (_InMemory, parent),
        {"computation_class": computation if limit_code_size else _unlimited(computation)},
    )


class _InMemory:
    """Overrides shared by the forks: no trie, no system contracts, hashes made of numbers."""

    _account_db: Accounts

    @classmethod
    def get_account_db_class(cls) -> Any:
        return lambda accounts, _root: accounts

    def set_system_contracts(self) -> None:
        """Blocks here make no system calls, so there is nobody to answer them."""

    def validate_transaction(self, transaction: Transaction) -> None:
        """There are no signatures, and `rules` has checked the rest."""

    def snapshot(self) -> tuple[bytes, int]:
        return b"", self._account_db.record()

    def revert(self, snapshot: tuple[bytes, int]) -> None:
        self._account_db.discard(snapshot[1])

    def commit(self, snapshot: tuple[bytes, int]) -> None:
        """Kept by doing nothing."""

    def get_transient_storage(self, address: Address, slot: int) -> bytes:
        return self._account_db.get_transient(address, slot)

    def set_transient_storage(self, address: Address, slot: int, value: bytes) -> None:
        self._account_db.set_transient(address, slot, value)

    def clear_transient_storage(self) -> None:
        """Done at the end of a transaction, with everything else that lives for one."""

    def get_ancestor_hash(self, block_number: int) -> bytes:
        present = self.block_number  # type: ignore[attr-defined]
        if not present - ANCESTORS <= block_number < present or block_number < 0:
            return b""
        return keccak(block_number.to_bytes(32, "big"))


def _unlimited(parent: Any) -> Any:
    """The computation of a fork without the limits of EIP-170 and EIP-3860."""

    class Unlimited(parent):  # type: ignore[misc]
        @classmethod
        def validate_create_message(cls, message: MessageAPI) -> None:
            """Any initcode."""

        @classmethod
        def validate_contract_code(cls, contract_code: bytes) -> None:
            if contract_code[:1] == b"\xef":  # EIP-3541 stays
                raise ReservedBytesInCode("contract code starts with 0xEF")

    return Unlimited


def execution_context(block: BlockEnvironment, chain_id: int) -> ExecutionContext:
    """The block as py-evm wants it. Blobs are not simulated: their excess stays zero."""
    return ExecutionContext(
        coinbase=block.coinbase,  # type: ignore[arg-type]
        timestamp=block.timestamp,
        block_number=block.number,  # type: ignore[arg-type]
        difficulty=0,
        mix_hash=block.prevrandao,  # type: ignore[arg-type]
        gas_limit=block.gas_limit,
        prev_hashes=(),
        chain_id=chain_id,
        base_fee_per_gas=block.base_fee,
        excess_blob_gas=0,
    )


def gas_used(state: Any, transaction: Transaction, computation: ComputationAPI) -> int:
    """Gas that the sender pays for, after refunds and the calldata floor of EIP-7623."""
    spent = transaction.gas - computation.get_gas_remaining()
    refund = state.get_transaction_executor().calculate_gas_refund(computation, spent)
    floor: int = computation.data_floor_gas
    return int(spent - refund + floor)
