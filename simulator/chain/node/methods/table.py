"""All methods by name."""

from __future__ import annotations

from typing import Final

from simulator.chain.node.methods import (
    blocks,
    calling,
    control,
    debug,
    general,
    logs,
    sending,
    state,
)
from simulator.chain.node.methods.declared import Method, Parameter

__all__ = ["METHODS", "Method", "Parameter"]

METHODS: Final[dict[str, Method]] = {
    **general.METHODS,
    **blocks.METHODS,
    **state.METHODS,
    **calling.METHODS,
    **sending.METHODS,
    **logs.METHODS,
    **debug.METHODS,
    **control.METHODS,
}
