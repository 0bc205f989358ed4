"""`RevmChain`: the fast back end, a thin layer of checks and errors over the Rust extension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import underwater_evm

from simulator.chain.base import (
    DEFAULT_HARDFORK,
    STATUS_SUCCESS,
    ZERO_ADDRESS,
    Batch,
    BlockEnvironment,
    Proof,
    Receipts,
    StateSource,
    StorageDiff,
    Trace,
    WhatIf,
)
from simulator.chain.checks import (
    DEPLOY_GAS_LIMIT,
    WORD_LIMIT,
    check_address,
    check_batch,
    check_block,
    check_bytes,
    check_deadline,
    check_number,
    check_snapshot,
    check_threads,
    check_wish,
    failure,
    name_of_call,
)
from simulator.errors import BatchAborted, ChainError, InputError
from simulator.types import Address, Bytes2D, Words

if TYPE_CHECKING:
    from simulator.chain.node import NodeOptions
    from simulator.chain.node.provider import WorldProvider

FIRST_BLOCK = BlockEnvironment(number=1, timestamp=1)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Item = TypeVar("Item")


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


def receipts_of(columns: underwater_evm.Columns) -> Receipts:
    """The extension's tuple as `Receipts`; diff and trace come as tuples of their own."""
    diff, coverage, trace = columns[-3:]
    if diff is None and trace is None:
        return Receipts._make(columns)
    diff = None if diff is None else StorageDiff._make(diff)
    trace = None if trace is None else Trace._make(trace)
    return Receipts._make((*columns[:-3], diff, coverage, trace))


def receipts_or_abort(ran: tuple[underwater_evm.Columns, Exception | None]) -> Receipts:
    """The receipts of a batch; BatchAborted with those of its first part if it ended early."""
    columns, failure = ran
    receipts = receipts_of(columns)
    if failure is None:
        return receipts
    cause = None if isinstance(failure, underwater_evm.EngineError) else failure
    raise BatchAborted(str(failure), len(receipts.status), receipts) from cause


def check_all(field: str, items: Sequence[Item], kind: type) -> Sequence[Item]:
    """A list or tuple of one kind of things, or InputError."""
    if not isinstance(items, Sequence) or not all(isinstance(item, kind) for item in items):
        raise InputError(field, items, f"must be a sequence of {kind.__name__}")
    return items


@raises_our_errors
def execute_many(
    chains: Sequence[RevmChain],
    batches: Sequence[Batch],
    *,
    threads: int | None = None,
    diff: bool = False,
    deadline_seconds: float | None = None,
) -> list[Receipts]:
    """One batch on each of many independent worlds at once, as `RevmChain.execute` does each.

    threads: all cores unless it says how many. If several batches end early, the first world's
    BatchAborted is raised; the worlds keep what they did.
    """
    worlds = [chain._world for chain in check_all("chains", chains, RevmChain)]
    for batch in check_all("batches", batches, object):
        check_batch(batch)
    threads = check_threads(threads)
    check_wish("diff", diff)
    check_deadline(deadline_seconds)
    ran = underwater_evm.execute_many(worlds, list(batches), threads, diff, deadline_seconds)
    return [receipts_or_abort(each) for each in ran]


class RevmChain:
    """A world on revm. See `simulator.chain.base.Chain` for the meaning of the methods.

    limit_code_size False lifts EIP-170 and EIP-3860; check_senders False waives EIP-3607, so that
    accounts with code may send; source makes it a fork, whose unknown state is asked of it. The
    first block is where the world stands: it does not call the history contract.
    """

    __slots__ = ("_block", "_blocks_of_snapshots", "_world")

    name = "revm"

    @raises_our_errors
    def __init__(
        self,
        hardfork: str = DEFAULT_HARDFORK,
        *,
        chain_id: int = 1,
        limit_code_size: bool = True,
        check_senders: bool = True,
        block: BlockEnvironment = FIRST_BLOCK,
        source: StateSource | None = None,
    ) -> None:
        if not isinstance(hardfork, str):
            raise InputError("hardfork", hardfork, "must be a name")
        check_wish("limit_code_size", limit_code_size)
        check_wish("check_senders", check_senders)
        check_block(block)
        self._world = underwater_evm.World(
            hardfork,
            chain_id=check_number("chain_id", chain_id),
            limit_code_size=limit_code_size,
            check_senders=check_senders,
            source=source,
        )
        self._blocks_of_snapshots: dict[int, BlockEnvironment] = {}
        self._enter(block, begin=False)

    def _enter(self, block: BlockEnvironment, *, begin: bool) -> None:
        check_block(block)
        self._world.set_block(
            block.number,
            block.timestamp,
            block.base_fee,
            block.gas_limit,
            block.coinbase,
            block.prevrandao,
            block.parent_hash,
            begin,
        )
        self._block = block

    @property
    def hardfork(self) -> str:
        return self._world.hardfork

    @property
    @raises_our_errors
    def chain_id(self) -> int:
        return self._world.chain_id

    @property
    def block(self) -> BlockEnvironment:
        return self._block

    @property
    @raises_our_errors
    def block_gas_used(self) -> int:
        return self._world.block_gas_used

    @property
    @raises_our_errors
    def is_fork(self) -> bool:
        """Whether unknown state is asked of a source."""
        return self._world.is_fork

    @raises_our_errors
    def set_block(self, block: BlockEnvironment) -> None:
        self._enter(block, begin=True)

    @raises_our_errors
    def deploy(self, initcode: bytes, sender: Address, value: int = 0) -> Address:
        check_address("sender", sender)
        status, output, reason, created = self._world.transact(
            sender, None, check_bytes("initcode", initcode), word("value", value), DEPLOY_GAS_LIMIT
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
        check_bytes("data", data)
        gas_limit = check_number("gas_limit", gas_limit)
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
        check_bytes("data", data)
        status, output, reason, _ = self._world.call(sender, target, data)
        if status != STATUS_SUCCESS:
            raise failure(name_of_call(target, data), status, output, reason)
        return output

    @raises_our_errors
    def execute(
        self,
        batch: Batch,
        *,
        diff: bool = False,
        coverage: bool = False,
        trace: bool = False,
        deadline_seconds: float | None = None,
    ) -> Receipts:
        check_batch(batch)
        for wish in (("diff", diff), ("coverage", coverage), ("trace", trace)):
            check_wish(*wish)
        if deadline_seconds is not None:
            check_deadline(deadline_seconds)
        return receipts_or_abort(
            self._world.execute(batch, diff, coverage, trace, deadline_seconds)
        )

    @raises_our_errors
    def call_many(
        self, batch: Batch, *, threads: int | None = None, deadline_seconds: float | None = None
    ) -> Receipts:
        check_batch(batch)
        threads = check_threads(threads)
        check_deadline(deadline_seconds)
        return receipts_of(self._world.call_many(batch, threads, deadline_seconds))

    @raises_our_errors
    def what_if_many(
        self, batch: Batch, *, threads: int | None = 1, deadline_seconds: float | None = None
    ) -> Receipts:
        check_batch(batch)
        threads = check_threads(threads)
        check_deadline(deadline_seconds)
        return receipts_of(self._world.what_if_many(batch, threads, deadline_seconds))

    @raises_our_errors
    def what_if(
        self,
        sender: Address,
        target: Address,
        data: bytes,
        value: int = 0,
        gas_limit: int = 16_000_000,
        *,
        diff: bool = False,
    ) -> WhatIf:
        check_address("sender", sender)
        check_address("target", target)
        check_bytes("data", data)
        gas_limit = check_number("gas_limit", gas_limit)
        check_wish("diff", diff)
        answer = WhatIf._make(
            self._world.what_if(sender, target, data, word("value", value), gas_limit, diff)
        )
        return answer if answer.diff is None else answer._replace(diff=StorageDiff(*answer.diff))

    @raises_our_errors
    def snapshot(self) -> int:
        identifier = self._world.snapshot()
        self._blocks_of_snapshots[identifier] = self._block
        return identifier

    @raises_our_errors
    def revert(self, snapshot: int) -> None:
        snapshot = check_snapshot(snapshot)
        self._world.revert(snapshot)
        self._block = self._blocks_of_snapshots[snapshot]
        for later in [known for known in self._blocks_of_snapshots if known >= snapshot]:
            del self._blocks_of_snapshots[later]

    @raises_our_errors
    def diff_since(self, snapshot: int) -> StorageDiff:
        return StorageDiff(*self._world.diff_since(check_snapshot(snapshot)))

    @raises_our_errors
    def clone(self) -> RevmChain:
        return self._around(self._world.clone(), self._block)

    @staticmethod
    def _around(world: underwater_evm.World, block: BlockEnvironment) -> RevmChain:
        chain = RevmChain.__new__(RevmChain)
        chain._world = world
        chain._block = block
        chain._blocks_of_snapshots = {}
        return chain

    @raises_our_errors
    def to_bytes(self) -> bytes:
        """The world in a compact form, with its block and watch list, without snapshots.

        Equal worlds give equal bytes. ChainError for a fork: that is what capsules are for.
        """
        return self._world.to_bytes()

    @staticmethod
    @raises_our_errors
    def from_bytes(world: bytes) -> RevmChain:
        """The world that `to_bytes` wrote; InputError if the bytes are cut off or changed."""
        inner = underwater_evm.World.from_bytes(check_bytes("world", world))
        return RevmChain._around(inner, BlockEnvironment(*inner.block))

    def provider(self, options: NodeOptions | None = None) -> WorldProvider:
        """A web3.py provider on this world; see `simulator.chain.node.provider_of`."""
        from simulator.chain.node import provider_of

        return provider_of(self, options)

    def __reduce__(self) -> tuple[Callable[[bytes], RevmChain], tuple[bytes]]:
        return RevmChain.from_bytes, (self.to_bytes(),)

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
        check_address("address", address)
        self._world.set_nonce(address, check_number("nonce", nonce))

    @raises_our_errors
    def code(self, address: Address) -> bytes:
        check_address("address", address)
        return self._world.code(address)

    @raises_our_errors
    def set_code(self, address: Address, code: bytes) -> None:
        check_address("address", address)
        self._world.set_code(address, check_bytes("code", code))

    @raises_our_errors
    def accounts(self) -> list[Address]:
        return self._world.accounts()

    @raises_our_errors
    def slots_of(self, address: Address) -> tuple[Bytes2D, Words]:
        check_address("address", address)
        return self._world.slots_of(address)

    @raises_our_errors
    def all_slots(self) -> list[tuple[Address, Bytes2D, Words]]:
        """`slots_of` of every account that has any, in one pass."""
        return self._world.all_slots()

    @raises_our_errors
    def state_root(self) -> bytes:
        return self._world.state_root()

    @raises_our_errors
    def proof(self, address: Address, slots: Bytes2D) -> Proof:
        check_address("address", address)
        balance, nonce, code_hash, storage_hash, account, of_slots = self._world.proof(
            address, slots
        )
        proven = zip(slots, of_slots, strict=True)
        return Proof(
            address=address,
            balance=int.from_bytes(balance, "big"),
            nonce=nonce,
            code_hash=code_hash,
            storage_hash=storage_hash,
            account=tuple(account),
            slots=tuple(
                (slot.tobytes(), int.from_bytes(value, "big"), tuple(nodes))
                for slot, (value, nodes) in proven
            ),
        )
