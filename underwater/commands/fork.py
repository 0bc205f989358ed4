"""`underwater fork`: a script on the state of a real chain, live or from a capsule."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, cast

from simulator.errors import InputError
from underwater import console
from underwater.commands.failures import GOOD
from underwater.commands.options import chain_name, named_option, one_of, whole_number
from underwater.commands.script import load_script

if TYPE_CHECKING:
    from simulator.chain.fork import ForkedWorld, Missing, Verification

_OPTIONS: Final = {
    "rpc_url": "--rpc",
    "block": "--block",
    "block_hash": "--block-hash",
    "capsule": "--capsule",
    "hardfork": "--hardfork",
}
_COUNTS: Final = ("block", "accounts", "codes", "code_bytes", "slots")
_HIGHEST_BLOCK: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class ForkOptions:
    """The options of fork as typed; None where not given."""

    rpc: tuple[str, ...] = ()
    block: str | None = None
    block_hash: str | None = None
    script: str | None = None
    capsule: str | None = None
    verify: str | None = None
    missing: str | None = None
    hardfork: str | None = None
    chain: str | None = None
    json: bool = False


def fork(options: ForkOptions) -> int:
    """Run a script on a forked world, or say what a capsule holds; keep what was read."""
    _check_combination(options)
    replay = load_script(Path(options.script)) if options.script is not None else None
    with _termination_interrupts():
        try:
            world = _open_live(options) if options.rpc else _open_offline(options)
        except InputError as error:
            raise named_option(error, _OPTIONS) from None
        _announce(world)
        try:
            result = replay(world) if replay is not None else None
        finally:
            _keep(world, live=bool(options.rpc))
    _show(world, result, options)
    return GOOD


def _check_combination(options: ForkOptions) -> None:
    if not options.rpc and options.capsule is None:
        raise InputError("--rpc", "", "is needed, or --capsule with a file to replay")
    if options.rpc:
        if options.missing is not None:
            raise InputError("--missing", options.missing, "is for a replay without --rpc")
        return
    for option, value in (
        ("--block", options.block),
        ("--block-hash", options.block_hash),
        ("--verify", options.verify),
    ):
        if value is not None:
            raise InputError(option, value, "needs --rpc; a capsule has its own")


def _open_live(options: ForkOptions) -> ForkedWorld:
    from simulator.chain.fork import open_fork
    from simulator.chain.fork.capsule import VERIFICATIONS

    block: int | str = "latest"
    if options.block is not None and options.block != "latest":
        block = _block_number(options.block)
    verify = one_of("--verify", options.verify or "proof", VERIFICATIONS)
    return open_fork(
        options.rpc,
        block,
        capsule=options.capsule,
        verify=cast("Verification", verify),
        hardfork=options.hardfork,
        block_hash=_hash(options.block_hash),
        engine=chain_name(options.chain),
        warn=lambda warning: console.note(f"warning: {warning}"),
    )


def _block_number(text: str) -> int:
    try:
        return whole_number("--block", text, 0, _HIGHEST_BLOCK)
    except InputError:
        raise InputError("--block", text, "must be a block number or latest") from None


def _hash(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        data = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) != 32:
        raise InputError("--block-hash", text, "must be 0x and 64 digits")
    return data


def _open_offline(options: ForkOptions) -> ForkedWorld:
    from simulator.chain.fork import open_capsule
    from simulator.chain.fork.source import MISSING

    missing = one_of("--missing", options.missing or "error", MISSING)
    world = open_capsule(
        cast(str, options.capsule),
        cast("Missing", missing),
        hardfork=options.hardfork,
        engine=chain_name(options.chain),
    )
    for warning in world.warnings:
        console.note(f"warning: {warning}")
    return world


def _announce(world: ForkedWorld) -> None:
    capsule = world.capsule()
    words = {
        "proof": "every value proven",
        "hash-only": "only the header verified",
        "off": "nothing verified",
    }
    console.note(
        f"chain {capsule.chain_id} at block {capsule.block.number:,}, rules of "
        f"{capsule.hardfork}, {words[capsule.verification]}"
    )


def _keep(world: ForkedWorld, live: bool) -> None:
    """Save what was read, also after an error or Ctrl-C, and close the connections."""
    try:
        if live and world.path is not None:
            path = world.save()
            state = world.capsule().state
            console.note(
                f"capsule {path}: {len(state.accounts):,} accounts, {state.count_slots():,} slots, "
                f"{path.stat().st_size:,} bytes"
            )
    finally:
        world.close()


def _show(world: ForkedWorld, result: object, options: ForkOptions) -> None:
    facts = world.capsule().summary()
    unknown = _unknown(world)
    if options.json:
        document = facts | unknown | ({"result": result} if options.script is not None else {})
        console.print_result(json.dumps(document, indent=2, ensure_ascii=False))
    elif options.script is not None:
        console.print_result(json.dumps(result, indent=2, ensure_ascii=False))
        _warn_of_unknown(unknown)
    else:
        width = max(map(len, facts))
        for name, value in facts.items():
            words = f"{value:,}" if name in _COUNTS and isinstance(value, int) else value
            console.print_result(
                f"{name.replace('_', ' '):<{width}}  {'-' if words is None else words}"
            )


def _unknown(world: ForkedWorld) -> dict[str, list[str]]:
    """What was read as zero without being known, as JSON lists."""
    from simulator.chain.fork import CapsuleSource

    source = world.source
    if not isinstance(source, CapsuleSource):
        return {"unknown_slots": [], "unknown_accounts": [], "unknown_block_hashes": []}
    return {
        "unknown_slots": [
            f"0x{address.hex()}:0x{slot.hex()}" for address, slot in source.unknown_slots
        ],
        "unknown_accounts": [f"0x{address.hex()}" for address in source.unknown_accounts],
        "unknown_block_hashes": [str(number) for number in source.unknown_block_hashes],
    }


def _warn_of_unknown(unknown: dict[str, list[str]]) -> None:
    for name, items in unknown.items():
        if items:
            what = name.replace("_", " ")
            console.note(f"warning: {len(items):,} {what} were read as zero: {', '.join(items)}")


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """A polite kill ends a script as Ctrl-C does, so that what was read is kept."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
