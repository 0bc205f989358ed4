"""What the feeds of a run publish: from true prices to the writes of their keeper.

A price passes three stages, and each kind of fault acts in one of them, so that faults compose:

1. which observation reaches the feed: its mean, the median of its nodes, the latency, `delay`
   (observations never run back), the hop of a delayed feed;
2. what it says: the legs of a composed feed (`missing_leg`), the median of the venues
   (`single_venue`), then `outlier`, `scale` and at last the bounds of the aggregator (`clamp`);
3. whether it is published: `stale_round` holds the answer, `freeze`, `keeper_priced_out` and
   `sequencer_down` publish nothing.

Faults of the second stage act on what is published in their blocks. Ticks are 1e-8 quote, rounded
down, as every feed with eight decimals rounds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.oracles.aggregator import median_answers, observe_prices
from simulator.oracles.delayed import hopped_blocks
from simulator.oracles.faults import observed_blocks, said_prices, stopped_blocks
from simulator.oracles.push import push_schedule
from simulator.oracles.twap_v2 import arithmetic_twap
from simulator.oracles.twap_v3 import geometric_twap
from simulator.scenario import Oracle, Scenario, generator
from simulator.types import AnyArray, Int1D, Int2D


class Publication(NamedTuple):
    """What the keeper sends, int64[T, k] and bool[T, k]."""

    writes: Int2D
    """Ticks written, 0 for no write of the index."""
    silent: AnyArray
    """Blocks in which it cannot send anything, a mark neither."""


def publication(scenario: Scenario, ticks: Int2D, base_fees: Int1D, seed: int = 0) -> Publication:
    """Everything that the feeds of a run publish.

    ticks: int64[T, k] true prices, row 0 being what the feeds were listed with; base_fees:
    int64[T], wei per gas of each block; seed: of the nodes' noise. Raises InputError for a fault
    that makes an answer no feed can hold, or that could never act.
    """
    says = answers(scenario, ticks, seed)
    silent, held = stopped_blocks(scenario, len(ticks), base_fees)
    heartbeat = scenario.oracle.heartbeat_seconds // scenario.chain.block_seconds
    writes = push_schedule(says, scenario.oracle.deviation, heartbeat, silent, held)
    return Publication(writes, silent)


def answers(scenario: Scenario, ticks: Int2D, seed: int = 0) -> Int2D:
    """int64[T, k]: what each feed would say if it were written in that block; 0 is no answer."""
    says = np.empty_like(ticks)
    observed = observed_prices(scenario.oracle, ticks, seed)
    for market in range(ticks.shape[1]):
        seen = observed_blocks(scenario, len(ticks), market)
        hop = scenario.oracle.hop_blocks
        seen = seen[hopped_blocks(len(seen), hop)] if hop else seen
        says[:, market] = said_prices(scenario, observed[seen], market)
    says[0] = ticks[0]
    return says


def observed_prices(oracle: Oracle, ticks: Int2D, seed: int) -> Int2D:
    """int64[T, k]: the mean that the feed reads, as the median of its nodes sees it."""
    read = np.stack([_mean(oracle, path) for path in ticks.T], axis=1)
    plain = oracle.nodes == 1 and oracle.node_delay_shares[0] == 1
    if plain and not (oracle.node_noise or oracle.faulty_nodes):
        return read
    medians = [
        median_answers(
            observe_prices(
                path,
                oracle.nodes,
                float(oracle.node_noise),
                [float(share) for share in oracle.node_delay_shares],
                generator(seed, "oracle nodes", str(market)),
                oracle.faulty_nodes,
                float(oracle.faulty_multiple),
            )
        )
        for market, path in enumerate(read.T)
    ]
    return np.stack(medians, axis=1)


def _mean(oracle: Oracle, path: Int1D) -> Int1D:
    """Ticks of one market's mean, rounded down, at least one."""
    if oracle.mean == "spot" or oracle.mean_blocks == 1:
        return path
    twap = arithmetic_twap if oracle.mean == "arithmetic" else geometric_twap
    return np.maximum(np.floor(twap(path, oracle.mean_blocks)), 1).astype(np.int64)
