"""What each protocol requires: continuity at tiers, rounding up, and who is liquidatable."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil, inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    DydxMargin,
    DydxMarket,
    FlatMargin,
    GmxMargin,
    MarginAccount,
    RequirementModel,
    SynthetixMargin,
    TieredMargin,
    backstop_liquidated,
    binance_tiers,
    curie_free_collateral,
    dydx_initial_fraction,
    dydx_initial_margin,
    dydx_liquidatable,
    dydx_maintenance_margin,
    dydx_notional,
    gmx_remaining_collateral,
    gmx_verdict,
    hyperliquid_tiers,
    synthetix_liquidatable,
    tier_deductions,
    tier_index,
    tiered_maintenance,
)
from simulator.units import UNIT_1E30

FLOORS = [0.0, 1e5, 5e5, 1e6, 2e6]
RATES = [0.025, 0.05, 0.1, 0.15, 0.25]
TIERS = binance_tiers(FLOORS, RATES)


# --- tiers ---------------------------------------------------------------------------------------


def by_brackets(notional: float) -> float:
    """The requirement as the sum over brackets: a second way to the same number."""
    edges = [*FLOORS, inf]
    return sum(
        rate * (min(notional, high) - low)
        for rate, (low, high) in zip(RATES, pairwise(edges), strict=True)
        if notional > low
    )


@given(st.floats(0, 1e8))
def test_tiered_requirement_is_the_sum_over_its_brackets(notional: float) -> None:
    required = tiered_maintenance(np.array([notional]), TIERS)[0]
    assert required == pytest.approx(by_brackets(notional), rel=1e-12)


def test_requirement_is_continuous_at_every_floor() -> None:
    for floor in FLOORS[1:]:
        below, at, above = tiered_maintenance(
            [floor * (1 - 1e-9), floor, floor * (1 + 1e-9)], TIERS
        )
        assert below < at < above
        assert above - below < 1e-8 * floor
        assert at == pytest.approx(by_brackets(floor))


@given(st.integers(0, 100_000))
def test_chunks_change_nothing(count: int) -> None:
    notional = np.linspace(0.0, 3e6, count)
    whole = tiered_maintenance(notional, TIERS)
    assert whole.shape == (count,)
    lines = notional[:, None] * TIERS.rates - TIERS.deductions
    assert (whole == (lines.max(-1) if count else np.zeros(0))).all()


def test_tiers_write_into_a_given_array_and_keep_the_shape() -> None:
    out = np.empty((2, 2))
    assert tiered_maintenance(np.full((2, 2), 2e5), TIERS, out) is out
    assert out.tolist() == [[7500.0, 7500.0]] * 2
    assert tiered_maintenance(2e5, TIERS).shape == () and tiered_maintenance(2e5, TIERS) == 7500.0
    for wrong in (np.empty((4, 1)), np.empty((2, 4))[:, ::2]):
        with pytest.raises(InvalidArgument, match="out"):
            tiered_maintenance(np.full((2, 2), 2e5), TIERS, wrong)


@pytest.mark.parametrize("bad", [nan, inf, -1.0, -1e-300])
def test_a_notional_that_cannot_be_is_refused(bad: float) -> None:
    with pytest.raises(InvalidArgument, match=r"notional\[1\]"):
        tiered_maintenance([1.0, bad], TIERS)
    assert tiered_maintenance([-0.0], TIERS) == [0.0]


@pytest.mark.parametrize(
    ("floors", "rates", "leverage", "named"),
    [
        ([0, 5, 5], [0.1, 0.2, 0.3], None, r"floors\[2\]"),
        ([1, 5], [0.1, 0.2], None, "floors"),
        ([], [], None, "floors"),
        ([0, 5], [0.2, 0.1], None, r"rates\[1\]"),
        ([0, 5], [0.0, 0.1], None, r"rates\[0\]"),
        ([0, 5], [0.1, 1.1], None, r"rates\[1\]"),
        ([0, 5], [0.1], None, "rates"),
        ([0, 5], [0.1, 0.2], [10, 5.1], "rates"),
        ([0, 5], [0.1, 0.2], [10], "maximum_leverage"),
    ],
)
def test_tables_that_cannot_be_are_refused(
    floors: list[float], rates: list[float], leverage: list[float] | None, named: str
) -> None:
    with pytest.raises(InvalidArgument, match=named):
        binance_tiers(floors, rates, leverage)


def test_equal_rates_and_a_maintenance_rate_at_the_initial_rate_are_allowed() -> None:
    tiers = binance_tiers([0, 5], [0.1, 0.1], [10, 10])
    assert tiers.deductions.tolist() == [0.0, 0.0]
    assert tier_deductions([0, 10], [0.1, 0.3]).tolist() == pytest.approx([0.0, 2.0])


def test_a_floor_itself_belongs_to_the_tier_below() -> None:
    assert tier_index([0.0, 1e5, 100000.01, 2e6, 9e9], TIERS).tolist() == [0, 0, 1, 3, 4]


def test_hyperliquid_rates_are_half_of_the_initial_rates() -> None:
    tiers = hyperliquid_tiers([0, 1000], [40, 20])
    assert tiers.rates.tolist() == [0.0125, 0.025]
    assert tiers.deductions.tolist() == [0.0, 12.5]
    model = TieredMargin([tiers])
    account = MarginAccount([[-5.0], [10.0], [11.0]])
    initial, maintenance = model.requirement(account, [100.0])
    assert initial == pytest.approx([12.5, 25.0, 55.0])
    assert maintenance == pytest.approx([6.25, 12.5, 15.0])


def test_backstop_is_strict_at_two_thirds() -> None:
    assert backstop_liquidated([199.999, 200.0, 200.001], 300.0).tolist() == [True, False, False]


def test_the_owners_leverage_counts_up_to_the_tiers_maximum() -> None:
    model = TieredMargin([binance_tiers([0, 1000], [0.01, 0.05], [50, 10])])
    chosen = [[5.0], [80.0], [20.0]]
    account = MarginAccount([[10.0], [10.0], [20.0]], leverage=chosen)
    assert model.requirement(account, [100.0]).initial.tolist() == [200.0, 20.0, 200.0]


# --- the interface -------------------------------------------------------------------------------

MODELS: list[RequirementModel] = [
    TieredMargin([TIERS, hyperliquid_tiers([0, 1e6], [50, 20])]),
    FlatMargin(),
    FlatMargin([0.1, 0.2], [0.05, 0.2]),
    SynthetixMargin([1e5, 2e5], 2.0, [0.01, 0.02], 0.5, 10.0),
    GmxMargin(10.0, 0.02, [0.01, 0.02]),
]
sizes = st.floats(-1e4, 1e4).filter(lambda size: size == 0 or abs(size) > 1e-6)
pairs = st.tuples(sizes, sizes)


@pytest.mark.parametrize("model", MODELS)
@given(size=pairs, price=st.tuples(st.floats(0.1, 1e4), st.floats(0.1, 1e4)))
def test_every_model_keeps_the_laws_of_a_requirement(
    model: RequirementModel, size: tuple[float, float], price: tuple[float, float]
) -> None:
    def required(sizes_: Any, isolated: bool = False) -> Any:
        entry = np.array([7.0, 9.0])
        return model.requirement(MarginAccount(sizes_, None, entry, isolated), price)

    cross, isolated = required(size), required(size, isolated=True)
    assert isolated.initial.shape == (2,) and np.ndim(cross.initial) == 0
    assert cross.initial == pytest.approx(isolated.initial.sum())
    assert cross.maintenance == pytest.approx(isolated.maintenance.sum())
    assert (isolated.maintenance <= isolated.initial * (1 + 1e-12)).all()
    assert (isolated.maintenance >= 0.0).all()
    # Either side needs the same, more needs more, nothing needs nothing.
    mirrored = required(tuple(-q for q in size))
    assert mirrored.maintenance == cross.maintenance and mirrored.initial == cross.initial
    larger = required(tuple(2 * q for q in size))
    assert larger.maintenance >= cross.maintenance * (1 - 1e-12)
    assert required((0.0, 0.0)) == (0.0, 0.0)
    many = required(np.array([[size, size], [size, (0.0, 0.0)]]))
    assert many.initial.shape == (2, 2)
    assert many.maintenance[0, 1] == pytest.approx(cross.maintenance)


@pytest.mark.parametrize("model", MODELS)
def test_zero_accounts_are_valid(model: RequirementModel) -> None:
    none = MarginAccount(np.zeros((0, 2)), entry_price=np.ones(2))
    assert model.requirement(none, [1.0, 1.0]).initial.shape == (0,)


def test_zero_markets_are_valid() -> None:
    nothing = MarginAccount(np.zeros((3, 0)))
    assert FlatMargin().requirement(nothing, np.zeros(0)).maintenance.tolist() == [0.0] * 3
    assert TieredMargin([]).requirement(nothing, np.zeros(0)).initial.tolist() == [0.0] * 3
    assert DydxMargin([]).requirement(MarginAccount([]), []) == (0, 0)


@pytest.mark.parametrize("model", MODELS[:4])
def test_only_the_initial_margin_is_taken_at_the_orders_price(model: RequirementModel) -> None:
    account = MarginAccount([3.0, -4.0])
    mark, order = [100.0, 50.0], [110.0, 60.0]
    at_mark, at_order = model.requirement(account, mark), model.requirement(account, mark, order)
    assert at_order.maintenance == at_mark.maintenance
    assert at_order.initial == model.requirement(account, order).initial > at_mark.initial


@pytest.mark.parametrize("model", MODELS)
def test_wrong_shapes_and_prices_are_refused(model: RequirementModel) -> None:
    entry = np.ones(2)
    with pytest.raises(InvalidArgument, match="prices"):
        model.requirement(MarginAccount([1.0, 2.0], entry_price=entry), [1.0, 2.0, 3.0])
    with pytest.raises(InvalidArgument, match=r"prices\[1\]"):
        model.requirement(MarginAccount([1.0, 2.0], entry_price=entry), [1.0, -2.0])
    with pytest.raises(InvalidArgument, match=r"size\[0\]"):
        model.requirement(MarginAccount([nan, 2.0], entry_price=entry), [1.0, 2.0])
    with pytest.raises(InvalidArgument, match="prices"):
        model.requirement(MarginAccount(1.0, entry_price=entry), 1.0)
    with pytest.raises(InvalidArgument, match="prices"):
        model.requirement(MarginAccount(1.0, entry_price=entry), [1.0, 2.0])
    with pytest.raises(InvalidArgument, match="prices"):
        model.requirement(MarginAccount([1.0, 2.0], entry_price=entry), 1.0)
    with pytest.raises(InvalidArgument, match=r"order_prices\[1\]"):
        model.requirement(MarginAccount([1.0, 2.0], entry_price=entry), [1.0, 2.0], [1.0, -2.0])


def test_tiers_need_one_table_per_market() -> None:
    with pytest.raises(InvalidArgument, match="size"):
        TieredMargin([TIERS]).requirement(MarginAccount([1.0, 2.0]), [1.0, 2.0])
    with pytest.raises(InvalidArgument, match="leverage"):
        TieredMargin([TIERS]).requirement(MarginAccount([1.0], leverage=0.0), [1.0])


# --- flat ----------------------------------------------------------------------------------------


def test_curie_asks_a_tenth_and_a_sixteenth() -> None:
    required = FlatMargin().requirement(MarginAccount([6.0, -2.0]), [100.0, 200.0])
    assert required == (pytest.approx(100.0), 62.5)


def test_curie_free_collateral_may_be_negative() -> None:
    free = curie_free_collateral(1000.0, [1500.0, 900.0, 50.0], 100.0)
    assert free.tolist() == [900.0, 800.0, -50.0]


def test_maintenance_above_initial_is_refused() -> None:
    FlatMargin(0.1, 0.1)
    with pytest.raises(InvalidArgument, match="maintenance_rate"):
        FlatMargin([0.1, 0.2], [0.1, 0.21])
    with pytest.raises(InvalidArgument, match="maintenance_scalar"):
        SynthetixMargin(1.0, 1.0, 0.1, 1.01)
    GmxMargin(1.0, 0.01, 0.01)
    with pytest.raises(InvalidArgument, match="liquidation_factor"):
        GmxMargin(1.0, 0.01, 0.011)


# --- Synthetix -----------------------------------------------------------------------------------


def test_synthetix_adds_the_minimum_once_to_each() -> None:
    model = SynthetixMargin(1000.0, 2.0, 0.01, 0.5, 7.0)
    required = model.requirement(MarginAccount([-20.0]), [2000.0])
    assert required.initial == pytest.approx(2007.0)
    assert required.maintenance == pytest.approx(1007.0)
    assert model.requirement(MarginAccount([0.0]), [2000.0]) == (0.0, 0.0)
    # A ratio of 1.1 % of 1,000: less than one unit of the asset owes the minimum, too.
    small = model.requirement(MarginAccount([-0.5]), [2000.0])
    assert small == (pytest.approx(18.0), pytest.approx(12.5))


def test_synthetix_without_a_skew_scale_asks_the_minimum_ratio() -> None:
    rates = SynthetixMargin(0.0, 2.0, 0.01, 0.5).rates([-20.0])
    assert rates.initial.tolist() == [0.01] and rates.maintenance.tolist() == [0.005]


def test_synthetix_counts_the_reward_and_is_strict() -> None:
    assert synthetix_liquidatable([104.0, 105.0, 106.0], 100.0, 5.0).tolist() == [
        True,
        False,
        False,
    ]


# --- dYdX ----------------------------------------------------------------------------------------

ppm = st.integers(0, 10**6)


@given(st.integers(0, 10**20), ppm, ppm)
def test_dydx_rounds_up_twice(notional: int, base: int, fraction: int) -> None:
    initial = ceil(Fraction(notional * base, 10**6))
    assert dydx_initial_margin(notional, base) == initial
    assert dydx_maintenance_margin(notional, base, fraction) == ceil(
        Fraction(initial * fraction, 10**6)
    )


def test_dydx_maintenance_needs_both_roundings() -> None:
    # ceil(1.1) = 2, then ceil(1.2) = 2; rounded once it would be ceil(0.66) = 1.
    assert dydx_maintenance_margin(11, 100_000, 600_000) == 2


def test_dydx_fraction_at_the_caps_and_one_unit_inside() -> None:
    caps = (10**6, 3 * 10**6)
    assert dydx_initial_fraction(200_000, 10**6, *caps) == 200_000
    # 800,000 x 1 // 2,000,000 = 0; x 3 // 2e6 = 1.2 floored.
    assert dydx_initial_fraction(200_000, 10**6 + 1, *caps) == 200_000
    assert dydx_initial_fraction(200_000, 10**6 + 3, *caps) == 200_001
    assert dydx_initial_fraction(200_000, 2 * 10**6, *caps) == 600_000
    assert dydx_initial_fraction(200_000, 3 * 10**6 - 1, *caps) == 999_999
    assert dydx_initial_fraction(200_000, 3 * 10**6, *caps) == 10**6
    assert dydx_initial_fraction(200_000, 10**9, *caps) == 10**6
    # An upper cap of 0 switches it off, as without caps; caps that are equal are a step.
    assert dydx_initial_fraction(200_000) == dydx_initial_fraction(200_000, 10**9) == 200_000
    assert dydx_initial_fraction(0, 2, upper_cap=4) == 500_000
    assert dydx_initial_fraction(200_000, upper_cap=4) == 200_000
    assert dydx_initial_margin(10**6, 200_000, upper_cap=4) == 200_000
    assert dydx_initial_margin(10**6, 200_000, 10**9) == 200_000
    assert dydx_initial_margin(10**6, 0, 2, upper_cap=4) == 500_000
    assert dydx_initial_fraction(200_000, 10**9, 5, 0) == 200_000
    assert dydx_initial_fraction(200_000, 7, 7, 7) == 200_000
    assert dydx_initial_fraction(200_000, 8, 7, 7) == 10**6


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1_000_001,), "base_ppm"),
        ((-1,), "base_ppm"),
        ((1, -1), "open_interest"),
        ((1, 1, -1), "lower_cap"),
        ((1, 1, 5, 4), "upper_cap"),
    ],
)
def test_dydx_parameters_that_cannot_be_are_refused(arguments: tuple[int, ...], named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        dydx_initial_fraction(*arguments)


def test_dydx_model_scales_the_initial_margin_only() -> None:
    # 0.1 BTC at 50,000: exponent -5, so the price is 5e9; atomic resolution -10.
    market = DydxMarket(200_000, 500_000, -10, -5, 3 * 10**10, 10**11, 2 * 10**11)
    quantums, price = -(10**9), 5 * 10**9
    assert market.notional(quantums, price) == -5_000_000_000
    # Open interest 3 BTC = 150,000 USD: halfway between the caps, 60 %.
    calm = DydxMarket(200_000, 500_000, -10, -5)
    both = DydxMargin([market, calm])
    account = MarginAccount([quantums, -quantums])
    assert both.requirement(account, [price, price]) == (4_000_000_000, 1_000_000_000)
    isolated = MarginAccount([quantums, -quantums], isolated=True)
    assert both.requirement(isolated, [price, price]) == (
        [3_000_000_000, 1_000_000_000],
        [500_000_000, 500_000_000],
    )
    dearer = both.requirement(account, [price, price], [2 * price, price])
    assert dearer == (7_000_000_000, 1_000_000_000)


def test_dydx_notional_goes_toward_zero_and_the_threshold_is_strict() -> None:
    assert dydx_notional(-3, 5, -7, 0) == -1 and dydx_notional(3, 5, -7, 0) == 1
    assert dydx_notional(-3, 3, -7, 0) == 0
    assert dydx_notional(2, 3, -6, 2) == 600
    assert dydx_liquidatable(99, 100) and not dydx_liquidatable(100, 100)
    with pytest.raises(InvalidArgument, match="notional"):
        dydx_initial_margin(-1, 1)


# --- GMX -----------------------------------------------------------------------------------------

USD = UNIT_1E30


def verdict(collateral: int, impact: int = 0, minimum: int = 0, **other: int) -> Any:
    values = {
        "size_usd": 50_000 * USD,
        "collateral_usd": collateral,
        "profit_usd": 0,
        "price_impact_usd": impact,
        "maximum_impact_factor": USD // 1000,
        "fees_usd": 0,
        "minimum_factor": USD // 100,
        "minimum_collateral_usd": minimum,
    }
    return gmx_verdict(**(values | other))


def test_gmx_is_strict_at_both_minimums_and_not_at_zero() -> None:
    assert not verdict(500 * USD).liquidatable and verdict(500 * USD - 1).liquidatable
    assert not verdict(600 * USD, minimum=600 * USD).liquidatable
    assert verdict(600 * USD - 1, minimum=600 * USD).liquidatable
    assert verdict(600 * USD, minimum=700 * USD).minimum == 700 * USD
    # Without a minimum a remaining 0 is liquidatable all the same.
    assert (
        verdict(0, minimum_factor=0).liquidatable and not verdict(1, minimum_factor=0).liquidatable
    )


def test_gmx_impact_is_capped_when_adverse_and_ignored_when_favourable() -> None:
    assert verdict(1000 * USD, impact=-100 * USD).remaining == 950 * USD
    assert verdict(1000 * USD, impact=-50 * USD).remaining == 950 * USD
    assert verdict(1000 * USD, impact=-49 * USD).remaining == 951 * USD
    assert verdict(1000 * USD, impact=100 * USD).remaining == 1000 * USD
    changed = verdict(1000 * USD, profit_usd=-400 * USD, fees_usd=35 * USD)
    assert changed.remaining == 565 * USD
    with pytest.raises(InvalidArgument, match="size_usd"):
        verdict(1, size_usd=-1)


@given(st.integers(-2000, 2000), st.integers(-500, 500), st.integers(0, 100))
def test_gmx_of_many_positions_agrees_with_the_integers(
    profit: int, impact: int, fees: int
) -> None:
    exact = verdict(
        1000 * USD, impact * USD, profit_usd=profit * USD, fees_usd=fees * USD
    ).remaining
    many = gmx_remaining_collateral([50_000.0], 1000.0, profit, impact, 0.001, fees)
    assert many == pytest.approx([exact / USD])


def test_gmx_asks_nothing_of_no_position_and_the_minimum_of_the_smallest() -> None:
    assert verdict(1, size_usd=0) == (1, 0, False) and verdict(0, size_usd=0).liquidatable
    assert gmx_verdict(0, 1, 0, 0, 0, 0, 0) == (1, 0, False)  # without a minimum collateral
    model = GmxMargin(10.0, 0.02, 0.01)
    small = model.requirement(MarginAccount([0.01], entry_price=[100.0]), [1.0])
    assert small == (10.0, 10.0)


def test_gmx_requirement_uses_the_size_at_entry() -> None:
    account = MarginAccount([10.0, -0.5, 0.0], entry_price=[100.0, 100.0, 100.0], isolated=True)
    initial, maintenance = GmxMargin(10.0, 0.02, 0.01).requirement(account, [1.0, 1e6, 5.0])
    assert initial.tolist() == [20.0, 10.0, 0.0] and maintenance.tolist() == [10.0, 10.0, 0.0]
    with pytest.raises(InvalidArgument, match="entry_price"):
        GmxMargin(1.0, 0.02, 0.01).requirement(MarginAccount([1.0]), [1.0])
