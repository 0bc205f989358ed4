"""From a client's request to a transaction that the node takes."""

from __future__ import annotations

from dataclasses import replace

from simulator.chain.node.calls import INSUFFICIENT_FUNDS, call_of, least_gas
from simulator.chain.node.faults import (
    EXECUTION_REVERTED,
    INVALID_PARAMS,
    SERVER_ERROR,
    TRANSACTION_REJECTED,
    RpcError,
)
from simulator.chain.node.hardforks import has, intrinsic_gas, most_gas
from simulator.chain.node.node import Node
from simulator.chain.node.requests import SUGGESTED_TIP_WEI, Request, check_fees
from simulator.chain.node.transactions import WITH_DYNAMIC_FEE, Transaction
from simulator.types import Address


def sender_of(node: Node, request: Request) -> Address:
    """Who sends: the one named, else the first development account."""
    if request.sender is not None:
        return request.sender
    if node.signers.addresses:
        return node.signers.addresses[0]
    raise RpcError(INVALID_PARAMS, "transaction.from is missing")


def signed(node: Node, request: Request) -> Transaction:
    """The transaction, filled in and signed, or impersonated where that was allowed."""
    sender = sender_of(node, request)
    unsigned = filled(node, request, sender)
    if sender in node.signers:
        return node.signers.sign(unsigned, sender)
    if node.impersonates_all or sender in node.impersonated:
        return unsigned.impersonated(sender)
    return node.signers.sign(unsigned, sender)  # says that there is no such signer


def filled(node: Node, request: Request, sender: Address) -> Transaction:
    """The unsigned transaction with nonce, gas and fees where the client left them out."""
    kind = request.kind()
    if kind == WITH_DYNAMIC_FEE:
        max_fee, tip = _dynamic_fees(node, request)
    else:
        price = node.next_base_fee() + SUGGESTED_TIP_WEI
        max_fee = tip = price if request.gas_price is None else request.gas_price
    return Transaction(
        type=kind,
        chain_id=node.chain.chain_id,
        nonce=node.next_nonce(sender) if request.nonce is None else request.nonce,
        gas_limit=_gas(node, request, sender) if request.gas is None else request.gas,
        max_fee=max_fee,
        priority_fee=tip,
        to=request.to,
        value=request.value,
        data=request.data,
        access_list=request.access_list or (),
    )


def _dynamic_fees(node: Node, request: Request) -> tuple[int, int]:
    base_fee = node.next_base_fee()
    tip = request.priority_fee
    if request.max_fee is not None:
        return request.max_fee, min(SUGGESTED_TIP_WEI, request.max_fee) if tip is None else tip
    tip = SUGGESTED_TIP_WEI if tip is None else tip
    return base_fee + tip, tip


def _gas(node: Node, request: Request, sender: Address) -> int:
    """An estimate on the state after the waiting transactions; a block's gas if it reverts, so
    that the transaction is mined as a failed one and can be looked at."""
    chain = node.pending().chain if len(node.pool) else node.chain
    if request.to is None:
        node.expect_creation(sender)
    try:
        return least_gas(chain, call_of(replace(request, sender=sender), chain))
    except RpcError as error:
        if error.code in (EXECUTION_REVERTED, SERVER_ERROR):
            return most_gas(chain.hardfork, chain.block.gas_limit)
        raise


def check(node: Node, transaction: Transaction) -> None:
    """RpcError for what can never, or not now, be part of a block."""
    chain = node.chain
    check_fees(transaction.max_fee, transaction.priority_fee)
    if transaction.nonce < chain.nonce(transaction.sender):
        raise RpcError(
            TRANSACTION_REJECTED,
            f"nonce too low: next nonce {chain.nonce(transaction.sender)}, "
            f"tx nonce {transaction.nonce}",
        )
    _check_gas(node, transaction)
    if node.mines_at_once and transaction.max_fee < node.next_base_fee():
        raise RpcError(
            TRANSACTION_REJECTED,
            f"max fee per gas less than block base fee: {transaction.max_fee} < "
            f"{node.next_base_fee()}",
        )
    if transaction.most_wei > chain.balance(transaction.sender):
        raise RpcError(
            TRANSACTION_REJECTED,
            f"{INSUFFICIENT_FUNDS}: have {chain.balance(transaction.sender)}, "
            f"want {transaction.most_wei}",
        )


def _check_gas(node: Node, transaction: Transaction) -> None:
    hardfork, block = node.chain.hardfork, node.chain.block
    slots = sum(len(slots) for _, slots in transaction.access_list)
    least = intrinsic_gas(
        hardfork, transaction.data, transaction.to is None, len(transaction.access_list), slots
    )
    if transaction.gas_limit < least:
        raise RpcError(
            SERVER_ERROR, f"intrinsic gas too low: have {transaction.gas_limit}, want {least}"
        )
    if transaction.gas_limit > block.gas_limit:
        raise RpcError(SERVER_ERROR, f"exceeds block gas limit: {block.gas_limit}")
    if has(hardfork, "osaka") and transaction.gas_limit > most_gas(hardfork, block.gas_limit):
        cap = most_gas(hardfork, block.gas_limit)
        raise RpcError(SERVER_ERROR, f"exceeds the gas of a transaction (EIP-7825): {cap}")
