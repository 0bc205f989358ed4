"""What is to happen: the frozen Scenario, its TOML form, and the seeds that spring from it.

Numbers are Decimals as written in the file (never binary floats), so a threshold given as 0.0625 is
exactly that on chain. `sources` maps dotted paths to where a value comes from, or to "assumed".
"""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulator.errors import InputError
from simulator.resources import fixtures_folder

Share = Annotated[Decimal, Field(ge=0, le=1)]
Positive = Annotated[Decimal, Field(gt=0)]
NonNegative = Annotated[Decimal, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(gt=0)]

FORMAT = 1
BASE_VARIANT = "base"


class Part(BaseModel):
    """Frozen, and an unknown field is an error rather than silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ChainSettings(Part):
    """Clock and gas of the simulated chain."""

    hardfork: str
    block_seconds: PositiveCount
    gas_limit: PositiveCount
    """Block gas limit."""
    transaction_gas_limit: PositiveCount
    base_fee: Count


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
    collateral_sigma: NonNegative
    pareto_share: Share
    pareto_alpha: Positive
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

    trades_per_hour: NonNegative
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


class Recording(Part):
    """How often the sparse tables are written."""

    accounts_every_blocks: PositiveCount
    probe_every_blocks: PositiveCount
    probe_prices: tuple[Positive, ...]


class Scenario(Part):
    """One thing that is to happen, complete: nothing about a run is decided elsewhere."""

    format: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: str
    protocol: Literal["matched-perp"]
    contract: str = "matched-perp"
    variant: str = BASE_VARIANT
    chain: ChainSettings
    prices: PriceSettings
    markets: Annotated[tuple[Market, ...], Field(min_length=1, max_length=8)]
    parameters: Parameters
    population: Population
    trading: Trading
    insurance: Insurance
    liquidators: Liquidators
    impact: Impact
    oracle: Oracle
    funding: Funding
    market_maker: MarketMaker
    adl_keeper: AdlKeeper
    recording: Recording
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sources: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        names = [market.name for market in self.markets]
        if len(set(names)) != len(names):
            raise ValueError(f"market names must differ, got {', '.join(names)}")
        if len(self.population.single_market_share) != len(names):
            raise ValueError("population.single_market_share needs one share per market")
        if self.chain.block_seconds * self.prices.blocks_per_hour != 3600:
            raise ValueError("chain.block_seconds x prices.blocks_per_hour must be 3600")
        highest = max(bucket.high for bucket in self.population.leverage)
        # Opening costs half a spread and the fee, which the margin must hold as well.
        costs = self.parameters.taker_fee + self.market_maker.half_spread
        limit = 1 / (self.parameters.initial_margin + costs)
        if highest > limit:
            raise ValueError(
                f"population.leverage reaches {highest}, above {limit:.3f} = 1 / "
                "(parameters.initial_margin + parameters.taker_fee + market_maker.half_spread)"
            )
        if BASE_VARIANT in self.variants:
            raise ValueError("variants.base: base is the scenario as written and takes no changes")
        return self

    @property
    def blocks(self) -> int:
        return self.prices.hours * self.prices.blocks_per_hour

    @property
    def end(self) -> datetime:
        return self.prices.start + timedelta(hours=self.prices.hours)

    def changed(self, changes: Mapping[str, object]) -> Scenario:
        """A copy with values replaced at dotted paths, checked as a whole again.

        The path `variant` switches to one of the scenario's named variants.
        """
        document = self.model_dump()
        for path, value in changes.items():
            if path == "variant":
                _apply_variant(self, document, value)
            else:
                set_path(document, path, value)
        return parse_scenario(document)


def _apply_variant(scenario: Scenario, document: dict[str, Any], name: object) -> None:
    known = [BASE_VARIANT, *scenario.variants]
    if name not in known:
        raise InputError("variant", name, f"must be one of {', '.join(known)}")
    document["variant"] = name
    if name != BASE_VARIANT:
        for path, value in scenario.variants[str(name)].items():
            set_path(document, path, value)


def set_path(document: dict[str, Any], path: str, value: object) -> None:
    """Replace the value at a dotted path; InputError if no field is there."""
    *folders, leaf = path.split(".")
    place: Any = document
    for folder in folders:
        place = place.get(folder) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise InputError("path", path, "there is no such field in the scenario")
    if leaf not in place:
        raise InputError("path", path, f"there is no such field; there are {', '.join(place)}")
    place[leaf] = value


def parse_scenario(document: Mapping[str, Any], origin: str = "") -> Scenario:
    """Check a document (as tomllib gives it, floats as Decimal) and freeze it.

    Raises InputError with the dotted field, the value and the rule.
    """
    try:
        return Scenario.model_validate(_with_parameter_set(dict(document)))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "scenario"
        field = f"{origin}: {field}" if origin else field
        value = first.get("input")
        rule = first["msg"].removeprefix("Value error, ")
        shown = "(whole section)" if isinstance(value, dict) else value
        raise InputError(field, shown, rule) from None


def _with_parameter_set(document: dict[str, Any]) -> dict[str, Any]:
    """Fill `parameters` from the named set in fixtures/parameters; what is written here wins."""
    given = document.get("parameters")
    if not isinstance(given, dict) or "set" not in given:
        return document
    overrides = {key: value for key, value in given.items() if key != "set"}
    values, sources = load_parameter_set(str(given["set"]))
    document["parameters"] = values | overrides
    inherited = {f"parameters.{key}": text for key, text in sources.items() if key not in overrides}
    document["sources"] = inherited | dict(document.get("sources", {}))
    return document


def load_parameter_set(name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and sources of fixtures/parameters/<name>.toml."""
    folder = fixtures_folder() / "parameters"
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(item.stem for item in folder.glob("*.toml")))
        raise InputError("parameters.set", name, f"there is no such set; there are {known}")
    entries = _read_toml(path).get("parameters", {})
    values = {key: entry["value"] for key, entry in entries.items()}
    sources = {key: str(entry["source"]) for key, entry in entries.items()}
    return values, sources


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError("scenario", str(path), f"is not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InputError("scenario", str(path), "is not UTF-8 text") from None


def scenario_names() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(path.stem for path in (fixtures_folder() / "scenarios").glob("*.toml"))


def scenario_path(name_or_path: str) -> Path:
    """The file of a scenario given by name or by path; InputError if there is none."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = fixtures_folder() / "scenarios" / f"{name_or_path}.toml"
    if path.suffix != ".toml" and shipped.is_file():
        return shipped
    rule = f"is neither a file nor a scenario; there are {', '.join(scenario_names())}"
    raise InputError("scenario", name_or_path, rule)


def read_document(path: Path) -> dict[str, Any]:
    """The TOML document of a scenario or finding; InputError if empty or malformed."""
    document = _read_toml(path)
    if not document:
        raise InputError("scenario", str(path), "the file is empty")
    return document


def load_scenario(name_or_path: str) -> Scenario:
    """Read and check a scenario by name (fixtures/scenarios) or file."""
    path = scenario_path(name_or_path)
    return parse_scenario(read_document(path), origin=path.name)


def to_document(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain values for the manifest: Decimals as text, times as ISO 8601."""
    return scenario.model_dump(mode="json")


def parse_decimal(field: str, text: str) -> Decimal:
    """A finite Decimal from user text; InputError otherwise."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise InputError(field, text, "must be a number") from None
    if not value.is_finite():
        raise InputError(field, text, "must be a finite number")
    return value


def generator(seed: int, *path: str) -> np.random.Generator:
    """The random generator of one part of a run, independent of every other part.

    Seeds are spawned by name path from the run's seed, so that adding a part or running in another
    order or process changes nobody else's draws.
    """
    key = tuple(zlib.crc32(name.encode()) for name in path)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))
