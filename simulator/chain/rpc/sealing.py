"""A batch into one block of a node, with the same outcome as in the engine.

The engine takes nonces from the state as it goes, and passes over what cannot be included. A node
wants them beforehand, and leaves what cannot be included in its pool, with all later transactions
of that sender stuck behind it. Then the block is undone and mined again without the first one.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.chain.base import BlockEnvironment
from simulator.chain.columns import Batch
from simulator.chain.fork.faults import NO_METHOD, clipped, fault_of_error
from simulator.chain.fork.values import hex_number
from simulator.chain.rpc.controls import Controls
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.wire import (
    fees_of,
    floor_gas,
    intrinsic_gas,
    number_in,
    reading,
    text,
    transaction_of,
)
from simulator.errors import BatchAborted, ChainError
from simulator.types import Address

_PAUSE_SECONDS = 0.01
_FULL = "block full"
_NO_KEY = re.compile(r"no signer|unknown account|not (be )?unlocked|unlock|authentication", re.I)
_WORDS = (
    (re.compile(r"insufficient (funds|balance)", re.I), "insufficient balance"),
    (re.compile(r"intrinsic gas|floor data gas", re.I), "gas limit below intrinsic gas"),
    (re.compile(r"exceeds (the )?block|block gas limit", re.I), _FULL),
    (re.compile(r"gas limit too high|transaction gas limit|cap", re.I), "gas limit above the cap"),
    (re.compile(r"initcode|max code size", re.I), "initcode too large"),
)
"""What nodes say when they refuse a transaction, in the engine's words."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A mined batch: hashes and receipts by row, reasons of the rows that are not in the block."""

    hashes: dict[int, str]
    receipts: dict[int, dict[str, Any]]
    reasons: dict[int, str]
    head: dict[str, Any]


@dataclass(slots=True)
class _Attempt:
    hashes: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)


class Sealer:
    """Sends batches to one node and mines them."""

    def __init__(self, node: Node, controls: Controls, timeout_seconds: float) -> None:
        self._node = node
        self._controls = controls
        self._timeout_seconds = timeout_seconds

    def seal(self, batch: Batch, block: BlockEnvironment, deadline: float | None) -> Sealed:
        """Mine a batch. `block.number` is the node's own; deadline: of time.monotonic.

        BatchAborted if the deadline passes before the block is mined; nothing of it stays then.
        """
        senders = [row.tobytes() for row in batch.senders]
        may_stick = batch.nonces is None and len(set(senders)) < len(senders)
        mark = self._controls.snapshot() if may_stick else None
        excluded: dict[int, str] = {}
        while True:
            sealed, stuck = self._attempt(batch, senders, block, excluded, deadline)
            excluded = sealed.reasons
            if not stuck:
                return _told(batch, block, sealed)
            if mark is None:
                raise ChainError(f"{self._node.name} left transactions {stuck} in its pool")
            self._controls.revert(mark)
            mark = self._controls.snapshot()

    def _attempt(
        self,
        batch: Batch,
        senders: list[Address],
        block: BlockEnvironment,
        excluded: dict[int, str],
        deadline: float | None,
    ) -> tuple[Sealed, list[int]]:
        """One block, and the rows that were stuck behind another one of their sender."""
        self._controls.enter(block, self._controls.head())
        attempt = _Attempt(left_out=dict(excluded))
        try:
            self._send_all(batch, senders, block, attempt, deadline)
            self._controls.mine()
        except BaseException:
            for transaction_hash in attempt.hashes.values():
                self._controls.drop(transaction_hash)
            raise
        head = self._wait_for(block.number)
        missing = self._missing(attempt, head)
        receipts = self._receipts(attempt, missing)
        for row in missing:
            self._controls.drop(attempt.hashes[row])
        first: dict[Address, int] = {}
        for row in missing:
            first.setdefault(senders[row], row)
        stuck = [row for row in missing if row != first[senders[row]]] if missing else []
        # With stuck ones only the very first is certain: later ones may fail for want of those.
        for row in missing[:1] if stuck else missing:
            attempt.left_out[row] = _why(batch, row, block, receipts)
        hashes = {row: attempt.hashes[row] for row in receipts}
        return Sealed(hashes, receipts, attempt.left_out, head), stuck

    def _send_all(
        self,
        batch: Batch,
        senders: list[Address],
        block: BlockEnvironment,
        attempt: _Attempt,
        deadline: float | None,
    ) -> None:
        people = sorted(set(senders))
        counts = self._node.ask_many(
            "eth_getTransactionCount", ([text(sender), "latest"] for sender in people)
        )
        with reading(self._node.name, "eth_getTransactionCount"):
            nonces = {
                sender: hex_number(count, "nonce", 64)
                for sender, count in zip(people, counts, strict=True)
            }
        for row, sender in enumerate(senders):
            if row in attempt.left_out:
                continue
            if deadline is not None and time.monotonic() > deadline:
                raise _Late(f"the deadline passed after {row} of {len(senders)} were sent")
            reason = _refusal(batch, row, block, nonces[sender])
            if reason is None:
                reason = self._send(batch, row, sender, nonces[sender], attempt)
            if reason is None:
                nonces[sender] += 1
            else:
                attempt.left_out[row] = reason

    def _send(
        self, batch: Batch, row: int, sender: Address, nonce: int, attempt: _Attempt
    ) -> str | None:
        """One after the other, since their order decides; why the node refuses it, or None."""
        self._controls.impersonate(sender)
        transaction = transaction_of(batch, row, nonce)
        answer = self._node.answer("eth_sendTransaction", transaction)
        error = answer.get("error")
        if error is None:
            attempt.hashes[row] = str(answer["result"])
            return None
        fault = fault_of_error(self._node.name, "eth_sendTransaction", error)
        words = str(error.get("message", error)) if isinstance(error, dict) else str(error)
        if fault.fault == NO_METHOD or _NO_KEY.search(words):
            raise ChainError(f"{self._node.name} does not send for any account: {clipped(words)}")
        return _in_our_words(words)

    def _wait_for(self, number: int) -> dict[str, Any]:
        """The head once it is the block that was mined."""
        end = time.monotonic() + self._timeout_seconds
        while True:
            head = self._controls.head()
            with reading(self._node.name, "block"):
                there = number_in(head, "number")
            if there == number:
                return head
            if there > number:
                raise ChainError(f"{self._node.name} is at block {there}: somebody else mines")
            if time.monotonic() > end:
                raise ChainError(f"{self._node.name} did not mine block {number} in time")
            time.sleep(_PAUSE_SECONDS)

    def _missing(self, attempt: _Attempt, head: dict[str, Any]) -> list[int]:
        mined = {str(transaction) for transaction in head.get("transactions", [])}
        foreign = mined - set(attempt.hashes.values())
        if foreign:
            raise ChainError(
                f"{self._node.name} mined transactions of somebody else, such as {min(foreign)}"
            )
        return [row for row, name in attempt.hashes.items() if name not in mined]

    def _receipts(self, attempt: _Attempt, missing: list[int]) -> dict[int, dict[str, Any]]:
        """Receipts of what was mined, polled until all are there."""
        waiting = [row for row in attempt.hashes if row not in set(missing)]
        found: dict[int, dict[str, Any]] = {}
        end = time.monotonic() + self._timeout_seconds
        while waiting:
            names = [[attempt.hashes[row]] for row in waiting]
            answers = self._node.ask_many("eth_getTransactionReceipt", names)
            found |= {row: got for row, got in zip(waiting, answers, strict=True) if got}
            waiting = [row for row in waiting if row not in found]
            if waiting:
                if time.monotonic() > end:
                    late = attempt.hashes[waiting[0]]
                    raise ChainError(f"{self._node.name} gave no receipt for {late} in time")
                time.sleep(_PAUSE_SECONDS)
        with reading(self._node.name, "receipt"):
            places = [number_in(found[row], "transactionIndex") for row in sorted(found)]
        if places != sorted(places):
            raise ChainError(
                f"{self._node.name} changed the order of the transactions; "
                "start anvil with `--order fifo`"
            )
        return dict(sorted(found.items()))


class _Late(BatchAborted):
    """The deadline passed before the block was mined: nothing of the batch stays."""

    def __init__(self, message: str) -> None:
        from simulator.chain.rpc.receipts import no_receipts

        super().__init__(f"{message}; the block was not mined", 0, no_receipts())


def _refusal(batch: Batch, row: int, block: BlockEnvironment, nonce: int) -> str | None:
    """What can be told without the node, in the engine's words."""
    most, priority = fees_of(batch, row)
    if int(batch.gas_limits[row]) > block.gas_limit:
        return _FULL
    if priority > most:
        return "priority fee above the max fee"
    if most < block.base_fee:
        return "max fee below the base fee"
    if batch.nonces is not None and (given := int(batch.nonces[row])) != nonce:
        side = "low" if given < nonce else "high"
        return f"nonce too {side}: {given}, the account has {nonce}"
    return None


def _told(batch: Batch, block: BlockEnvironment, sealed: Sealed) -> Sealed:
    """The same with how much of the block was left where it was full."""
    reasons = dict(sealed.reasons)
    for row in [row for row, reason in reasons.items() if reason == _FULL]:
        left = block.gas_limit - _used_before(row, sealed.receipts)
        reasons[row] = f"{_FULL}: gas limit {int(batch.gas_limits[row])}, left {left}"
    return replace(sealed, reasons=reasons)


def _used_before(row: int, receipts: dict[int, dict[str, Any]]) -> int:
    return sum(int(got["gasUsed"], 16) for place, got in receipts.items() if place < row)


def _why(
    batch: Batch, row: int, block: BlockEnvironment, receipts: dict[int, dict[str, Any]]
) -> str:
    """Why the node took a transaction and did not mine it."""
    gas_limit = int(batch.gas_limits[row])
    needed = max(intrinsic_gas(batch, row), floor_gas(batch, row))
    if gas_limit < needed:
        return f"gas limit below intrinsic gas: {gas_limit}, needs {needed}"
    if gas_limit > block.gas_limit - _used_before(row, receipts):
        return _FULL
    return "insufficient balance, or another reason for which the node did not mine it"


def _in_our_words(words: str) -> str:
    for pattern, ours in _WORDS:
        if pattern.search(words):
            return ours if ours == _FULL else f"{ours}: {clipped(words)}"
    return clipped(words)
