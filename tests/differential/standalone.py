"""One contract on a chain of its own, driven by name: for comparisons with its integer model."""

from __future__ import annotations

from typing import Any

from simulator.chain import open_chain
from simulator.chain.artifacts import compile_contract, decode_result, deploy, encode_call
from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.reverts import revert_reason
from simulator.errors import RevertError
from simulator.protocols.matched_perp.session import address_of
from simulator.types import Address

START = 1_600_000_000
OWNER = address_of("owner")


class Refusal(str):
    """The reason of a call that reverted."""


class Contract:
    """A deployed contract; calls give the decoded result, or the Refusal."""

    def __init__(self, chain: Chain, source: str, *arguments: object) -> None:
        self.chain = chain
        self.artifact = compile_contract(source)
        self.address: Address = deploy(chain, self.artifact, OWNER, *arguments)

    def read(self, function: str, *arguments: object) -> Any:
        data = encode_call(self.artifact, function, *arguments)
        try:
            answer = self.chain.call(self.address, data)
        except RevertError as error:
            return Refusal(revert_reason(error.data))
        return self._decoded(function, answer)

    def send(self, function: str, *arguments: object, sender: Address = OWNER) -> Any:
        data = encode_call(self.artifact, function, *arguments)
        try:
            answer = self.chain.transact(sender, self.address, data)
        except RevertError as error:
            return Refusal(revert_reason(error.data))
        return self._decoded(function, answer)

    def _decoded(self, function: str, answer: bytes) -> Any:
        values = decode_result(self.artifact, function, answer)
        return values[0] if len(values) == 1 else values


def new_chain(timestamp: int = START) -> Chain:
    chain = open_chain("auto")
    chain.set_block(BlockEnvironment(number=1, timestamp=timestamp))
    return chain


def wait(chain: Chain, seconds: int) -> int:
    """A new block; its timestamp."""
    block = chain.block
    timestamp = block.timestamp + seconds
    chain.set_block(BlockEnvironment(number=block.number + 1, timestamp=timestamp))
    return timestamp
