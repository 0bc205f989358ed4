"""How a price becomes an on-chain answer: push and pull feeds, means, medians, delays, and faults.

Each model is equal to its contract in contracts/oracles or contracts/amm. `feed` is what a run's
price keeper follows, with its `faults`; `manipulation` says what moving an oracle costs.
"""

from simulator.oracles.aggregator import (
    Aggregator,
    Verdict,
    is_due,
    judged_answer,
    median_answers,
    observe_prices,
    transmit,
    update_times,
    upper_median,
)
from simulator.oracles.answers import NO_ANSWER, Answer, is_fresh
from simulator.oracles.capped_ratio import RatioCap, capped_price, maximum_ratio, update_snapshot
from simulator.oracles.composed import composed_answer
from simulator.oracles.delayed import DelayedFeed, delayed_path, poke, start, stop, usable, void
from simulator.oracles.feed import Publication, answers, observed_prices, publication
from simulator.oracles.manipulation import (
    Attack,
    ManipulationCost,
    Push,
    attack,
    manipulation_cost,
    push,
    push_capital,
    range_capital,
    spot_multiple,
)
from simulator.oracles.medianizer import Choice, choose_answer, median_answer
from simulator.oracles.pull import PullFeed, collateral_price, debt_price, update_price
from simulator.oracles.push import push_schedule
from simulator.oracles.twap_v2 import (
    PairTwap,
    arithmetic_twap,
    average_price,
    consult_twap,
    open_twap,
    update_twap,
)
from simulator.oracles.twap_v3 import (
    Observation,
    Ring,
    geometric_twap,
    grow_ring,
    harmonic_mean_liquidity,
    mean_tick,
    mean_ticks,
    observe,
    open_ring,
    quote_at_tick,
    write_observation,
)

__all__ = [
    "NO_ANSWER",
    "Aggregator",
    "Answer",
    "Attack",
    "Choice",
    "DelayedFeed",
    "ManipulationCost",
    "Observation",
    "PairTwap",
    "Publication",
    "PullFeed",
    "Push",
    "RatioCap",
    "Ring",
    "Verdict",
    "answers",
    "arithmetic_twap",
    "attack",
    "average_price",
    "capped_price",
    "choose_answer",
    "collateral_price",
    "composed_answer",
    "consult_twap",
    "debt_price",
    "delayed_path",
    "geometric_twap",
    "grow_ring",
    "harmonic_mean_liquidity",
    "is_due",
    "is_fresh",
    "judged_answer",
    "manipulation_cost",
    "maximum_ratio",
    "mean_tick",
    "mean_ticks",
    "median_answer",
    "median_answers",
    "observe",
    "observe_prices",
    "observed_prices",
    "open_ring",
    "open_twap",
    "poke",
    "publication",
    "push",
    "push_capital",
    "push_schedule",
    "quote_at_tick",
    "range_capital",
    "spot_multiple",
    "start",
    "stop",
    "transmit",
    "update_price",
    "update_snapshot",
    "update_times",
    "update_twap",
    "upper_median",
    "usable",
    "void",
    "write_observation",
]
