"""The keeper that writes index and mark: what the rest of a block reacts to.

The index follows the historical path by the oracle's rule, with the scenario's faults. The mark
adds the basis, which the flow of earlier blocks has pressed away from the index (square-root
impact). One call when both are due.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.agent import Action, ConfirmPrice, Fill, Outcome, UpdatePrice, View
from simulator.chain.base import STATUS_SUCCESS
from simulator.liquidity.square_root import (
    CascadeImpact,
    Depth,
    ImpactParameters,
    ImpactState,
    advance,
    cascade_impact,
    depth_of_path,
)
from simulator.oracles.feed import publication
from simulator.prices import ticks_to_floats
from simulator.scenario import Scenario
from simulator.sequencer import base_fees
from simulator.types import Float1D, Int2D
from simulator.units import WAD, price_ticks_to_wad


class PriceKeeper:
    """`ticks` int64[T, k] is the true path; row 0 is what the markets were listed with.

    `notional` float64[k] is the opening notional per market, the measure of the book's depth;
    `seed` that of what the feed's nodes see.
    """

    def __init__(self, scenario: Scenario, ticks: Int2D, notional: Float1D, seed: int = 0) -> None:
        published = publication(scenario, ticks, base_fees(scenario)[: len(ticks)], seed)
        self._schedule: list[list[int]] = published.writes.tolist()
        self._silent: list[list[bool]] = published.silent.tolist()
        turnover = float(scenario.impact.turnover_multiple)
        self.depth: Depth = depth_of_path(
            ticks_to_floats(ticks),
            [turnover * max(float(value), 1.0) for value in notional],
            impact_parameters(scenario),
        )
        self.state = ImpactState([0.0] * ticks.shape[1])
        self._threshold = int(scenario.oracle.mark_threshold * WAD)
        self._discretionary = float(scenario.impact.discretionary_weight)
        self._index = [price_ticks_to_wad(tick) for tick in ticks[0].tolist()]
        self._basis = [0] * ticks.shape[1]
        self._flow = [0.0] * ticks.shape[1]

    def write(self, block: int) -> Sequence[Action]:
        """This block's price writes; the basis holds the flow up to the block before."""
        basis = advance(self.state, self.depth, block, self._flow)
        self._flow = [0.0] * len(basis)
        actions: list[Action] = []
        for market, due in enumerate(self._schedule[block]):
            if self._silent[block][market]:
                continue
            wanted = int(basis[market] * WAD)
            moved = abs(wanted - self._basis[market]) > self._threshold
            index = price_ticks_to_wad(due) if due else self._index[market]
            if due and index == self._index[market]:
                actions.append(ConfirmPrice(market))
            if moved or index != self._index[market]:
                self._index[market], self._basis[market] = index, wanted
                actions.append(UpdatePrice(market, index, wanted))
        return actions

    def learn(self, outcome: Outcome, view: View) -> None:
        """Fills press on the mark: forced ones fully, ordinary ones in part."""
        for action, status in zip(outcome.actions, outcome.status, strict=True):
            if status == STATUS_SUCCESS and isinstance(action, Fill):
                weight = 1.0 if action.forced else self._discretionary
                quote = action.size / WAD * float(view.mark[action.market])
                self._flow[action.market] += weight * quote

    def cascade_impact(self, block: int, index: Float1D) -> CascadeImpact:
        """How far further dumping would move the mark now."""
        return cascade_impact(self.state, self.depth, block, index.tolist())


def impact_parameters(scenario: Scenario) -> ImpactParameters:
    """The impact section of a scenario as plain floats."""
    impact = scenario.impact
    return ImpactParameters(
        coefficient=float(impact.coefficient),
        volatility_half_life_blocks=float(impact.volatility_half_life_blocks),
        volatility_cap=float(impact.volatility_cap),
        thinning_volatility=float(impact.thinning_volatility),
        thinning_exponent=float(impact.thinning_exponent),
        recovery_half_life_blocks=float(impact.recovery_half_life_blocks),
        basis_clamp=float(scenario.parameters.basis_clamp),
        blocks_per_day=24.0 * scenario.prices.blocks_per_hour,
    )
