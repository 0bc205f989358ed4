"""What only a node for development can be told: its clock, its fees, its state.

Names differ between anvil and Hardhat; the first one that the node offers is used.
"""

from __future__ import annotations

from typing import Any

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.faults import NO_METHOD
from simulator.chain.rpc.node import Node
from simulator.chain.rpc.wire import bytes_in, number_in, reading, slot_text, text
from simulator.errors import ChainError, EndpointError
from simulator.types import Address

MOST_EMPTY_BLOCKS = 100_000
"""So many are mined to reach a block number; anvil takes a second or two for it."""

_HEADER_FIELDS = {"number": "number", "timestamp": "timestamp", "gas_limit": "gasLimit"}


def _either(name: str) -> tuple[str, str]:
    return f"anvil_{name}", f"hardhat_{name}"


class Controls:
    """The settings of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._impersonated: set[Address] | None = None

    def take_over(self) -> None:
        """No mining by itself, and every account may send; ChainError if the node cannot."""
        try:
            self._node.ask("evm_setAutomine", False)
        except EndpointError as error:
            if error.fault != NO_METHOD:
                raise
            raise ChainError(
                f"{self._node.name} does not mine on demand (evm_setAutomine): "
                "RpcChain needs a node for development, such as anvil"
            ) from None
        try:
            self._node.ask("anvil_autoImpersonateAccount", True)
        except EndpointError as error:
            if error.fault != NO_METHOD:
                raise
            self._impersonated = set()

    def hand_back(self) -> None:
        """Let the node mine by itself again."""
        self._node.ask("evm_setAutomine", True)

    def impersonate(self, sender: Address) -> None:
        """Let an account send without its key."""
        if self._impersonated is not None and sender not in self._impersonated:
            self._node.ask_any(_either("impersonateAccount"), text(sender))
            self._impersonated.add(sender)

    def head(self) -> dict[str, Any]:
        """The latest block, its transactions as hashes."""
        answer = self._node.ask("eth_getBlockByNumber", "latest", False)
        if not isinstance(answer, dict):
            raise ChainError(f"{self._node.name} has no latest block")
        return answer

    def enter(self, block: BlockEnvironment, head: dict[str, Any]) -> None:
        """Make the next block that is mined this one; ChainError for what cannot be set."""
        with reading(self._node.name, "block"):
            gas_limit, miner = number_in(head, "gasLimit"), bytes_in(head, "miner", 20)
        self._ask_for("block.timestamp", ("evm_setNextBlockTimestamp",), block.timestamp)
        if "baseFeePerGas" in head:
            self._ask_for(
                "block.base_fee", _either("setNextBlockBaseFeePerGas"), hex(block.base_fee)
            )
        if block.gas_limit != gas_limit:
            methods = ("evm_setBlockGasLimit", "anvil_setBlockGasLimit")
            self._ask_for("block.gas_limit", methods, hex(block.gas_limit))
        if block.coinbase != miner:
            self._ask_for("block.coinbase", _either("setCoinbase"), text(block.coinbase))
        if any(block.prevrandao):
            methods = ("hardhat_setPrevRandao", "anvil_setPrevRandao")
            self._ask_for("block.prevrandao", methods, text(block.prevrandao))

    def _ask_for(self, field: str, methods: tuple[str, ...], value: object) -> None:
        try:
            self._node.ask_any(methods, value)
        except EndpointError as error:
            raise ChainError(f"{field} = {value} is refused: {error}") from None
        except ChainError as error:
            raise ChainError(f"{field} = {value} cannot be set: {error}") from None

    def mine(self) -> None:
        """Mine one block."""
        self._node.ask("evm_mine")

    def mine_empty(self, count: int) -> None:
        """Mine blocks without transactions, at the time of the latest one."""
        if count > MOST_EMPTY_BLOCKS:
            raise ChainError(
                f"block.number lies {count:,} blocks ahead of the node; at most "
                f'{MOST_EMPTY_BLOCKS:,} are mined to reach it (see `numbers="shifted"`)'
            )
        self._node.ask_any(_either("mine"), hex(count), "0x0")

    def check_mined(self, block: BlockEnvironment, head: dict[str, Any]) -> None:
        """ChainError if the block that was mined is not the one that was asked for."""
        with reading(self._node.name, "block"):
            mined = {field: number_in(head, there) for field, there in _HEADER_FIELDS.items()}
            if "baseFeePerGas" in head:
                mined["base_fee"] = number_in(head, "baseFeePerGas")
            mined["coinbase"] = number_in(head, "miner")
        wanted = {field: getattr(block, field) for field in mined}
        wanted["coinbase"] = int.from_bytes(block.coinbase)
        for field, value in mined.items():
            if value != wanted[field]:
                raise ChainError(
                    f"{self._node.name} mined a block with {field} {value} instead of "
                    f"{wanted[field]}"
                )

    def drop(self, transaction_hash: str) -> None:
        """Forget a transaction that was not mined, so that no later block takes it."""
        self._node.ask_any(_either("dropTransaction"), transaction_hash)

    def snapshot(self) -> str:
        """The node's own name of its present state."""
        return str(self._node.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Back to a snapshot, which is used up; ChainError if the node does not know it."""
        if self._node.ask("evm_revert", snapshot) is not True:
            raise ChainError(f"{self._node.name} does not know its snapshot {snapshot}")

    def set_balance(self, address: Address, wei: int) -> None:
        self._node.ask_any(_either("setBalance"), text(address), hex(wei))

    def set_nonce(self, address: Address, nonce: int) -> None:
        self._node.ask_any(_either("setNonce"), text(address), hex(nonce))

    def set_code(self, address: Address, code: bytes) -> None:
        self._node.ask_any(_either("setCode"), text(address), text(code))

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        self._node.ask_any(
            _either("setStorageAt"), text(address), slot_text(slot), slot_text(value)
        )
