"""A world as a node: JSON-RPC for whatever already speaks it.

`provider_of(chain)` for web3.py in this process; `Endpoint` and `serve` (in `server`) over HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.chain.node.endpoint import Endpoint
from simulator.chain.node.faults import RpcError
from simulator.chain.node.node import Node
from simulator.chain.node.options import NodeOptions, Origin

if TYPE_CHECKING:
    from simulator.chain.base import Chain
    from simulator.chain.node.provider import WorldProvider

__all__ = ["Endpoint", "Node", "NodeOptions", "Origin", "RpcError", "provider_of"]


def provider_of(chain: Chain, options: NodeOptions | None = None) -> WorldProvider:
    """A web3.py provider on this world. Imports web3, which takes a second.

    Ten development accounts (those of anvil) that have neither balance nor nonce get 10,000 ether
    each, unless the options say otherwise.
    """
    from simulator.chain.node.provider import WorldProvider

    return WorldProvider(chain, options)
