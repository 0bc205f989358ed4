"""A call tree as text for people.

call Perp.trade(market=0, size=-5) {0.5 ether} [57,554 gas] → revert: stale price
  staticcall Feed.price(market=0) [2,310 gas] → revert: stale price
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.chain.abi.values import arguments_text, bytes_text, call_text
from simulator.chain.columns import STATUS_REVERTED, Trace
from simulator.chain.traces.frames import Frame, call_tree
from simulator.chain.traces.names import Names

WEI_PER_ETHER = 10**18
_LEAST_ETHER_WEI = 10**12
"""Smaller amounts read better in wei."""

_NOTHING_KNOWN = Names()


@dataclass(frozen=True, slots=True)
class CallWords:
    """One call in words: whom (`Perp.trade(...)`), and how it ended (empty if there is nothing)."""

    call: str
    outcome: str


def trace_text(trace: Trace, transaction: int, names: Names | None = None) -> str:
    """The calls of one transaction, a line each, inner ones indented below the outer.

    Gas is that of the frame. ChainError if the transaction left no trace.
    """
    return tree_text(call_tree(trace, transaction), names)


def tree_text(root: Frame, names: Names | None = None) -> str:
    """A frame and all below it, a line each."""
    return "\n".join(_line(frame, names or _NOTHING_KNOWN, root.depth) for frame in root.walk())


def describe(frame: Frame, names: Names | None = None) -> CallWords:
    """A call with function, arguments, return values, revert reason as far as they are known."""
    names = names or _NOTHING_KNOWN
    outcome = _outcome(frame, names)
    if frame.creates:
        place = names.label(frame.target) if frame.succeeded else "contract"
        return CallWords(f"{place} ({len(frame.input):,} bytes of initcode)", outcome)
    target = names.label(frame.target)
    function = names.function(frame.target, frame.input)
    if function:
        return CallWords(
            f"{target}.{call_text(function, frame.input, names.label_of_text)}", outcome
        )
    data = f" {bytes_text(frame.input)}" if frame.input else ""
    return CallWords(f"{target}{data}", outcome)


def wei_text(value: int) -> str:
    """Exactly, in ether or, if it is very little, in wei."""
    if value < _LEAST_ETHER_WEI:
        return f"{value} wei"
    whole, part = divmod(value, WEI_PER_ETHER)
    decimals = f".{part:018}".rstrip("0") if part else ""
    return f"{whole}{decimals} ether"


def _line(frame: Frame, names: Names, depth: int) -> str:
    words = describe(frame, names)
    # A delegatecall shows its caller's value again, without moving any.
    value = f" {{{wei_text(frame.value)}}}" if frame.value and frame.kind != "delegatecall" else ""
    outcome = f" → {words.outcome}" if words.outcome else ""
    indent = "  " * (frame.depth - depth)
    return f"{indent}{frame.kind} {words.call}{value} [{frame.gas_used:,} gas]{outcome}"


def _outcome(frame: Frame, names: Names) -> str:
    if frame.status == STATUS_REVERTED:
        return f"revert: {names.reason(frame.target, frame.output)}"
    if not frame.succeeded:
        return f"halt: {frame.reason or 'unknown reason'}"
    if frame.creates:
        return f"0x{frame.target.hex()}"
    function = names.function(frame.target, frame.input)
    if function and function.outputs is not None:
        values = arguments_text(function.outputs, frame.output, names.label_of_text)
        if values is not None:
            return values
    return bytes_text(frame.output) if frame.output else ""
