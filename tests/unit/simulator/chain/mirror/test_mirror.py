"""Mirrors follow a contract through transactions, on both back ends, by storage and by calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain import Batch, Chain, open_chain, select
from simulator.chain.artifacts import Artifact, compile_contract, deploy, encode_call
from simulator.chain.mirror import CallMirror, Mirror, StorageMirror, Watched, open_mirror
from simulator.errors import InputError, RevertError
from simulator.types import Address

OWNER = b"\x77" * 20
ACCOUNTS = [bytes([number]) * 20 for number in range(1, 6)]
WANTED = [
    Watched("balanceOf", ACCOUNTS),
    Watched("totalSupply"),
    Watched("allowance", ACCOUNTS[:2], ACCOUNTS[1:3], name="granted"),
    Watched("balanceOf", [ACCOUNTS[0], ACCOUNTS[0]], name="twice"),
]
KINDS = ["storage", "calls"]


@cache
def artifact_of(kind: str) -> Artifact:
    """The token, with its layout or without."""
    artifact = compile_contract("tokens/Token.vy")
    return artifact if kind == "storage" else replace(artifact, layout=None)


@pytest.fixture(params=["revm", "pyevm"])
def chain(request: pytest.FixtureRequest) -> Chain:
    if request.param == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    return open_chain(request.param)


def send(chain: Chain, token: Address, calls: list[tuple[Address, str, tuple[Any, ...]]]) -> Any:
    data = [
        encode_call(artifact_of("calls"), function, *arguments) for _, function, arguments in calls
    ]
    senders = [sender for sender, _, _ in calls]
    chain.set_block(chain.block)
    return chain.execute(Batch.of(senders, [token] * len(calls), data, 200_000))


def mint(account: Address, amount: int) -> tuple[Address, str, tuple[Any, ...]]:
    return OWNER, "mint", (account, amount)


def balances(mirror: Mirror, name: str = "balanceOf") -> list[int]:
    return mirror.columns(name)["value"].integers()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirror_takes_over_what_a_batch_changed(chain: Chain, kind: str) -> None:
    artifact = artifact_of(kind)
    token = deploy(chain, artifact, OWNER)
    mirror = open_mirror(chain, token, artifact, WANTED)
    assert isinstance(mirror, CallMirror if kind == "calls" else StorageMirror)
    receipts = send(chain, token, [mint(ACCOUNTS[0], 5), mint(ACCOUNTS[3], 2**200)])
    assert receipts.status.tolist() == [1, 1]
    changed = mirror.apply(chain, receipts)
    assert {name: rows.tolist() for name, rows in changed.items()} == {
        "balanceOf": [0, 3], "totalSupply": [0], "twice": [0, 1],
    }  # fmt: skip
    assert balances(mirror) == [5, 0, 0, 2**200, 0]
    assert balances(mirror, "totalSupply") == [2**200 + 5]
    assert balances(mirror, "twice") == [5, 5]
    grant = [(ACCOUNTS[1], "approve", (ACCOUNTS[2], 9)), mint(ACCOUNTS[0], 0)]
    changed = mirror.apply(chain, send(chain, token, grant))
    assert {name: rows.tolist() for name, rows in changed.items()} == {"granted": [1]}
    assert balances(mirror, "granted") == [0, 9]
    assert mirror.verify(chain) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_no_batch_is_found_by_verify_and_taken_over_by_reload(
    chain: Chain, kind: str
) -> None:
    artifact = artifact_of(kind)
    token = deploy(chain, artifact, OWNER)
    mirror = open_mirror(chain, token, artifact, WANTED[:2])
    snapshot = chain.snapshot()
    mirror.apply(chain, send(chain, token, [mint(ACCOUNTS[1], 0x33)]))
    chain.revert(snapshot)
    faults = mirror.verify(chain)
    assert faults[0] == "balanceOf, row 1, word 0: mirror 0x33, chain 0x0" and len(faults) == 2
    mirror.reload(chain)
    assert mirror.verify(chain) == [] and balances(mirror) == [0] * 5


def test_two_mirrors_and_a_clone_do_not_disturb_each_other(chain: Chain) -> None:
    token_artifact = artifact_of("storage")
    token, other = deploy(chain, token_artifact, OWNER), deploy(chain, token_artifact, OWNER)
    first = StorageMirror(chain, token, token_artifact.layout, WANTED)
    second = StorageMirror(chain, other, token_artifact.layout, WANTED[:1])
    receipts = send(chain, other, [mint(ACCOUNTS[0], 1)])
    assert first.apply(chain, receipts) == {}
    assert second.apply(chain, receipts)["balanceOf"].tolist() == [0]
    copy = chain.clone()
    receipts = send(copy, token, [mint(ACCOUNTS[2], 3)])
    assert first.apply(copy, receipts)["balanceOf"].tolist() == [2]
    assert first.verify(copy) == [] and len(first.verify(chain)) == 2
    second.apply(copy, receipts)
    assert second.verify(chain) == []


def test_columns_cannot_be_written_into_the_mirror(chain: Chain) -> None:
    token_artifact = artifact_of("storage")
    mirror = StorageMirror(
        chain, deploy(chain, token_artifact, OWNER), token_artifact.layout, WANTED
    )
    with pytest.raises(ValueError, match="read-only"):
        mirror.columns("balanceOf")["value"].words[0] = 5


def test_what_cannot_be_mirrored_is_refused(chain: Chain) -> None:
    token_artifact, blind = map(artifact_of, KINDS)
    token = deploy(chain, token_artifact, OWNER)
    kinds: list[Callable[..., Mirror]] = [
        lambda *wanted: open_mirror(chain, token, token_artifact, wanted),
        lambda *wanted: open_mirror(chain, token, blind, wanted),
    ]
    for open_one in kinds:
        with pytest.raises(InputError, match="balances"):
            open_one(Watched("balances", ACCOUNTS))
        with pytest.raises(InputError, match="is taken"):
            open_one(Watched("totalSupply"), Watched("totalSupply"))
        with pytest.raises(InputError, match="keys"):
            open_one(Watched("allowance", ACCOUNTS))
        with pytest.raises(InputError, match="is not mirrored; there are: totalSupply"):
            open_one(Watched("totalSupply")).columns("supply")
    with pytest.raises(InputError, match="20 raw bytes"):
        open_mirror(chain, b"\1", token_artifact, WANTED)
    with pytest.raises(InputError, match="must be a view function"):
        open_mirror(chain, token, blind, [Watched("x", ACCOUNTS, ACCOUNTS, getter="approve")])
    named = {"type": "function", "name": "name", "inputs": [], "stateMutability": "view"}
    for outputs, words in (([{"name": "", "type": "string"}], "has no fixed size"), ([], "return")):
        entry = {**named, "outputs": outputs}
        with pytest.raises(InputError, match=words):
            open_mirror(chain, token, replace(blind, abi=(entry,)), [Watched("name")])
    with pytest.raises(InputError, match=r"row 0 = '0 bytes': must have 32 bytes"):
        CallMirror(chain, OWNER, token_artifact, WANTED)
    reverting = b"\x60\x00\x60\x00\xfd"
    chain.set_code(OWNER, reverting)
    with pytest.raises(RevertError, match="balanceOf, row 0: the view function failed"):
        CallMirror(chain, OWNER, token_artifact, WANTED)


def test_nothing_to_mirror_is_a_mirror_of_nothing(chain: Chain) -> None:
    token_artifact, blind = map(artifact_of, KINDS)
    token = deploy(chain, token_artifact, OWNER)
    for artifact in (token_artifact, blind):
        mirror = open_mirror(chain, token, artifact, [Watched("balanceOf", [])])
        assert len(mirror.columns("balanceOf")["value"]) == 0
        assert mirror.apply(chain, send(chain, token, [mint(ACCOUNTS[0], 1)])) == {}


MOVES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=6
)


@settings(max_examples=25)
@given(st.lists(MOVES, min_size=1, max_size=4))
def test_both_mirrors_stay_equal_to_the_chain_whatever_happens(
    blocks: list[list[tuple[int, int, int]]],
) -> None:
    """Transfers of more than there is revert; transfers to oneself change nothing."""
    token_artifact, blind = map(artifact_of, KINDS)
    chain = open_chain("auto")
    token = deploy(chain, token_artifact, OWNER)
    send(chain, token, [mint(account, 100) for account in ACCOUNTS])
    mirrors = [open_mirror(chain, token, artifact, WANTED) for artifact in (token_artifact, blind)]
    held = [100] * 5
    for block in blocks:
        for sender, receiver, amount in block:
            if amount <= held[sender]:
                held[sender] -= amount
                held[receiver] += amount
        receipts = send(chain, token, [
            (ACCOUNTS[sender], "transfer", (ACCOUNTS[receiver], amount))
            for sender, receiver, amount in block
        ])  # fmt: skip
        changed = [mirror.apply(chain, receipts) for mirror in mirrors]
        assert list(changed[0]) == list(changed[1])
        for name, rows in changed[0].items():
            assert np.array_equal(rows, changed[1][name])
        for mirror in mirrors:
            assert mirror.verify(chain) == [] and balances(mirror) == held
