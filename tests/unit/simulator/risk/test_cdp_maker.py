"""Maker: the three price curves, bark, take, redo, the keeper's reward and the Vow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.cdp import (
    Bark,
    Sale,
    Vow,
    auction_top,
    bark,
    dust_with_penalty,
    exponential_price,
    flap_starts,
    flop_starts,
    heal,
    keeper_reward,
    linear_price,
    needs_reset,
    redo_reward,
    stairstep_price,
    take,
)
from simulator.units import RAY, WAD

RAD = 10**45


# --- prices --------------------------------------------------------------------------------------


def test_the_linear_price_ends_at_tau() -> None:
    assert linear_price(50 * RAY, 100, 0) == 50 * RAY
    assert linear_price(50 * RAY, 100, 50) == 25 * RAY
    assert linear_price(50 * RAY, 100, 99) == RAY // 2
    assert linear_price(50 * RAY, 100, 100) == linear_price(50 * RAY, 100, 101) == 0
    # Floored twice: 2/3 of a ray is ...666, of which a top of 1.5 takes ...999.
    assert linear_price(3 * RAY // 2, 3, 1) == RAY - 1


def test_the_stairstep_falls_only_with_a_whole_step() -> None:
    top, cut = 100 * RAY, 9 * RAY // 10
    assert stairstep_price(top, cut, 10, 0) == stairstep_price(top, cut, 10, 9) == top
    assert stairstep_price(top, cut, 10, 10) == 90 * RAY
    assert stairstep_price(top, cut, 10, 29) == 81 * RAY
    assert exponential_price(top, cut, 2) == 81 * RAY
    assert exponential_price(top, RAY, 10**9) == top
    assert exponential_price(top, 0, 0) == top and exponential_price(top, 0, 1) == 0
    # 0.5^89 of a ray is 1.6 units, which half-up makes 2; the top's product is floored.
    assert exponential_price(RAY // 2, RAY // 2, 1) == RAY // 4
    assert exponential_price(3, RAY // 2, 1) == 1
    for wrong in ((top, RAY + 1, 10, 0), (top, cut, 0, 0), (top, cut, 10, -1)):
        with pytest.raises(InvalidArgument):
            stairstep_price(*wrong)


@given(st.integers(1, 10**30), st.integers(0, 400), st.integers(0, 400))
def test_no_price_rises_with_time(top: int, first: int, second: int) -> None:
    early, late = sorted((first, second))
    assert linear_price(top, 300, late) <= linear_price(top, 300, early) <= top
    cut = 99 * RAY // 100
    assert exponential_price(top, cut, late) <= exponential_price(top, cut, early) <= top


def test_an_auction_needs_a_reset_after_its_tail_or_below_its_cusp() -> None:
    top, cusp, tail = 3 * RAY, RAY // 3, 100
    assert not needs_reset(RAY, top, 100, cusp, tail)
    assert needs_reset(RAY, top, 101, cusp, tail)
    # The quotient is floored: only from two units less on is it below a third.
    assert not needs_reset(RAY - 1, top, 0, cusp, tail)
    assert needs_reset(RAY - 2, top, 0, cusp, tail)
    assert needs_reset(RAY, top, 0, cusp + 1, tail)
    assert auction_top(3 * RAY, 12 * RAY // 10) == 36 * RAY // 10
    with pytest.raises(InvalidArgument, match="feed_price"):
        auction_top(1, RAY // 2)


# --- the Dog -------------------------------------------------------------------------------------

VAULT = {
    "ink": 40 * WAD,
    "art": 100 * WAD,
    "spot": 2 * RAY,
    "rate": RAY,
    "dust": 20 * RAD,
    "chop": 11 * WAD // 10,
    "hole_room": 1_000 * RAD,
    "ilk_hole_room": 1_000 * RAD,
}


def test_a_vault_at_its_limit_is_safe_and_one_unit_more_debt_is_not() -> None:
    with pytest.raises(InvalidArgument, match="unsafe"):
        bark(**{**VAULT, "ink": 50 * WAD})
    found = bark(**{**VAULT, "ink": 50 * WAD - 1})
    assert found == Bark(50 * WAD - 1, 100 * WAD, 100 * RAD, 110 * RAD)
    with pytest.raises(InvalidArgument, match="unsafe"):
        bark(**{**VAULT, "spot": 0})


@pytest.mark.parametrize("name", ["hole_room", "ilk_hole_room"])
def test_the_debt_taken_fits_under_the_smaller_hole(name: str) -> None:
    found = bark(**{**VAULT, name: 55 * RAD})
    assert found == Bark(20 * WAD, 50 * WAD, 50 * RAD, 55 * RAD)
    with pytest.raises(InvalidArgument, match=name):
        bark(**{**VAULT, name: 0})


def test_a_remainder_below_dust_is_taken_whole_beyond_the_hole() -> None:
    # Room of 88: 80 of the debt, 20 = dust stays; one unit less room leaves more than dust.
    assert bark(**{**VAULT, "hole_room": 88 * RAD}).art == 80 * WAD
    over = bark(**{**VAULT, "hole_room": 88 * RAD + 11 * RAY // 10})
    assert over.art == 100 * WAD and over.tab == 110 * RAD


def test_a_partial_auction_must_itself_be_worth_the_dust() -> None:
    assert bark(**{**VAULT, "hole_room": 22 * RAD}).art == 20 * WAD
    with pytest.raises(InvalidArgument, match="dusty"):
        bark(**{**VAULT, "hole_room": 22 * RAD - RAY})


def test_the_rate_scales_the_debt_and_an_empty_lot_is_refused() -> None:
    found = bark(**{**VAULT, "rate": 2 * RAY, "hole_room": 110 * RAD})
    assert found == Bark(20 * WAD, 50 * WAD, 100 * RAD, 110 * RAD)
    with pytest.raises(InvalidArgument, match="ink"):
        bark(**{**VAULT, "ink": 0})
    with pytest.raises(InvalidArgument, match="ink"):
        bark(**{**VAULT, "ink": 1, "hole_room": 55 * RAD})


# --- the Clipper ---------------------------------------------------------------------------------


def bought(tab: int, lot: int, amount: int, price: int = 5, chost: int = 22):  # type: ignore[no-untyped-def]
    found = take(Sale(tab, lot), price, amount, price, chost)
    return found.owe, found.slice, found.sale


def test_each_branch_of_a_purchase() -> None:
    # More than tab, exactly tab, less than tab with enough left, and all of the lot.
    assert bought(110, 40, 25) == (110, 22, (0, 18))
    assert bought(110, 40, 22) == (110, 22, (0, 18))
    assert bought(110, 40, 17) == (85, 17, (25, 23))
    assert bought(110, 20, 99) == (100, 20, (10, 0))
    # 20 x 5 = 100 would leave 10 < 22: pay 88, slice 17.
    assert bought(110, 40, 20) == (88, 17, (22, 23))


def test_at_the_smallest_remainder_itself_a_purchase_is_not_cut() -> None:
    assert bought(107, 40, 17) == (85, 17, (22, 23))
    assert bought(106, 40, 17) == (84, 16, (22, 24))
    assert bought(23, 40, 3) == (1, 0, (22, 40))
    with pytest.raises(InvalidArgument, match="whole lot"):
        bought(22, 40, 3)
    assert bought(22, 3, 3) == (15, 3, (7, 0))
    assert bought(22, 40, 5) == (22, 4, (0, 36))


def test_the_price_must_not_exceed_what_the_buyer_accepts() -> None:
    assert take(Sale(110, 40), 5, 1, 5, 0).owe == 5
    with pytest.raises(InvalidArgument, match="max_price"):
        take(Sale(110, 40), 5, 1, 4, 0)


def test_an_auction_ends_when_tab_or_lot_is_gone() -> None:
    raised = take(Sale(110, 40), 5, 25, 5, 22)
    assert (raised.ended, raised.returned, raised.freed, raised.shortfall) == (True, 18, 110, 0)
    sold = take(Sale(110, 20), 5, 20, 5, 22)
    assert (sold.ended, sold.returned, sold.freed, sold.shortfall) == (True, 0, 110, 10)
    going = take(Sale(110, 40), 5, 10, 5, 22)
    assert (going.ended, going.returned, going.freed, going.shortfall) == (False, 0, 50, 0)
    both = take(Sale(100, 20), 5, 20, 5, 22)
    assert (both.ended, both.returned, both.freed, both.shortfall) == (True, 0, 100, 0)


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 1000),
    st.integers(0, 10**6),
    st.integers(0, 10**4),
)
def test_a_purchase_conserves_tab_and_lot_and_never_costs_less_than_the_price(
    tab: int, lot: int, price: int, amount: int, chost: int
) -> None:
    try:
        found = take(Sale(tab, lot), price, amount, price, chost)
    except InvalidArgument:
        assert tab <= chost and min(lot, amount) * price < tab and amount < lot
        return
    assert found.owe + found.sale.tab == tab
    assert found.slice + found.sale.lot == lot
    assert found.slice * price <= found.owe < (found.slice + 1) * price
    left = found.sale
    assert left.tab == 0 or left.lot == 0 or left.tab >= min(chost, tab)


def test_the_keeper_is_paid_a_tip_and_a_share_and_a_reset_only_for_more_than_dust() -> None:
    assert keeper_reward(199, 7, WAD // 100) == 8
    assert keeper_reward(200, 7, WAD // 100) == 9
    assert keeper_reward(0, 7, WAD // 100) == 7
    assert redo_reward(200, 40, 5, 7, WAD // 100, 200) == 9
    assert redo_reward(199, 40, 5, 7, WAD // 100, 200) == 0
    assert redo_reward(200, 39, 5, 7, WAD // 100, 200) == 0
    assert dust_with_penalty(21, 11 * WAD // 10) == 23


# --- the Vow -------------------------------------------------------------------------------------


def test_surplus_heals_free_debt_only() -> None:
    vow = Vow(surplus=10, bad_debt=20, queued=9, on_auction=4)
    assert vow.free_debt == 7
    assert heal(vow, 7) == Vow(3, 13, 9, 4)
    with pytest.raises(InvalidArgument, match="amount"):
        heal(vow, 8)
    with pytest.raises(InvalidArgument, match="amount"):
        heal(Vow(surplus=6, bad_debt=20), 7)
    with pytest.raises(InvalidArgument, match="queued"):
        Vow(0, 5, 3, 3)


def test_debt_auctions_wait_for_healing_and_surplus_auctions_for_a_buffer() -> None:
    assert flop_starts(Vow(0, 20, 9, 4), 7)
    assert not flop_starts(Vow(0, 20, 9, 4), 8)
    assert not flop_starts(Vow(1, 20, 9, 4), 7)
    assert flap_starts(Vow(60, 10, 6, 4), 20, 30)
    assert not flap_starts(Vow(59, 10, 6, 4), 20, 30)
    assert not flap_starts(Vow(60, 10, 5, 4), 20, 30)


def test_the_debt_taken_and_the_tab_are_floored() -> None:
    odd = {**VAULT, "ink": 7, "art": 100, "spot": RAY, "rate": 3 * RAY, "dust": 0, "chop": WAD}
    # Room for 100 / 3 of the debt, and 7 x 33 / 100 of the collateral.
    assert bark(**{**odd, "hole_room": 100 * RAY}) == Bark(2, 33, 99 * RAY, 99 * RAY)
    dear = {**odd, "chop": 13 * WAD // 10, "hole_room": 100 * RAY}
    assert bark(**dear) == Bark(1, 25, 75 * RAY, 975 * RAY // 10)
    thin = {**odd, "rate": 7, "spot": 1, "chop": WAD + WAD // 2, "art": 3}
    assert bark(**thin).tab == 31


def test_a_room_of_one_unit_is_room() -> None:
    tiny = {**VAULT, "ink": 3, "art": 3, "spot": 1, "rate": 2, "dust": 0, "chop": WAD}
    assert bark(**{**tiny, "hole_room": 2}).art == 1
    assert bark(**{**tiny, "ilk_hole_room": 5}).art == 2
    assert bark(**{**tiny, "art": 1, "ink": 1}).ink == 1
    with pytest.raises(InvalidArgument, match="ink"):
        bark(**{**tiny, "hole_room": 1})
    with pytest.raises(InvalidArgument, match=r"^ink "):
        bark(**{**tiny, "ilk_hole_room": 1})


def test_a_linear_price_is_floored_after_its_share() -> None:
    assert linear_price(3, 2, 1) == 1
    assert linear_price(2, 3, 1) == 1
    assert linear_price(5, 1, 0) == 5 and linear_price(0, 1, 0) == 0


def test_buying_nothing_is_allowed_unless_too_little_would_be_left_to_raise() -> None:
    assert bought(22, 40, 0) == (0, 0, (22, 40))
    assert bought(23, 40, 0) == (0, 0, (23, 40))
    with pytest.raises(InvalidArgument, match="whole lot"):
        bought(21, 40, 0)
    assert bought(1, 1, 1, price=1, chost=0) == (1, 1, (0, 0))
    assert bought(9, 3, 2, price=0, chost=5) == (0, 2, (9, 1))


def test_zeros_are_answers_and_negative_amounts_are_refused() -> None:
    assert exponential_price(0, 0, 1) == 0
    assert not needs_reset(0, 1, 0, 0, 0)
    assert needs_reset(0, 1, 1, 0, 0)
    assert keeper_reward(0, 0, 0) == redo_reward(0, 0, 0, 0, 0, 0) == 0
    assert dust_with_penalty(0, WAD) == dust_with_penalty(5, 0) == 0
    assert auction_top(RAY, 1) == 1
    assert heal(Vow(), 0) == Vow()
    assert flop_starts(Vow(), 0) and not flop_starts(Vow(), 1)
    assert flap_starts(Vow(), 0, 0)
    for call in (
        lambda: linear_price(-1, 1, 0),
        lambda: linear_price(1, 0, 0),
        lambda: linear_price(1, 1, -1),
        lambda: exponential_price(-1, 0, 1),
        lambda: needs_reset(0, 0, 0, 0, 0),
        lambda: needs_reset(-1, 1, 0, 0, 0),
        lambda: needs_reset(0, 1, -1, 0, 0),
        lambda: keeper_reward(-1, 0, 0),
        lambda: keeper_reward(0, -1, 0),
        lambda: keeper_reward(0, 0, -1),
        lambda: redo_reward(0, -1, 0, 0, 0, 0),
        lambda: dust_with_penalty(-1, 0),
        lambda: auction_top(-1, -1),
        lambda: heal(Vow(), -1),
        lambda: flop_starts(Vow(), -1),
        lambda: flap_starts(Vow(1), -1, 0),
        lambda: flap_starts(Vow(1), 0, -1),
        lambda: take(Sale(0, 1), 1, 1, 1, 0),
        lambda: take(Sale(1, 0), 1, 1, 1, 0),
        lambda: take(Sale(1, 1), 1, -1, 1, 0),
        lambda: take(Sale(1, 1), 1, 1, 1, -1),
        lambda: bark(**{**VAULT, "dust": -1}),
        lambda: bark(**{**VAULT, "art": 0}),
        lambda: bark(**{**VAULT, "rate": 0}),
        lambda: bark(**{**VAULT, "chop": 0}),
        lambda: Vow(surplus=-1),
        lambda: Vow(queued=-1),
    ):
        with pytest.raises(InvalidArgument):
            call()
