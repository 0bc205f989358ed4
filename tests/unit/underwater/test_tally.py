"""Totals of a run: everything that was closed by force, and everybody who paid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.protocols.matched_perp.events import Columns
from underwater.tally import Tally, add_events

WAD = 10**18
AMOUNTS = st.lists(st.integers(0, 10**24), min_size=1, max_size=4)


def test_each_kind_of_closure_has_its_own_total() -> None:
    tally = Tally()
    add_events(
        tally,
        {
            "Liquidation": {"notional": [3 * WAD, 4 * WAD]},
            "Deleveraged": {"size": [2 * WAD, -WAD], "mark": [100 * WAD] * 2, "draw": [5, 6]},
            "Matched": {"size": [-3 * WAD], "price": [10 * WAD]},
        },
    )
    assert tally.liquidations == 2
    assert tally.takeover_notional == 7 * WAD
    assert tally.adl_notional == 300 * WAD, "sizes of both signs count"
    assert tally.close_out_notional == 30 * WAD
    assert tally.adl_draw == 11


def test_a_close_out_counts_by_what_was_matched_and_not_twice() -> None:
    tally = Tally()
    add_events(
        tally,
        {
            "CloseOut": {"size": [3 * WAD], "price": [10 * WAD]},
            "Matched": {"size": [WAD, 2 * WAD], "price": [10 * WAD] * 2},
        },
    )
    assert tally.close_out_notional == 30 * WAD


def test_money_that_the_fund_moves_before_deleveraging_is_insurance_used() -> None:
    tally = Tally()
    events: dict[str, Columns] = {
        "InsuranceMoved": {"amount": [40]},
        "Shortfall": {
            "from_insurance": [2], "socialised": [30], "deficit": [500], "amount": [532],
        },
    }  # fmt: skip
    add_events(tally, events)
    assert (tally.from_insurance, tally.socialised, tally.deficit) == (42, 30, 500)


@given(fund=AMOUNTS, moved=AMOUNTS, draw=AMOUNTS, socialised=AMOUNTS, deficit=AMOUNTS)
def test_the_shortfall_is_what_fund_winners_everybody_and_nobody_paid(
    fund: list[int], moved: list[int], draw: list[int], socialised: list[int], deficit: list[int]
) -> None:
    tally = Tally()
    add_events(tally, {"Shortfall": {"from_insurance": fund}})
    add_events(tally, {"InsuranceMoved": {"amount": moved}})
    sizes = {"size": [WAD] * len(draw), "mark": [WAD] * len(draw)}
    add_events(tally, {"Deleveraged": sizes | {"draw": draw}})
    add_events(tally, {"Shortfall": {"socialised": socialised, "deficit": deficit}})
    assert tally.shortfall == sum([*fund, *moved, *draw, *socialised, *deficit])


def test_no_events_change_nothing() -> None:
    tally = Tally(insurance_start=7)
    add_events(tally, {})
    assert tally == Tally(insurance_start=7)


def test_totals_add_up_over_calls() -> None:
    once, twice = Tally(), Tally()
    first: dict[str, Columns] = {"Liquidation": {"notional": [1, 2]}}
    second: dict[str, Columns] = {"Liquidation": {"notional": [4]}}
    add_events(once, {"Liquidation": {"notional": [1, 2, 4]}})
    add_events(twice, first)
    add_events(twice, second)
    assert once == twice
