"""Calls that keep nothing: `eth_call`, the estimate of gas, and what a call touches."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from simulator.chain.base import (
    STATUS_NOT_INCLUDED,
    STATUS_REVERTED,
    ZERO_ADDRESS,
    Chain,
)
from simulator.chain.node.execution import Call, Outcome, batch_of_call, outcome_of
from simulator.chain.node.faults import (
    SERVER_ERROR,
    TRANSACTION_REJECTED,
    RpcError,
    reverted,
)
from simulator.chain.node.hardforks import most_gas
from simulator.chain.node.requests import Request

DEADLINE_SECONDS: Final = 30.0
"""Of one call. A block's gas is used up long before; this ends what a fork's source holds up."""

INSUFFICIENT_FUNDS: Final = "insufficient funds for gas * price + value"


def call_of(request: Request, chain: Chain) -> Call:
    """The call that a request describes, with at most the gas of a block."""
    most = most_gas(chain.hardfork, chain.block.gas_limit)
    return Call(
        sender=request.sender or ZERO_ADDRESS,
        to=request.to,
        data=request.data,
        value=request.value,
        gas_limit=most if request.gas is None else min(request.gas, most),
        gas_price=request.price(chain.block.base_fee),
        access_list=request.access_list or (),
    )


def run(chain: Chain, call: Call) -> Outcome:
    """What the call does on the state of the chain; RpcError if it cannot even start."""
    if call.value and chain.balance(call.sender) < call.value:
        raise RpcError(TRANSACTION_REJECTED, INSUFFICIENT_FUNDS)
    receipts = chain.call_many(batch_of_call(call), threads=1, deadline_seconds=DEADLINE_SECONDS)
    outcome = outcome_of(receipts)
    if outcome.status == STATUS_NOT_INCLUDED:
        raise RpcError(SERVER_ERROR, outcome.reason)
    return outcome


def output(outcome: Outcome) -> bytes:
    """Return data; RpcError as nodes give it if the call did not succeed."""
    if outcome.succeeded:
        return outcome.output
    if outcome.status == STATUS_REVERTED:
        raise reverted(outcome.output)
    raise RpcError(SERVER_ERROR, outcome.reason)


def least_gas(chain: Chain, call: Call) -> int:
    """The smallest gas limit with which the call succeeds; RpcError if there is none."""

    def succeeds(gas_limit: int) -> bool:
        try:
            return run(chain, replace(call, gas_limit=gas_limit)).succeeded
        except RpcError:  # less than the intrinsic gas
            return False

    first = run(chain, call)
    output(first)
    too_little, enough = first.gas_used - 1, call.gas_limit
    # Most calls need what they use, or a 64th and a stipend more: look there before in the middle.
    for guess in (first.gas_used, (first.gas_used + 2_300) * 64 // 63 + 1):
        if too_little < guess < enough:
            if succeeds(guess):
                enough = guess
                break
            too_little = guess
    while enough - too_little > 1:
        middle = (enough + too_little) // 2
        if succeeds(middle):
            enough = middle
        else:
            too_little = middle
    return enough
