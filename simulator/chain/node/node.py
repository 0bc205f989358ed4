"""A node around one world: its blocks, the transactions that wait, and how blocks are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.fees import next_base_fee
from simulator.chain.node.accounts import Signers
from simulator.chain.node.blocks import NO_ROOT, Block, sealed
from simulator.chain.node.clock import Clock, ClockState, wall_clock_from
from simulator.chain.node.faults import (
    INVALID_PARAMS,
    RESOURCE_NOT_FOUND,
    TRANSACTION_REJECTED,
    RpcError,
)
from simulator.chain.node.filters import Filters
from simulator.chain.node.hardforks import HISTORY_ADDRESS, HISTORY_SLOTS, has
from simulator.chain.node.ledger import Ledger
from simulator.chain.node.options import NodeOptions, Origin
from simulator.chain.node.pool import Pool
from simulator.chain.node.production import Content, created_address, fill
from simulator.chain.node.states import StateRoots, States
from simulator.chain.node.transactions import Transaction
from simulator.chain.node.wire import BlockReference, hex_data
from simulator.errors import ChainError
from simulator.types import Address


@dataclass(frozen=True, slots=True)
class View:
    """A state and the block in which calls on it run. Not to be changed: clone the chain first."""

    chain: Chain
    block: Block


@dataclass(frozen=True, slots=True)
class _Saved:
    head: int
    clock: ClockState


def _stay_silent(line: str) -> None:
    """Nobody listens."""


def _expect_anything(sender: Address, created: Address) -> None:
    """A world that is no fork knows what is not there."""


def _standing_on(block: Block, origin: Origin | None) -> Block:
    if origin is None:
        return block
    header = block.header if origin.header is None else origin.header
    return replace(block, hash=origin.hash or block.hash, header=header)


class Node:
    """Not for several threads at once: `Endpoint` keeps them apart.

    The world's current block is always the latest one of the ledger. Whoever moves the world
    outside of the node (set_block, revert) is followed at the next request: the ledger then gets a
    block without transactions. State that others change is simply seen.
    """

    def __init__(
        self, chain: Chain, options: NodeOptions | None = None, origin: Origin | None = None
    ) -> None:
        self.options = options or NodeOptions()
        self.chain = chain
        self.signers = Signers(self.options.accounts)
        self.impersonated: set[Address] = set()
        self.impersonates_all = False
        self.mines_at_once = True
        self.coinbase = chain.block.coinbase
        self.forced_base_fee: int | None = None
        self.pool = Pool()
        self.filters = Filters()
        self.states = States(self.options.kept_states)
        self.report: Callable[[str], None] = _stay_silent
        self.before_creation: Callable[[Address, Address], None] = _expect_anything
        self._roots = StateRoots(chain)
        self._snapshots: dict[int, _Saved] = {}
        self._fund()
        self.ledger = Ledger(_standing_on(self._adopted(chain.block, None), origin))
        running = wall_clock_from(chain.block.timestamp) if self.options.wall_clock else None
        self.clock = Clock(running, self.options.seconds_per_block)

    def _fund(self) -> None:
        for address in self.signers.addresses:
            try:
                balance, nonce = self.chain.balance(address), self.chain.nonce(address)
            except ChainError:  # a fork whose source cannot say; the rest of it works all the same
                continue
            is_wanting = self.options.funds == "all" and balance < self.options.balance_wei
            if is_wanting or not (balance or nonce):
                self.chain.set_balance(address, self.options.balance_wei)

    # --- following the world ---------------------------------------------------------------------

    def follow(self) -> None:
        """Take notice of where the world was moved outside of the node."""
        present = self.chain.block
        if not self.ledger.is_empty and present == self.ledger.head.environment:
            return
        same = self.ledger.block(present.number)
        if same is not None and same.environment == present:
            self._drop_from(present.number + 1)
            return
        self._drop_from(present.number)
        block = self._adopted(present, self.ledger.block(present.number - 1))
        if self.ledger.is_empty:
            self.ledger = Ledger(block)
        else:
            self.ledger.append(block)

    def _adopted(self, environment: BlockEnvironment, parent: Block | None) -> Block:
        root = self._roots.root(self.chain)
        block = sealed(self.chain.hardfork, environment, root, parent=parent)
        return replace(block, is_adopted=True)

    def _drop_from(self, number: int) -> None:
        self.ledger.drop_from(number)
        self.states.drop_from(number - 1)
        self.filters.rewind(number)

    # --- looking ---------------------------------------------------------------------------------

    def find_block(self, reference: BlockReference) -> Block | None:
        """The block that is meant, or None. All blocks count as safe and final."""
        if reference.hash is not None:
            return self.ledger.block_of_hash(reference.hash)
        if reference.number is not None:
            return self.ledger.block(reference.number)
        if reference.tag == "earliest":
            return self.ledger.first
        return self.pending().block if reference.tag == "pending" else self.ledger.head

    def view_block(self, reference: BlockReference) -> Block:
        """The block that is meant; RpcError if it is not there."""
        block = self.find_block(reference)
        if block is None:
            if reference.hash is not None:
                raise RpcError(RESOURCE_NOT_FOUND, f"block {hex_data(reference.hash)} is unknown")
            latest = f"the latest is {self.ledger.head.number}"
            raise RpcError(INVALID_PARAMS, f"block {reference.number} is unknown; {latest}")
        return block

    def view(self, reference: BlockReference) -> View:
        """The state at the end of a block; RpcError if the block or its state is not there."""
        if reference.tag == "pending":
            return self.pending()
        block = self.view_block(reference)
        if block.number == self.ledger.head.number:
            return View(self.chain, block)
        return View(self.state_after(block.number), block)

    def state_after(self, number: int) -> Chain:
        """The state at the end of an earlier block; RpcError if it is not kept."""
        state = self.states.find(number)
        if state is None:
            raise RpcError(
                RESOURCE_NOT_FOUND,
                f"the state of block {number} is not kept; at most those of the last "
                f"{self.states.most} blocks made by this node are",
            )
        return state

    def state_before(self, number: int) -> Chain:
        """The state on which a block's first transaction ran; RpcError if it is not kept."""
        return self.state_after(number - 1)

    def block_hash(self, number: int) -> bytes:
        """What BLOCKHASH answers; for a block that the ledger does not have, of its number."""
        block = self.ledger.block(number)
        return bytes(keccak(number.to_bytes(32, "big"))) if block is None else block.hash

    def pending(self) -> View:
        """The next block as it would be made now, on a copy of the world."""
        environment = self._next_environment(
            self.clock.peek(self.ledger.head.environment.timestamp)
        )
        copy = self.chain.clone()
        copy.set_block(environment)
        content = fill(copy, self.pool.ready(environment.base_fee, copy.nonce))
        return View(copy, self._sealed(environment, NO_ROOT, content))

    def next_nonce(self, address: Address) -> int:
        """The nonce after those of the waiting transactions."""
        return self.pool.next_nonce(address, self.chain.nonce(address))

    def next_base_fee(self) -> int:
        """Wei per gas in the next block. How full an adopted block was is not known: its own."""
        if self.forced_base_fee is not None:
            return self.forced_base_fee
        head = self.ledger.head
        if head.is_adopted:
            return head.environment.base_fee
        environment = head.environment
        return next_base_fee(environment.base_fee, head.gas_used, environment.gas_limit)

    def _next_environment(self, timestamp: int) -> BlockEnvironment:
        head = self.ledger.head
        return replace(
            head.environment,
            number=head.number + 1,
            timestamp=timestamp,
            base_fee=self.next_base_fee(),
            coinbase=self.coinbase,
            prevrandao=bytes(keccak(head.hash)),
            parent_hash=head.hash,
        )

    # --- making blocks ---------------------------------------------------------------------------

    def submit(self, transaction: Transaction) -> None:
        """Take a checked transaction, and mine it at once unless that is off.

        RpcError if it then turns out that it cannot be included; it is forgotten in that case.
        """
        if transaction.to is None:
            self.expect_creation(transaction.sender, transaction.nonce)
        self.pool.add(transaction)
        self.filters.announced.append(transaction.hash)
        if self.mines_at_once:
            try:
                content = self._mine(keeps_empty=False)
            except BaseException:  # no block at all: who tries again shall not hear "already known"
                self.pool.remove(transaction.hash)
                raise
            reason = content.rejected.get(transaction.hash)
            if reason is not None:
                raise RpcError(TRANSACTION_REJECTED, reason)

    def expect_creation(self, sender: Address, nonce: int | None = None) -> None:
        """Say to `before_creation` where a creation will put its contract; of the next nonce."""
        number = self.chain.nonce(sender) if nonce is None else nonce
        self.before_creation(sender, created_address(sender, number))

    def mine(self) -> None:
        """Make a block of the transactions that wait, an empty one if there are none."""
        self._mine(keeps_empty=True)

    def _mine(self, keeps_empty: bool) -> Content:
        head, clock = self.ledger.head, self.clock.state
        environment = self._next_environment(self.clock.take(head.environment.timestamp))
        if not keeps_empty and not self._is_any_ready(environment.base_fee):
            self.clock.state = clock
            return Content()
        before = self.chain.clone()
        try:
            self.chain.set_block(environment)
        except ChainError:  # a fork whose source does not have the history contract
            self.clock.state = clock
            raise
        content = fill(self.chain, self.pool.ready(environment.base_fee, self.chain.nonce))
        for hash_, reason in content.rejected.items():
            self.pool.remove(hash_)
            self.report(f"transaction {hex_data(hash_)} was dropped: {reason}")
        if not content.transactions and not keeps_empty:
            self._take_back(environment, before)
            self.clock.state = clock
            return content
        self.states.keep(head.number, before)
        self._finish(environment, content)
        return content

    def _take_back(self, environment: BlockEnvironment, before: Chain) -> None:
        """A block that was begun and holds nothing is none: what its beginning wrote goes too."""
        if not has(self.chain.hardfork, "prague"):
            self.chain.set_block(before.block)
            return
        place = np.frombuffer(
            ((environment.number - 1) % HISTORY_SLOTS).to_bytes(32, "big"), np.uint8
        ).reshape(1, 32)
        kept, written = (world.storage(HISTORY_ADDRESS, place) for world in (before, self.chain))
        self.chain.set_block(before.block)
        if not np.array_equal(kept, written):
            slot, value = (int.from_bytes(place.tobytes(), "big"), kept.astype("<u8").tobytes())
            self.chain.set_storage(HISTORY_ADDRESS, slot, int.from_bytes(value, "little"))

    def _is_any_ready(self, base_fee: int) -> bool:
        return next(self.pool.ready(base_fee, self.chain.nonce), None) is not None

    def _finish(self, environment: BlockEnvironment, content: Content) -> None:
        self.ledger.append(self._sealed(environment, self._roots.root(self.chain), content))
        self.forced_base_fee = None
        for transaction in content.transactions:
            self.pool.remove(transaction.hash)
        self.pool.forget_below(self.chain.nonce)

    def _sealed(self, environment: BlockEnvironment, root: bytes, content: Content) -> Block:
        return sealed(
            self.chain.hardfork, environment, root, content.transactions, content.receipts
        )

    # --- snapshots -------------------------------------------------------------------------------

    def snapshot(self) -> int:
        """Remember the world, the blocks and the clock."""
        identifier = self.chain.snapshot()
        self._snapshots[identifier] = _Saved(self.ledger.head.number, self.clock.state)
        return identifier

    def revert(self, identifier: int) -> bool:
        """Return to a snapshot and forget it and all later ones; False if it is unknown."""
        saved = self._snapshots.get(identifier)
        if saved is None:
            return False
        for later in [known for known in self._snapshots if known >= identifier]:
            del self._snapshots[later]
        try:
            self.chain.revert(identifier)
        except ChainError:  # it was reverted outside of the node
            return False
        self._drop_from(saved.head + 1)
        self.clock.state = saved.clock
        self.pool.forget_below(self.chain.nonce)
        self.follow()
        return True
