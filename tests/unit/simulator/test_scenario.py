"""Scenarios: every value has a source, and bad files are refused by field, value and rule."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import InputError
from simulator.resources import fixtures_folder
from simulator.scenario import (
    Scenario,
    generator,
    load_scenario,
    parse_scenario,
    read_document,
    to_document,
)

BLACK_THURSDAY = fixtures_folder() / "scenarios" / "black-thursday.toml"


def document() -> dict[str, Any]:
    return tomllib.loads(BLACK_THURSDAY.read_text(), parse_float=Decimal)


def leaves(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{path}.{key}")]
    return [path.removeprefix(".")]


def test_every_number_of_the_shipped_scenario_has_a_source_or_the_word_assumed() -> None:
    scenario = load_scenario("black-thursday")
    parts = "chain prices parameters population trading insurance liquidators impact oracle"
    parts += " funding market_maker adl_keeper recording"
    body = {name: to_document(scenario)[name] for name in parts.split()}
    missing = [path for path in leaves(body) if not scenario.sources.get(path)]
    assert missing == []


def test_no_source_speaks_of_a_field_that_is_not_there() -> None:
    scenario = load_scenario("black-thursday")
    paths = set(leaves(to_document(scenario)))
    assert [path for path in scenario.sources if path not in paths] == []


def test_numbers_stay_exactly_as_written() -> None:
    assert load_scenario("black-thursday").parameters.maintenance_margin == Decimal("0.0625")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("population.leverage", [{"share": 1, "low": -1, "high": 2}], "population.leverage.0.low"),
        ("parameters.maintenance_margin", Decimal("0.2"), "must be below initial_margin"),
        ("population.leverage", [{"share": 1, "low": 1, "high": "9.91"}], "above 9.901"),
        ("prices.blocks_per_hour", 299, "must be 3600"),
        ("population.accounts", -5, "population.accounts"),
        ("population.accounts", "many", "'many'"),
        ("prices.start", "2020-03-11T00:30:00Z", "full hour"),
        ("markets", [], "markets"),
        ("trading.size_shock", "NaN", "trading.size_shock"),
        ("format", 2, "format"),
    ],
)
def test_a_bad_value_is_refused_by_field_value_and_rule(
    path: str, value: object, words: str
) -> None:
    scenario = load_scenario("black-thursday")
    with pytest.raises(InputError) as caught:
        scenario.changed({path: value})
    assert words in str(caught.value)


def test_an_unknown_field_is_refused() -> None:
    bad = document() | {"colour": "blue"}
    with pytest.raises(InputError, match="colour"):
        parse_scenario(bad)


def test_a_misspelt_field_is_named_rather_than_the_one_that_is_missing() -> None:
    bad = document()
    bad["population"]["accuonts"] = bad["population"].pop("accounts")
    with pytest.raises(InputError, match=r"population\.accuonts = 1000: there is no"):
        parse_scenario(bad)


def test_a_missing_section_is_named() -> None:
    bad = document()
    del bad["liquidators"]
    with pytest.raises(InputError, match="liquidators"):
        parse_scenario(bad)


def test_an_unknown_path_names_the_fields_that_exist() -> None:
    with pytest.raises(InputError, match="maintenance_margin"):
        load_scenario("black-thursday").changed({"parameters.maintenance": 1})


def test_an_unknown_variant_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="base, no-impact, unlimited-capital, adl-asleep"):
        load_scenario("black-thursday").changed({"variant": "moon"})


def test_a_variant_changes_only_what_it_names() -> None:
    base = load_scenario("black-thursday")
    twin = base.changed({"variant": "no-impact"})
    assert twin.impact.coefficient == 0
    assert twin.variant == "no-impact"
    back = {"impact.coefficient": base.impact.coefficient, "variant": "base"}
    assert to_document(twin.changed(back)) == to_document(base)


def test_a_path_that_does_not_exist_lists_the_shipped_scenarios() -> None:
    with pytest.raises(InputError, match="black-thursday"):
        load_scenario("nowhere")


@pytest.mark.parametrize(
    ("text", "words"), [(b"", "empty"), (b"a = ", "not valid TOML"), (b"\xff\xfe", "UTF-8")]
)
def test_an_unreadable_file_is_refused(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text)
    with pytest.raises(InputError, match=words):
        read_document(path)


def test_generators_of_two_parts_differ_and_repeat() -> None:
    first = generator(1, "population", "side").random(4).tolist()
    assert first == generator(1, "population", "side").random(4).tolist()
    assert first != generator(1, "population", "leverage").random(4).tolist()
    assert first != generator(2, "population", "side").random(4).tolist()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("population.collateral_median", Decimal("1e300"), "less than or equal to 1000000000"),
        ("liquidators.count", True, "not a number or a text"),
        ("chain.base_fee", -7, "chain.base_fee"),
        ("chain.base_fee_steps", [{"from_block": 0, "base_fee": 1}], "from_block"),
        ("chain.gas_limit", 2_000_000, "must not be below transaction_gas_limit"),
        ("adl_keeper.asleep_from_hour", 5, "must not be before asleep_from_hour 5"),
    ],
)
def test_values_that_no_run_could_bear_are_refused(path: str, value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_scenario("black-thursday").changed({path: value})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"impact.colour": 1}, "variants.odd: path = 'impact.colour': there is no such field"),
        ({"impact.coefficient": -1}, "variants.odd: impact.coefficient = -1"),
        ({}, "variants.odd changes nothing"),
    ],
)
def test_a_bad_variant_is_refused_even_if_it_is_not_run(
    changes: dict[str, object], words: str
) -> None:
    bad = document()
    bad["variants"]["odd"] = changes
    with pytest.raises(InputError) as caught:
        parse_scenario(bad, "mine.toml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("mine.toml: ")


def test_a_source_of_nothing_is_refused() -> None:
    bad = document()
    bad["sources"]["population.weather"] = "assumed"
    with pytest.raises(InputError, match=r"population\.weather"):
        parse_scenario(bad)


# Faults


def with_faults(*faults: dict[str, object], **changes: object) -> Scenario:
    bad = document() | {"faults": list(faults)}
    bad["prices"]["hours"] = 1
    return parse_scenario(bad | changes, "mine.toml")


def freeze(**changes: object) -> dict[str, object]:
    return {"kind": "freeze", "start_block": 10, "blocks": 5} | changes


def test_a_scenario_with_faults_has_a_twin_without_them() -> None:
    scenario = with_faults(freeze())
    assert scenario.changed({"variant": "fault-free"}).faults == ()
    assert "fault-free" not in load_scenario("black-thursday").variants


def test_a_value_of_a_fault_is_changed_by_its_number() -> None:
    longer = with_faults(freeze(), freeze()).changed({"faults.1.blocks": 7})
    assert [fault.blocks for fault in longer.faults] == [5, 7]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            freeze(kind="earthquake"),
            "mine.toml: faults.0.kind = 'earthquake': must be one of delay",
        ),
        ({"start_block": 1, "blocks": 2}, "faults.0.kind = None: is missing"),
        (freeze(blocks=0), "faults.0.blocks = 0: must be greater than 0"),
        (
            freeze(start_block=300),
            "faults.0: blocks of the freeze = '300 to 304': must lie inside the run's 300 blocks",
        ),
        (freeze(start_block=296), "faults.0: blocks of the freeze = '296 to 300'"),
        (freeze(markets=["DOGE"]), "faults.0.markets = 'DOGE': must be one of ETH, BTC"),
        (freeze(colour="red"), "faults.0.colour = 'red': there is no such field"),
        (freeze(kind="delay"), "faults.0.delay_blocks = None: is missing"),
        (freeze(kind="clamp"), "a clamp needs a minimum or a maximum"),
        (freeze(kind="clamp", minimum=2, maximum=1), "maximum 1 must not be below minimum 2"),
        (freeze(kind="scale", exponent=0), "exponent must not be 0"),
        (
            freeze(kind="single_venue", multiple=2, venues=2),
            "faults.0.venues = 2: must not exceed oracle.venues, 1",
        ),
        (freeze(kind="outlier", multiple=0), "faults.0.multiple = 0: must be greater than 0"),
        (
            freeze(kind="missing_leg", leg="base", then="reverts"),
            "faults.0.markets = 'ETH, BTC': must be markets with `through`",
        ),
    ],
)
def test_an_impossible_fault_is_refused_by_number_field_and_rule(
    fault: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        with_faults(fault)
    assert words in str(caught.value)


@pytest.mark.parametrize("through", ["ETH", "DOGE", "BTC"])
def test_a_feed_is_composed_through_another_market_with_a_feed_of_its_own(through: str) -> None:
    bad = document()
    bad["markets"][0]["through"] = through
    bad["markets"][1]["through"] = "ETH" if through == "BTC" else ""
    with pytest.raises(InputError, match=r"through = .*: must name another market"):
        parse_scenario(bad)


@pytest.mark.parametrize(
    ("path", "words"),
    [("faults.1.blocks", "no such field"), ("faults.one", "1 items, counted from 0")],
)
def test_a_number_that_a_list_does_not_have_is_refused(path: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        with_faults(freeze()).changed({path: 1})


# Scenarios on top of others


def test_what_a_file_says_wins_over_what_it_extends_field_by_field() -> None:
    base = load_scenario("black-thursday")
    short = {"extends": "black-thursday", "name": "short", "prices": {"hours": 2}}
    scenario = parse_scenario(short | {"sources": {"prices.hours": "mine"}})
    assert (scenario.prices.hours, scenario.prices.start) == (2, base.prices.start)
    assert scenario.sources["prices.hours"] == "mine"
    assert scenario.sources["prices.start"] == base.sources["prices.start"]
    assert scenario.variants == {} and scenario.population == base.population


def test_an_unknown_scenario_cannot_be_extended() -> None:
    with pytest.raises(InputError, match=r"extends = 'nowhere': .* black-thursday"):
        parse_scenario({"extends": "nowhere"})
