"""The world in which every example of an audit starts: markets, actors and what they own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from audits.steps import KEEPERS, Names
from simulator.scenario import NonNegative, Parameters, Part, Positive, load_parameter_set

PARAMETER_SET = "perp-v2-curie"
START_TIMESTAMP = 1_599_998_400
"""A full hour in September 2020; only differences of time matter."""


class MarketSetup(Part):
    """A listed market with its first index and the basis of its first mark."""

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,11}$")]
    price: Positive
    basis: Decimal


class ActorSetup(Part):
    """An account with its opening margin and the tokens left in its wallet."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{0,31}$")]
    margin: NonNegative
    wallet: NonNegative


class AuditSetup(Part):
    """What is deployed before the first step. Actors are the accounts 0, 1, ... in this order."""

    markets: Annotated[tuple[MarketSetup, ...], Field(min_length=1, max_length=8)]
    actors: Annotated[tuple[ActorSetup, ...], Field(min_length=2, max_length=32)]
    insurance: NonNegative

    @model_validator(mode="after")
    def _distinct(self) -> AuditSetup:
        for names in ([item.name for item in self.markets], [item.name for item in self.actors]):
            if len(set(names)) != len(names):
                raise ValueError(f"names must differ, got {', '.join(names)}")
        taken = [item.name for item in self.actors if item.name in KEEPERS.values()]
        if taken:
            raise ValueError(f"{taken[0]} is the name of a keeper")
        return self

    @property
    def names(self) -> Names:
        actors = tuple(item.name for item in self.actors)
        return Names(actors, tuple(item.name for item in self.markets))


def default_setup() -> AuditSetup:
    """A maker with deep pockets, two traders, a liquidator, and an insurance fund soon used up.

    Markets open at a premium, so funding flows from the first second.
    """
    wallet = Decimal(1_000_000)
    margins = {"trader": 10_000, "maker": 100_000, "rival": 10_000, "liquidator": 50_000}
    return AuditSetup(
        markets=(
            MarketSetup(name="ETH", price=Decimal(200), basis=Decimal("0.01")),
            MarketSetup(name="BTC", price=Decimal(8_000), basis=Decimal("0.01")),
        ),
        actors=tuple(
            ActorSetup(name=name, margin=Decimal(margin), wallet=wallet)
            for name, margin in margins.items()
        ),
        insurance=Decimal(500),
    )


def default_parameters() -> Parameters:
    """The reference's published parameter set."""
    values, _ = load_parameter_set(PARAMETER_SET)
    return Parameters.model_validate(values)
