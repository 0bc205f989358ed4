"""The exchange's parameters as exact integers, and the published set they come from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from simulator.errors import InputError
from simulator.resources import fixtures_folder
from simulator.units import WAD

NO_CAP = 2**256 - 1
"""Socialised loss without a limit: the deficit then stays 0."""
SECONDS = ("stale_trade_seconds", "stale_liquidation_seconds")


@dataclass(frozen=True, slots=True)
class Parameters:
    """WAD fractions unless said otherwise; InputError names the parameter and the rule."""

    initial_margin: int
    maintenance_margin: int
    liquidation_penalty: int
    liquidator_share: int
    taker_fee: int
    maker_rebate: int
    funding_cap_per_day: int
    basis_clamp: int
    """Of the price feed; below the funding cap the cap never binds."""
    minimum_notional: int
    """1e-18 quote."""
    stale_trade_seconds: int
    stale_liquidation_seconds: int
    socialised_loss_cap: int = NO_CAP
    """Of the mark, for one bankruptcy."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not isinstance(value, int) or value < 0:
                raise _error(item.name, value, "must be a whole number of 1e-18, 0 or more")
        for name in ("initial_margin", "liquidation_penalty", "liquidator_share", "taker_fee"):
            if getattr(self, name) > WAD:
                raise _error(name, getattr(self, name), "must be at most 1 (1e18)")
        if not 0 < self.maintenance_margin < self.initial_margin:
            rule = f"must be above 0 and below initial_margin = {self.initial_margin}"
            raise _error("maintenance_margin", self.maintenance_margin, rule)
        if self.maker_rebate > self.taker_fee:
            rule = f"must not exceed taker_fee = {self.taker_fee}"
            raise _error("maker_rebate", self.maker_rebate, rule)
        if self.basis_clamp >= WAD or self.funding_cap_per_day > WAD:
            field = "basis_clamp" if self.basis_clamp >= WAD else "funding_cap_per_day"
            raise _error(field, getattr(self, field), "must be below 1 (1e18)")
        if self.minimum_notional > 10**36:
            raise _error("minimum_notional", self.minimum_notional, "must be at most 1e18 quote")

    @staticmethod
    def of(values: Mapping[str, Decimal | int]) -> Parameters:
        """From exact decimals as a scenario has them: fractions, quote and seconds."""
        known = {item.name for item in fields(Parameters)}
        for name in values:
            if name not in known:
                raise _error(name, values[name], f"there is no such parameter; there are {known}")
        missing = sorted(known - set(values) - {"socialised_loss_cap"})
        if missing:
            raise _error(missing[0], None, "is missing")
        return Parameters(**{name: _exact(name, value) for name, value in values.items()})


def load_parameters(name: str = "perp-v2-curie") -> Parameters:
    """The set of `fixtures/parameters/<name>.toml`."""
    path = fixtures_folder() / "parameters" / f"{name}.toml"
    try:
        document: dict[str, Any] = tomllib.loads(
            path.read_text(encoding="utf-8"), parse_float=Decimal
        )
    except OSError:
        raise InputError("parameters", name, f"there is no file {path.name}") from None
    return Parameters.of({key: entry["value"] for key, entry in document["parameters"].items()})


def _exact(name: str, value: Decimal | int) -> int:
    scaled = Decimal(value) * (1 if name in SECONDS else WAD)
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise _error(name, value, "must be a number without digits beyond 1e-18")
    return int(scaled)


def _error(name: str, value: object, rule: str) -> InputError:
    return InputError(f"parameters.{name}", value, rule)
