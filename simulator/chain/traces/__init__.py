"""Calls within transactions as trees: with names and arguments, as text, as geth's callTracer."""

from simulator.chain.traces.frames import Frame, call_tree
from simulator.chain.traces.geth import call_tracer

__all__ = ["Frame", "call_tracer", "call_tree"]
