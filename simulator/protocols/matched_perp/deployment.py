"""Puts the exchange, its token and its price feed on a chain, and fills wallets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.chain.abi import signature_of, uint_word
from simulator.chain.artifacts import MAX_RUNTIME_SIZE, Artifact, compile_contract
from simulator.chain.base import STATUS_SUCCESS, Batch, Chain
from simulator.chain.reverts import revert_reason
from simulator.errors import ChainError, InputError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.types import Address

NAME = "matched-perp"
PERP_SOURCE = "perps/MatchedPerp.vy"
TOKEN_SOURCE = "tokens/Token.vy"
FEED_SOURCE = "oracles/PriceFeed.vy"
MAX_MARKETS = 8
UNLIMITED = 2**256 - 1
SET_UP_GAS = 500_000
"""Above the cost of a mint, an approval, a deposit, or a settlement in eight markets."""
NEEDED_STORAGE = ("markets", "margin", "held", "positions", "insurance", "deficit")


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may do what: `owner` lists markets and mints, the keepers write prices and deleverage."""

    owner: Address
    oracle_keeper: Address
    adl_keeper: Address


@dataclass(frozen=True, slots=True)
class Deployment:
    """Addresses and artifacts of one exchange. markets: names in the order of their ids."""

    token: Address
    feed: Address
    perp: Address
    roles: Roles
    parameters: Parameters
    markets: tuple[str, ...]
    token_artifact: Artifact
    feed_artifact: Artifact
    perp_artifact: Artifact


def resolve_contract(contract: str) -> Path | None:
    """None for the reference, the path for a copy; InputError if it is neither."""
    if contract == NAME:
        return None
    path = Path(contract)
    if path.is_file():
        return path
    raise InputError("contract", contract, f"must be {NAME} or the path of a Vyper file")


def compile_exchange(contract: str = NAME) -> Artifact:
    """The exchange, or a copy in its place; InputError if it lacks what the adapter needs."""
    artifact = compile_contract(PERP_SOURCE, resolve_contract(contract))
    if contract != NAME:
        check_interface(artifact, compile_contract(PERP_SOURCE))
    if artifact.runtime_size > MAX_RUNTIME_SIZE:
        rule = f"compiles to {artifact.runtime_size} bytes, a chain takes {MAX_RUNTIME_SIZE}"
        raise InputError("contract", contract, rule)
    return artifact


def deploy(
    chain: Chain,
    parameters: Parameters,
    markets: Sequence[tuple[str, int]],
    roles: Roles,
    contract: str = NAME,
) -> Deployment:
    """Token, feed and exchange, with `markets` (name, first price in 1e-18) listed.

    Raises InputError for no or too many markets or a first price off the tick.
    """
    _check_markets(markets)
    token_artifact = compile_contract(TOKEN_SOURCE)
    feed_artifact = compile_contract(FEED_SOURCE)
    perp_artifact = compile_exchange(contract)
    owner = roles.owner
    token = chain.deploy(token_artifact.bytecode, owner)
    feed = chain.deploy(feed_artifact.bytecode + uint_word(parameters.basis_clamp), owner)
    arguments = bytes(12) + token + bytes(12) + feed + parameter_words(parameters)
    perp = chain.deploy(perp_artifact.bytecode + arguments, owner)
    chain.transact(owner, feed, encode.set_perp(perp))
    chain.transact(owner, feed, encode.set_keeper(roles.oracle_keeper))
    chain.transact(owner, perp, encode.set_adl_keeper(roles.adl_keeper))
    for _, first_price in markets:
        chain.transact(owner, feed, encode.list_feed_market(first_price))
        chain.transact(owner, perp, encode.list_perp_market())
    return Deployment(
        token=token,
        feed=feed,
        perp=perp,
        roles=roles,
        parameters=parameters,
        markets=tuple(name for name, _ in markets),
        token_artifact=token_artifact,
        feed_artifact=feed_artifact,
        perp_artifact=perp_artifact,
    )


def endow(
    chain: Chain, deployment: Deployment, accounts: Sequence[Address], amounts: Sequence[int]
) -> None:
    """Mint tokens (1e-6) into wallets and let the exchange take them."""
    owner, token = deployment.roles.owner, deployment.token
    approval = encode.approve(deployment.perp, UNLIMITED)
    pairs = zip(accounts, amounts, strict=True)
    mints = [encode.mint(account, amount) for account, amount in pairs]
    send_all(chain, [owner] * len(accounts), token, mints)
    send_all(chain, accounts, token, [approval] * len(accounts))


def deposit_all(
    chain: Chain, deployment: Deployment, accounts: Sequence[Address], amounts: Sequence[int]
) -> None:
    """Move tokens (1e-6) from endowed wallets into margin; an amount of 0 is left out."""
    pairs = [(a, n) for a, n in zip(accounts, amounts, strict=True) if n > 0]
    senders = [account for account, _ in pairs]
    send_all(chain, senders, deployment.perp, [encode.deposit(amount) for _, amount in pairs])


def fund_insurance(chain: Chain, deployment: Deployment, amount: int) -> None:
    """Mint tokens (1e-6) to the owner and give them to the insurance fund; 0 does nothing."""
    if amount == 0:
        return
    owner = deployment.roles.owner
    endow(chain, deployment, [owner], [amount])
    chain.transact(owner, deployment.perp, encode.fund_insurance(amount))


def send_all(
    chain: Chain, senders: Sequence[Address], target: Address, calls: Sequence[bytes]
) -> None:
    """Set-up transactions in the current block, as many blocks of gas as they need.

    Raises ChainError with the position of the first one that fails.
    """
    chunk = max(1, chain.block.gas_limit // SET_UP_GAS)
    for start in range(0, len(calls), chunk):
        part = calls[start : start + chunk]
        chain.set_block(chain.block)  # returns the block's running gas to zero
        batch = Batch.of(
            senders[start : start + chunk],
            [target] * len(part),
            part,
            SET_UP_GAS,
            chain.block.base_fee,
        )
        receipts = chain.execute(batch)
        for offset, status in enumerate(receipts.status.tolist()):
            if status != STATUS_SUCCESS:
                words = revert_reason(receipts.output_of(offset))
                reason = receipts.reasons.get(offset, words)
                raise ChainError(f"set-up transaction {start + offset} failed: {reason}")
    chain.set_block(chain.block)


def _check_markets(markets: Sequence[tuple[str, int]]) -> None:
    if not 0 < len(markets) <= MAX_MARKETS:
        raise InputError("markets", len(markets), f"must be 1 to {MAX_MARKETS}")
    for name, price in markets:
        if price <= 0 or price % 10**6:
            raise InputError(f"markets.{name}", price, "needs a first price above 0 on the tick")


def parameter_words(parameters: Parameters) -> bytes:
    return b"".join(
        uint_word(value)
        for value in (
            parameters.initial_margin,
            parameters.maintenance_margin,
            parameters.liquidation_penalty,
            parameters.liquidator_share,
            parameters.taker_fee,
            parameters.maker_rebate,
            parameters.funding_cap_per_day,
            parameters.minimum_notional,
            parameters.stale_trade_seconds,
            parameters.stale_liquidation_seconds,
            parameters.socialised_loss_cap,
        )
    )


def check_interface(artifact: Artifact, reference: Artifact) -> None:
    """InputError unless `artifact` has the reference's functions, events and mirrored storage."""
    offered = _signatures(artifact)
    missing = sorted(_signatures(reference) - offered)
    if missing:
        raise InputError("contract", str(artifact.path), f"has no {missing[0]}")
    for name in NEEDED_STORAGE:
        theirs, ours = artifact.storage_layout.get(name), reference.storage_layout[name]
        # The layout names a struct but not its members; the getter's outputs do.
        same = _members(artifact, name) == _members(reference, name)
        if theirs is None or theirs.type != ours.type or not same:
            rule = f"needs the storage variable {name}: {ours.type}"
            raise InputError("contract", str(artifact.path), rule)


def _members(artifact: Artifact, getter: str) -> list[object]:
    return [entry["outputs"] for entry in artifact.abi if entry.get("name") == getter]


def _signatures(artifact: Artifact) -> set[str]:
    return {
        f"{entry['type']} {signature_of(entry)}"
        for entry in artifact.abi
        if entry["type"] in ("function", "event")
    }
