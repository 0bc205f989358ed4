"""A world works with the GIL released and lets nobody else in meanwhile."""

from __future__ import annotations

import threading

import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.errors import ChainError
from tests.unit.simulator.chain.conftest import ENDLESS, RECEIVER, SENDER

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

GAS = 400_000_000


def test_a_world_at_work_refuses_a_second_thread_and_is_well_afterwards() -> None:
    chain = RevmChain(block=BlockEnvironment(1, 1, gas_limit=GAS))
    chain.set_code(RECEIVER, ENDLESS)
    batch = Batch.of([SENDER], [RECEIVER], [b""], GAS)
    statuses: list[int] = []
    worker = threading.Thread(target=lambda: statuses.extend(chain.execute(batch).status.tolist()))
    worker.start()
    refusals: list[str] = []
    while worker.is_alive() and not refusals:
        try:
            chain.nonce(SENDER)
        except ChainError as error:
            refusals.append(str(error))
    worker.join()
    assert statuses == [2]
    assert refusals and "another thread" in refusals[0]
    assert chain.nonce(SENDER) == 1
