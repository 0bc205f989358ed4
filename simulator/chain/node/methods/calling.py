"""Methods that run a call and keep nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.chain.base import STATUS_REVERTED, Chain
from simulator.chain.node import calls
from simulator.chain.node.access import touched_by
from simulator.chain.node.execution import Call
from simulator.chain.node.methods.declared import (
    BLOCK,
    BLOCK_OVERRIDES,
    CALL,
    STATE_OVERRIDES,
    Method,
)
from simulator.chain.node.node import Node
from simulator.chain.node.overrides import overridden
from simulator.chain.node.requests import request
from simulator.chain.node.views import Json, access_list_json
from simulator.chain.node.wire import BlockReference, hex_data

Fields = Mapping[str, object]


def _wanted(node: Node, given: Fields, chain: Chain) -> Call:
    """The call that is described, by nobody if no sender is named."""
    wanted = calls.call_of(request("transaction", given, chain.chain_id), chain)
    if wanted.to is None:
        node.expect_creation(wanted.sender)
    return wanted


def call(
    node: Node, given: Fields, at: BlockReference, state: Fields | None, block: Fields | None
) -> str:
    chain = overridden(node.view(at).chain, state, block)
    return hex_data(calls.output(calls.run(chain, _wanted(node, given, chain))))


def estimate(
    node: Node, given: Fields, at: BlockReference, state: Fields | None, block: Fields | None
) -> str:
    """The least gas limit with which the transaction succeeds."""
    chain = overridden(node.view(at).chain, state, block)
    return hex(calls.least_gas(chain, _wanted(node, given, chain)))


def access_list(node: Node, given: Fields, at: BlockReference, state: Fields | None) -> Json:
    """Accounts and slots that the transaction touches, and its gas with them listed."""
    chain = overridden(node.view(at).chain, state, None)
    listed, outcome = touched_by(chain, _wanted(node, given, chain), node.block_hash)
    answer: Json = {"accessList": access_list_json(listed), "gasUsed": hex(outcome.gas_used)}
    if not outcome.succeeded:
        reverted = outcome.status == STATUS_REVERTED
        answer["error"] = "execution reverted" if reverted else outcome.reason
    return answer


METHODS: Final = {
    "eth_call": Method(call, (CALL, BLOCK, STATE_OVERRIDES, BLOCK_OVERRIDES)),
    "eth_estimateGas": Method(estimate, (CALL, BLOCK, STATE_OVERRIDES, BLOCK_OVERRIDES)),
    "eth_createAccessList": Method(access_list, (CALL, BLOCK, STATE_OVERRIDES)),
}
