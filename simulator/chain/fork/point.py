"""The block from which a world is forked: agreed on by all endpoints before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from simulator.chain.base import ZERO_ADDRESS
from simulator.chain.fork.answers import block_reader, proof_reader
from simulator.chain.fork.capsule import Verification
from simulator.chain.fork.faults import NO_METHOD, NO_STATE, OTHER_BLOCK, OTHER_CHAIN, REFUSED
from simulator.chain.fork.headers import Header
from simulator.chain.fork.upstream import Upstream, Warn, all_failed
from simulator.chain.fork.values import hex_number
from simulator.errors import EndpointError, InputError

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ForkPoint:
    """Chain and block of a fork. block_hash: 32 bytes."""

    chain_id: int
    header: Header
    block_hash: bytes


def agree_on_point(
    upstream: Upstream,
    block: int | str,
    verification: Verification,
    chain_id: int | None,
    block_hash: bytes | None,
    warn: Warn,
) -> ForkPoint:
    """Ask every endpoint for chain and block; those that fail are left out, with a warning.

    An endpoint of another chain, or with another block of that number, is an error: nobody can say
    which of them is right.
    """
    found = _agreed_chain(upstream, chain_id, warn)
    number = _resolved(upstream, block, warn)
    answers = _usable(
        upstream,
        upstream.ask_each(
            "eth_getBlockByNumber",
            [hex(number), False],
            block_reader(number, verification != "off"),
        ),
        f"block {number}",
        warn,
    )
    expected = block_hash or answers[0][1][1]
    others = [
        EndpointError(
            name, OTHER_BLOCK, f"block {number} is 0x{said.hex()} there, not 0x{expected.hex()}"
        )
        for name, (_, said) in answers
        if said != expected
    ]
    if others:
        raise all_failed(f"with the hash 0x{expected.hex()} for block {number}", others)
    return ForkPoint(found, answers[0][1][0], expected)


def settle_verification(
    upstream: Upstream, point: ForkPoint, wanted: Verification, warn: Warn
) -> Verification:
    """What can be verified: hash-only instead of proof where no endpoint gives proofs.

    With proofs, endpoints that give none are left out.
    """
    if wanted != "proof":
        return wanted
    answers = upstream.ask_each(
        "eth_getProof",
        ["0x" + ZERO_ADDRESS.hex(), [], hex(point.header.number)],
        proof_reader(point.header.state_root, ZERO_ADDRESS, ()),
    )
    faults = [answer for _, answer in answers if isinstance(answer, EndpointError)]
    lacking = (NO_METHOD, NO_STATE, REFUSED)
    if len(faults) == len(answers) and all(fault.fault in lacking for fault in faults):
        told = "; ".join(map(str, faults))
        warn(f"no endpoint gives proofs, so only the header is verified, not the state: {told}")
        return "hash-only"
    _usable(upstream, answers, "with a proof", warn)
    return "proof"


def _agreed_chain(upstream: Upstream, chain_id: int | None, warn: Warn) -> int:
    answers = _usable(
        upstream,
        upstream.ask_each("eth_chainId", [], lambda answer: hex_number(answer, "chain id", 64)),
        "for the chain id",
        warn,
    )
    expected = answers[0][1] if chain_id is None else chain_id
    others = [
        EndpointError(name, OTHER_CHAIN, f"its chain id is {said}, not {expected}")
        for name, said in answers
        if said != expected
    ]
    if others:
        raise all_failed(f"for chain {expected}", others)
    return expected


def _resolved(upstream: Upstream, block: int | str, warn: Warn) -> int:
    """The number of the block; of `latest` the newest one that all endpoints have."""
    if isinstance(block, int):
        return block
    answers = _usable(
        upstream,
        upstream.ask_each("eth_blockNumber", [], lambda answer: hex_number(answer, "block", 64)),
        "for the newest block",
        warn,
    )
    return min(number for _, number in answers)


def _usable(
    upstream: Upstream,
    answers: Sequence[tuple[str, Answer | EndpointError]],
    wanted: str,
    warn: Warn,
) -> list[tuple[str, Answer]]:
    """The answers without the faults, whose endpoints are left out from now on."""
    faults = [answer for _, answer in answers if isinstance(answer, EndpointError)]
    good: list[tuple[str, Any]] = [
        (name, answer) for name, answer in answers if not isinstance(answer, EndpointError)
    ]
    if not good:
        raise all_failed(wanted, faults)
    for fault in faults:
        warn(f"{fault}; going on without it")
    if faults:
        upstream.keep([name for name, _ in good])
    return good


def check_block_choice(block: object) -> int | str:
    """A number or `latest`, or InputError."""
    if block == "latest":
        return "latest"
    if isinstance(block, bool) or not isinstance(block, int) or not 0 <= block < 1 << 63:
        raise InputError("block", block, "must be a block number or latest")
    return block
