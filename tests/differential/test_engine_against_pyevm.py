"""revm and py-evm agree on status, gas, logs, output, storage changes and the state after it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import vyper

from simulator.chain.base import Chain, Receipts
from simulator.chain.pyevm import PyEvmChain
from tests.differential import contracts
from tests.differential.scripts import (
    BENEFICIARIES,
    COINBASE,
    CONTRACTS,
    SENDERS,
    Block,
    Script,
    batch_of,
    place,
    revival_blocks,
    set_up,
)

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

FORKS = ["london", "paris", "shanghai", "cancun", "prague"]


@cache
def token_initcode(fork: str) -> bytes:
    settings = vyper.compiler.settings.Settings(evm_version=fork)
    compiled = vyper.compile_code(contracts.TOKEN, output_formats=["bytecode"], settings=settings)
    return bytes.fromhex(compiled["bytecode"][2:])


def world(
    kind: type[RevmChain] | type[PyEvmChain], fork: str, compiled_for: str | None = None
) -> tuple[Chain, bytes]:
    chain = kind(fork)
    set_up(chain)
    return chain, chain.deploy(token_initcode(compiled_for or fork), SENDERS[0])


def run(chain: Chain, blocks: list[Block]) -> list[Receipts]:
    receipts = []
    for block in blocks:
        chain.set_block(block.environment)
        receipts.append(chain.execute(batch_of(block.calls), diff=True))
    return receipts


def assert_same(ours: Receipts, reference: Receipts) -> None:
    for name in Receipts.__slots__:
        if name not in ("diff", "reasons"):
            np.testing.assert_array_equal(
                getattr(ours, name), getattr(reference, name), err_msg=name
            )
    assert ours.reasons == reference.reasons
    assert ours.diff is not None and reference.diff is not None
    for name in ("addresses", "slots", "old", "new"):
        np.testing.assert_array_equal(
            getattr(ours.diff, name), getattr(reference.diff, name), err_msg=f"diff {name}"
        )


def accounts_of(receipts: list[Receipts]) -> list[bytes]:
    """Every address that a script can have touched."""
    created = [
        receipt.output_of(row)[-20:] for receipt in receipts for row in range(len(receipt.status))
    ]
    named = [
        *SENDERS,
        *BENEFICIARIES,
        COINBASE,
        *(place(name) for name in CONTRACTS),
        place("nobody"),
    ]
    return sorted({*named, *(address for address in created if len(address) == 20)})


def assert_same_accounts(ours: Chain, reference: Chain, addresses: list[bytes]) -> None:
    for address in addresses:
        assert ours.balance(address) == reference.balance(address)
        assert ours.nonce(address) == reference.nonce(address)
        assert ours.code(address) == reference.code(address)


def assert_same_runs(fork: str, blocks: list[Block]) -> None:
    ours, reference = world(RevmChain, fork)[0], world(PyEvmChain, fork)[0]
    got, wanted = run(ours, blocks), run(reference, blocks)
    for ours_receipts, reference_receipts in zip(got, wanted, strict=True):
        assert_same(ours_receipts, reference_receipts)
    assert_same_accounts(ours, reference, accounts_of(got))


@pytest.mark.parametrize("fees", [False, True], ids=["free", "with fees"])
@pytest.mark.parametrize("fork", FORKS)
def test_random_transactions_do_the_same_on_both_engines(fork: str, fees: bool) -> None:
    token = world(RevmChain, fork)[1]
    assert_same_runs(fork, Script(FORKS.index(fork), token, fees).blocks(12, 25))


@pytest.mark.parametrize("fork", FORKS)
def test_accounts_that_die_and_live_again_in_a_block_are_the_same_on_both_engines(
    fork: str,
) -> None:
    assert_same_runs(fork, revival_blocks())


@pytest.mark.parametrize("fork", [*FORKS, "osaka"])
def test_one_batch_of_a_block_does_what_its_transactions_do_one_by_one(fork: str) -> None:
    compiled_for = "prague" if fork == "osaka" else fork
    whole, token = world(RevmChain, fork, compiled_for)
    single = whole.clone()
    blocks = [*revival_blocks(), *Script(3, token, fees=False).blocks(8, 25)]
    for block in blocks:
        single.set_block(block.environment)
        receipts = run(whole, [block])[0]
        parts = [single.execute(batch_of([call])) for call in block.calls]
        assert receipts.status.tolist() == [int(part.status[0]) for part in parts]
        assert receipts.gas_used.tolist() == [int(part.gas_used[0]) for part in parts]
        assert receipts.diff is not None
        for address, slot in zip(receipts.diff.addresses, receipts.diff.slots, strict=True):
            there = single.storage(address.tobytes(), slot[None, :])
            np.testing.assert_array_equal(whole.storage(address.tobytes(), slot[None, :]), there)
        assert_same_accounts(whole, single, accounts_of([receipts]))
