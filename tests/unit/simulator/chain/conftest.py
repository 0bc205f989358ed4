"""Both back ends, and a few contracts in bytecode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from simulator.chain import Chain, open_chain, select
from simulator.types import Bytes2D

SENDER = bytes([0x11]) * 20
RECEIVER = bytes([0x22]) * 20

SET_AND_GET = bytes.fromhex("60203560003555600160005260206000f3")
"""Writes word 1 of the calldata to slot word 0; returns 1."""

REVERT_WITH_DATA = bytes.fromhex("366000600037366000fd")
"""Reverts with its calldata."""

LOG_AND_REVERT = bytes.fromhex("60006000a060006000fd")
LOG_TWICE = bytes.fromhex("60aa600052600560206000a160206000a000")
"""Logs 0xaa as a word, first under topic 5, then without a topic."""

NOW = bytes.fromhex("4260005260206000f3")
ENDLESS = bytes.fromhex("5b600056")

Open = Callable[..., Chain]


@pytest.fixture(params=["revm", "pyevm"])
def open_world(request: pytest.FixtureRequest) -> Open:
    """Opens an empty world on one back end; the test runs once for each."""
    engine: str = request.param
    if engine == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    return lambda **options: open_chain(engine, **options)


@pytest.fixture
def chain(open_world: Open) -> Chain:
    return open_world()


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def slots(*numbers: int) -> Bytes2D:
    return np.frombuffer(b"".join(map(word, numbers)), np.uint8).reshape(len(numbers), 32)


def initcode_of(runtime: bytes) -> bytes:
    """Initcode that returns a runtime of less than 256 bytes."""
    size = len(runtime)
    return bytes([0x60, size, 0x60, 12, 0x60, 0, 0x39, 0x60, size, 0x60, 0, 0xF3]) + runtime


def value_at(chain: Chain, address: bytes, slot: int) -> int:
    return int.from_bytes(chain.storage(address, slots(slot)).tobytes(), "little")
