"""`underwater node`: a world as JSON-RPC on loopback, for whatever speaks to nodes."""

from __future__ import annotations

import errno
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Final, cast

from simulator.errors import InputError
from underwater import console
from underwater.commands.engines import announce_engine
from underwater.commands.failures import GOOD
from underwater.commands.options import chain_name, named_option, one_of, whole_number

if TYPE_CHECKING:
    from simulator.chain.fork import ForkedWorld, Missing
    from simulator.chain.node import Node
    from simulator.chain.node.server import NodeServer

DEFAULT_PORT: Final = 8545
DEFAULT_CHAIN_ID: Final = 31337
FIRST_BASE_FEE_WEI: Final = 10**9
HIGHEST_CHAIN_ID: Final = (1 << 53) - 1
"""Wallets keep it in a JavaScript number."""

_OPTIONS: Final = {"hardfork": "--hardfork", "capsule": "--capsule", "missing": "--missing"}


@dataclass(frozen=True, slots=True)
class NodeCommandOptions:
    """The options of node as typed; None where not given."""

    port: str | None = None
    capsule: str | None = None
    missing: str | None = None
    hardfork: str | None = None
    chain_id: str | None = None
    chain: str | None = None
    json: bool = False


def node(options: NodeCommandOptions) -> int:
    """Serve until Ctrl-C."""
    port = whole_number("--port", options.port or str(DEFAULT_PORT), 0, 65_535)
    with _both_signals_interrupt():
        try:
            served = forked(options) if options.capsule is not None else fresh(options)
        except InputError as error:
            raise named_option(error, _OPTIONS) from None
        server = _server(served, port)
        try:
            _announce(served, server, options.json)
            server.serve_forever()
        finally:
            server.server_close()
    return GOOD


def fresh(options: NodeCommandOptions) -> Node:
    """A node on a new world that begins now."""
    from simulator.chain.base import DEFAULT_HARDFORK, BlockEnvironment
    from simulator.chain.node import Node, NodeOptions
    from simulator.chain.node.worlds import open_world

    if options.missing is not None:
        raise InputError("--missing", options.missing, "is for a --capsule")
    chain_id = DEFAULT_CHAIN_ID
    if options.chain_id is not None:
        chain_id = whole_number("--chain-id", options.chain_id, 1, HIGHEST_CHAIN_ID)
    engine = announce_engine(chain_name(options.chain))
    block = BlockEnvironment(number=0, timestamp=int(time.time()), base_fee=FIRST_BASE_FEE_WEI)
    world = open_world(engine, options.hardfork or DEFAULT_HARDFORK, chain_id, block)
    return Node(world, NodeOptions(wall_clock=True))


def forked(options: NodeCommandOptions) -> Node:
    """A node on the state of a capsule; its development accounts do not exist on the real chain."""
    from simulator.chain.fork import open_capsule
    from simulator.chain.fork.source import MISSING
    from simulator.chain.node import Node, NodeOptions, Origin
    from simulator.chain.node.accounts import Signers

    if options.chain_id is not None:
        raise InputError("--chain-id", options.chain_id, "comes from the --capsule")
    missing = one_of("--missing", options.missing or "error", MISSING)
    world = open_capsule(
        cast(str, options.capsule),
        cast("Missing", missing),
        hardfork=options.hardfork,
        engine=chain_name(options.chain),
    )
    for warning in world.warnings:
        console.note(f"warning: {warning}")
    settings = NodeOptions(wall_clock=True, funds="all")
    for address in Signers(settings.accounts).addresses:
        _make_up(world, address)
    capsule = world.capsule()
    served = Node(world.chain, settings, Origin(capsule.block_hash, capsule.header))

    def expect(sender: bytes, created: bytes) -> None:
        if sender in world.source.made_up:
            _make_up(world, created)

    served.before_creation = expect
    return served


def _make_up(world: ForkedWorld, address: bytes) -> None:
    """Let an account that the capsule does not know be absent, as its address is our own choice."""
    if address not in world.source.state.accounts:
        world.source.make_up(address)


def _server(served: Node, port: int) -> NodeServer:
    from simulator.chain.node import Endpoint
    from simulator.chain.node.server import NodeServer

    try:
        return NodeServer(Endpoint(served, console.note), port, console.note)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            rule = "is in use; name another port, or 0 for a free one"
        elif error.errno == errno.EACCES:
            rule = "may not be opened by you; name a port from 1024 on, or 0 for a free one"
        else:
            raise
        raise InputError("--port", port, rule) from None


def _announce(served: Node, server: NodeServer, as_json: bool) -> None:
    """The address on stdout, as soon as it can be used; what one wants to know on stderr."""
    chain, head = served.chain, served.ledger.head
    accounts = [f"0x{address.hex()}" for address in served.signers.addresses]
    if as_json:
        facts = {
            "url": server.url,
            "port": server.port,
            "chain_id": chain.chain_id,
            "hardfork": chain.hardfork,
            "engine": chain.name,
            "block": head.number,
            "accounts": accounts,
        }
        # On one line: whoever started us reads lines and goes on.
        console.print_result(json.dumps(facts))
    else:
        console.note(
            f"chain {chain.chain_id} at block {head.number:,}, rules of {chain.hardfork}, "
            f"engine {chain.name}"
        )
        console.note("development accounts (everybody knows their keys: no real money here)")
        for address, shown in zip(served.signers.addresses, accounts, strict=True):
            key = served.signers.private_key(address).hex()
            ether = chain.balance(address) // 10**18
            console.note(f"  {shown}  {ether:,} ether  key 0x{key}")
        console.note("Ctrl-C ends it.")
        console.print_result(server.url)
    sys.stdout.flush()


@contextmanager
def _both_signals_interrupt() -> Iterator[None]:
    """Ctrl-C and a polite kill end it alike, also where a shell started it in the background (which
    makes it deaf to Ctrl-C)."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
