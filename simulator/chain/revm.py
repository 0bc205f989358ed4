"""`RevmChain`: the fast back end, a thin layer of checks and errors over the Rust extension."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import underwater_evm

from simulator.chain.base import (
    DEFAULT_HARDFORK,
    STATUS_SUCCESS,
    ZERO_ADDRESS,
    Batch,
    BlockEnvironment,
    Receipts,
    StorageDiff,
)
from simulator.chain.checks import (
    DEPLOY_GAS_LIMIT,
    WORD_LIMIT,
    check_address,
    check_block,
    check_number,
    failure,
    name_of_call,
)
from simulator.errors import ChainError, InputError
from simulator.types import Address, Bytes2D, Words

FIRST_BLOCK = BlockEnvironment(number=1, timestamp=1)


Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def raises_our_errors(method: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Turn what the extension raises into the project's errors."""

    @wraps(method)
    def translated(*arguments: Arguments.args, **options: Arguments.kwargs) -> Answer:
        try:
            return method(*arguments, **options)
        except underwater_evm.BatchError as error:
            field, value, rule = error.args
            raise InputError(field, value, rule) from None
        except underwater_evm.EngineError as error:
            raise ChainError(str(error)) from None

    return translated


def word(field: str, number: int) -> bytes:
    """A 256-bit unsigned integer as 32 bytes, most significant first."""
    return check_number(field, number, WORD_LIMIT).to_bytes(32, "big")


class RevmChain:
    """A world on revm. See `simulator.chain.base.Chain` for the meaning of the methods."""

    name = "revm"

    @raises_our_errors
    def __init__(
        self,
        hardfork: str = DEFAULT_HARDFORK,
        *,
        chain_id: int = 1,
        limit_code_size: bool = True,
        block: BlockEnvironment = FIRST_BLOCK,
    ) -> None:
        world = underwater_evm.World(
            hardfork,
            chain_id=check_number("chain_id", chain_id),
            limit_code_size=limit_code_size,
        )
        self._adopt(world)
        self.set_block(block)

    def _adopt(self, world: underwater_evm.World) -> None:
        self._world = world
        self._blocks_of_snapshots: dict[int, BlockEnvironment] = {}

    @property
    def hardfork(self) -> str:
        return self._world.hardfork

    @property
    def block(self) -> BlockEnvironment:
        return self._block

    @property
    @raises_our_errors
    def block_gas_used(self) -> int:
        """Gas of the transactions that `execute` included in this block."""
        return self._world.block_gas_used

    @raises_our_errors
    def set_block(self, block: BlockEnvironment) -> None:
        check_block(block)
        self._world.set_block(
            block.number,
            block.timestamp,
            block.base_fee,
            block.gas_limit,
            block.coinbase,
            block.prevrandao,
        )
        self._block = block

    @raises_our_errors
    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        check_address("sender", sender)
        status, output, reason, created = self._world.transact(
            sender, None, initcode, word("value", value), DEPLOY_GAS_LIMIT
        )
        if status != STATUS_SUCCESS:
            raise failure("deployment", status, output, reason)
        if created is None:
            raise ChainError("deployment made no contract")
        return created

    @raises_our_errors
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
        status, output, reason, _ = self._world.transact(
            sender, target, data, word("value", value), gas_limit
        )
        if status != STATUS_SUCCESS:
            raise failure(name_of_call(target, data), status, output, reason)
        return output

    @raises_our_errors
    def call(self, target: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        check_address("target", target)
        check_address("sender", sender)
        status, output, reason, _ = self._world.call(sender, target, data)
        if status != STATUS_SUCCESS:
            raise failure(name_of_call(target, data), status, output, reason)
        return output

    @raises_our_errors
    def execute(self, batch: Batch, *, diff: bool = False) -> Receipts:
        columns = self._world.execute(
            batch.senders,
            batch.targets,
            batch.data,
            batch.data_offsets,
            batch.gas_limits,
            None if batch.creates is None else batch.creates.astype("uint8", copy=False),
            batch.values,
            batch.max_fees,
            batch.priority_fees,
            batch.nonces,
            diff,
        )
        changes = columns[13]
        price = np.zeros(len(batch), np.uint64)
        return Receipts(
            *columns[:2],
            price,
            *columns[2:13],
            None if changes is None else StorageDiff(*changes),
        )

    @raises_our_errors
    def snapshot(self) -> int:
        identifier = self._world.snapshot()
        self._blocks_of_snapshots[identifier] = self._block
        return identifier

    @raises_our_errors
    def revert(self, snapshot: int) -> None:
        self._world.revert(snapshot)
        self._block = self._blocks_of_snapshots[snapshot]
        for later in [known for known in self._blocks_of_snapshots if known >= snapshot]:
            del self._blocks_of_snapshots[later]

    @raises_our_errors
    def clone(self) -> RevmChain:
        world = self._world.clone()
        copy = RevmChain.__new__(RevmChain)
        copy._adopt(world)
        copy._block = self._block
        return copy

    @raises_our_errors
    def watch(self, address: Address, slots: Bytes2D) -> int:
        check_address("address", address)
        return self._world.watch(address, slots)

    @raises_our_errors
    def watched(self) -> Words:
        return self._world.watched()

    @raises_our_errors
    def storage(self, address: Address, slots: Bytes2D) -> Words:
        check_address("address", address)
        return self._world.storage(address, slots)

    @raises_our_errors
    def set_storage(self, address: Address, slot: int, value: int) -> None:
        check_address("address", address)
        self._world.set_storage(address, word("slot", slot), word("value", value))

    @raises_our_errors
    def balance(self, address: Address) -> int:
        check_address("address", address)
        return int.from_bytes(self._world.balance(address), "big")

    @raises_our_errors
    def set_balance(self, address: Address, wei: int) -> None:
        check_address("address", address)
        self._world.set_balance(address, word("wei", wei))

    @raises_our_errors
    def nonce(self, address: Address) -> int:
        check_address("address", address)
        return self._world.nonce(address)

    @raises_our_errors
    def set_nonce(self, address: Address, nonce: int) -> None:
        """Poke a nonce; for set-up and tests."""
        check_address("address", address)
        check_number("nonce", nonce)
        self._world.set_nonce(address, nonce)

    @raises_our_errors
    def code(self, address: Address) -> bytes:
        check_address("address", address)
        return self._world.code(address)

    @raises_our_errors
    def set_code(self, address: Address, code: bytes) -> None:
        check_address("address", address)
        self._world.set_code(address, code)
