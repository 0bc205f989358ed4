"""The contract equals the integer model to the wei, whatever a crowd does to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.protocols.matched_perp.parameters import NO_CAP, load_parameters
from simulator.units import TOKEN, WAD
from tests.differential.crowd import Crowd
from tests.differential.twins import Twins

TWO_MARKETS = (200 * WAD, 8_000 * WAD)
EIGHT_MARKETS = tuple(10 * (number + 1) * WAD for number in range(8))
WHOLE_WATERFALL = (
    "partial",
    "full",
    "InsuranceMoved",
    "Deleveraged",
    "CloseOut",
    "Matched",
    "Shortfall from_insurance",
    "Shortfall socialised",
    "Shortfall deficit",
    "DeficitRepaid",
    "funding to longs",
    "funding to shorts",
    "Liquidate: deleverage first",
    "Withdraw",
    "Withdraw: initial margin",
)


def test_fifty_accounts_over_five_hundred_blocks_of_crashes() -> None:
    parameters = replace(load_parameters(), socialised_loss_cap=WAD // 200)
    twins = Twins(50, TWO_MARKETS, parameters, fund=300 * TOKEN)
    crowd = Crowd(twins, seed=1, gap=0.25)
    for _ in range(10):
        for _ in range(50):
            crowd.block(operations=10)
        twins.finish_stretch()
    missing = [name for name in WHOLE_WATERFALL if not twins.seen[name]]
    assert missing == [], twins.seen


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cap", [NO_CAP, WAD // 1000, 0])
def test_random_operations_of_a_small_crowd(seed: int, cap: int) -> None:
    parameters = replace(load_parameters(), socialised_loss_cap=cap)
    prices = EIGHT_MARKETS if seed == 3 else TWO_MARKETS[: 1 + seed % 2]
    twins = Twins(12, prices, parameters, fund=50 * TOKEN)
    crowd = Crowd(twins, seed=seed, gap=0.25)
    for _ in range(60):
        crowd.block(operations=10)
    twins.finish_stretch()
    assert cap != NO_CAP or twins.mirror.deficit == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_a_campaign_of_random_operations(seed: int) -> None:
    cap = (NO_CAP, 5 * WAD // 1000, WAD // 1000, 0)[seed % 4]
    parameters = replace(load_parameters(), socialised_loss_cap=cap)
    prices = TWO_MARKETS if seed % 3 else EIGHT_MARKETS
    twins = Twins(24, prices, parameters, fund=50 * TOKEN)
    crowd = Crowd(twins, seed=seed, gap=0.25)
    for _ in range(12):
        for _ in range(50):
            crowd.block(operations=12)
        twins.finish_stretch()
