"""What development nodes allow beyond a real one: snapshots, time, mining, poking the state.

Each `anvil_` method is also there under `hardhat_`.
"""

from __future__ import annotations

from typing import Final

from simulator.chain.node import wire
from simulator.chain.node.dumps import dumped, load
from simulator.chain.node.faults import invalid
from simulator.chain.node.methods.declared import ADDRESS, HASH, Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.wire import hex_data
from simulator.types import Address

MOST_BLOCKS: Final = 100_000
"""Of one request; an empty block takes some 0.1 ms."""


def mine(node: Node, options: object) -> str:
    """One block (or `blocks`), the first at a timestamp if one is given."""
    timestamp, blocks = options, 1
    if isinstance(options, dict):
        wire.only_fields("options", options, ("timestamp", "blocks"))
        timestamp = options.get("timestamp")
        blocks = wire.uint64("options.blocks", options.get("blocks", 1))
    if timestamp is not None:
        seconds = wire.uint64("timestamp", timestamp)
        node.clock.force(seconds, node.ledger.head.environment.timestamp)
    _mine(node, blocks)
    return "0x0"


def mine_many(node: Node, blocks: int, interval: int | None) -> None:
    """Blocks, each so many seconds after the one before."""
    if interval == 0:
        raise invalid("interval", interval, "must be at least 1 second")
    before = node.clock.state.interval
    _mine(node, min(blocks, 1))
    if interval is not None:
        node.clock.set_interval(interval)
    try:
        _mine(node, max(blocks, 1) - 1)
    finally:
        node.clock.set_interval(before)


def _mine(node: Node, blocks: int) -> None:
    if blocks > MOST_BLOCKS:
        raise invalid("blocks", blocks, f"at most {MOST_BLOCKS:,}")
    for _ in range(blocks):
        node.mine()


def set_next_timestamp(node: Node, timestamp: int) -> None:
    node.clock.force(timestamp, node.ledger.head.environment.timestamp)


def set_automine(node: Node, enabled: bool) -> None:
    node.mines_at_once = enabled


def set_interval_mining(node: Node, seconds: int) -> None:
    """0 turns it off, which it always is; as on other nodes mining at once then goes off, too."""
    if seconds:
        raise invalid("seconds", seconds, "blocks are made on demand only: 0 is allowed")
    node.mines_at_once = False


def set_balance(node: Node, address: Address, wei: int) -> None:
    node.chain.set_balance(address, wei)


def set_code(node: Node, address: Address, code: bytes) -> None:
    node.chain.set_code(address, code)


def set_nonce(node: Node, address: Address, nonce: int) -> None:
    node.chain.set_nonce(address, nonce)
    node.pool.forget_below(node.chain.nonce)


def set_storage(node: Node, address: Address, slot: int, value: int) -> bool:
    node.chain.set_storage(address, slot, value)
    return True


def impersonate(node: Node, address: Address) -> None:
    node.impersonated.add(address)


def stop_impersonating(node: Node, address: Address) -> None:
    node.impersonated.discard(address)


def impersonate_all(node: Node, enabled: bool) -> None:
    node.impersonates_all = enabled


def set_coinbase(node: Node, address: Address) -> None:
    node.coinbase = address


def set_next_base_fee(node: Node, wei: int) -> None:
    node.forced_base_fee = wei


def dump_state(node: Node) -> str:
    return hex_data(dumped(node.chain))


def load_state(node: Node, packed: bytes) -> bool:
    load(node.chain, packed)
    node.pool.forget_below(node.chain.nonce)
    return True


def drop(node: Node, hash_: bytes) -> str | None:
    return hex_data(hash_) if node.pool.remove(hash_) else None


def hardhat_drop(node: Node, hash_: bytes) -> bool:
    return node.pool.remove(hash_)


def _integer(name: str, value: object) -> int:
    """A quantity, or a number that may be negative."""
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 0:
        return value
    return wire.uint64(name, value)


def increase_time(node: Node, seconds: int) -> int:
    if seconds < 0:
        raise invalid("seconds", seconds, "time does not run backwards")
    if node.clock.peek(node.ledger.head.environment.timestamp) + seconds >= wire.UINT64_LIMIT:
        raise invalid("seconds", seconds, "no block could have such a timestamp")
    return node.clock.increase(seconds)


def set_timestamp_interval(node: Node, seconds: int) -> None:
    if not seconds:
        raise invalid("seconds", seconds, "must be at least 1")
    node.clock.set_interval(seconds)


def remove_timestamp_interval(node: Node) -> bool:
    had_one = node.clock.state.interval is not None
    node.clock.set_interval(None)
    return had_one


def _number(name: str) -> Parameter:
    return Parameter(name, wire.uint64)


_SECONDS: Final = Parameter("seconds", _integer)
_ENABLED: Final = Parameter("enabled", wire.boolean)

_BOTH: Final[dict[str, Method]] = {
    "setBalance": Method(set_balance, (ADDRESS, Parameter("wei", wire.quantity))),
    "setCode": Method(set_code, (ADDRESS, Parameter("code", wire.data))),
    "setNonce": Method(set_nonce, (ADDRESS, _number("nonce"))),
    "setStorageAt": Method(
        set_storage, (ADDRESS, Parameter("slot", wire.word), Parameter("value", wire.word))
    ),
    "impersonateAccount": Method(impersonate, (ADDRESS,)),
    "stopImpersonatingAccount": Method(stop_impersonating, (ADDRESS,)),
    "autoImpersonateAccount": Method(impersonate_all, (_ENABLED,)),
    "mine": Method(
        mine_many,
        (Parameter("blocks", wire.uint64, 1), Parameter("interval", wire.uint64, None)),
    ),
    "setCoinbase": Method(set_coinbase, (ADDRESS,)),
    "setNextBlockBaseFeePerGas": Method(set_next_base_fee, (_number("wei"),)),
    "getAutomine": Method(lambda node: node.mines_at_once),
    "dropTransaction": Method(drop, (HASH,)),
}

METHODS: Final[dict[str, Method]] = {
    **{f"anvil_{name}": method for name, method in _BOTH.items()},
    **{f"hardhat_{name}": method for name, method in _BOTH.items()},
    "hardhat_dropTransaction": Method(hardhat_drop, (HASH,)),
    "anvil_dumpState": Method(dump_state),
    "anvil_loadState": Method(load_state, (Parameter("state", wire.data),)),
    "anvil_setBlockTimestampInterval": Method(set_timestamp_interval, (_number("seconds"),)),
    "anvil_removeBlockTimestampInterval": Method(remove_timestamp_interval),
    "evm_snapshot": Method(lambda node: hex(node.snapshot())),
    "evm_revert": Method(
        lambda node, identifier: node.revert(identifier),
        (Parameter("snapshot", wire.quantity),),
    ),
    "evm_mine": Method(mine, (Parameter("options", wire.anything, None),)),
    "evm_increaseTime": Method(increase_time, (_SECONDS,)),
    "evm_setNextBlockTimestamp": Method(set_next_timestamp, (_number("timestamp"),)),
    "evm_setAutomine": Method(set_automine, (_ENABLED,)),
    "evm_setIntervalMining": Method(set_interval_mining, (_number("seconds"),)),
}
