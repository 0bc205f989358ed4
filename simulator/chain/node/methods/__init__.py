"""What the node answers: every method with its parameters, read before it runs."""

from simulator.chain.node.methods.table import METHODS, Method, Parameter

__all__ = ["METHODS", "Method", "Parameter"]
