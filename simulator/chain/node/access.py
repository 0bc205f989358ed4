"""Which accounts and slots a call touches: it runs on a fork of the world that notes every miss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from simulator.chain.base import STATUS_NOT_INCLUDED, Chain
from simulator.chain.columns import CALL_KINDS
from simulator.chain.node.calls import DEADLINE_SECONDS
from simulator.chain.node.execution import Call, Outcome, batch_of_call, outcome_of, rows
from simulator.chain.node.faults import SERVER_ERROR, RpcError
from simulator.chain.node.transactions import AccessList
from simulator.chain.node.worlds import open_world
from simulator.types import Address

HashOf = Callable[[int], bytes]

PRECOMPILES: Final = 0x200
"""Addresses below are always warm, or stand for contracts that the protocol has set aside."""

MOST_ROUNDS: Final = 8

_CREATIONS: Final = [CALL_KINDS.index("create"), CALL_KINDS.index("create2")]


class NotingSource:
    """Answers from a chain, and notes what was asked for."""

    def __init__(self, chain: Chain, hash_of: HashOf) -> None:
        self._chain = chain
        self._hash_of = hash_of
        self.accounts: set[Address] = set()
        self.slots: dict[Address, set[bytes]] = {}

    def forget(self) -> None:
        """Start anew: a new world asks for what its block's system calls touch."""
        self.accounts.clear()
        self.slots.clear()

    def account(self, address: Address) -> tuple[bytes, int, bytes] | None:
        self.accounts.add(address)
        balance, nonce = self._chain.balance(address), self._chain.nonce(address)
        code = self._chain.code(address)
        if not (balance or nonce or code):
            return None
        return balance.to_bytes(32, "big"), nonce, code

    def slot(self, address: Address, slot: bytes) -> bytes:
        self.slots.setdefault(address, set()).add(slot)
        return self._chain.storage(address, rows([slot], 32)).astype("<u8").tobytes()[::-1]

    def block_hash(self, number: int) -> bytes:
        return self._hash_of(number)


def touched_by(chain: Chain, call: Call, hash_of: HashOf) -> tuple[AccessList, Outcome]:
    """The access list of a call, and what the call does with it.

    Accounts that are warm anyway (sender, target, coinbase, precompiles, created ones) are listed
    only with slots. RpcError if the call cannot run.
    """
    listed: AccessList = call.access_list
    for _ in range(MOST_ROUNDS):  # gas, and with it the way, may depend on what is listed
        source = NotingSource(chain, hash_of)
        created, outcome = _run(chain, replace(call, access_list=listed), source)
        found = _listed(source, {call.sender, call.to, chain.block.coinbase}, created)
        if found == listed:
            break
        listed = found
    return listed, outcome


def _run(chain: Chain, call: Call, source: NotingSource) -> tuple[set[Address], Outcome]:
    block = replace(chain.block, base_fee=0)
    world = open_world(
        chain.name, chain.hardfork, chain.chain_id, block, source, limit_code_size=False
    )
    source.forget()
    batch = batch_of_call(replace(call, gas_price=0))
    receipts = world.execute(batch, trace=True, deadline_seconds=DEADLINE_SECONDS)
    outcome = outcome_of(receipts)
    if outcome.status == STATUS_NOT_INCLUDED:
        raise RpcError(SERVER_ERROR, outcome.reason)
    trace = receipts.trace
    created: set[Address] = set()
    if trace is not None:
        for row in range(len(trace.kind)):
            if int(trace.kind[row]) in _CREATIONS:
                created.add(trace.target[row].tobytes())
    return created, outcome


def _listed(source: NotingSource, warm: set[Address | None], created: set[Address]) -> AccessList:
    entries = []
    for address in sorted(source.accounts | set(source.slots)):
        slots = tuple(sorted(source.slots.get(address, ())))
        is_warm = address in warm or int.from_bytes(address, "big") < PRECOMPILES
        if address not in created and (slots or not is_warm):
            entries.append((address, slots))
    return tuple(entries)
