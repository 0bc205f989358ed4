"""One node with contracts for all tests, left as it is by them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.chain.fork.upstream import UpstreamOptions
from tests.differential.anvil import find_anvil
from tests.fork.upstream import Node, populate, running


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    program = find_anvil()
    if program is None:
        pytest.skip("no anvil; `npm ci` installs it")
    with running(program) as started:
        populate(started)
        yield started


@pytest.fixture
def brisk() -> UpstreamOptions:
    """Gives up soon and hardly waits between tries."""
    return UpstreamOptions(
        timeout_seconds=5.0, attempts=3, first_pause_seconds=0.001, longest_pause_seconds=0.01
    )
