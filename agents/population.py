"""Everything about the traders that chance decides, drawn once, before the first block.

Two runs with one seed and different mechanisms (no impact, unlimited capital) therefore meet the
same accounts, wishes and delays; their difference is the mechanism. Each quantity has its own
generator, so that adding one does not shift the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from simulator.prices import load_crash
from simulator.scenario import Population as PopulationSettings
from simulator.scenario import Scenario, generator
from simulator.types import Bool1D, Float1D, Float2D, Int1D

HABIT_NONE, HABIT_TOP_UP, HABIT_DELEVERAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TradeEvents:
    """Ordinary trades sorted by block: `offsets[b] : offsets[b + 1]` are those of block b."""

    offsets: Int1D
    account: Int1D
    market: Int1D
    shrink: Float1D
    """Fraction of the anchor size that the account wants to be without for now, in [0, 0.5]."""


@dataclass(frozen=True, slots=True)
class Population:
    """n traders; arrays have a row per account, money in quote, times in blocks of the run."""

    collateral: Float1D
    side: Int1D
    leverage: Float1D
    weights: Float2D
    """Share of the account's notional in each market; rows sum to 1."""
    active: Bool1D
    entry_block: Int1D
    """Block of the first position for those that are not active at the start, else -1."""
    habit: Int1D
    reaction_blocks: Int1D
    returns: Bool1D
    return_delay: Int1D
    trades: TradeEvents

    def __len__(self) -> int:
        return len(self.collateral)


def draw_population(scenario: Scenario, seed: int) -> Population:
    """Draw the traders of a scenario. Blocks count from the run's own start."""
    settings = scenario.population
    count = settings.accounts

    def rng(name: str) -> np.random.Generator:
        return generator(seed, "population", name)

    active = _exact_share(rng("active"), count, float(settings.active_share))
    entry, entry_side = _entries(scenario, rng("entries"), active)
    side = np.where(rng("side").random(count) < float(settings.long_share), 1, -1)
    side = np.where(active, side, entry_side)
    active |= entry < 0  # who entered before this run starts holds a position already
    leverage = _leverage(settings, rng("leverage"), count)
    leverage = np.where(side > 0, leverage, leverage * float(settings.short_leverage_factor))
    habits = _habits(settings, rng("habit"), count)
    reaction = rng("reaction").integers(
        settings.reaction_blocks_low, settings.reaction_blocks_high, count, endpoint=True
    )
    weights = _weights(scenario, rng("markets"))
    mean_delay = float(scenario.trading.return_half_life_blocks) / np.log(2)
    return Population(
        collateral=_collateral(settings, rng("collateral")),
        side=side,
        leverage=np.maximum(leverage, 0.1),
        weights=weights,
        active=active,
        entry_block=np.where(active | (entry >= scenario.blocks), -1, entry),
        habit=habits,
        reaction_blocks=reaction,
        returns=rng("returns").random(count) < float(scenario.trading.return_share),
        return_delay=1 + (rng("return-delay").exponential(mean_delay, count)).astype(np.int64),
        trades=_trades(scenario, seed, weights),
    )


def _exact_share(rng: np.random.Generator, count: int, share: float) -> Bool1D:
    chosen = np.zeros(count, np.bool_)
    chosen[rng.permutation(count)[: round(count * share)]] = True
    return chosen


def _collateral(settings: PopulationSettings, rng: np.random.Generator) -> Float1D:
    """Lognormal body, Pareto tail, capped; the same quantiles for every seed, dealt by chance."""
    count = settings.accounts
    normal = NormalDist()
    levels = (np.arange(count) + 0.5) / count
    sigma, median = float(settings.collateral_sigma), float(settings.collateral_median)

    def body(level: float) -> float:
        return median * float(np.exp(sigma * normal.inv_cdf(level)))

    tail_from = 1.0 - float(settings.pareto_share)
    values = np.array([body(level) for level in levels])
    tail = levels > tail_from
    if tail.any():
        ratio = (1.0 - levels[tail]) / (1.0 - tail_from)
        values[tail] = body(tail_from) * ratio ** (-1.0 / float(settings.pareto_alpha))
    for _ in range(100):
        cap = float(settings.collateral_cap) * values.mean()
        if values.max() <= cap * (1 + 1e-12):
            break
        values = np.minimum(values, cap)
    return np.asarray(rng.permutation(values), np.float64)


def _leverage(settings: PopulationSettings, rng: np.random.Generator, count: int) -> Float1D:
    shares = np.cumsum([float(bucket.share) for bucket in settings.leverage])
    low = np.array([float(bucket.low) for bucket in settings.leverage])
    high = np.array([float(bucket.high) for bucket in settings.leverage])
    bucket = np.minimum(np.searchsorted(shares, rng.random(count), side="right"), len(low) - 1)
    return np.asarray(low[bucket] + rng.random(count) * (high[bucket] - low[bucket]), np.float64)


def _weights(scenario: Scenario, rng: np.random.Generator) -> Float2D:
    """One market only, by its share, or all markets in equal parts."""
    count, markets = scenario.population.accounts, len(scenario.markets)
    edges = np.cumsum([float(share) for share in scenario.population.single_market_share])
    kind = np.searchsorted(edges, rng.random(count), side="right")
    rows = np.vstack([np.eye(markets), np.full(markets, 1.0 / markets)])
    return np.asarray(rows[kind], np.float64)


def _habits(settings: PopulationSettings, rng: np.random.Generator, count: int) -> Int1D:
    draw = rng.random(count)
    top_up = float(settings.top_up_share)
    deleverage = top_up + float(settings.deleverage_share)
    return np.where(draw < top_up, HABIT_TOP_UP, np.where(draw < deleverage, HABIT_DELEVERAGE, 0))


def _entries(scenario: Scenario, rng: np.random.Generator, active: Bool1D) -> tuple[Int1D, Int1D]:
    """Blocks of the first position in run time, and sides. Active accounts get block 0.

    The calendar is the event's: a run that starts later sees the same entries, earlier.
    """
    trading, per_hour = scenario.trading, scenario.prices.blocks_per_hour
    count = len(active)
    crash = load_crash(scenario.prices.event)
    start = run_start_hour(scenario)
    uniform_hours = rng.random(count) * crash.hours
    cluster = float(trading.entry_cluster_hour) + rng.exponential(
        float(trading.entry_cluster_mean_hours), count
    )
    spread = rng.random(count) < float(trading.entry_uniform_share)
    hours = np.where(spread, uniform_hours, cluster) - start
    block = np.floor(hours * per_hour).astype(np.int64)
    side = np.where(rng.random(count) < float(trading.entry_long_share), 1, -1)
    return np.where(active, 0, block), side


def run_start_hour(scenario: Scenario) -> int:
    """Hours between the start of the event's window and the start of the run."""
    window_start = load_crash(scenario.prices.event).start
    return round((scenario.prices.start - window_start).total_seconds() / 3600)


def _trades(scenario: Scenario, seed: int, weights: Float2D) -> TradeEvents:
    """Poisson trades of every account over the run, whether or not it then holds a position.

    An account trades in its own markets, each as likely as its weight there. The calendar is the
    event's, and the run is cut out of it: a shorter or later run meets the same trades.
    """
    rng = generator(seed, "population", "trades")
    count, blocks = scenario.population.accounts, scenario.blocks
    per_hour, event_hours = scenario.prices.blocks_per_hour, load_crash(scenario.prices.event).hours
    total = int(rng.poisson(float(scenario.trading.trades_per_hour) * event_hours * count))
    block = rng.integers(0, event_hours * per_hour, total) - run_start_hour(scenario) * per_hour
    account = rng.integers(0, count, total)
    edges = np.cumsum(weights, axis=1)[account]
    market = np.minimum((edges <= rng.random(total)[:, None]).sum(axis=1), weights.shape[1] - 1)
    shrink = np.minimum(np.abs(rng.normal(0.0, float(scenario.trading.size_shock), total)), 0.5)
    inside = (block >= 0) & (block < blocks)
    block, account, market, shrink = block[inside], account[inside], market[inside], shrink[inside]
    order = np.lexsort((account, block))
    offsets = np.searchsorted(block[order], np.arange(blocks + 1))
    return TradeEvents(offsets, account[order], market[order], shrink[order])
