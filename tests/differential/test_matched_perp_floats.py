"""The float64 core agrees with the exact ledger to 1e-12 of the terms, and on every verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.chain.abi import mapping_slot
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.risk.liquidation import liquidatable
from simulator.risk.margin import equity, magnitude, requirement
from simulator.types import Bool1D, Float1D, Int1D
from simulator.units import WAD
from tests.differential.crowd import Crowd
from tests.differential.twins import Twins

TOLERANCE = 1e-12


def exact_verdicts(mirror: Mirror, rows: list[int]) -> Bool1D:
    below = [mirror.settled_equity(row) < mirror.maintenance(row) for row in rows]
    return np.array(below, np.bool_)


def measured(mirror: Mirror) -> tuple[Float1D, Float1D, Float1D, Bool1D]:
    """Equity, requirement, scale of the errors and verdicts, as a run measures them."""
    marks, pending = mirror.mark_prices, mirror.pendings()
    worth = equity(mirror.margins, mirror.sizes, marks, mirror.costs, pending)
    gross = np.abs(mirror.sizes) @ marks
    needed = requirement(gross, mirror.parameters.maintenance_margin / 1e18)
    scale = magnitude(mirror.margins, gross, mirror.costs, pending)

    def ask(rows: Int1D) -> Bool1D:
        return exact_verdicts(mirror, rows.tolist())

    return worth, needed, scale, liquidatable(worth, needed, scale, ask)


def compare(mirror: Mirror) -> None:
    worth, needed, scale, verdicts = measured(mirror)
    rows = list(range(mirror.account_count))
    for row in rows:
        bound = TOLERANCE * scale[row]
        assert abs(worth[row] - mirror.settled_equity(row) / 1e18) <= bound, row
        assert abs(needed[row] - mirror.maintenance(row) / 1e18) <= bound + 1e-18, row
    assert verdicts.tolist() == exact_verdicts(mirror, rows).tolist()


@pytest.mark.parametrize("seed", [3, 7])
def test_floats_agree_after_every_block_of_a_crowd(seed: int) -> None:
    parameters = replace(load_parameters(), socialised_loss_cap=WAD // 200)
    twins = Twins(50, (200 * WAD, 8_000 * WAD), parameters, fund=0)
    crowd = Crowd(twins, seed=seed, gap=0.4)
    for _ in range(150):
        crowd.block(operations=10)
        compare(twins.mirror)
    assert twins.seen["Liquidate"] and twins.seen["Deleverage"]


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_verdicts_are_exact_to_the_last_unit_of_the_threshold(excess: int) -> None:
    """All accounts are put a unit below, on and above their requirement."""
    twins = Twins(20, (200 * WAD + 10**6, 8_000 * WAD), load_parameters(), fund=0)
    crowd = Crowd(twins, seed=3, gap=0.0)
    for _ in range(30):
        crowd.block(operations=20)
    mirror, perp = twins.mirror, twins.deployment.perp
    slot = twins.deployment.perp_artifact.storage_layout["margin"].slot
    holders = [row for row in range(mirror.account_count) if mirror.held(row)]
    for row in holders:
        distance = mirror.settled_equity(row) - mirror.maintenance(row)
        margin = (mirror.margin(row) - distance + excess) % 2**256
        twins.chain.set_storage(perp, mapping_slot(slot, mirror.accounts[row]), margin)
    mirror.reload(twins.chain)
    verdicts = measured(mirror)[3]
    assert len(holders) > 3
    assert [bool(verdicts[row]) for row in holders] == [excess < 0] * len(holders)
