"""The calls within a transaction, mined or not, as debug_trace* answers them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.chain.base import STATUS_NOT_INCLUDED, Chain, Receipts
from simulator.chain.node.blocks import Block
from simulator.chain.node.calls import DEADLINE_SECONDS
from simulator.chain.node.execution import Call, batch_of_call, batch_of_transaction, outcome_of
from simulator.chain.node.faults import SERVER_ERROR, RpcError
from simulator.chain.traces import call_tracer


def trace_mined(before: Chain, block: Block, index: int, only_top_call: bool) -> dict[str, Any]:
    """Replay a block's transactions on the state before it, up to the one that is traced."""
    world = before.clone()
    world.set_block(block.environment)
    for transaction in block.transactions[:index]:
        world.execute(batch_of_transaction(transaction))
    sent = block.transactions[index]
    receipts = world.execute(batch_of_transaction(sent), trace=True)
    return _answer(receipts, sent.gas_limit, only_top_call)


def trace_call(chain: Chain, call: Call, only_top_call: bool) -> dict[str, Any]:
    """Run a call on a copy of the world, free of charge: the base fee is zero for it."""
    world = chain.clone()
    world.set_block(replace(world.block, base_fee=0))
    batch = batch_of_call(replace(call, gas_price=0))
    receipts = world.execute(batch, trace=True, deadline_seconds=DEADLINE_SECONDS)
    return _answer(receipts, call.gas_limit, only_top_call)


def _answer(receipts: Receipts, gas_limit: int, only_top_call: bool) -> dict[str, Any]:
    outcome = outcome_of(receipts)
    if outcome.status == STATUS_NOT_INCLUDED or receipts.trace is None:
        raise RpcError(SERVER_ERROR, outcome.reason)
    return call_tracer(
        receipts.trace,
        0,
        gas_limit=gas_limit,
        gas_used=outcome.gas_used,
        only_top_call=only_top_call,
    )
