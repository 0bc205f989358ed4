"""Methods that sign and send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.chain.node import wire
from simulator.chain.node.methods.declared import ADDRESS, CALL, Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.requests import request
from simulator.chain.node.sending import check, filled, sender_of, signed
from simulator.chain.node.transactions import Transaction, decoded
from simulator.chain.node.views import transaction_json
from simulator.chain.node.wire import hex_data
from simulator.types import Address

Fields = Mapping[str, object]

RAW: Final = Parameter("raw transaction", wire.data)


def send(node: Node, given: Fields) -> str:
    """Of a development account, or of one that is impersonated."""
    return _submit(node, signed(node, request("transaction", given, node.chain.chain_id)))


def send_raw(node: Node, raw: bytes) -> str:
    return _submit(node, decoded(raw, node.chain.chain_id))


def _submit(node: Node, transaction: Transaction) -> str:
    check(node, transaction)
    node.submit(transaction)
    return hex_data(transaction.hash)


def sign_transaction(node: Node, given: Fields) -> dict[str, Any]:
    """As geth answers: the raw transaction and the same as JSON."""
    wanted = request("transaction", given, node.chain.chain_id)
    sender = sender_of(node, wanted)
    done = node.signers.sign(filled(node, wanted, sender), sender)
    return {"raw": hex_data(done.encoded()), "tx": transaction_json(done)}


def sign(node: Node, address: Address, message: bytes) -> str:
    return hex_data(node.signers.sign_message(message, address))


METHODS: Final = {
    "eth_sendTransaction": Method(send, (CALL,)),
    "eth_sendRawTransaction": Method(send_raw, (RAW,)),
    "eth_signTransaction": Method(sign_transaction, (CALL,)),
    "eth_sign": Method(sign, (ADDRESS, Parameter("message", wire.data))),
    "personal_sign": Method(
        lambda node, message, address: sign(node, address, message),
        (Parameter("message", wire.data), ADDRESS),
    ),
}
