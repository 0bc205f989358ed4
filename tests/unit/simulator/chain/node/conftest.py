"""Nodes of ours on both engines, asked as a client asks them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.chain import select
from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.node import Endpoint, Node, NodeOptions, RpcError
from simulator.chain.node.worlds import open_world

ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
NOBODY = "0x00000000000000000000000000000000000dead0"
FIRST_SECOND = 1_700_000_000
CHAIN_ID = 31337
GWEI = 10**9

COUNTER = "0x60005460010180600055600052600160206000a160206000f3"
"""Adds one to slot 0, logs the number under topic 1 and returns it."""

REVERTER = "0x366000600037366000fd"
"""Reverts with its calldata."""

CALLER = "0x600060006000600060006000355af160005260206000f3"
"""Calls the address in its calldata with all gas; returns whether that succeeded."""

READER = "0x60055460005260206000f3"
"""Returns slot 5."""


class Client:
    """Asks a node; `.node` is what lies behind."""

    def __init__(self, chain: Chain, options: NodeOptions | None = None) -> None:
        self.endpoint = Endpoint(Node(chain, options))
        self.node = self.endpoint.node
        self.chain = chain

    def __call__(self, method: str, *parameters: Any) -> Any:
        return self.endpoint.call(method, list(parameters))

    def refusal(self, method: str, *parameters: Any) -> RpcError:
        """The error that must come."""
        with pytest.raises(RpcError) as caught:
            self(method, *parameters)
        return caught.value

    def number(self, method: str, *parameters: Any) -> int:
        return int(self(method, *parameters), 16)

    def send(self, **fields: Any) -> str:
        """Send from Alice unless said otherwise; the hash."""
        sent: str = self("eth_sendTransaction", {"from": ALICE} | named(fields))
        return sent

    def mined(self, **fields: Any) -> dict[str, Any]:
        """Send; the receipt."""
        receipt: dict[str, Any] = self("eth_getTransactionReceipt", self.send(**fields))
        return receipt

    def head(self) -> dict[str, Any]:
        block: dict[str, Any] = self("eth_getBlockByNumber", "latest", False)
        return block

    def place(self, code: str, address: str = "0x" + "c0" * 20) -> str:
        """Put code at an address."""
        self("anvil_setCode", address, code)
        return address


def named(fields: dict[str, Any]) -> dict[str, Any]:
    """`sender` is a Python name for `from`; numbers become quantities."""
    renamed = {("from" if key == "sender" else key): value for key, value in fields.items()}
    return {key: hex(v) if isinstance(v, int) else v for key, v in renamed.items()}


def world_on(engine: str, hardfork: str = "prague", **block: Any) -> Chain:
    first = {"number": 0, "timestamp": FIRST_SECOND, "base_fee": GWEI}
    return open_world(engine, hardfork, CHAIN_ID, BlockEnvironment(**(first | block)))


def skip_without(engine: str) -> None:
    if engine == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")


@pytest.fixture(params=["revm", "pyevm"])
def engine(request: pytest.FixtureRequest) -> str:
    skip_without(request.param)
    name: str = request.param
    return name


@pytest.fixture
def client(engine: str) -> Client:
    return Client(world_on(engine))


@pytest.fixture
def quick_engine() -> str:
    """One engine, where the test is about the node alone."""
    return "revm" if select.engine_is_installed() else "pyevm"


@pytest.fixture
def any_client(quick_engine: str) -> Client:
    return Client(world_on(quick_engine))


def word(number: int) -> str:
    return f"0x{number:064x}"
