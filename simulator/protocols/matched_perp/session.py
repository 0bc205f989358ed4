"""One exchange driven call by call: for set-up scripts, reproducers and tests.

The engine's loop packs batches and reads a mirror; here every call is a transaction of its own and
every number comes from a getter.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_hash.auto import keccak

from simulator.chain.abi import address_word, int_at, selector, uint_at, uint_word
from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.reverts import revert_reason
from simulator.errors import RevertError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import NAME, Deployment, Roles, deploy, endow
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.types import Address
from simulator.units import TOKEN

START = 1_600_000_000
BLOCK_SECONDS = 12
WALLET = 10_000_000 * TOKEN
"""Tokens that every named actor is given."""


@dataclass(frozen=True, slots=True)
class PositionState:
    """As stored: size and cost in 1e-18, checkpoint in 1e-18 quote per unit."""

    size: int
    cost: int
    checkpoint: int


@dataclass(frozen=True, slots=True)
class MarketBooks:
    """As stored."""

    open_interest: int
    funding_index: int
    loss_long: int
    loss_short: int
    accrued_at: int


def address_of(name: str) -> Address:
    """A fixed address for a name."""
    return bytes(keccak(name.encode())[:20])


class Session:
    """Actors are names; each is endowed with tokens when it is first used in `fund`."""

    def __init__(
        self,
        chain: Chain,
        parameters: Parameters,
        markets: tuple[tuple[str, int], ...] = (("ETH", 200 * 10**18),),
        contract: str = NAME,
    ) -> None:
        chain.set_block(BlockEnvironment(number=1, timestamp=START))
        roles = Roles(address_of("owner"), address_of("oracle keeper"), address_of("adl keeper"))
        self.chain = chain
        self.deployment: Deployment = deploy(chain, parameters, markets, roles, contract)

    def fund(self, *names: str) -> None:
        """Give actors tokens and let the exchange take them."""
        addresses = [address_of(name) for name in names]
        endow(self.chain, self.deployment, addresses, [WALLET] * len(addresses))

    def wait(self, seconds: int = BLOCK_SECONDS) -> None:
        """Start a new block."""
        block = self.chain.block
        self.chain.set_block(
            BlockEnvironment(number=block.number + 1, timestamp=block.timestamp + seconds)
        )

    def perp(self, name: str, data: bytes) -> bytes:
        """A transaction to the exchange; RevertError if it reverts."""
        return self.chain.transact(address_of(name), self.deployment.perp, data)

    def feed(self, data: bytes, name: str = "oracle keeper") -> bytes:
        """A transaction to the price feed."""
        return self.chain.transact(address_of(name), self.deployment.feed, data)

    def price(self, index: int, market: int = 0, basis: int = 0) -> None:
        """Write a price (1e-18)."""
        self.feed(encode.update_price(market, index, basis))

    def refusal(self, name: str, data: bytes, target: Address | None = None) -> str | None:
        """The reason for which a transaction would revert now, None if it would not."""
        try:
            self.chain.call(target or self.deployment.perp, data, address_of(name))
        except RevertError as error:
            return revert_reason(error.data)
        return None

    def margin(self, name: str) -> int:
        """Stored margin, 1e-18."""
        return int_at(self._read("margin(address)", address_word(address_of(name))), 0)

    def held(self, name: str) -> int:
        """Bit m: there is a position in market m."""
        return uint_at(self._read("held(address)", address_word(address_of(name))), 0)

    def position(self, name: str, market: int = 0) -> PositionState:
        key = address_word(address_of(name)) + uint_word(market)
        data = self._read("positions(address,uint256)", key)
        return PositionState(int_at(data, 0), int_at(data, 1), int_at(data, 2))

    def books(self, market: int = 0) -> MarketBooks:
        data = self._read("markets(uint256)", uint_word(market))
        return MarketBooks(*(int_at(data, word) for word in range(5)))

    def insurance(self) -> int:
        return uint_at(self._read("insurance()"), 0)

    def deficit(self) -> int:
        return uint_at(self._read("deficit()"), 0)

    def wallet(self, name: str) -> int:
        """Tokens (1e-6) of an actor."""
        key = selector("balanceOf(address)") + address_word(address_of(name))
        return uint_at(self.chain.call(self.deployment.token, key), 0)

    def custody(self) -> int:
        """Tokens (1e-6) of the exchange."""
        key = selector("balanceOf(address)") + address_word(self.deployment.perp)
        return uint_at(self.chain.call(self.deployment.token, key), 0)

    def _read(self, signature: str, arguments: bytes = b"") -> bytes:
        return self.chain.call(self.deployment.perp, selector(signature) + arguments)
