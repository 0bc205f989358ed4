"""debug_traceTransaction and debug_traceCall, with the tracer callTracer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.chain.node import tracing, wire
from simulator.chain.node.calls import call_of
from simulator.chain.node.faults import SERVER_ERROR, RpcError, invalid
from simulator.chain.node.methods.declared import BLOCK, CALL, HASH, Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.overrides import overridden
from simulator.chain.node.requests import request
from simulator.chain.node.wire import BlockReference

Fields = Mapping[str, object]

OPTIONS: Final = Parameter("options", wire.mapping, {})
_KNOWN_OPTIONS: Final = (
    "tracer", "tracerConfig", "timeout", "reexec", "stateOverrides", "blockOverrides",
)  # fmt: skip


def _only_top_call(options: Fields) -> bool:
    """Whether the tracer shall stop at the outermost call; RpcError for another tracer."""
    wire.only_fields("options", options, _KNOWN_OPTIONS)
    tracer = options.get("tracer")
    if tracer != "callTracer":
        raise invalid("options.tracer", tracer, "only callTracer is supported")
    config = wire.mapping("options.tracerConfig", options.get("tracerConfig") or {})
    wire.only_fields("options.tracerConfig", config, ("onlyTopCall", "withLog"))
    if config.get("withLog"):
        raise invalid("options.tracerConfig.withLog", True, "traces carry no logs")
    return wire.boolean("options.tracerConfig.onlyTopCall", config.get("onlyTopCall", False))


def trace_transaction(node: Node, hash_: bytes, options: Fields) -> dict[str, Any]:
    only_top_call = _only_top_call(options)
    place = node.ledger.place(hash_)
    if place is None:
        raise RpcError(SERVER_ERROR, "transaction not found")
    block, index = place
    return tracing.trace_mined(node.state_before(block.number), block, index, only_top_call)


def trace_call(node: Node, given: Fields, at: BlockReference, options: Fields) -> dict[str, Any]:
    only_top_call = _only_top_call(options)
    chain = overridden(
        node.view(at).chain, options.get("stateOverrides"), options.get("blockOverrides")
    )
    wanted = call_of(request("transaction", given, chain.chain_id), chain)
    return tracing.trace_call(chain, wanted, only_top_call)


METHODS: Final = {
    "debug_traceTransaction": Method(trace_transaction, (HASH, OPTIONS)),
    "debug_traceCall": Method(trace_call, (CALL, BLOCK, OPTIONS)),
}
