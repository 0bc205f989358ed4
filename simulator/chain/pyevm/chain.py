"""`PyEvmChain`: the chain protocol over py-evm."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.exceptions import Revert

from simulator.chain.base import (
    DEFAULT_HARDFORK,
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    STATUS_SUCCESS,
    ZERO_ADDRESS,
    Batch,
    BlockEnvironment,
    Receipts,
)
from simulator.chain.checks import (
    CALL_GAS_LIMIT,
    DEPLOY_GAS_LIMIT,
    WORD_LIMIT,
    check_address,
    check_block,
    check_number,
    check_slots,
    failure,
    name_of_call,
)
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.batches import Row, check_batch, rows
from simulator.chain.pyevm.receipts import Outcome, WatchList, receipts, words
from simulator.chain.pyevm.rules import halt_reason, intrinsic_gas, why_not_included
from simulator.chain.pyevm.vm import Transaction, execution_context, gas_used, state_class
from simulator.errors import ChainError
from simulator.types import Address, Bytes2D, Words

FIRST_BLOCK = BlockEnvironment(number=1, timestamp=1)


@dataclass(frozen=True, slots=True)
class _Saved:
    identifier: int
    position: int
    block: BlockEnvironment
    block_gas_used: int


def _failure(what: str, outcome: Outcome) -> ChainError:
    return failure(what, outcome.status, outcome.output, outcome.reason)


class PyEvmChain:
    """A world on py-evm. See `simulator.chain.base.Chain` for the meaning of the methods."""

    name = "pyevm"

    def __init__(
        self,
        hardfork: str = DEFAULT_HARDFORK,
        *,
        chain_id: int = 1,
        limit_code_size: bool = True,
        block: BlockEnvironment = FIRST_BLOCK,
    ) -> None:
        self._hardfork = hardfork
        self._chain_id = check_number("chain_id", chain_id)
        self._limit_code_size = limit_code_size
        self._state_class = state_class(hardfork, limit_code_size)
        self._accounts = Accounts()
        self._watch = WatchList()
        self._snapshots: list[_Saved] = []
        self._next_snapshot = 0
        self.set_block(block)

    @property
    def hardfork(self) -> str:
        return self._hardfork

    @property
    def block(self) -> BlockEnvironment:
        return self._block

    @property
    def block_gas_used(self) -> int:
        """Gas of the transactions that `execute` included in this block."""
        return self._block_gas_used

    def set_block(self, block: BlockEnvironment) -> None:
        check_block(block)
        self._enter_block(block, 0)

    def _enter_block(self, block: BlockEnvironment, block_gas_used: int) -> None:
        self._block = block
        self._block_gas_used = block_gas_used
        context = execution_context(block, self._chain_id)
        self._state: Any = self._state_class(self._accounts, context, b"")

    # --- running code -------------------------------------------------------------------------

    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        check_address("sender", sender)
        nonce = self.nonce(sender)
        outcome = self._set_up(sender, b"", initcode, value, DEPLOY_GAS_LIMIT)
        if outcome.status != STATUS_SUCCESS:
            raise _failure("deployment", outcome)
        return bytes(generate_contract_address(sender, nonce))  # type: ignore[arg-type]

    def transact(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
    ) -> bytes:
        check_address("sender", sender)
        check_address("target", target)
        check_number("gas_limit", gas_limit)
        outcome = self._set_up(sender, target, data, value, gas_limit)
        if outcome.status != STATUS_SUCCESS:
            raise _failure(name_of_call(target, data), outcome)
        return outcome.output

    def _set_up(
        self, sender: Address, target: bytes, data: bytes, value: int, gas_limit: int
    ) -> Outcome:
        check_number("value", value, WORD_LIMIT)
        fee = self._block.base_fee
        row = Row(sender, target, data, value, gas_limit, fee, 0, None)
        return self._include(row)

    def call(self, target: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        check_address("target", target)
        check_address("sender", sender)
        row = Row(sender, target, data, 0, CALL_GAS_LIMIT, 0, 0, None)
        transaction = self._transaction(row)
        executor = self._state.get_transaction_executor()
        checkpoint = self._accounts.record()
        message = executor.build_evm_message(transaction)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            computation = executor.build_computation(message, transaction)
        self._accounts.discard(checkpoint)
        self._accounts.end_transaction()
        outcome = self._outcome(computation, 0)
        if outcome.status != STATUS_SUCCESS:
            raise _failure(name_of_call(target, data), outcome)
        return outcome.output

    def execute(self, batch: Batch, *, diff: bool = False) -> Receipts:
        check_batch(batch)
        self._accounts.begin_batch()
        outcomes = [self._include_in_block(row) for row in rows(batch)]
        return receipts(outcomes, self._watch, self._accounts, diff)

    def _include_in_block(self, row: Row) -> Outcome:
        left = max(0, self._block.gas_limit - self._block_gas_used)
        if row.gas_limit > left:
            reason = f"block full: gas limit {row.gas_limit}, left {left}"
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        outcome = self._include(row)
        self._block_gas_used += outcome.gas_used
        return outcome

    def _include(self, row: Row) -> Outcome:
        transaction = self._transaction(row)
        account = self._accounts.get(row.sender)
        reason = why_not_included(
            transaction, account, self._block, self._hardfork, self._limit_code_size
        )
        if reason is not None:
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        with warnings.catch_warnings():
            # py-evm warns about SELFDESTRUCT as if the contract's author were listening.
            warnings.simplefilter("ignore", DeprecationWarning)
            computation = self._state.apply_transaction(transaction)
        outcome = self._outcome(computation, gas_used(self._state, transaction, computation))
        self._accounts.end_transaction()
        if not self._snapshots:
            self._accounts.forget_undo()
        return outcome

    def _transaction(self, row: Row) -> Transaction:
        return Transaction(
            sender=row.sender,
            to=row.target,
            data=row.data,
            value=row.value,
            gas=row.gas_limit,
            nonce=self.nonce(row.sender) if row.nonce is None else row.nonce,
            max_fee_per_gas=row.max_fee,
            max_priority_fee_per_gas=row.priority_fee,
            intrinsic_gas=intrinsic_gas(self._hardfork, row.data, row.target == b"").upfront,
        )

    @staticmethod
    def _outcome(computation: ComputationAPI, gas: int) -> Outcome:
        if computation.is_success:
            logs = tuple((bytes(a), t, d) for a, t, d in computation.get_log_entries())
            return Outcome(STATUS_SUCCESS, gas, bytes(computation.output), logs=logs)
        if isinstance(computation.error, Revert):
            return Outcome(STATUS_REVERTED, gas, bytes(computation.output))
        return Outcome(STATUS_HALTED, gas, reason=halt_reason(computation.error))

    # --- worlds -------------------------------------------------------------------------------

    def snapshot(self) -> int:
        identifier = self._next_snapshot
        self._next_snapshot += 1
        position = self._accounts.record()
        saved = _Saved(identifier, position, self._block, self._block_gas_used)
        self._snapshots.append(saved)
        return identifier

    def revert(self, snapshot: int) -> None:
        saved = next((saved for saved in self._snapshots if saved.identifier == snapshot), None)
        if saved is None:
            raise ChainError(f"snapshot {snapshot} is unknown, or was already used")
        del self._snapshots[self._snapshots.index(saved) :]
        self._accounts.discard(saved.position)
        self._enter_block(saved.block, saved.block_gas_used)

    def clone(self) -> PyEvmChain:
        copy = PyEvmChain(
            self._hardfork, chain_id=self._chain_id, limit_code_size=self._limit_code_size
        )
        copy._accounts = self._accounts.copy()
        copy._watch = WatchList(list(self._watch.entries))
        copy._enter_block(self._block, self._block_gas_used)
        return copy

    # --- looking and poking -------------------------------------------------------------------

    def watch(self, address: Address, slots: Bytes2D) -> int:
        check_address("address", address)
        check_slots(slots)
        first = len(self._watch.entries)
        self._watch.entries += [(address, int.from_bytes(slot.tobytes(), "big")) for slot in slots]
        return first

    def watched(self) -> Words:
        return words([self._accounts.get_storage(*entry) for entry in self._watch.entries])

    def storage(self, address: Address, slots: Bytes2D) -> Words:
        check_address("address", address)
        check_slots(slots)
        numbers = [int.from_bytes(slot.tobytes(), "big") for slot in slots]
        return words([self._accounts.get_storage(address, number) for number in numbers])

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        check_address("address", address)
        check_number("slot", slot, WORD_LIMIT)
        check_number("value", value, WORD_LIMIT)
        self._accounts.set_storage(address, slot, value)
        self._accounts.end_transaction()

    def balance(self, address: Address) -> int:
        return self._accounts.get_balance(check_address("address", address))

    def set_balance(self, address: Address, wei: int) -> None:
        check_number("wei", wei, WORD_LIMIT)
        self._accounts.set_balance(check_address("address", address), wei)

    def nonce(self, address: Address) -> int:
        return self._accounts.get_nonce(check_address("address", address))

    def set_nonce(self, address: Address, nonce: int) -> None:
        """Poke a nonce; for set-up and tests."""
        check_number("nonce", nonce)
        self._accounts.set_nonce(check_address("address", address), nonce)

    def code(self, address: Address) -> bytes:
        return self._accounts.get_code(check_address("address", address))

    def set_code(self, address: Address, code: bytes) -> None:
        self._accounts.set_code(check_address("address", address), code)
