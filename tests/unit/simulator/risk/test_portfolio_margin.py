"""Portfolio margin of Derive and Deribit, and margin from expected shortfall."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk.options import black_76
from simulator.risk.portfolio_margin import (
    DepegPenalty,
    DeribitPortfolioParameters,
    DeriveExpiry,
    DeriveMarket,
    DerivePortfolio,
    DerivePortfolioParameters,
    DeriveScenarios,
    DeriveStandardParameters,
    OraclePenalty,
    deribit_portfolio_margin,
    deribit_standard_margin,
    deribit_vol_shock,
    derive_base_margin,
    derive_isolated_margin,
    derive_maximum_loss,
    derive_option_margin,
    derive_perpetual_margin,
    derive_portfolio_margin,
    derive_standard_margin,
    derive_vol_multiplier,
    expected_shortfall_margin,
    liquidity_add_on,
)

# --- Derive standard ------------------------------------------------------------------------


def test_a_short_call_needs_its_value_and_a_share_of_spot_by_distance() -> None:
    strikes = np.array([1500.0, 2000.0, 2060.0, 2100.0, 2101.0, 3000.0])
    found = derive_isolated_margin(True, strikes, -2.0, 7.0, 2000.0)
    # .15 until the money, then less by the distance, .10 from 5 % out of the money on.
    assert found.initial == pytest.approx([-614, -614, -494, -414, -414, -414])
    assert found.maintenance == pytest.approx([-314] * 6)


def test_a_short_put_is_bounded_by_its_maintenance_margin() -> None:
    found = derive_isolated_margin(False, [2100.0, 1940.0, 1000.0], -1.0, 7.0, 2000.0)
    assert found.initial == pytest.approx([-307, -247, -207])
    assert found.maintenance == pytest.approx([-157] * 3)
    # Worth more than spot: 7.5 % of the value is more than 7.5 % of spot, and 1.05 MM binds.
    deep = derive_isolated_margin(False, 9000.0, -1.0, 7000.0, 2000.0)
    assert deep.maintenance == pytest.approx(-7525)
    assert deep.initial == pytest.approx(-7525 * 1.05)


def test_longs_need_no_margin_in_isolation_and_none_at_all_when_alone() -> None:
    found = derive_isolated_margin([True, False], 2000.0, [1.0, 0.0], 50.0, 2000.0)
    assert (found.initial == 0).all() and (found.maintenance == 0).all()
    alone = derive_option_margin([True, False], [1900.0, 1800.0], [3.0, 1.0], 50.0, 2000.0, 2000.0)
    assert alone.initial == 0 and alone.maintenance == 0


def test_the_maximum_loss_looks_at_zero_and_at_every_strike() -> None:
    # Short straddle at 100 with a long call at 150: worst at 0 (−100), at 150 −50.
    calls, strikes = [True, False, True], [100.0, 100.0, 150.0]
    found = derive_maximum_loss(calls, strikes, [-1.0, -1.0, 1.0], 110.0)
    assert found.initial == -100 and found.maintenance == -100
    # A short put spread is worst at its lower strike and at 0 alike.
    spread = derive_maximum_loss([False, False], [100.0, 60.0], [-1.0, 1.0], 110.0)
    assert spread.initial == -40
    # A butterfly that is short in the middle loses there only.
    middle = derive_maximum_loss([True] * 3, [90.0, 100.0, 110.0], [-1.0, 2.0, -1.0], 110.0)
    assert middle.initial == pytest.approx(-10)
    gain = derive_maximum_loss([True, True], [100.0, 150.0], [1.0, -1.0], 110.0)
    assert gain.initial == 0
    # Worth 50 or more wherever it settles: a sure gain is no credit.
    assert derive_maximum_loss([True, False], [50.0, 100.0], [1.0, 1.0], 110.0).initial == 0


def test_net_short_calls_pay_for_a_loss_without_end() -> None:
    found = derive_maximum_loss([True, True], [100.0, 150.0], [1.0, -3.0], 110.0)
    # The strikes: 0 at 100, 50 at 150, so only the two unpaired calls count.
    assert found.initial == pytest.approx(-2 * 1.2 * 110)
    assert found.maintenance == pytest.approx(-2 * 1.1 * 110)
    many = derive_maximum_loss([True], [100.0], [[-1.0], [-2.0]], 110.0)
    assert many.initial == pytest.approx([-132, -264])
    puts = derive_maximum_loss([False], [100.0], [-3.0], 110.0)
    assert puts.initial == puts.maintenance == -300


def test_the_better_of_isolated_and_maximum_loss_is_asked_for() -> None:
    calls, strikes = [True, True], np.array([1800.0, 2000.0])
    value = black_76(True, 2002.83, strikes, 10 / 365, 0.0, 0.5)
    spread = derive_option_margin(calls, strikes, [-1.0, 1.0], value, 2000.0, 2002.83)
    assert spread.initial == -200
    naked = derive_option_margin([True], [1800.0], [-1.0], value[:1], 2000.0, 2002.83)
    assert naked.initial == pytest.approx(-300 - value[0])
    assert naked.maintenance == pytest.approx(-150 - value[0])


def test_many_accounts_are_asked_for_what_each_is_alone() -> None:
    calls, strikes = [True, False], [1800.0, 2100.0]
    value, penalty = [260.0, 150.0], OraclePenalty(threshold=0.6, factor=0.5)
    held = np.array([[-1.0, 0.0], [0.0, -1.0], [-1.0, -2.0], [0.0, 0.0]])

    def asked(quantity: Any) -> Any:
        return derive_option_margin(
            calls, strikes, quantity, value, 2000.0, 2000.0, confidence=0.5, penalty=penalty
        )

    together, alone = asked(held), [asked(row) for row in held]
    assert together.initial.tolist() == [float(one.initial) for one in alone]
    assert together.maintenance.tolist() == [float(one.maintenance) for one in alone]
    assert together.initial[3] == 0 and (together.initial[:3] < 0).all()


def test_a_call_has_a_maintenance_of_its_own() -> None:
    own = DeriveStandardParameters(maintenance_call=0.2)
    found = derive_isolated_margin([True, False], 2000.0, -1.0, 7.0, 2000.0, own)
    assert found.maintenance == pytest.approx([-407, -157])
    assert found.initial == pytest.approx([-307, -307])


def test_both_ways_of_asking_know_the_parameters() -> None:
    call: dict[str, Any] = {
        "is_call": [True],
        "strike": [1800.0],
        "quantity": [-1.0],
        "value": [210.0],
        "spot": 2000.0,
        "forward": 2000.0,
    }
    dear = DeriveStandardParameters(maximum_spot=0.3)
    assert derive_option_margin(**call, parameters=dear).initial == pytest.approx(-600 - 210)
    # A loss without end that is not charged at all: nothing is lost at a strike either.
    free = DeriveStandardParameters(unpaired_initial=0.0, unpaired_maintenance=0.01)
    found = derive_option_margin(**call, parameters=free)
    assert found.initial == 0 and found.maintenance == pytest.approx(-20)


def test_an_unsure_oracle_costs_initial_margin_below_the_threshold_only() -> None:
    penalty = OraclePenalty(threshold=0.6, factor=0.5)
    arguments: Any = ([True, False], [2000.0, 2000.0], [-2.0, 1.0], 90.0, 2000.0, 2000.0)
    sure = derive_option_margin(*arguments)
    at = derive_option_margin(*arguments, confidence=0.6, penalty=penalty)
    below = derive_option_margin(*arguments, confidence=0.5, penalty=penalty)
    assert at.initial == sure.initial and below.maintenance == sure.maintenance
    assert below.initial == pytest.approx(float(sure.initial) - 0.5 * 0.5 * 2000 * 2)
    perpetual = derive_perpetual_margin(
        -3.0, 2000.0, 2010.0, 0.1, 0.05, spot=2000.0, confidence=0.5, penalty=penalty
    )
    assert perpetual.initial == pytest.approx(-30 - 603 - 0.25 * 2000 * 3)
    assert perpetual.maintenance == pytest.approx(-30 - 301.5)
    base = derive_base_margin(2.0, 2000.0, 0.8, confidence=0.5, penalty=penalty)
    assert base.initial == pytest.approx(3200 - 0.25 * 4000) and base.maintenance == 3200
    off = derive_base_margin(2.0, 2000.0, 0.8, confidence=0.0, penalty=OraclePenalty(0.0, 0.5))
    assert off.initial == 3200


def test_a_perpetual_counts_its_profit_and_a_share_of_its_size() -> None:
    long_ = derive_perpetual_margin(1.0, 2005.0, 2001.0, 0.065, 0.05)
    assert long_.initial == pytest.approx(-4 - 130.065)
    assert long_.maintenance == pytest.approx(-4 - 100.05)
    short = derive_perpetual_margin([-1.0, 0.0], 2005.0, 2001.0, 0.065, 0.05)
    assert short.initial == pytest.approx([4 - 130.065, 0])


def test_an_account_adds_cash_and_markets_and_pays_for_a_depegged_stablecoin() -> None:
    options = derive_option_margin([True], [2000.0], [-1.0], 100.0, 2000.0, 2000.0)
    market = DeriveMarket(
        options=[options, options],
        perpetual=derive_perpetual_margin(-1.0, 2000.0, 2000.0, 0.1, 0.05),
        base=derive_base_margin(1.0, 2000.0, 0.8),
        spot=2000.0,
        short_options=2.0,
        perpetual_size=-1.0,
    )
    plain = derive_standard_margin(500.0, [market])
    assert plain.initial == pytest.approx(500 - 800 - 200 + 1600)
    assert plain.maintenance == pytest.approx(500 - 500 - 100 + 1600)
    depeg = DepegPenalty(threshold=0.99, factor=1.2)
    at = derive_standard_margin(500.0, [market], stable_price=0.99, depeg=depeg)
    assert at.initial == plain.initial
    below = derive_standard_margin(500.0, [market], stable_price=0.94, depeg=depeg)
    assert below.initial == pytest.approx(float(plain.initial) - 0.05 * 1.2 * 2000 * 3)
    assert below.maintenance == plain.maintenance
    unsaid = derive_standard_margin(500.0, [market], depeg=DepegPenalty(1.5, 1.2))
    assert unsaid.initial == pytest.approx(float(plain.initial) - 0.5 * 1.2 * 2000 * 3)
    assert derive_standard_margin(-3.0, []).initial == -3


def test_no_options_need_nothing() -> None:
    empty = derive_option_margin([], [], [], [], 2000.0, 2000.0)
    assert empty.initial == 0 and empty.maintenance == 0
    many = derive_option_margin([True], [2000.0], np.zeros((0, 1)), [1.0], 2000.0, 2000.0)
    assert many.initial.shape == (0,)


def test_bad_input_to_the_standard_margin_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="minimum_spot"):
        DeriveStandardParameters(minimum_spot=0.2)
    assert DeriveStandardParameters(minimum_spot=0.15).minimum_spot == 0.15
    with pytest.raises(InvalidArgument, match="maintenance_call"):
        DeriveStandardParameters(maintenance_call=-0.1)
    with pytest.raises(InvalidArgument, match="maintenance_rate"):
        derive_perpetual_margin(1.0, 1.0, 1.0, 0.05, 0.06)
    with pytest.raises(InvalidArgument, match="quantity"):
        derive_maximum_loss([True], [1.0], [1.0, 2.0], 1.0)
    with pytest.raises(InvalidArgument, match="is_call"):
        derive_maximum_loss([True, False], [1.0], [1.0], 1.0)
    with pytest.raises(InvalidArgument, match="is_call"):
        derive_maximum_loss(["call"], [1.0], [1.0], 1.0)
    with pytest.raises(InvalidArgument, match="factor"):
        derive_base_margin(1.0, 1.0, 1.1)
    with pytest.raises(InvalidArgument, match="confidence"):
        derive_base_margin(1.0, 1.0, 1.0, confidence=1.1)


# --- Derive portfolio ---------------------------------------------------------------------


def test_the_volatility_shock_grows_towards_expiry_with_two_powers_and_a_floor() -> None:
    days = [0.0, 0.5, 1.0, 15.0, 30.0, np.nextafter(30.0, 31.0), 120.0]
    found = derive_vol_multiplier(days)
    assert found[:3] == pytest.approx([30**0.3] * 3)
    assert found[3:] == pytest.approx([2**0.3, 1.0, 1.0, 0.25**0.13])
    assert derive_vol_multiplier(30.5) == pytest.approx((30 / 30.5) ** 0.13)


def expiry(**changes: Any) -> DeriveExpiry:
    day = 86_400.0
    return replace(
        DeriveExpiry(
            seconds=30 * day,
            is_call=np.array([True, False]),
            strike=np.array([2000.0, 1800.0]),
            quantity=np.array([-1.0, -2.0]),
            vol=np.array([0.6, 0.7]),
            forward_variable=2000.0,
        ),
        **changes,
    )


def test_the_portfolio_margin_is_the_worst_scenario_less_contingencies() -> None:
    grid = DeriveScenarios(np.array([0.9, 1.0, 1.1, 1.1]), np.array([0, -1, 0, 1]))
    book = expiry(forward_fixed=10.0)
    found = derive_portfolio_margin(DerivePortfolio(2000.0, [book], cash=5000.0), grid)

    def value(shock: float, vol: float) -> float:
        prices = black_76(
            book.is_call, 2000.0 * shock + 10, book.strike, 30 / 365, 0.0, book.vol * vol
        )
        return float(prices @ book.quantity)

    now = value(1.0, 1.0)
    changes = [
        value(0.9, 1) - now,
        value(1, 0.7) - now,
        value(1.1, 1) - now,
        value(1.1, 1.45) - now,
    ]
    assert found.changes == pytest.approx(changes)
    assert found.mark_to_market == pytest.approx(now) and found.worst == pytest.approx(min(changes))
    static = 0.01 * 2000 * 3
    assert found.margin.maintenance == pytest.approx(5000 + now + min(changes) - static)
    assert found.margin.initial == pytest.approx(5000 + now + 1.3 * (min(changes) - static))


def test_a_scenario_shocks_volatility_by_range_and_multiplier() -> None:
    grid = DeriveScenarios(np.ones(2), np.array([1, -1]))
    book = expiry(seconds=10 * 86_400.0, quantity=np.array([-1.0, 0.0]))
    found = derive_portfolio_margin(DerivePortfolio(2000.0, [book]), grid)
    up, down, now = black_76(
        True, 2000.0, 2000.0, 10 / 365, 0.0,
        0.6 * np.array([1 + 0.45 * 3**0.3, 1 - 0.30 * 3**0.3, 1.0]),
    )  # fmt: skip
    assert found.changes == pytest.approx([now - up, now - down])
    assert found.worst == pytest.approx(now - up)
    huge = derive_portfolio_margin(
        DerivePortfolio(2000.0, [book]), grid, DerivePortfolioParameters(vol_range_down=5.0)
    )
    assert huge.changes[1] == pytest.approx(now)
    # The multiplier is the parameters' too: without a power the ranges are taken as they are.
    plain = DerivePortfolioParameters(
        vol_range_up=0.45 * 3**0.3, vol_range_down=0.30 * 3**0.3, short_term_power=0.0
    )
    same = derive_portfolio_margin(DerivePortfolio(2000.0, [book]), grid, plain)
    assert same.changes == pytest.approx(found.changes)


def test_the_default_scenarios_span_fifteen_per_cent_by_three_volatilities() -> None:
    grid = DeriveScenarios()
    assert np.unique(grid.spot) == pytest.approx([0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15])
    assert len(set(zip(grid.spot.tolist(), grid.vol.tolist(), strict=True))) == 21
    assert np.unique(grid.vol).tolist() == [-1, 0, 1]


def test_what_every_expiry_needs_is_added() -> None:
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))
    near = expiry(seconds=10 * 86_400.0, quantity=np.array([-1.0, -4.0]))
    far = expiry(seconds=90 * 86_400.0, quantity=np.array([-3.0, 0.0]))
    one, other, both = (
        derive_portfolio_margin(DerivePortfolio(2000.0, book), still)
        for book in ([near], [far], [near, far])
    )
    # Shorts alone: nothing is discounted, and the forward contingency is the worst of each.
    assert both.mark_to_market == pytest.approx(one.mark_to_market + other.mark_to_market)
    assert both.worst == pytest.approx(one.worst + other.worst) and one.worst < 0 > other.worst
    for kind in ("initial", "maintenance"):
        apart = getattr(one.margin, kind) + getattr(other.margin, kind)
        assert getattr(both.margin, kind) == pytest.approx(apart)


def test_only_positive_values_are_discounted() -> None:
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))
    long_ = expiry(quantity=np.array([1.0, 0.0]), rate=0.1)
    found = derive_portfolio_margin(DerivePortfolio(2000.0, [long_]), still)
    share = 0.95 * exp(-30 / 365 * (0.1 * 4 + 0.05))
    change = found.mark_to_market * (share - 1)
    assert found.changes == pytest.approx([change])
    # However small: a value below 1 is discounted as well.
    small = expiry(quantity=np.array([0.001, 0.0]), rate=0.1)
    assert derive_portfolio_margin(
        DerivePortfolio(2000.0, [small]), still
    ).changes == pytest.approx([change / 1000])
    negative = derive_portfolio_margin(
        DerivePortfolio(2000.0, [replace(long_, rate=-0.2)]), still
    ).changes
    assert negative == pytest.approx([found.mark_to_market * (0.95 * exp(-30 / 365 * 0.05) - 1)])
    short = expiry(quantity=np.array([-1.0, 0.0]), rate=0.1)
    assert derive_portfolio_margin(DerivePortfolio(2000.0, [short]), still).changes == [0]


def test_the_forward_contingency_is_a_floor_under_the_scenarios() -> None:
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))
    book = expiry(quantity=np.array([-1.0, 0.0]))
    found = derive_portfolio_margin(DerivePortfolio(2000.0, [book]), still)
    at = black_76(True, [2000.0, 2100.0], 2000.0, 30 / 365, 0.0, 0.6)
    assert found.worst == pytest.approx((at[0] - at[1]) * (0.25 + 0.01 * 30 / 365))
    assert found.margin.maintenance == pytest.approx(-at[0] + found.worst - 20)


def test_a_long_of_the_same_strike_covers_a_short() -> None:
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))

    def contingency(quantity: list[float], strikes: list[float]) -> float:
        book = expiry(quantity=np.array(quantity), strike=np.array(strikes))
        found = derive_portfolio_margin(DerivePortfolio(2000.0, [book]), still)
        return round(float(found.mark_to_market + found.worst - found.margin.maintenance) / 20.0, 9)

    assert contingency([-3.0, 1.0], [2000.0, 2000.0]) == 2
    assert contingency([-3.0, 1.0], [2000.0, 1900.0]) == 3
    assert contingency([-3.0, -1.0], [2000.0, 2000.0]) == 4
    assert contingency([3.0, -1.0], [2000.0, 2000.0]) == 0


def test_perpetual_and_base_move_with_spot_and_carry_their_contingencies() -> None:
    grid = DeriveScenarios(np.array([0.9, 1.1]), np.zeros(2, dtype=np.int64))
    account = DerivePortfolio(
        2000.0, cash=100.0, base=2.0, perpetual=-1.0, perpetual_value=7.0, stable_price=0.97
    )
    found = derive_portfolio_margin(account, grid)
    assert found.changes == pytest.approx([-200 * (2 / 0.97 - 1), 200 * (2 / 0.97 - 1)])
    assert found.mark_to_market == pytest.approx(4000 / 0.97 + 7)
    static, worst = 0.02 * 2000 * 3, float(found.changes[0])
    total = 100 + 4000 / 0.97 + 7
    assert found.margin.maintenance == pytest.approx(total + worst - static)
    factor = 1.3 + 0.01 * 0.01
    assert found.margin.initial == pytest.approx(total + factor * (worst - static))


def test_low_confidence_costs_initial_margin() -> None:
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))

    def initial(confidence: float, of_expiry: float) -> float:
        account = DerivePortfolio(
            2000.0, [expiry(confidence=of_expiry)], base=1.0, perpetual=-2.0, confidence=confidence
        )
        return float(derive_portfolio_margin(account, still).margin.initial)

    assert initial(0.6, 0.6) == initial(1.0, 1.0)
    assert initial(0.5, 1.0) - initial(1.0, 1.0) == pytest.approx(-0.5 * 0.5 * 2000 * 3)
    assert initial(1.0, 0.5) - initial(1.0, 1.0) == pytest.approx(-0.5 * 0.5 * 2000 * 3)


def test_expiries_add_up() -> None:
    grid = DeriveScenarios(np.array([0.9, 1.0, 1.1]), np.zeros(3, dtype=np.int64))
    near = expiry(quantity=np.array([-1.0, 0.0]))
    far = expiry(seconds=60 * 86_400.0, quantity=np.array([-2.0, 0.0]))
    one, other, both = (
        derive_portfolio_margin(DerivePortfolio(2000.0, books), grid)
        for books in ([near], [far], [near, far])
    )
    assert both.changes == pytest.approx(one.changes + other.changes)
    assert both.mark_to_market == pytest.approx(one.mark_to_market + other.mark_to_market)
    static = 0.01 * 2000 * 3
    assert both.margin.maintenance == pytest.approx(both.mark_to_market + both.worst - static)
    still = DeriveScenarios(np.ones(1), np.zeros(1, dtype=np.int64))
    floors = [
        float(derive_portfolio_margin(DerivePortfolio(2000.0, books), still).worst)
        for books in ([near], [far], [near, far])
    ]
    assert floors[2] == pytest.approx(floors[0] + floors[1])


def test_an_empty_portfolio_is_its_cash_and_bad_scenarios_are_refused() -> None:
    found = derive_portfolio_margin(DerivePortfolio(2000.0, cash=12.0))
    assert found.margin.initial == 12 and found.margin.maintenance == 12
    assert len(found.changes) == 21
    for spot, vol in (([1.0], [2]), ([1.0], [0, 1]), ([0.0], [0])):
        with pytest.raises(InvalidArgument):
            derive_portfolio_margin(
                DerivePortfolio(2000.0), DeriveScenarios(np.array(spot), np.array(vol))
            )
    with pytest.raises(InvalidArgument, match="initial_factor"):
        DerivePortfolioParameters(initial_factor=-1.0)


# --- Deribit -----------------------------------------------------------------------------


def test_the_standard_margin_of_a_call_falls_with_the_distance_to_a_floor() -> None:
    strikes = [40_000.0, 50_000.0, 51_500.0, 52_500.0, 60_000.0]
    found = deribit_standard_margin(True, strikes, -2.0, 50_000.0, 0.02)
    assert found.initial == pytest.approx([0.34, 0.34, 0.28, 0.24, 0.24])
    assert found.maintenance == pytest.approx([0.19] * 5)


def test_the_standard_margin_of_a_put_is_at_least_its_maintenance() -> None:
    found = deribit_standard_margin(False, [60_000.0, 40_000.0], -1.0, 50_000.0, [0.2, 0.01])
    assert found.initial == pytest.approx([0.35, 0.11])
    assert found.maintenance == pytest.approx([0.275, 0.085])
    deep = deribit_standard_margin(False, 300_000.0, -1.0, 50_000.0, 5.0)
    assert deep.maintenance == pytest.approx(5.375) and deep.initial == pytest.approx(5.375)
    # Only a put's maintenance grows with its mark.
    call = deribit_standard_margin(True, 300_000.0, -1.0, 50_000.0, 5.0)
    assert call.maintenance == pytest.approx(5.075) and call.initial == pytest.approx(5.1)


def test_longs_need_no_standard_margin() -> None:
    found = deribit_standard_margin([True, False], 50_000.0, [1.0, 0.0], 50_000.0, 0.02)
    assert (found.initial == 0).all() and (found.maintenance == 0).all()


def test_the_volatility_shock_scales_with_the_time_left() -> None:
    assert deribit_vol_shock(0.38, [30.0, 15.0, 60.0]) == pytest.approx(
        [0.38, 0.38 * 2**0.3, 0.38 * 0.5**0.3]
    )
    # Twice the reference is the same as a range that much wider.
    wide = DeribitPortfolioParameters(vol_range=0.2 * 2**0.3)
    later = DeribitPortfolioParameters(vol_range=0.2, reference_days=60.0)
    one, other = (
        deribit_portfolio_margin(100.0, True, 100.0, 45.0, 0.5, -1.0, (), p) for p in (wide, later)
    )
    assert one.losses == pytest.approx(other.losses)
    with pytest.raises(InvalidArgument, match="days_to_expiry"):
        deribit_vol_shock(0.38, 0.0)


def test_the_portfolio_margin_is_the_worst_point_of_the_grid_and_contingencies() -> None:
    calls, strikes, days = [True, False], [100.0, 90.0], [30.0, 15.0]
    quantity = np.array([-1.0, -2.0])
    found = deribit_portfolio_margin(100.0, calls, strikes, days, 0.5, quantity)
    assert found.losses.shape == (11, 3) and found.price_moves[5] == 0
    assert found.losses[5, 1] == 0
    years = np.array(days) / 365
    shocks = np.array([0.38, 0.38 * 2**0.3])
    now = black_76(calls, 100.0, strikes, years, 0.0, 0.5)
    up = black_76(calls, 110.0, strikes, years, 0.0, 0.5 * (1 + shocks))
    down = black_76(calls, 90.0, strikes, years, 0.0, 0.5 * (1 - shocks))
    assert found.losses[10, 2] == pytest.approx(-(up - now) @ quantity)
    assert found.losses[0, 0] == pytest.approx(-(down - now) @ quantity)
    assert found.worst_loss == found.losses.max() > 0
    assert found.contingency == pytest.approx(0.01 * 100 * 3)
    assert found.initial == pytest.approx(found.worst_loss + found.contingency)
    assert found.maintenance == pytest.approx(0.8 * found.initial)


def test_futures_net_and_their_offset_costs_a_share() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("is_call", "strike", "days_to_expiry", "vol", "quantity"), ()
    )
    found = deribit_portfolio_margin(100.0, **nothing, futures=[3.0, -2.0])
    assert found.worst_loss == pytest.approx(10.0)
    assert found.contingency == pytest.approx(0.01 * 100 * 2)
    # A long position loses where the price falls.
    assert found.losses[0] == pytest.approx(10.0) and found.losses[-1] == pytest.approx(-10.0)
    part = deribit_portfolio_margin(100.0, **nothing, futures=[0.5, -2.0])
    assert part.contingency == pytest.approx(0.01 * 100 * 0.5)
    assert deribit_portfolio_margin(100.0, **nothing, futures=[-3.0]).worst_loss == pytest.approx(
        30.0
    )
    assert deribit_portfolio_margin(100.0, **nothing).initial == 0


def test_a_future_hedges_or_adds_by_its_side() -> None:
    put: dict[str, Any] = {
        "is_call": [False],
        "strike": [100.0],
        "days_to_expiry": [30.0],
        "vol": 0.5,
        "quantity": [-1.0],
    }
    alone, short, long_ = (
        deribit_portfolio_margin(100.0, **put, futures=futures).losses[0, 1]
        for futures in ([], [-1.0], [1.0])
    )
    # The index falls by a tenth: a short future earns 10, a long one loses them.
    assert short == pytest.approx(alone - 10.0) and long_ == pytest.approx(alone + 10.0)
    half = deribit_portfolio_margin(100.0, **put, futures=[0.25, -0.5])
    assert half.contingency == pytest.approx(0.01 * 100 * (1 + 0.25))


def test_an_instrument_is_netted_before_its_shorts_are_counted() -> None:
    held: dict[str, Any] = {
        "is_call": [True] * 3,
        "strike": [100.0] * 3,
        "days_to_expiry": [30.0, 30.0, 31.0],
        "vol": 0.5,
    }
    found = deribit_portfolio_margin(100.0, **held, quantity=[-3.0, 2.0, -1.0])
    assert found.contingency == pytest.approx(2.0)
    covered = deribit_portfolio_margin(100.0, **held, quantity=[1.0, 0.0, 0.0])
    assert covered.contingency == 0 and covered.worst_loss > 0


def test_bad_parameters_of_the_grid_are_refused() -> None:
    bad: list[tuple[str, Any]] = [
        ("price_steps", 10),
        ("price_range", 1.0),
        ("maintenance_share", 1.1),
        ("vol_range", -0.1),
    ]
    for name, value in bad:
        with pytest.raises(InvalidArgument, match=name):
            replace(DeribitPortfolioParameters(), **{name: value})
    flat = replace(DeribitPortfolioParameters(), price_steps=1, price_range=0.0, vol_range=0.0)
    assert deribit_portfolio_margin(100.0, True, 100.0, 30.0, 0.5, -1.0, (), flat).initial == 1


# --- expected shortfall ----------------------------------------------------------------------


def test_the_margin_is_the_mean_of_the_tail_and_a_liquidity_add_on() -> None:
    profit = -np.arange(1.0, 101.0)
    found = expected_shortfall_margin(
        profit, 0.95, "1 d", [-4.0, 1.0], [0.5, 2.0], [16.0, 4.0], maintenance_share=0.75
    )
    assert found.expected_shortfall == pytest.approx(98.0)
    assert found.liquidity == pytest.approx(4 * 0.5 * 0.5 + 1 * 2 * 0.5)
    assert found.initial == pytest.approx(100.0) and found.maintenance == pytest.approx(75.0)
    assert (found.level, found.horizon, found.scenarios) == (0.95, "1 d", 100)


def test_a_tail_of_gains_asks_for_nothing() -> None:
    found = expected_shortfall_margin([5.0, 6.0], 0.5, "1 d", maintenance_share=1.0)
    assert found.initial == found.maintenance == 0 and found.expected_shortfall == -5
    assert found.liquidity == 0


@given(st.floats(0.1, 10))
def test_the_add_on_grows_faster_than_the_position(scale: float) -> None:
    one = liquidity_add_on([2.0], 1.0, 8.0)
    assert liquidity_add_on([-2.0 * scale], 1.0, 8.0) == pytest.approx(one * scale**1.5)


def test_bad_input_to_the_expected_shortfall_margin_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="profit"):
        expected_shortfall_margin([], 0.95, "1 d", maintenance_share=0.5)
    with pytest.raises(InvalidArgument, match="maintenance_share"):
        expected_shortfall_margin([1.0], 0.95, "1 d", maintenance_share=1.1)
    with pytest.raises(InvalidArgument, match="profit"):
        expected_shortfall_margin([inf], 0.95, "1 d", maintenance_share=0.5)
    with pytest.raises(InvalidArgument, match="depth"):
        liquidity_add_on([1.0], 1.0, 0.0)
