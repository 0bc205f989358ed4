"""The chosen fork is enforced: opcodes, prices and limits of later forks do not exist."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment, Chain, open_chain, select
from simulator.errors import InputError
from tests.unit.simulator.chain.conftest import RECEIVER, SENDER, Open, initcode_of, word

FORKS = ["london", "paris", "shanghai", "cancun", "prague"]

needs_revm = pytest.mark.skipif(
    not select.engine_is_installed(), reason="the engine is not built; `make engine` builds it"
)

OPCODES = {
    "PUSH0": (bytes.fromhex("5f00"), "shanghai"),
    "TLOAD": (bytes.fromhex("60005c00"), "cancun"),
    "MCOPY": (bytes.fromhex("6000600060005e00"), "cancun"),
    "BLOBBASEFEE": (bytes.fromhex("4a00"), "cancun"),
}


def status_of(chain: Chain, code: bytes) -> int:
    chain.set_code(RECEIVER, code)
    return int(chain.execute(Batch.of([SENDER], [RECEIVER], [b""], 100_000)).status[0])


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("opcode", OPCODES)
def test_an_opcode_runs_from_its_fork_on_and_halts_before(
    open_world: Open, opcode: str, fork: str
) -> None:
    code, first = OPCODES[opcode]
    expected = 1 if FORKS.index(fork) >= FORKS.index(first) else 2
    assert status_of(open_world(hardfork=fork), code) == expected


@needs_revm
def test_clz_runs_on_osaka_only() -> None:
    clz = bytes.fromhex("60011e00")
    assert status_of(open_chain("revm", hardfork="prague"), clz) == 2
    assert status_of(open_chain("revm", hardfork="osaka"), clz) == 1


@needs_revm
def test_osaka_caps_the_gas_of_a_transaction_and_set_up_keeps_to_it() -> None:
    chain = open_chain("revm", hardfork="osaka")
    assert chain.code(chain.deploy(initcode_of(b"\x00"), SENDER)) == b"\x00"
    receipts = chain.execute(Batch.of([SENDER] * 2, [RECEIVER] * 2, [b""] * 2, 16_777_217))
    reason = "gas limit above the transaction cap: 16777217, cap 16777216"
    assert receipts.reasons == {0: reason, 1: reason}


@pytest.mark.parametrize("fork", ["", "Cancun", "berlin", "latest", "amsterdam"])
def test_an_unknown_fork_is_refused(open_world: Open, fork: str) -> None:
    with pytest.raises(InputError, match="hardfork"):
        open_world(hardfork=fork)


def test_py_evm_refuses_the_fork_it_does_not_know() -> None:
    with pytest.raises(InputError, match=r"osaka.*py-evm knows"):
        open_chain("pyevm", hardfork="osaka")


def test_prague_has_a_floor_for_calldata(open_world: Open) -> None:
    batch = Batch.of([SENDER], [RECEIVER], [b"\xff" * 1000], 100_000)
    gas = {
        fork: open_world(hardfork=fork).execute(batch).gas_used.tolist()
        for fork in ("cancun", "prague")
    }
    assert gas == {"cancun": [21_000 + 16 * 1000], "prague": [21_000 + 40 * 1000]}


def test_block_hashes_are_made_of_numbers_and_reach_back_256_blocks(open_world: Open) -> None:
    chain = open_world()
    chain.set_block(BlockEnvironment(number=1000, timestamp=1))
    chain.set_code(RECEIVER, bytes.fromhex("6000354060005260206000f3"))
    hashes = [chain.call(RECEIVER, word(number)) for number in (999, 744, 743, 1000)]
    assert hashes[0] != hashes[1]
    assert np.any(np.frombuffer(hashes[1], np.uint8))
    assert hashes[2:] == [bytes(32), bytes(32)]


def test_block_hashes_are_the_same_on_every_engine(open_world: Open) -> None:
    chain = open_world()
    chain.set_block(BlockEnvironment(number=5, timestamp=1))
    chain.set_code(RECEIVER, bytes.fromhex("60044060005260206000f3"))
    # keccak256 of the number 4 as 32 bytes.
    expected = "8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b"
    assert chain.call(RECEIVER, b"").hex() == expected
