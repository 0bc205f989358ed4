"""Nothing is lost or made in the waterfall, and everybody pays in the declared order."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    ADL_FIRST,
    FUND_FIRST,
    BankruptPosition,
    MarketPositions,
    adl_ranking,
    bitmex_adl_score,
    hyperliquid_adl_score,
    inverse_value,
    linear_value,
    socialise,
    waterfall,
)
from simulator.risk.waterfall import WaterfallResult

LONG = BankruptPosition(10.0, 100.0, 200.0)
"""Bankrupt at 80; at the mark of 70 it lacks 100."""
WINNERS = MarketPositions(
    np.array([-4.0, -8.0, 3.0, 0.0, -2.0]),
    np.array([100.0, 90.0, 60.0, 50.0, 65.0]),
    np.array([100.0, 100.0, 100.0, 77.0, 50.0]),
)
"""Shorts with 120, 160 and -10 of open profit, a long with 30, and one without a position."""


def fall(fund: float, order: tuple[str, ...] = FUND_FIRST, ranking: object = ()) -> WaterfallResult:
    return waterfall(LONG, WINNERS, 70.0, fund, ranking, order)


def test_the_fund_pays_before_anybody_is_deleveraged() -> None:
    result = fall(fund=150.0, ranking=[0, 1])
    assert (result.shortfall, result.margin_used) == (100.0, 200.0)
    assert (result.fund_paid, result.fund_left, result.deficit) == (100.0, 50.0, 0.0)
    assert not result.deleveraged.any() and not result.socialised.cuts.any()
    assert result.socialised.haircut == 0.0
    assert (result.after.margin == WINNERS.margin).all()


def test_a_shortfall_of_less_than_one_is_matched_like_any_other() -> None:
    short = BankruptPosition(10.0, 100.0, 299.5)
    result = waterfall(short, WINNERS, 70.0, 0.0, [1], FUND_FIRST)
    assert result.shortfall == 0.5 and result.margin_used == 299.5
    assert result.deleveraged.tolist() == [0.0, 8.0, 0.0, 0.0, 0.0]
    solvent = waterfall(BankruptPosition(10.0, 70.0, 0.25), WINNERS, 70.0, 0.0, [], FUND_FIRST)
    assert solvent.margin_used == 0.0 and solvent.returned == 0.25
    poor = waterfall(BankruptPosition(10.0, 100.0, 0.25), WINNERS, 70.0, 0.0, [], FUND_FIRST)
    assert poor.margin_used == 0.25


def test_a_small_fund_bears_its_share_and_the_rest_is_matched_in_rank_order() -> None:
    result = fall(fund=40.0, ranking=[1, 0])
    # 60 of 100 are left: 6 of the 10, all from the first in rank, each unit at 80 against 70.
    assert result.fund_paid == 40.0 and result.fund_left == 0.0
    assert result.deleveraged.tolist() == [0.0, 6.0, 0.0, 0.0, 0.0]
    assert result.deleveraging_loss.tolist() == [0.0, 60.0, 0.0, 0.0, 0.0]
    assert result.after.size.tolist() == [-4.0, -2.0, 3.0, 0.0, -2.0]
    # It closes 6 at 80, ten below its entry: 60 of profit into its margin.
    assert result.after.margin.tolist() == [100.0, 160.0, 100.0, 77.0, 50.0]
    assert result.deficit == 0.0


def test_deleveraging_first_spares_the_fund() -> None:
    result = fall(fund=40.0, order=ADL_FIRST, ranking=[0, 4, 1])
    assert result.fund_paid == 0.0
    assert result.deleveraged.tolist() == [4.0, 4.0, 0.0, 0.0, 2.0]
    short = fall(fund=40.0, order=ADL_FIRST, ranking=[0, 4])
    assert short.deleveraged.tolist() == [4.0, 0.0, 0.0, 0.0, 2.0]
    assert short.fund_paid == pytest.approx(40.0) and short.deficit == pytest.approx(0.0)


def test_winners_are_cut_pro_rata_after_what_was_matched() -> None:
    result = fall(fund=0.0, order=("adl",), ranking=[0])
    # 6 units unmatched: 60, against profits of 160 and 30.
    assert result.socialised.haircut == pytest.approx(60 / 190)
    assert result.socialised.cuts == pytest.approx([0.0, 160 * 60 / 190, 30 * 60 / 190, 0.0, 0.0])
    assert result.deficit == 0.0


def test_what_nobody_can_pay_is_a_deficit() -> None:
    deep = BankruptPosition(100.0, 100.0, 0.0)
    result = waterfall(deep, WINNERS, 70.0, 50.0, [])
    assert result.shortfall == 3000.0
    assert result.socialised.haircut == 1.0
    assert result.socialised.cuts.tolist() == [120.0, 160.0, 30.0, 0.0, 0.0]
    assert result.deficit == pytest.approx(3000 - 50 - 310)
    alone = waterfall(deep, MarketPositions(np.zeros(0), np.zeros(0), np.zeros(0)), 70.0, 0.0, [])
    assert alone.deficit == 3000.0 and alone.socialised.haircut == 1.0
    assert waterfall(deep, WINNERS, 70.0, 9e9, [], ()).fund_paid == 0.0


def test_same_side_empty_and_repeated_accounts_in_the_ranking() -> None:
    result = fall(fund=0.0, ranking=[2, 3, 4])
    assert result.deleveraged.tolist() == [0.0, 0.0, 0.0, 0.0, 2.0]
    for ranking in ([0, 0], [5], [-1]):
        with pytest.raises(InvalidArgument, match="ranking"):
            fall(fund=0.0, ranking=ranking)


def test_a_solvent_account_gets_its_equity_back() -> None:
    result = waterfall(LONG, WINNERS, 85.0, 10.0, [0])
    assert (result.shortfall, result.margin_used, result.returned) == (0.0, 150.0, 50.0)
    assert not result.deleveraged.any() and result.fund_left == 10.0
    exact = waterfall(LONG, WINNERS, 80.0, 10.0, [0], ADL_FIRST)
    assert (exact.shortfall, exact.returned, exact.margin_used) == (0.0, 0.0, 200.0)
    assert not exact.deleveraged.any()
    rising = waterfall(LONG, WINNERS, 120.0, 10.0, [0])
    assert (rising.margin_used, rising.returned) == (0.0, 400.0)


def test_a_debt_without_a_position_is_never_matched() -> None:
    debt = BankruptPosition(0.0, 0.0, -100.0)
    result = waterfall(debt, WINNERS, 70.0, 30.0, [0, 1], ADL_FIRST)
    assert (result.shortfall, result.margin_used, result.fund_paid) == (100.0, 0.0, 30.0)
    assert not result.deleveraged.any()
    assert result.socialised.cuts.sum() == pytest.approx(70.0)


def test_matching_at_the_venues_own_price_leaves_the_difference_to_others() -> None:
    result = waterfall(LONG, WINNERS, 70.0, 1000.0, [1, 0], ADL_FIRST, adl_price=75.0)
    # 10 units lose 5 each to the other side; the fund bears the other 50.
    assert result.deleveraging_loss.sum() == pytest.approx(50.0)
    assert result.fund_paid == pytest.approx(50.0)
    at_mark = waterfall(LONG, WINNERS, 70.0, 1000.0, [1, 0], ADL_FIRST, adl_price=70.0)
    assert at_mark.fund_paid == 100.0 and at_mark.deleveraged.sum() == 10.0
    # At the previous mark of 85 the account was solvent: 50 above its bankruptcy price are its own.
    solvent = waterfall(LONG, WINNERS, 70.0, 1000.0, [1, 0], ADL_FIRST, adl_price=85.0)
    assert solvent.deleveraging_loss.sum() == pytest.approx(150.0)
    assert solvent.returned == pytest.approx(50.0)
    assert solvent.fund_paid == 0.0 == solvent.deficit
    partly = waterfall(LONG, WINNERS, 70.0, 0.0, [0], ADL_FIRST, adl_price=85.0)
    assert partly.deleveraging_loss.sum() == 60.0 and partly.returned == 0.0
    assert partly.socialised.cuts.sum() == pytest.approx(40.0)
    with pytest.raises(InvalidArgument, match="adl_price"):
        waterfall(LONG, WINNERS, 70.0, 0.0, [0], ADL_FIRST, adl_price=69.0)


def test_steps_and_numbers_that_cannot_be_are_refused() -> None:
    for order in (("fund", "fund"), ("others",)):
        with pytest.raises(InvalidArgument, match="order"):
            fall(fund=0.0, order=order)
    with pytest.raises(InvalidArgument, match="fund"):
        fall(fund=-1.0)
    with pytest.raises(InvalidArgument, match="price"):
        waterfall(LONG, WINNERS, 0.0, 0.0, [])
    short = MarketPositions(np.zeros(2), np.zeros(2), np.zeros(1))
    with pytest.raises(InvalidArgument, match="margin"):
        waterfall(LONG, short, 70.0, 0.0, [])
    with pytest.raises(InvalidArgument, match=r"bankrupt\.size"):
        waterfall(BankruptPosition(nan, 1.0, 1.0), WINNERS, 70.0, 0.0, [])


accounts = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(1, 200), st.floats(0, 2000)), min_size=1, max_size=8
)


@settings(max_examples=200)
@given(
    st.tuples(st.floats(-50, 50), st.floats(1, 200), st.floats(-100, 2000)),
    accounts,
    st.floats(1, 200),
    st.floats(0, 5000),
    st.sampled_from([FUND_FIRST, ADL_FIRST, ("fund",), ("adl",), ()]),
    st.one_of(st.none(), st.floats(0, 50)),
)
def test_the_waterfall_conserves_value_and_spares_who_has_no_position(
    failed: tuple[float, float, float],
    rows: list[tuple[float, float, float]],
    price: float,
    fund: float,
    order: tuple[str, ...],
    gap: float | None,
) -> None:
    others = MarketPositions(*np.array(rows).T)
    ranking = np.random.default_rng(len(rows)).permutation(len(rows))
    bankrupt = BankruptPosition(*failed)
    own = bankrupt.margin + bankrupt.size * (price - bankrupt.entry_price)
    # A venue's own price is better for the bankrupt account than the mark.
    own_price = None if gap is None else price + (gap if bankrupt.size > 0 else -gap * price / 51)
    result = waterfall(bankrupt, others, price, fund, ranking, order, own_price)
    before = own + others.equity(price).sum() + fund
    after = result.returned + result.after.equity(price).sum() + result.fund_left - result.deficit
    scale = abs(own) + np.abs(others.equity(price)).sum() + fund + 1
    assert after == pytest.approx(before, abs=1e-11 * scale)
    lost = others.equity(price) - result.after.equity(price)
    flat = others.size == 0
    assert (lost[flat] == 0).all()
    assert lost == pytest.approx(
        result.deleveraging_loss + result.socialised.cuts, abs=1e-10 * scale
    )
    assert 0 <= result.socialised.haircut <= 1 and result.deficit >= 0
    assert (result.deleveraged <= np.abs(others.size)).all()
    paid = result.fund_paid + lost.sum() + result.deficit
    assert paid == pytest.approx(result.returned - own, abs=1e-10 * scale)
    if gap is None:
        assert result.returned == max(own, 0.0)
    if result.deficit > 0:
        assert result.socialised.haircut == 1.0


@given(st.floats(0, 1e4), st.lists(st.floats(-1e3, 1e3), max_size=10))
def test_socialising_charges_exactly_the_loss_or_all_profit(
    loss: float, profit: list[float]
) -> None:
    result = socialise(loss, profit)
    gains = np.maximum(profit, 0.0)
    assert result.cuts.sum() + result.deficit == pytest.approx(loss)
    assert (result.cuts <= gains * (1 + 1e-12)).all()
    order = np.arange(len(profit))[::-1]
    assert socialise(loss, np.array(profit)[order]).cuts == pytest.approx(result.cuts[order])


def test_socialising_at_exactly_all_profit_leaves_no_deficit() -> None:
    assert socialise(50.0, [20.0, 30.0, -9.0])[::2] == (1.0, 0.0)
    assert socialise(49.0, [20.0, 30.0]).haircut == 0.98
    assert socialise(51.0, [20.0, 30.0]).deficit == 1.0
    assert socialise(0.0, [])[::2] == (0.0, 0.0) and socialise(0.0, [-1.0]).haircut == 0.0
    with pytest.raises(InvalidArgument, match="shortfall"):
        socialise(-1.0, [])


# --- ranks ---------------------------------------------------------------------------------------


def test_bitmex_multiplies_profits_and_divides_losses_by_leverage() -> None:
    size = [-10.0, -10.0, 10.0]
    mark, entry = linear_value(size, 80.0), linear_value(size, 100.0)
    score = bitmex_adl_score(mark, entry, linear_value(size, [120.0, 90.0, 60.0]))
    # Shorts gain 20 % at 2x and 8x, the long loses 20 % at 4x.
    assert score == pytest.approx([0.4, 1.6, -0.05])
    assert adl_ranking(score).tolist() == [1, 0, 2]


def test_bitmex_skips_the_insolvent_and_puts_the_bankrupt_winner_first() -> None:
    mark, entry = [-800.0, -800.0, -800.0, -800.0, 0.0], [-1000.0, -1000.0, -700.0, -800.0, 0.0]
    score = bitmex_adl_score(mark, entry, [-799.0, -800.0, -800.0, -900.0, 0.0])
    assert isnan(score[0]) and isnan(score[4])
    assert score[1] == inf and score[2] == 0.0 and score[3] == 0.0
    assert adl_ranking(score).tolist() == [1, 2, 3]


def test_bitmex_values_of_inverse_contracts_gain_with_the_side() -> None:
    long = [inverse_value(1000.0, 1.0, price) for price in (125.0, 100.0, 80.0)]
    assert [float(value) for value in long] == [-8.0, -10.0, -12.5]
    # 20 % of profit at 8 / 4.5.
    assert bitmex_adl_score(*long) == pytest.approx(0.2 * 8 / 4.5)
    short = [inverse_value(-1000.0, 1.0, price) for price in (125.0, 100.0, 160.0)]
    assert bitmex_adl_score(*short) == pytest.approx(-0.2 / (8 / 1.75))


def test_hyperliquid_ranks_by_move_and_leverage() -> None:
    score = hyperliquid_adl_score(110.0, [100.0, 100.0, 110.0, 100.0, 100.0], 500.0, 250.0)
    assert score == pytest.approx([2.2, 2.2, 2.0, 2.2, 2.2])
    assert hyperliquid_adl_score(110.0, 100.0, 0.5, 0.25) == pytest.approx(2.2)
    skipped = hyperliquid_adl_score(110.0, 100.0, [500.0, 500.0, 0.0], [0.0, -1.0, 5.0])
    assert np.isnan(skipped).all()
    assert adl_ranking(score).tolist() == [0, 1, 3, 4, 2]


def test_ranking_breaks_ties_by_index_and_leaves_out_what_has_no_score() -> None:
    assert adl_ranking([1.0, nan, 3.0, 1.0, -inf, inf]).tolist() == [5, 2, 0, 3, 4]
    assert adl_ranking([]).tolist() == []
    assert adl_ranking([0.0, -0.0]).tolist() == [0, 1]
