"""A world that stands on the state of a real chain at one block, live or from a capsule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from eth_hash.auto import keccak

from simulator.chain.base import ZERO_ADDRESS, BlockEnvironment, Chain
from simulator.chain.checks import check_address, check_number
from simulator.chain.fork.capsule import Capsule, Verification
from simulator.chain.fork.capsule_file import write_capsule
from simulator.chain.fork.source import CapsuleSource
from simulator.errors import InputError
from simulator.types import Address

if TYPE_CHECKING:
    from simulator.chain.fork.upstream_source import UpstreamSource
    from simulator.chain.node.provider import WorldProvider


class Deployable(Protocol):
    """What `ForkedWorld.deploy` takes beside plain bytes, such as a compiled contract."""

    @property
    def bytecode(self) -> bytes: ...


class ForkedWorld:
    """A chain on a real chain's state, with what a script needs around it.

    The first block is the fork's own: views answer what the node's eth_call at that block answers.
    Anybody can send: neither signatures nor code at the sender are looked at. What a script reads
    of the real chain is in `capsule()`; what it changes is not.

    Addresses are 20 raw bytes or text with 0x. As a context it saves at the end, come what may.
    """

    def __init__(
        self,
        chain: Chain,
        source: UpstreamSource | CapsuleSource,
        capsule: Capsule,
        path: Path | None,
        warnings: list[str],
    ) -> None:
        self.chain = chain
        self.source = source
        self.warnings = warnings
        self.path = path
        self._capsule = capsule

    @property
    def block_number(self) -> int:
        """Number of the block from which the world was forked."""
        return self._capsule.block.number

    @property
    def verification(self) -> Verification:
        return self._capsule.verification

    def capsule(self) -> Capsule:
        """What is known of the real chain so far."""
        return self._capsule

    def save(self, path: str | Path | None = None) -> Path:
        """Write the capsule, to where it was opened if no path is given; CapsuleError if not."""
        target = Path(path) if path is not None else self.path
        if target is None:
            raise InputError("capsule", None, "give a path: the world was opened without one")
        write_capsule(self._capsule, target)
        return target

    def close(self) -> None:
        """Close the connections, without saving."""
        if not isinstance(self.source, CapsuleSource):
            self.source.close()

    def __enter__(self) -> ForkedWorld:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.path is not None and not isinstance(self.source, CapsuleSource):
                self.save()
        finally:
            self.close()

    # --- what a script does ----------------------------------------------------------------------

    def call(
        self,
        target: str | Address,
        function: str,
        *arguments: Any,
        sender: str | Address = ZERO_ADDRESS,
    ) -> Any:
        """Read-only call of `balanceOf(address)(uint256)`: one value, a tuple, or raw bytes.

        Without return types in the signature the return data comes as it is. RevertError if it
        reverts.
        """
        from simulator.chain.fork.calls import decode_output, encode_call

        data = encode_call(function, arguments)
        output = self.chain.call(address_of(target), data, address_of(sender))
        return decode_output(function, output)

    def send(
        self,
        sender: str | Address,
        target: str | Address,
        function: str,
        *arguments: Any,
        value: int = 0,
    ) -> Any:
        """One transaction; what it returns, as in `call`. RevertError if it reverts."""
        from simulator.chain.fork.calls import decode_output, encode_call

        data = encode_call(function, arguments)
        output = self.chain.transact(address_of(sender), address_of(target), data, value)
        return decode_output(function, output)

    def deploy(
        self, contract: bytes | Deployable, arguments: bytes = b"", sender: str | Address = b""
    ) -> Address:
        """Create a contract from creation code (or an artifact) and encoded arguments.

        Without a sender it comes from an account of the world's own.
        """
        creator = address_of(sender) if sender else self.new_account("deployer")
        code = contract if isinstance(contract, bytes) else contract.bytecode
        self.expect_creation(creator, created_address(creator, self.chain.nonce(creator)))
        return self.chain.deploy(code + arguments, creator)

    def new_account(self, name: str, wei: int = 0) -> Address:
        """An account that the real chain cannot have, since its address is a hash of the name.

        It is known to be absent, also offline, so that a script may change its cast.
        """
        address = bytes(keccak(f"underwater: an account of a fork: {name}".encode())[12:])
        self.source.make_up(address)
        if wei:
            self.chain.set_balance(address, self.chain.balance(address) + wei)
        return address

    def impersonate(self, address: str | Address, wei: int | None = None) -> Address:
        """The 20 bytes of an account of the real chain, to be used as a sender; `wei` to hold."""
        raw = address_of(address)
        if wei is not None:
            self.chain.set_balance(raw, wei)
        return raw

    def next_block(self, seconds: int = 12) -> BlockEnvironment:
        """Move the clock on by one block; fee, gas limit and coinbase stay as they are."""
        check_number("seconds", seconds)
        before = self.chain.block
        number = before.number + 1
        block = BlockEnvironment(
            number=number,
            timestamp=before.timestamp + seconds,
            base_fee=before.base_fee,
            gas_limit=before.gas_limit,
            coinbase=before.coinbase,
            prevrandao=bytes(keccak(before.prevrandao + number.to_bytes(32, "big"))),
            parent_hash=self._capsule.block_hash or None
            if number == self.block_number + 1
            else None,
        )
        self.chain.set_block(block)
        return block

    def prefetch(self, address: str | Address, slots: Sequence[bytes | int]) -> int:
        """Load slots of one account in few requests; how many were new. From a capsule: none."""
        words = [slot.to_bytes(32, "big") if isinstance(slot, int) else slot for slot in slots]
        if isinstance(self.source, CapsuleSource):
            return 0
        return self.source.prefetch(address_of(address), words)

    def provider(self) -> WorldProvider:
        """A web3.py provider of this world, on which every account may send.

        It has no development accounts: use those of `new_account`, or of the real chain.
        """
        from simulator.chain.node import Endpoint, Node, NodeOptions, Origin
        from simulator.chain.node.provider import WorldProvider

        options = NodeOptions(accounts=0)
        capsule = self._capsule
        node = Node(self.chain, options, Origin(capsule.block_hash, capsule.header))
        node.impersonates_all = True
        node.before_creation = self.expect_creation
        provider = WorldProvider(self.chain, options)
        provider.endpoint = Endpoint(node)
        return provider

    def expect_creation(self, creator: Address, created: Address) -> None:
        """Take a contract's place as empty without asking if its creator is made up."""
        if creator in self.source.made_up and created not in self.source.state.accounts:
            self.source.make_up(created)


def address_of(value: str | Address) -> Address:
    """20 raw bytes of an address in either form; InputError for anything else."""
    if isinstance(value, str):
        digits = value.removeprefix("0x")
        try:
            value = bytes.fromhex(digits) if len(digits) == 40 else b""
        except ValueError:
            value = b""
        if not value:
            raise InputError("address", f"0x{digits}", "an address is 0x and 40 digits")
    return check_address("address", value)


def created_address(creator: Address, nonce: int) -> Address:
    """Where a creation by an account with that nonce puts its contract."""
    import rlp

    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    return bytes(keccak(rlp.encode([creator, number]))[12:])
