"""The Scenario: one thing that is to happen, frozen, and copies of it with values changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from simulator.errors import InputError
from simulator.scenario.faults import Fault, MissingLeg, SingleVenue
from simulator.scenario.parts import (
    AdlKeeper,
    ChainSettings,
    Funding,
    Impact,
    Insurance,
    Liquidators,
    Market,
    MarketMaker,
    Oracle,
    Parameters,
    Part,
    Population,
    PriceSettings,
    Recording,
    Trading,
)

BASE_VARIANT = "base"
FAULT_FREE = "fault-free"
"""The twin that a scenario with faults has without being told: the same without them."""
_WORDS = {
    "extra_forbidden": "there is no such field",
    "missing": "is missing",
    "union_tag_not_found": "is missing",
}
"""The rules that pydantic words in its own way."""


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
    faults: tuple[Fault, ...] = ()
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
        self._check_feeds(names)
        if BASE_VARIANT in self.variants:
            raise ValueError("variants.base: base is the scenario as written and takes no changes")
        empty = [name for name, changes in self.variants.items() if not changes]
        if empty:
            raise ValueError(f"variants.{empty[0]} changes nothing")
        return self

    def _check_feeds(self, names: list[str]) -> None:
        """Composed markets and faults speak of markets that exist and of blocks of the run."""
        composed = {market.name for market in self.markets if market.through}
        for market in self.markets:
            if market.through and (market.through not in names or market.through in composed):
                rule = "must name another market with a feed of its own"
                raise InputError(f"markets.{market.name}.through", market.through, rule)
        for number, fault in enumerate(self.faults):
            self._check_fault(f"faults.{number}", fault, names, composed)

    def _check_fault(self, where: str, fault: Fault, names: list[str], composed: set[str]) -> None:
        chosen = getattr(fault, "markets", ())
        for name in chosen:
            if name not in names:
                raise InputError(f"{where}.markets", name, f"must be one of {', '.join(names)}")
        if fault.end_block > self.blocks:
            acts = f"{fault.start_block} to {fault.end_block - 1}"
            rule = f"must lie inside the run's {self.blocks} blocks, 0 to {self.blocks - 1}"
            raise InputError(f"{where}: blocks of the {fault.kind}", acts, rule)
        if isinstance(fault, MissingLeg) and not composed.issuperset(chosen or names):
            rule = "must be markets with `through`: only they have two legs"
            raise InputError(f"{where}.markets", ", ".join(chosen or names), rule)
        if isinstance(fault, SingleVenue) and fault.venues > self.oracle.venues:
            rule = f"must not exceed oracle.venues, {self.oracle.venues}"
            raise InputError(f"{where}.venues", fault.venues, rule)

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
        return validated(document)


def _apply_variant(scenario: Scenario, document: dict[str, Any], name: object) -> None:
    known = [BASE_VARIANT, *scenario.variants]
    if name not in known:
        raise InputError("variant", name, f"must be one of {', '.join(known)}")
    document["variant"] = name
    if name != BASE_VARIANT:
        for path, value in scenario.variants[str(name)].items():
            set_path(document, path, value)


def set_path(document: dict[str, Any], path: str, value: object) -> None:
    """Replace the value at a dotted path, list items by number; InputError if no field is there."""
    *folders, leaf = path.split(".")
    place: Any = document
    for folder in folders:
        place = _inside(place, folder)
        if not isinstance(place, (dict, list)):
            raise InputError("path", path, "there is no such field in the scenario")
    if isinstance(place, list):
        leaf_of_list = _number(leaf, len(place))
        if leaf_of_list is None:
            raise InputError("path", path, f"there are {len(place)} items, counted from 0")
        place[leaf_of_list] = value
        return
    if leaf not in place:
        raise InputError("path", path, f"there is no such field; there are {', '.join(place)}")
    place[leaf] = value


def _inside(place: Any, name: str) -> Any:
    """What lies at a name or number; a tuple is made a list first, so that it can be changed."""
    if isinstance(place, dict):
        if isinstance(place.get(name), tuple):
            place[name] = list(place[name])
        return place.get(name)
    number = _number(name, len(place))
    return None if number is None else place[number]


def _number(text: str, count: int) -> int | None:
    return int(text) if text.isdecimal() and int(text) < count else None


def validated(document: Mapping[str, Any], origin: str = "") -> Scenario:
    """Check a complete document and freeze it; InputError names field, value and rule."""
    try:
        return Scenario.model_validate(dict(document))
    except ValidationError as error:
        faults = error.errors()
        # A misspelt field is also a missing one; the spelling is the better hint.
        first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
        own = first.get("ctx", {}).get("error")
        if isinstance(own, InputError):
            raise InputError(_prefixed(origin, own.field), own.value, own.rule) from None
        field = ".".join(_place(first)) or "scenario"
        rule = _WORDS.get(first["type"]) or _ruled(first["msg"])
        raise InputError(_prefixed(origin, field), _shown(first), rule) from None


def _place(error: Any) -> list[str]:
    """Where the fault lies, without the kind that pydantic puts behind the number of a fault."""
    place = [str(part) for part in error["loc"]]
    if place[:1] != ["faults"] or len(place) < 2:
        return place
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return [*place, "kind"]
    return [*place[:2], *place[3:]]


def _ruled(message: str) -> str:
    """Pydantic's sentence as a rule."""
    if "does not match any of the expected tags" in message:
        return "must be one of" + message.partition("expected tags:")[2].replace("'", "")
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _prefixed(origin: str, field: str) -> str:
    return f"{origin}: {field}" if origin else field


def _shown(error: Any) -> object:
    """The value at fault, short: a Decimal as it was written, a section by name only."""
    value = error.get("input")
    if error["type"] in ("missing", "union_tag_not_found"):
        return None
    if error["type"] == "union_tag_invalid":
        return error["ctx"]["tag"]
    if isinstance(value, (dict, Scenario, Part)):
        return "(the section)"
    return value if isinstance(value, (int, str, list, tuple)) else str(value)


def to_document(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain values for the manifest: Decimals as text, times as ISO 8601."""
    return scenario.model_dump(mode="json")
