"""The exchange's parameters: exact, checked at the door, with their sources."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal

import pytest

from simulator.errors import InputError
from simulator.protocols.matched_perp.parameters import NO_CAP, Parameters, load_parameters
from simulator.resources import fixtures_folder
from simulator.scenario import load_parameter_set
from simulator.units import WAD


def test_the_published_set_is_that_of_perp_v2() -> None:
    parameters = load_parameters("perp-v2-curie")
    assert parameters.initial_margin == WAD // 10
    assert parameters.maintenance_margin == 625 * WAD // 10_000
    assert parameters.liquidation_penalty == 25 * WAD // 1000
    assert parameters.minimum_notional == 100 * WAD
    assert parameters.stale_trade_seconds == 3640
    assert parameters.socialised_loss_cap == NO_CAP


def test_every_entry_says_its_unit_its_source_and_whether_it_was_verified() -> None:
    path = fixtures_folder() / "parameters" / "perp-v2-curie.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["parameters"]
    for name, entry in entries.items():
        assert set(entry) == {"value", "unit", "as_of", "source", "commit", "verified"}, name
        assumed = entry["source"].startswith("assumed")
        assert (entry["verified"] == "yes") is (entry["commit"] != "") is (not assumed), name


def test_the_scenario_and_the_adapter_read_the_same_set() -> None:
    values, _ = load_parameter_set("perp-v2-curie")
    assert Parameters.of(values) == load_parameters("perp-v2-curie")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("maintenance_margin", WAD // 10),
        ("maintenance_margin", 0),
        ("initial_margin", WAD + 1),
        ("liquidation_penalty", WAD + 1),
        ("liquidator_share", WAD + 1),
        ("taker_fee", WAD + 1),
        ("maker_rebate", WAD // 100),
        ("basis_clamp", WAD),
        ("funding_cap_per_day", WAD + 1),
        ("minimum_notional", 10**36 + 1),
        ("stale_trade_seconds", -1),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(field: str, value: int) -> None:
    with pytest.raises(InputError, match=rf"parameters\.{field} = {value}"):
        replace(load_parameters(), **{field: value})


def test_digits_beyond_a_wad_are_refused_rather_than_rounded() -> None:
    values, _ = load_parameter_set("perp-v2-curie")
    fine = dict(values) | {"taker_fee": Decimal("1e-18"), "maker_rebate": Decimal(0)}
    assert Parameters.of(fine).taker_fee == 1
    with pytest.raises(InputError, match="taker_fee"):
        Parameters.of(fine | {"taker_fee": Decimal("1e-19")})
    with pytest.raises(InputError, match="stale_trade_seconds"):
        Parameters.of(fine | {"stale_trade_seconds": Decimal("0.5")})


def test_an_unknown_or_missing_parameter_is_refused() -> None:
    values, _ = load_parameter_set("perp-v2-curie")
    with pytest.raises(InputError, match="there is no such parameter"):
        Parameters.of(dict(values) | {"leverage": Decimal(3)})
    del values["taker_fee"]
    with pytest.raises(InputError, match="taker_fee = None: is missing"):
        Parameters.of(values)


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(InputError, match="no-such-set"):
        load_parameters("no-such-set")
