"""What may go wrong with a price on its way to the chain: faults as parts of a scenario.

Each is {kind, start_block, blocks, markets, parameters} and acts in the blocks start_block to
start_block + blocks - 1 of the run. They may overlap; simulator/oracles/feed.py says what they do
together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from simulator.scenario.parts import Count, Part, Positive, PositiveCount, Wei


class _Window(Part):
    """When a fault acts."""

    start_block: Count
    """Block of the run, from 0."""
    blocks: PositiveCount

    @property
    def end_block(self) -> int:
        """The first block in which it no longer acts."""
        return self.start_block + self.blocks

    @property
    def parameters(self) -> dict[str, Any]:
        """What is particular to its kind, for the record."""
        common = {"kind", "start_block", "blocks", "markets"}
        document = self.model_dump(mode="json")
        return {name: value for name, value in document.items() if name not in common}


class _OfMarkets(_Window):
    """A fault of some feeds."""

    markets: tuple[str, ...] = ()
    """Names of markets; none means every market."""


class Delay(_OfMarkets):
    """What is published is `delay_blocks` older than it would be; observations never run back."""

    kind: Literal["delay"]
    delay_blocks: PositiveCount


class Freeze(_OfMarkets):
    """Nothing is published: the answer and the time of its update stop."""

    kind: Literal["freeze"]


class StaleRound(_OfMarkets):
    """The answer stops but its heartbeat goes on, so no reader can tell."""

    kind: Literal["stale_round"]


class Clamp(_OfMarkets):
    """The aggregator answers its minimum or maximum (quote) when the price is beyond."""

    kind: Literal["clamp"]
    minimum: Positive | None = None
    maximum: Positive | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Clamp:
        if self.minimum is None and self.maximum is None:
            raise ValueError("a clamp needs a minimum or a maximum")
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} must not be below minimum {self.minimum}")
        return self


class Scale(_OfMarkets):
    """Wrong decimals: the answer is ten to the `exponent` times too large."""

    kind: Literal["scale"]
    exponent: Annotated[int, Field(ge=-12, le=12)]

    @model_validator(mode="after")
    def _scaled(self) -> Scale:
        if self.exponent == 0:
            raise ValueError("exponent must not be 0")
        return self


class MissingLeg(_OfMarkets):
    """A composed feed (a market with `through`) loses one factor.

    leg: `base` is the market's price in the other market, `quote` the other market's price.
    then: a feed that `reverts` publishes nothing; one that `uses_one` takes the leg as 1.
    """

    kind: Literal["missing_leg"]
    leg: Literal["base", "quote"]
    then: Literal["reverts", "uses_one"]


class SingleVenue(_OfMarkets):
    """`venues` of the feed's `oracle.venues` show `multiple` times the price, the others do not."""

    kind: Literal["single_venue"]
    multiple: Positive
    venues: PositiveCount = 1


class Outlier(_OfMarkets):
    """A print at `multiple` times the price is published, whatever the venues say."""

    kind: Literal["outlier"]
    multiple: Positive


class SequencerDown(_Window):
    """No transaction of anybody is included; prices move on.

    For `grace_blocks` afterwards nobody may be closed by force, as an oracle sentinel has it.
    """

    kind: Literal["sequencer_down"]
    grace_blocks: Count = 0


class KeeperPricedOut(_OfMarkets):
    """The price keeper sends nothing in a block whose base fee is above its limit."""

    kind: Literal["keeper_priced_out"]
    base_fee_limit: Wei


Fault: TypeAlias = Annotated[
    Delay
    | Freeze
    | StaleRound
    | Clamp
    | Scale
    | MissingLeg
    | SingleVenue
    | Outlier
    | SequencerDown
    | KeeperPricedOut,
    Field(discriminator="kind"),
]


def markets_of(fault: Fault, names: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of the markets that a fault concerns."""
    chosen = getattr(fault, "markets", ()) or names
    return tuple(number for number, name in enumerate(names) if name in chosen)
