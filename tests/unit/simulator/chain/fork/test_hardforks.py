"""The rules of a block of mainnet."""

from __future__ import annotations

import pytest

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.hardforks import hardfork_of
from simulator.errors import InputError


@pytest.mark.parametrize(
    ("number", "timestamp", "hardfork"),
    [
        (12_965_000, 1_628_166_822, "london"),
        (15_537_393, 1_663_224_162, "london"),
        (15_537_394, 1_663_224_179, "paris"),
        (17_034_869, 1_681_338_443, "paris"),
        (17_034_870, 1_681_338_455, "shanghai"),
        (19_426_586, 1_710_338_123, "shanghai"),
        (19_426_587, 1_710_338_135, "cancun"),
        (22_431_083, 1_746_612_299, "cancun"),
        (22_431_084, 1_746_612_311, "prague"),
        (23_935_693, 1_764_798_539, "prague"),
        (23_935_694, 1_764_798_551, "osaka"),
    ],
)
def test_a_block_of_mainnet_has_the_rules_of_its_time(
    number: int, timestamp: int, hardfork: str
) -> None:
    assert hardfork_of(1, BlockEnvironment(number, timestamp), None) == hardfork


def test_a_named_hardfork_goes_first_and_other_chains_have_the_default() -> None:
    block = BlockEnvironment(19_426_587, 1_710_338_135)
    assert hardfork_of(1, block, "prague") == "prague"
    assert hardfork_of(10, block, None) == "cancun"


def test_a_block_before_london_is_refused_unless_a_hardfork_is_named() -> None:
    block = BlockEnvironment(12_964_999, 1_628_166_800)
    with pytest.raises(InputError, match="lies before london"):
        hardfork_of(1, block, None)
    assert hardfork_of(1, block, "london") == "london"
