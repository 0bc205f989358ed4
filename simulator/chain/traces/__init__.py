"""Calls within transactions as trees: with names and arguments, as text, as geth's callTracer."""

from simulator.chain.traces.frames import Frame, call_tree
from simulator.chain.traces.geth import call_tracer
from simulator.chain.traces.names import Names
from simulator.chain.traces.text import CallWords, describe, trace_text, tree_text, wei_text

__all__ = [
    "CallWords",
    "Frame",
    "Names",
    "call_tracer",
    "call_tree",
    "describe",
    "trace_text",
    "tree_text",
    "wei_text",
]
