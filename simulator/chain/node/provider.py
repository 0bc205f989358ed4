"""A web3.py provider on a world in this process: no server, no JSON in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from simulator.chain.base import Chain
from simulator.chain.node.endpoint import Endpoint
from simulator.chain.node.faults import RpcError
from simulator.chain.node.node import Node
from simulator.chain.node.options import NodeOptions


class WorldProvider(JSONBaseProvider):
    """`Web3(WorldProvider(chain))`, for web3 7 and 8. See `NodeOptions` for the keywords.

    The chain stays the caller's: what happens to it on either side is seen on the other. Use it
    from one thread at a time, or from several through this provider only.
    """

    def __init__(self, chain: Chain, options: NodeOptions | None = None) -> None:
        super().__init__()
        self.endpoint = Endpoint(Node(chain, options))

    @property
    def node(self) -> Node:
        return self.endpoint.node

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Always."""
        return True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": next(self.request_counter)}
        try:
            answer["result"] = self.endpoint.call(method, [_plain(item) for item in params or ()])
        except RpcError as error:
            answer["error"] = error.to_json()
        return cast(RPCResponse, answer)

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        return [self.make_request(method, parameters) for method, parameters in requests]


def _plain(value: object) -> object:
    """What JSON would have made of it: bytes as hex, mappings as objects."""
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
