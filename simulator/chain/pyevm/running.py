"""Running single transactions and calls on the accounts of one world, within its block."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.constants import SYSTEM_ADDRESS, SYSTEM_MESSAGE_GAS
from eth.vm.message import Message

from simulator.chain.base import (
    STATUS_HALTED,
    STATUS_NOT_INCLUDED,
    BlockEnvironment,
)
from simulator.chain.pyevm.accounts import Accounts
from simulator.chain.pyevm.batches import Row
from simulator.chain.pyevm.computation import end_frame, status_of
from simulator.chain.pyevm.hashes import FORKS_WITH_HISTORY, HISTORY_ADDRESS, BlockHashes
from simulator.chain.pyevm.receipts import Outcome
from simulator.chain.pyevm.rules import Rules, halt_reason
from simulator.chain.pyevm.transactions import Transaction
from simulator.chain.pyevm.vm import execution_context, gas_used, state_class
from simulator.chain.pyevm.watcher import Watcher
from simulator.types import Address


class Runner:
    """py-evm's state of the present block. What it raises, it leaves the accounts as they were."""

    def __init__(self, rules: Rules, chain_id: int, accounts: Accounts) -> None:
        self.rules = rules
        self.chain_id = chain_id
        self.accounts = accounts
        self._state_class = state_class(rules.hardfork, rules.limit_code_size)

    def enter(self, block: BlockEnvironment, hashes: BlockHashes) -> None:
        """What runs next runs in this block."""
        self.block = block
        context = execution_context(block, self.chain_id)
        self._state: Any = self._state_class(self.accounts, context, b"")
        self._state.hashes = hashes
        self._state.watcher = Watcher()

    def tell_history(self, hashes: BlockHashes) -> None:
        """The system call of EIP-2935 with the parent's hash; fails silently without the code."""
        if self.rules.hardfork not in FORKS_WITH_HISTORY or self.block.number == 0:
            return
        code = self.accounts.get_code(HISTORY_ADDRESS)
        if not code:
            return
        message = Message(
            gas=SYSTEM_MESSAGE_GAS,
            to=HISTORY_ADDRESS,  # type: ignore[arg-type]
            sender=SYSTEM_ADDRESS,
            value=0,
            data=hashes.of(self.block.number - 1),
            code=code,
        )
        context = self._state.get_transaction_context_class()(gas_price=0, origin=SYSTEM_ADDRESS)
        checkpoint = self.accounts.record()
        try:
            self._state.computation_class.apply_message(self._state, message, context)
        except BaseException:
            self.accounts.discard(checkpoint)
            raise
        finally:
            self.accounts.end_transaction()

    def include(self, row: Row, watcher: Watcher) -> Outcome:
        """Run a transaction for good, or say why it cannot be included."""
        transaction = self._transaction(row)
        account = self.accounts.get(row.sender)
        reason = self.rules.why_not_included(transaction, account, self.block)
        if reason is not None:
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        outcome = self._watched(row, transaction, watcher, self._state.apply_transaction)
        return replace(outcome, gas_price=self._state.get_gas_price(transaction))

    def call(self, row: Row, watcher: Watcher) -> Outcome:
        """Run without looking at base fee, nonce and balance; nothing is kept."""
        transaction = self._transaction(replace(row, nonce=None))
        reason = self.rules.why_not_called(transaction)
        if reason is not None:
            return Outcome(STATUS_NOT_INCLUDED, reason=reason)
        checkpoint, price = self.accounts.record(), self._state.get_gas_price(transaction)
        try:
            # Whoever cannot pay fee and value can after all: a call is free.
            account, fee = self.accounts.get(row.sender), row.gas_limit * price
            able = replace(account, balance=max(account.balance, row.value + fee))
            self.accounts.put(row.sender, able)
            outcome = self._watched(row, transaction, watcher, self._compute)
            return replace(outcome, gas_price=price)
        finally:
            self.accounts.discard(checkpoint)

    def _compute(self, transaction: Transaction) -> ComputationAPI:
        executor = self._state.get_transaction_executor()
        message = executor.build_evm_message(transaction)
        return executor.build_computation(message, transaction)  # type: ignore[no-any-return]

    def _watched(self, row: Row, transaction: Transaction, watcher: Watcher, run: Any) -> Outcome:
        checkpoint = self.accounts.record()
        frame = self._begin_frame(row, transaction, watcher)
        self._state.watcher = watcher
        try:
            with warnings.catch_warnings():
                # py-evm warns about SELFDESTRUCT as if the contract's author were listening.
                warnings.simplefilter("ignore", DeprecationWarning)
                computation = run(transaction)
        except BaseException:
            # A deadline, Ctrl-C or the source of a fork: the transaction did not happen.
            self.accounts.discard(checkpoint)
            if watcher.recorder is not None:
                watcher.recorder.drop()
            raise
        finally:
            self._state.watcher = Watcher()
            self.accounts.end_transaction()
        if frame is not None:
            end_frame(frame, computation)
        return _outcome(computation, gas_used(self._state, transaction, computation))

    def _begin_frame(self, row: Row, transaction: Transaction, watcher: Watcher) -> Any:
        if watcher.recorder is None:
            return None
        gas = self.rules.gas_of(transaction)
        creates = row.target == b""
        return watcher.recorder.begin(
            "create" if creates else "call",
            0,
            row.sender,
            created_address(row.sender, transaction.nonce) if creates else row.target,
            row.value,
            row.gas_limit - gas.upfront - gas.initcode,
            row.data,
        )

    def _transaction(self, row: Row) -> Transaction:
        nonce = self.accounts.get_nonce(row.sender) if row.nonce is None else row.nonce
        transaction = Transaction(
            sender=row.sender,
            to=row.target,
            data=row.data,
            value=row.value,
            gas=row.gas_limit,
            nonce=nonce,
            max_fee_per_gas=row.max_fee,
            max_priority_fee_per_gas=row.priority_fee,
            intrinsic_gas=0,
            access_list=row.access_list,
            type_id=row.type,
        )
        return replace(transaction, intrinsic_gas=self.rules.gas_of(transaction).upfront)


def created_address(sender: Address, nonce: int) -> Address:
    """The address of what a transaction of this sender and nonce creates."""
    return bytes(generate_contract_address(sender, nonce))  # type: ignore[arg-type]


def _outcome(computation: ComputationAPI, gas: int) -> Outcome:
    status = status_of(computation)
    if status == STATUS_HALTED:
        return Outcome(status, gas, reason=halt_reason(computation.error))
    logs = tuple((bytes(a), t, d) for a, t, d in computation.get_log_entries())
    return Outcome(status, gas, bytes(computation.output), logs=logs)
