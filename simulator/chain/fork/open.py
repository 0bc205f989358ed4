"""Open a world on a real chain's state: from nodes, or from a capsule alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.chain.base import Chain, StateSource
from simulator.chain.fork.capsule import VERIFICATIONS, Capsule, RecordedState, Verification
from simulator.chain.fork.capsule_file import read_capsule
from simulator.chain.fork.hardforks import hardfork_of
from simulator.chain.fork.source import CapsuleSource, Missing
from simulator.chain.fork.world import ForkedWorld
from simulator.chain.select import EngineChoice, select_engine
from simulator.errors import CapsuleError, InputError

if TYPE_CHECKING:
    from simulator.chain.fork.point import ForkPoint
    from simulator.chain.fork.upstream import UpstreamOptions


def open_fork(
    rpc_url: str | Sequence[str],
    block: int | str = "latest",
    *,
    capsule: str | Path | None = None,
    verify: Verification = "proof",
    hardfork: str | None = None,
    chain_id: int | None = None,
    block_hash: bytes | None = None,
    engine: str = "auto",
    options: UpstreamOptions | None = None,
    warn: Callable[[str], None] | None = None,
) -> ForkedWorld:
    """A world on the state after `block`, loaded lazily from one or several endpoints.

    block: a number, or `latest`, which is looked up once. capsule: where `save` writes what was
    read; an existing one of the same block is taken up and extended. verify: `proof` (every value
    against the header's state root, the header against its hash; with a warning `hash-only` where
    no endpoint gives proofs), `hash-only` or `off`. hardfork: for mainnet chosen from the block if
    None, elsewhere the default. chain_id, block_hash (32 bytes): what endpoints must agree with.
    engine: auto, revm or pyevm. warn: told of each warning, beside the world's list `warnings`.

    InputError for a bad value; ForkError (EndpointError, UpstreamError, ProofError) when endpoints
    fail, lie or differ; CapsuleError for a capsule that cannot be used.
    """
    from simulator.chain.fork.point import (
        agree_on_point,
        check_block_choice,
        settle_verification,
    )
    from simulator.chain.fork.upstream import Upstream, UpstreamOptions
    from simulator.chain.fork.upstream_source import UpstreamSource

    if verify not in VERIFICATIONS:
        raise InputError("verify", verify, f"must be one of {', '.join(VERIFICATIONS)}")
    if block_hash is not None and len(block_hash) != 32:
        raise InputError("block_hash", f"0x{block_hash.hex()}", "must be 32 bytes")
    chosen = select_engine(engine)
    path = Path(capsule) if capsule is not None else None
    before = _earlier_capsule(path)
    choice = check_block_choice(block)
    warnings = [chosen.note] if chosen.note else []

    def tell(warning: str) -> None:
        warnings.append(warning)
        if warn is not None:
            warn(warning)

    urls = [rpc_url] if isinstance(rpc_url, str) else list(rpc_url)
    upstream = Upstream(urls, options or UpstreamOptions(), tell)
    try:
        point = agree_on_point(upstream, choice, verify, chain_id, block_hash, tell)
        verification = settle_verification(upstream, point, verify, tell)
        state = _taken_up(before, path, point, verification)
        source = UpstreamSource(upstream, point, verification, state)
        fork = hardfork_of(point.chain_id, point.header.environment(), hardfork)
        content = source.capsule(fork)
        return ForkedWorld(_chain(content, source, chosen), source, content, path, warnings)
    except BaseException:
        upstream.close()
        raise


def open_capsule(
    capsule: str | Path | Capsule,
    missing: Missing = "error",
    *,
    hardfork: str | None = None,
    engine: str = "auto",
) -> ForkedWorld:
    """A world on the state of a capsule, offline.

    missing="error": reading what it does not hold raises NotInCapsule. missing="zero": such reads
    are zero, counted and listed by `world.source`; for capsules known to be partial only.
    """
    chosen = select_engine(engine)
    content = capsule if isinstance(capsule, Capsule) else _read(Path(capsule))
    source = CapsuleSource(content, missing)
    if hardfork is not None:
        content = replace(content, hardfork=hardfork)
    path = None if isinstance(capsule, Capsule) else Path(capsule)
    notes = [chosen.note] if chosen.note else []
    return ForkedWorld(_chain(content, source, chosen), source, content, path, notes)


def _read(path: Path) -> Capsule:
    """A capsule, or a recorded state as JSON, which is one that nobody verified."""
    from simulator.chain.fork.mainnet import is_recorded_json, load_recorded_json

    return load_recorded_json(path) if is_recorded_json(path) else read_capsule(path)


def _earlier_capsule(path: Path | None) -> Capsule | None:
    """The capsule that is there already. A place that cannot be written is refused at once."""
    if path is None:
        return None
    if path.is_dir():
        raise InputError("capsule", str(path), "is a folder")
    if not os.access(path.parent, os.W_OK):
        raise InputError("capsule", str(path), "its folder is missing or cannot be written")
    return read_capsule(path) if path.exists() else None


def _taken_up(
    before: Capsule | None, path: Path | None, point: ForkPoint, verification: Verification
) -> RecordedState:
    """The earlier capsule's state, if it is of the same block and verified in the same way."""
    if before is None:
        return RecordedState()
    for what, old, new in (
        ("chain", before.chain_id, point.chain_id),
        ("block", before.block.number, point.header.number),
        ("block hash", before.block_hash.hex(), point.block_hash.hex()),
        ("verification", before.verification, verification),
    ):
        if old != new:
            raise CapsuleError(
                path, f"exists with {what} {old} instead of {new}; remove it or name another file"
            )
    return before.state


def _chain(capsule: Capsule, source: StateSource, engine: EngineChoice) -> Chain:
    if engine.name == "revm":
        from simulator.chain.revm import RevmChain

        return RevmChain(
            capsule.hardfork,
            chain_id=capsule.chain_id,
            block=capsule.block,
            source=source,
            check_senders=False,
        )
    from simulator.chain.pyevm import PyEvmChain

    return PyEvmChain(
        capsule.hardfork,
        chain_id=capsule.chain_id,
        block=capsule.block,
        source=source,
        check_senders=False,
    )
