"""The sections of a scenario: every value that a run needs, with its unit and its limits.

Numbers are Decimals as written in the file (never binary floats), so a threshold given as 0.0625 is
exactly that on chain.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LARGEST: Final = 10**9
"""Nothing in a scenario is larger: sums of squares stay finite and amounts fit DECIMAL(38,0)."""

Share = Annotated[Decimal, Field(ge=0, le=1)]
Positive = Annotated[Decimal, Field(gt=0, le=LARGEST)]
NonNegative = Annotated[Decimal, Field(ge=0, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
PositiveCount = Annotated[int, Field(gt=0, le=LARGEST)]
Wei = Annotated[int, Field(ge=0, le=10**15)]
"""Per gas; a million gwei is more than any chain has seen."""


class Part(BaseModel):
    """Frozen, and an unknown field is an error rather than silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    @model_validator(mode="before")
    @classmethod
    def _no_booleans(cls, data: Any) -> Any:
        """Python counts true as 1; a scenario has no yes or no, so it is a slip of the pen."""
        if isinstance(data, dict):
            for name, value in data.items():
                if isinstance(value, bool):
                    raise ValueError(f"{name} = {str(value).lower()} is not a number or a text")
        return data


class BaseFeeStep(Part):
    """The base fee from a block of the run on."""

    from_block: PositiveCount
    base_fee: Wei


class ChainSettings(Part):
    """Clock and gas of the simulated chain."""

    hardfork: str
    block_seconds: PositiveCount
    gas_limit: PositiveCount
    """Block gas limit."""
    transaction_gas_limit: Annotated[int, Field(ge=1_000_000, le=LARGEST)]
    base_fee: Wei
    """Wei per gas from the first block on. Everybody pays it and has plenty of ether: only a keeper
    with a limit looks at it."""
    base_fee_steps: tuple[BaseFeeStep, ...] = ()
    """How it goes on, in the order of the blocks; no fee market is modelled."""

    @model_validator(mode="after")
    def _fits(self) -> ChainSettings:
        if self.gas_limit < self.transaction_gas_limit:
            raise ValueError(
                f"gas_limit {self.gas_limit} must not be below "
                f"transaction_gas_limit {self.transaction_gas_limit}"
            )
        blocks = [step.from_block for step in self.base_fee_steps]
        if any(after <= before for before, after in pairwise([0, *blocks])):
            raise ValueError(f"base_fee_steps must go up from block 1 on, got {blocks}")
        return self


class PriceSettings(Part):
    """Which crash drives the run, and the part of it that is replayed."""

    event: str
    start: datetime
    hours: PositiveCount
    blocks_per_hour: PositiveCount

    @field_validator("start")
    @classmethod
    def _whole_utc_hour(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a time needs a zone, such as 2020-03-12T10:00Z")
        value = value.astimezone(UTC)
        if value.minute or value.second or value.microsecond:
            raise ValueError("a run starts at a full hour, such as 2020-03-12T10:00Z")
        return value


class Market(Part):
    """One listed market; `series` names the price series of the event."""

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,11}$")]
    series: str
    through: str = ""
    """Name of another market through which its feed is composed: ETH/BTC times BTC; or none."""


class Parameters(Part):
    """The protocol's own parameters, WAD fractions unless the name says otherwise."""

    initial_margin: Annotated[Decimal, Field(gt=0, le=1)]
    maintenance_margin: Annotated[Decimal, Field(gt=0, le=1)]
    liquidation_penalty: Share
    liquidator_share: Share
    taker_fee: Share
    maker_rebate: Share
    funding_cap_per_day: Share
    basis_clamp: Annotated[Decimal, Field(gt=0, lt=1)]
    minimum_notional: NonNegative
    """Quote; a position that would keep less is closed whole."""
    stale_trade_seconds: PositiveCount
    stale_liquidation_seconds: PositiveCount

    @model_validator(mode="after")
    def _ordered(self) -> Parameters:
        if self.maintenance_margin >= self.initial_margin:
            raise ValueError(
                f"maintenance_margin {self.maintenance_margin} must be below "
                f"initial_margin {self.initial_margin}"
            )
        if self.maker_rebate > self.taker_fee:
            raise ValueError(
                f"maker_rebate {self.maker_rebate} must not exceed taker_fee {self.taker_fee}"
            )
        if self.stale_liquidation_seconds < self.stale_trade_seconds:
            raise ValueError("stale_liquidation_seconds must not be below stale_trade_seconds")
        return self


class LeverageBucket(Part):
    """A share of the longs whose leverage is uniform between low and high."""

    share: Share
    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _ordered(self) -> LeverageBucket:
        if self.high < self.low:
            raise ValueError(f"high {self.high} must not be below low {self.low}")
        return self


class Population(Part):
    """Who trades: sizes, sides, leverage and habits of the leveraged accounts."""

    accounts: Annotated[int, Field(ge=10, le=20_000)]
    active_share: Share
    collateral_median: Positive
    collateral_sigma: Annotated[Decimal, Field(ge=0, le=5)]
    pareto_share: Share
    pareto_alpha: Annotated[Decimal, Field(ge=Decimal("0.2"), le=100)]
    collateral_cap: Positive
    """Multiple of the mean; 10 at 1,000 accounts is 1 % of the total."""
    long_share: Share
    single_market_share: tuple[Share, ...]
    """Share of accounts that hold one market only, in the order of `markets`; the rest hold all."""
    leverage: tuple[LeverageBucket, ...]
    short_leverage_factor: Positive
    top_up_share: Share
    top_up_margin_ratio: Share
    reserve_share: NonNegative
    deleverage_share: Share
    deleverage_fraction: Share
    trigger_margin_ratio: Share
    reaction_blocks_low: PositiveCount
    reaction_blocks_high: PositiveCount

    @model_validator(mode="after")
    def _consistent(self) -> Population:
        if sum(bucket.share for bucket in self.leverage) != 1:
            raise ValueError("the shares of the leverage buckets must add up to 1")
        if sum(self.single_market_share) > 1:
            raise ValueError("single_market_share must not add up to more than 1")
        if self.top_up_share + self.deleverage_share > 1:
            raise ValueError("top_up_share + deleverage_share must not exceed 1")
        if self.reaction_blocks_high < self.reaction_blocks_low:
            raise ValueError("reaction_blocks_high must not be below reaction_blocks_low")
        return self


class Trading(Part):
    """Ordinary trading, late entries, and the return of the liquidated."""

    trades_per_hour: Annotated[Decimal, Field(ge=0, le=300)]
    size_shock: NonNegative
    leverage_share: Share
    """Of 1 / initial margin: no trade takes an account above it."""
    limit_slippage: Share
    """Furthest price from the mark that a taker accepts."""
    minimum_quote: NonNegative
    """Quote; smaller trades are not sent."""
    entry_uniform_share: Share
    entry_cluster_hour: NonNegative
    entry_cluster_mean_hours: Positive
    entry_long_share: Share
    return_share: Share
    return_half_life_blocks: Positive
    return_leverage_factor: Positive
    return_fresh_margin: NonNegative


class Insurance(Part):
    """Opening size of the insurance fund."""

    share_of_open_interest: NonNegative


class Liquidators(Part):
    """Agents with limited capital that take positions over at the mark and unwind them."""

    count: Annotated[int, Field(ge=0, le=64)]
    capital_share: NonNegative
    """All together, of the opening open interest."""
    leverage_cap: Positive
    calls_per_block: Count
    slice_share: Share
    slice_quote: NonNegative
    unwind_half_life_slow: Positive
    unwind_half_life_fast: Positive
    clip_share: Share
    clip_quote: NonNegative
    clip_blocks: PositiveCount


class Impact(Part):
    """Square-root price impact of the flow that reaches the mark."""

    coefficient: NonNegative
    volatility_half_life_blocks: Positive
    volatility_cap: Positive
    """Per day."""
    turnover_multiple: Positive
    """Daily volume over opening notional, per market."""
    thinning_volatility: Positive
    thinning_exponent: NonNegative
    recovery_half_life_blocks: Positive
    discretionary_weight: NonNegative


class Oracle(Part):
    """When the keeper writes index and mark on chain."""

    deviation: Annotated[Decimal, Field(gt=0, lt=1)]
    heartbeat_seconds: PositiveCount
    latency_blocks: Count
    mark_threshold: Positive
    """Change of the basis since the last write that triggers a mark write (0.00001 = 0.1 bp)."""
    venues: Annotated[int, Field(ge=1, le=31)] = 1
    """Sources whose median the feed reports."""
    mean: Literal["spot", "arithmetic", "geometric"] = "spot"
    """What the feed reads: the price itself, or its mean over the last `mean_blocks`."""
    mean_blocks: PositiveCount = 1
    nodes: Annotated[int, Field(ge=1, le=31)] = 1
    """Observers whose median is the feed's answer."""
    node_noise: NonNegative = Decimal(0)
    """Standard deviation of the logarithm of what a node sees over what is there."""
    node_delay_shares: tuple[Share, ...] = (Decimal(1),)
    """Probabilities that a node is 0, 1, 2, ... blocks late; each node keeps its delay."""
    faulty_nodes: Count = 0
    faulty_multiple: Positive = Decimal(1)
    """What the faulty nodes see, as a multiple."""
    hop_blocks: Count = 0
    """A delayed feed: values count from the next but one multiple of so many blocks; 0: at once."""

    @model_validator(mode="after")
    def _consistent(self) -> Oracle:
        if sum(self.node_delay_shares) != 1:
            raise ValueError("node_delay_shares must add up to 1")
        if self.faulty_nodes > self.nodes:
            raise ValueError(f"faulty_nodes {self.faulty_nodes} must not exceed nodes {self.nodes}")
        return self


class Funding(Part):
    """How often the funding keeper pokes a market on top of the accrual before each action."""

    interval_seconds: PositiveCount


class MarketMaker(Part):
    """The one account on the other side."""

    equity_share: Positive
    half_spread: Share
    depth_share: Positive
    requote_move: Positive
    requote_filled: Share
    top_up_below: Share
    top_up_to: Share
    reduce_only_below: Share


class AdlKeeper(Part):
    """The trusted role that ranks candidates for auto-deleveraging."""

    candidates_per_block: Annotated[int, Field(ge=1, le=32)]
    asleep_from_hour: NonNegative
    asleep_to_hour: NonNegative
    """Between these hours of the event the keeper names no candidates; equal means never asleep."""

    @model_validator(mode="after")
    def _ordered(self) -> AdlKeeper:
        if self.asleep_to_hour < self.asleep_from_hour:
            raise ValueError(
                f"asleep_to_hour {self.asleep_to_hour} must not be before "
                f"asleep_from_hour {self.asleep_from_hour}"
            )
        return self


class Recording(Part):
    """How often the sparse tables are written."""

    accounts_every_blocks: PositiveCount
    probe_every_blocks: PositiveCount
