"""py-evm's execution rules over our accounts: one state class per hardfork."""

from __future__ import annotations

from typing import Any

from eth.abc import ComputationAPI
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.state import CancunState
from eth.vm.forks.london.state import LondonState
from eth.vm.forks.paris.state import ParisState
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.shanghai.state import ShanghaiState

from simulator.chain.base import BlockEnvironment
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.computation import hooked, without_size_limits
from simulator.chain.pyevm.hashes import ANCESTORS, BlockHashes
from simulator.chain.pyevm.transactions import Transaction
from simulator.chain.pyevm.watcher import Watcher
from simulator.errors import InputError
from simulator.types import Address

STATES: dict[str, type[LondonState]] = {
    "london": LondonState,
    "paris": ParisState,
    "shanghai": ShanghaiState,
    "cancun": CancunState,
    "prague": PragueState,
}


def state_class(hardfork: str, limit_code_size: bool) -> type[Any]:
    """py-evm's state of a fork, made to work on `Accounts`. InputError for an unknown fork."""
    if hardfork not in STATES:
        rule = f"py-evm knows {', '.join(STATES)}"
        raise InputError("hardfork", hardfork, rule)
    parent = STATES[hardfork]
    computation = hooked(parent.computation_class)
    return type(
        f"{parent.__name__}InMemory",
        (_InMemory, parent),
        {"computation_class": computation if limit_code_size else without_size_limits(computation)},
    )


class _InMemory:
    """Overrides shared by the forks: no trie, no headers, and somebody who looks on."""

    _account_db: Accounts
    hashes: BlockHashes
    watcher: Watcher

    @classmethod
    def get_account_db_class(cls) -> Any:
        return lambda accounts, _root: accounts

    def set_system_contracts(self) -> None:
        """A new world has them already."""

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
        return self.hashes.of(block_number)


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
    executor = state.get_transaction_executor()
    spent = transaction.gas - computation.get_gas_remaining()
    refund = executor.calculate_gas_refund(computation, spent)
    return int(spent - refund + executor.calc_data_floor_gas(transaction, spent, refund))
