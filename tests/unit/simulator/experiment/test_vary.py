"""What `--vary` accepts, and that a bad value is refused before anything runs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.experiment import checked_cells, parse_grid, parse_vary
from simulator.scenario import Scenario


def test_a_range_includes_a_stop_that_is_hit_exactly() -> None:
    vary = parse_vary("parameters.maintenance_margin=0.03:0.08:0.01")
    assert vary.path == "parameters.maintenance_margin"
    assert [str(value) for value in vary.values] == ["0.03", "0.04", "0.05", "0.06", "0.07", "0.08"]
    assert vary.numeric


def test_a_range_ends_before_a_stop_that_is_not_hit() -> None:
    assert parse_vary("a.b=0:1:0.4").values == (Decimal("0"), Decimal("0.4"), Decimal("0.8"))


def test_a_range_of_one_value_is_allowed() -> None:
    assert parse_vary("a.b=2:2:1").values == (Decimal(2),)


@given(
    start=st.decimals(-100, 100, places=4),
    step=st.decimals("0.0001", 10, places=4),
    steps=st.integers(0, 50),
)
def test_a_range_has_exactly_the_steps_that_fit(start: Decimal, step: Decimal, steps: int) -> None:
    values = parse_vary(f"a={start}:{start + steps * step}:{step}").values
    assert values == tuple(start + number * step for number in range(steps + 1))


def test_a_list_gives_named_values() -> None:
    vary = parse_vary("variant=base, no-impact")
    assert vary.values == ("base", "no-impact")
    assert not vary.numeric


def test_a_list_of_times_may_hold_colons() -> None:
    vary = parse_vary("prices.start=2020-03-12T10:00Z,2020-03-12T11:00Z")
    assert vary.values == ("2020-03-12T10:00Z", "2020-03-12T11:00Z")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("parameters.maintenance_margin", "must read path=start:stop:step"),
        ("=0.03:0.08:0.01", "must read path=start:stop:step"),
        ("a=", "must read path=start:stop:step"),
        ("a=1:2", "must read path=start:stop:step"),
        ("a=1:2:3:4", "must read path=start:stop:step"),
        ("a=1:2:x", "must be a number"),
        ("a=1:2:nan", "must be a finite number"),
        ("a=1:2:0", "the step 0 must be above 0"),
        ("a=1:2:-0.5", "the step -0.5 must be above 0"),
        ("a=2:1:0.5", "the stop 1 must not be below the start 2"),
        ("a=0:1:0.00000001", "gives more than 10,000 values"),
        ("a=1,,2", "has an empty value"),
        ("a=1,1.0", "names a value twice"),
    ],
)
def test_a_malformed_vary_is_refused_with_its_rule(text: str, rule: str) -> None:
    with pytest.raises(InputError, match="--vary") as refused:
        parse_vary(text)
    assert rule in str(refused.value)


def test_a_path_varied_twice_is_refused() -> None:
    with pytest.raises(InputError, match="varied twice"):
        parse_grid(["a=1,2", "a=3,4"])


def test_a_grid_without_vary_is_refused() -> None:
    with pytest.raises(InputError, match="needed at least once"):
        parse_grid([])


def test_a_huge_grid_is_refused() -> None:
    with pytest.raises(InputError, match="1,002,001 cells"):
        parse_grid(["a=0:1000:1", "b=0:1000:1"])


def test_several_varies_make_a_grid_with_the_first_slowest(black_thursday: Scenario) -> None:
    grid = parse_grid(["variant=base,no-impact", "parameters.maintenance_margin=0.05,0.06"])
    cells = checked_cells(black_thursday, grid)
    assert [cell.label for cell in cells] == [
        "variant=base, parameters.maintenance_margin=0.05",
        "variant=base, parameters.maintenance_margin=0.06",
        "variant=no-impact, parameters.maintenance_margin=0.05",
        "variant=no-impact, parameters.maintenance_margin=0.06",
    ]
    assert [cell.index for cell in cells] == [0, 1, 2, 3]
    assert cells[3].scenario.variant == "no-impact"
    assert cells[3].scenario.impact.coefficient == 0
    assert cells[3].scenario.parameters.maintenance_margin == Decimal("0.06")


def test_a_value_varied_beside_a_variant_wins_over_it(black_thursday: Scenario) -> None:
    grid = parse_grid(["impact.coefficient=0.5", "variant=no-impact"])
    (cell,) = checked_cells(black_thursday, grid)
    assert cell.scenario.impact.coefficient == Decimal("0.5")


def test_a_value_that_crosses_the_initial_margin_is_refused(black_thursday: Scenario) -> None:
    grid = parse_grid(["parameters.maintenance_margin=0.08:0.12:0.01"])
    with pytest.raises(InputError) as refused:
        checked_cells(black_thursday, grid)
    assert "parameters.maintenance_margin = '0.10'" in str(refused.value)
    assert "must be below initial_margin" in str(refused.value)


def test_an_unknown_path_is_refused_with_the_known_one(black_thursday: Scenario) -> None:
    grid = parse_grid(["maintenance_margin=0.05"])
    with pytest.raises(InputError, match=r"did you mean parameters.maintenance_margin"):
        checked_cells(black_thursday, grid)


def test_a_whole_section_cannot_be_varied(black_thursday: Scenario) -> None:
    with pytest.raises(InputError, match="there is no such field"):
        checked_cells(black_thursday, parse_grid(["parameters=1,2"]))


def test_an_unknown_variant_is_refused_with_the_known_ones(black_thursday: Scenario) -> None:
    with pytest.raises(InputError, match="must be one of base, no-impact"):
        checked_cells(black_thursday, parse_grid(["variant=base,no-imapct"]))


def test_a_fraction_of_an_account_is_refused(black_thursday: Scenario) -> None:
    with pytest.raises(InputError, match=r"population.accounts = '100.5'"):
        checked_cells(black_thursday, parse_grid(["population.accounts=100.5"]))
