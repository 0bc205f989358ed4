"""One what-if at a time: the same as the transaction, but nothing is kept and nothing is raised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment, Chain, open_chain
from simulator.chain.base import STATUS_HALTED, STATUS_NOT_INCLUDED, STATUS_REVERTED, STATUS_SUCCESS
from simulator.chain.select import engine_is_installed
from simulator.errors import InputError
from tests.differential.assembler import assemble

SENDER, STORE, REVERTER, HALTER = (bytes([byte]) * 20 for byte in (1, 2, 3, 4))
ENGINES = ["revm", "pyevm"]


@pytest.fixture(params=ENGINES)
def chain(request: pytest.FixtureRequest) -> Chain:
    if request.param == "revm" and not engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    chain = open_chain(request.param)
    chain.set_code(STORE, assemble("CALLVALUE 7 SSTORE 5 0 MSTORE 32 0 RETURN"))
    chain.set_code(REVERTER, assemble("1 7 SSTORE 9 0 MSTORE 32 0 REVERT"))
    chain.set_code(HALTER, assemble("1 7 SSTORE INVALID"))
    chain.set_balance(SENDER, 10**18)
    chain.set_block(BlockEnvironment(number=2, timestamp=2, base_fee=3))
    return chain


def slot_seven(chain: Chain, address: bytes) -> int:
    slot = np.frombuffer((7).to_bytes(32, "big"), np.uint8).reshape(1, 32)
    return int(chain.storage(address, slot)[0, 0])


def test_it_tells_what_a_transaction_does_and_keeps_nothing(chain: Chain) -> None:
    answer = chain.what_if(SENDER, STORE, b"", value=11, diff=True)
    assert (answer.status, answer.reason) == (STATUS_SUCCESS, None)
    assert int.from_bytes(answer.output, "big") == 5
    assert answer.diff is not None and answer.diff.new[:, 0].tolist() == [11]
    assert slot_seven(chain, STORE) == 0 and chain.nonce(SENDER) == 0
    before = chain.balance(SENDER)
    chain.transact(SENDER, STORE, b"", value=11)
    assert slot_seven(chain, STORE) == 11
    assert before - chain.balance(SENDER) == 11 + 3 * answer.gas_used


def test_without_being_asked_it_makes_no_diff(chain: Chain) -> None:
    assert chain.what_if(SENDER, STORE, b"").diff is None


def test_failures_are_answers(chain: Chain) -> None:
    reverted = chain.what_if(SENDER, REVERTER, b"", diff=True)
    assert reverted.status == STATUS_REVERTED
    assert int.from_bytes(reverted.output, "big") == 9
    assert reverted.diff is not None and len(reverted.diff.slots) == 0
    halted = chain.what_if(SENDER, HALTER, b"", gas_limit=60_000)
    assert (halted.status, halted.gas_used) == (STATUS_HALTED, 60_000)
    assert halted.reason == "invalid opcode"
    refused = chain.what_if(SENDER, STORE, b"", gas_limit=20_000)
    assert (refused.status, refused.gas_used) == (STATUS_NOT_INCLUDED, 0)
    assert refused.reason is not None and "intrinsic gas" in refused.reason


def test_wrong_arguments_are_named(chain: Chain) -> None:
    with pytest.raises(InputError, match="sender"):
        chain.what_if(b"\1", STORE, b"")
    with pytest.raises(InputError, match="value"):
        chain.what_if(SENDER, STORE, b"", value=-1)
    with pytest.raises(InputError, match="gas_limit"):
        chain.what_if(SENDER, STORE, b"", gas_limit=2**64)
    wrong: Any
    for wrong in (None, 5, "0x"):
        with pytest.raises(InputError, match="sender"):
            chain.what_if(wrong, STORE, b"")
        with pytest.raises(InputError, match="target"):
            chain.what_if(SENDER, wrong, b"")
        with pytest.raises(InputError, match="data"):
            chain.what_if(SENDER, STORE, wrong)
        with pytest.raises(InputError, match="diff"):
            chain.what_if(SENDER, STORE, b"", diff=wrong)


def test_more_gas_than_a_block_has_is_refused_whichever_way_it_is_asked(chain: Chain) -> None:
    chain.set_block(BlockEnvironment(number=3, timestamp=3, gas_limit=100_000))
    one = chain.what_if(SENDER, STORE, b"", gas_limit=100_001)
    assert (one.status, one.reason) == (
        STATUS_NOT_INCLUDED,
        "block full: gas limit 100001, left 100000",
    )
    batch = Batch.of([SENDER] * 2, [STORE] * 2, [b"", b""], 100_000)
    assert chain.what_if_many(batch).status.tolist() == [STATUS_SUCCESS] * 2
