"""The engine's fuzz target: random worlds and batches, good and broken, and what must hold.

`make test` plays some thousand batches, the same ones every time. The campaign (`make fuzz`)
plays as many as UNDERWATER_FUZZ_BATCHES says, new ones every time. A failure says which `play` and
which of its batches it was: the same arguments repeat it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from tests.property.fuzz.player import FORKS, Player

QUICK_BATCHES = 4_000
CAMPAIGN_BATCHES = 1_000_000
"""What the engine has to survive; UNDERWATER_FUZZ_BATCHES overrides it."""

SHARES = 2
"""Of the campaign, so that two processes can play it."""

BATCHES_PER_WORLD = 100


def play(seed: int, hardfork: str, destroys: bool, is_fork: bool, batches: int) -> None:
    """One world from its seed on."""
    player = Player(seed, hardfork, destroys, is_fork)
    try:
        for _ in range(batches):
            player.play()
    except Exception as error:
        arguments = f"{seed}, {hardfork!r}, {destroys}, {is_fork}, {player.batches}"
        error.add_note(f"the last batch of play({arguments})")
        raise


def fuzz(batches: int, derandomize: bool) -> None:
    """Play at least so many batches."""
    played = 0

    # A smaller seed makes no smaller world, so nothing is shrunk.
    @settings(
        max_examples=-(-batches // BATCHES_PER_WORLD),
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        seed=st.integers(0, (1 << 64) - 1),
        hardfork=st.sampled_from(FORKS),
        destroys=st.booleans(),
        is_fork=st.sampled_from([False, False, False, True]),
    )
    def campaign(seed: int, hardfork: str, destroys: bool, is_fork: bool) -> None:
        nonlocal played
        play(seed, hardfork, destroys, is_fork, BATCHES_PER_WORLD)
        played += BATCHES_PER_WORLD

    campaign()
    assert played >= batches


def test_nothing_that_is_played_on_a_world_breaks_it() -> None:
    fuzz(QUICK_BATCHES, derandomize=True)


@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_a_campaign_of_a_million_batches_breaks_nothing(share: int) -> None:
    text = os.environ.get("UNDERWATER_FUZZ_BATCHES", str(CAMPAIGN_BATCHES))
    if not text.isdecimal() or not int(text):
        raise InputError("UNDERWATER_FUZZ_BATCHES", text, "must be a whole number above 0")
    fuzz(-(-int(text) // SHARES), derandomize=False)
