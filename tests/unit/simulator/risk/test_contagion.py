"""Clearing vectors and joint cascades, against all subsets and linear programmes."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import InvalidArgument
from simulator.risk import (
    Clearing,
    Oracle,
    Protocol,
    account_health,
    account_shortfall,
    eisenberg_noe,
    joint_cascade,
    rogers_veraart,
    true_oracle,
)
from simulator.types import Float1D, Float2D

METHODS = ("fictitious-default", "fixed-point")


def system(seed: int, banks: int) -> tuple[Float2D, Float1D, Float1D]:
    """Small whole amounts, so that many a bank stands exactly at its threshold."""
    rng = np.random.default_rng(seed)
    owed = rng.integers(0, 5, (banks, banks)) * (rng.random((banks, banks)) < 0.6)
    np.fill_diagonal(owed, 0)
    assets, senior = rng.integers(0, 6, banks), rng.integers(0, 4, banks)
    return owed.astype(np.float64), assets.astype(np.float64), senior.astype(np.float64)


def mapped(
    owed: Float2D, assets: Float1D, senior: Float1D, alpha: float, beta: float, paid: Float1D
) -> Float1D:
    """The clearing map, bank by bank."""
    total = owed.sum(axis=1)
    result = []
    for bank in range(len(total)):
        inflow = sum(
            paid[other] * owed[other, bank] / total[other]
            for other in range(len(total))
            if total[other] > 0
        )
        if assets[bank] - senior[bank] + inflow >= total[bank] - 1e-9:
            result.append(total[bank])
        else:
            result.append(max(0.0, alpha * assets[bank] - senior[bank] + beta * inflow))
    return np.array(result, dtype=np.float64)


@given(
    st.integers(0, 10**6),
    st.integers(0, 5),
    st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    st.sampled_from([0.0, 0.5, 0.8, 1.0]),
)
def test_both_methods_find_the_greatest_clearing_vector(
    seed: int, banks: int, alpha: float, beta: float
) -> None:
    owed, assets, senior = system(seed, banks)
    one, two = (
        rogers_veraart(owed, assets, senior, alpha, beta, method=method) for method in METHODS
    )
    assert one.payments == pytest.approx(two.payments, abs=1e-9)
    assert one.defaults.tolist() == two.defaults.tolist()
    assert one.rounds <= banks
    fixed = mapped(owed, assets, senior, alpha, beta, one.payments)
    assert one.payments == pytest.approx(fixed, abs=1e-9)
    paid = owed.sum(axis=1)
    for _ in range(3000):
        last, paid = paid, mapped(owed, assets, senior, alpha, beta, paid)
        if np.allclose(last, paid, rtol=0.0, atol=1e-12):
            break
    assert one.payments == pytest.approx(paid, abs=1e-6)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 4), st.floats(0.0, 3.0))
def test_payments_rise_with_assets_by_no_more_than_the_gift(
    seed: int, banks: int, bank: int, gift: float
) -> None:
    owed, assets, senior = system(seed, banks)
    before = eisenberg_noe(owed, assets, senior)
    richer = assets.copy()
    richer[bank % banks] += gift
    after = eisenberg_noe(owed, richer, senior)
    assert (after.payments >= before.payments - 1e-9).all()
    total = owed.sum(axis=1)
    # Non-expansive per round of payment: the total equity grows by the gift and nothing more.
    assert after.equity.sum() - before.equity.sum() == pytest.approx(gift, abs=1e-9)
    assert (after.payments <= total + 1e-12).all()


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_limited_liability_priority_and_conservation(seed: int, banks: int) -> None:
    owed, assets, senior = system(seed, banks)
    got = eisenberg_noe(owed, assets, senior)
    total = owed.sum(axis=1)
    assert (got.payments >= 0).all()
    assert got.equity.sum() == pytest.approx((assets - senior).sum(), abs=1e-9)
    for bank in range(banks):
        if got.payments[bank] < total[bank] - 1e-9:
            assert got.defaults[bank]
            assert got.equity[bank] <= 1e-9
        if got.payments[bank] > 1e-9:
            assert got.equity[bank] >= -1e-9
        assert got.defaults[bank] == (got.equity[bank] + got.payments[bank] < total[bank] - 1e-9)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4), st.permutations(range(4)))
def test_the_names_of_the_banks_do_not_matter(seed: int, banks: int, order: list[int]) -> None:
    owed, assets, senior = system(seed, banks)
    mixed = [at for at in order if at < banks]
    one = eisenberg_noe(owed, assets, senior)
    two = eisenberg_noe(owed[np.ix_(mixed, mixed)], assets[mixed], senior[mixed])
    assert two.payments == pytest.approx(one.payments[mixed], abs=1e-12)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([2.0**-20, 2.0**30]))
def test_the_unit_of_money_does_not_matter(seed: int, banks: int, unit: float) -> None:
    owed, assets, senior = system(seed, banks)
    for method in METHODS:
        one = rogers_veraart(owed, assets, senior, 0.5, 0.75, method=method)
        two = rogers_veraart(owed * unit, assets * unit, senior * unit, 0.5, 0.75, method=method)
        assert two.payments == pytest.approx(one.payments * unit, rel=1e-9, abs=1e-9 * unit)
        assert two.defaults.tolist() == one.defaults.tolist()


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_without_senior_debts_the_linear_programme_agrees(seed: int, banks: int) -> None:
    from scipy.optimize import linprog

    owed, assets, _ = system(seed, banks)
    total = owed.sum(axis=1)
    share = owed / np.where(total > 0, total, 1.0)[:, None]
    found = linprog(
        -np.ones(banks), np.eye(banks) - share.T, assets, bounds=[(0.0, one) for one in total]
    )
    assert eisenberg_noe(owed, assets).payments == pytest.approx(found.x, abs=1e-7)


def test_a_bank_exactly_at_its_debts_pays_in_full_with_default_costs_too() -> None:
    for method in METHODS:
        got = rogers_veraart([[0, 0.3], [0, 0]], [0.3, 0.0], None, 0.5, 0.5, method=method)
        assert got.payments.tolist() == [0.3, 0.0] and not got.defaults.any()
        # 0.1 + 0.2 is above 0.3 in floats, and 0.7 + 0.1 below 0.8.
        chain_of_two = [[0, 0, 0.1], [0, 0, 0], [0, 0.8, 0]]
        exact = rogers_veraart(chain_of_two, [0.1, 0, 0.7], None, 0.5, 0.5, method=method)
        assert exact.payments.tolist() == pytest.approx([0.1, 0.0, 0.8])
        assert not exact.defaults.any()
        short = rogers_veraart(chain_of_two, [0.1, 0, 0.7 - 1e-9], None, 0.5, 0.5, method=method)
        assert short.defaults.tolist() == [False, False, True]
        assert short.payments[2] == pytest.approx(0.4)


def test_default_costs_make_two_clearing_vectors_and_the_greatest_is_returned() -> None:
    # Each owes the other 1 and has 0.5: both pay if both pay, and neither can if neither does.
    owed = [[0.0, 1.0], [1.0, 0.0]]
    for method in METHODS:
        got = rogers_veraart(owed, [0.5, 0.5], [0.5, 0.5], 0.5, 0.5, method=method)
        assert got.payments.tolist() == [1.0, 1.0]
        ruined = rogers_veraart(owed, [0.5, 0.5], [0.5, 0.6], 0.5, 0.5, method=method)
        assert ruined.payments.tolist() == [0.0, 0.0] and ruined.defaults.all()


def test_senior_creditors_come_first_and_are_clipped_at_nothing() -> None:
    for method in METHODS:
        got = eisenberg_noe([[0, 4], [0, 0]], [3, 0], [5, 0], method=method)
        assert got.payments.tolist() == [0.0, 0.0]
        assert got.equity.tolist() == [-2.0, 0.0]
        assert got.defaults.tolist() == [True, False]


def test_who_owes_nothing_defaults_only_on_senior_debts() -> None:
    got = eisenberg_noe([[0, 0], [0, 0]], [1, 1], [1, 2])
    assert got.payments.tolist() == [0.0, 0.0] and got.defaults.tolist() == [False, True]


def test_a_default_runs_down_a_chain() -> None:
    got = eisenberg_noe([[0, 10, 0], [0, 0, 10], [0, 0, 0]], [4, 3, 1])
    unsaid = rogers_veraart([[0, 10, 0], [0, 0, 10], [0, 0, 0]], [4, 3, 1])
    assert unsaid.payments.tolist() == got.payments.tolist()
    assert got.payments.tolist() == [4.0, 7.0, 0.0]
    assert got.rounds == 2
    assert got.defaults.tolist() == [True, True, False] and got.equity.tolist() == [0.0, 0.0, 8.0]


def test_no_banks_are_a_valid_system() -> None:
    for method in METHODS:
        got = eisenberg_noe(np.zeros((0, 0)), [], method=method)
        assert isinstance(got, Clearing) and len(got.payments) == 0 and got.rounds == 0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([[0, -1], [0, 0]], [1, 1]), "liabilities[0, 1]"),
        (([[1, 0], [0, 0]], [1, 1]), "liabilities"),
        (([[0, 1]], [1, 1]), "liabilities"),
        (([[0, 1], [0, 0]], [1, np.nan]), "external_assets[1]"),
        (([[0, 1], [0, 0]], [1, 1], [0, -1]), "senior_liabilities[1]"),
        (([[0, 1], [0, 0]], [1, 1], [0]), "senior_liabilities"),
        (([[0, 1], [0, 0]], [1, 1], None, 1.1), "external_recovery"),
        (([[0, 1], [0, 0]], [1, 1], None, 1.0, -0.1), "interbank_recovery"),
        (([[0, 1], [0, 0]], [1, 1], None, 1.0, 1.1), "interbank_recovery"),
    ],
)
def test_systems_are_checked_at_the_door(arguments: tuple[Any, ...], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        rogers_veraart(*arguments)
    assert caught.value.field == field
    with pytest.raises(InvalidArgument, match="method"):
        eisenberg_noe([[0]], [1], method="guess")


# --- joint cascades -------------------------------------------------------------------------------

PRICE = np.array([100.0, 1.0])
"""A volatile asset and a stable one."""


def impact(slope: float, price: Float1D = PRICE) -> Any:
    return lambda sold: np.maximum(price * (1 - slope * sold * np.array([1.0, 0.0])), 0.0)


def lending(*accounts: tuple[float, float], first_borrower: int = 0, **changes: Any) -> Protocol:
    """Accounts of (volatile collateral, stable debt)."""
    table = np.array(accounts, dtype=np.float64).reshape(-1, 2)
    nothing = np.zeros(len(table))
    made = Protocol(
        collateral=np.column_stack((table[:, 0], nothing)),
        debt=np.column_stack((nothing, table[:, 1])),
        liquidation_threshold=np.array([0.8, 0.9]),
        borrower=np.arange(len(table)) + first_borrower,
        oracle=true_oracle(2),
    )
    return replace(made, **changes)


def members(got: Any) -> list[list[int]]:
    return [np.flatnonzero(one).tolist() for one in got.liquidated]


def joint_fixed_points(protocols: list[Protocol], slope: float) -> list[frozenset[tuple[int, int]]]:
    everyone = [(at, one) for at, made in enumerate(protocols) for one in range(len(made.debt))]
    sets = chain.from_iterable(combinations(everyone, size) for size in range(len(everyone) + 1))
    found = []
    for chosen in map(frozenset, sets):
        sold = np.zeros(2)
        for at, one in chosen:
            sold = sold + protocols[at].collateral[one]
        price = impact(slope)(sold)
        hit = frozenset(
            (at, one)
            for at, one in everyone
            if protocols[at].collateral[one, 0] * price[0] * 0.8 < protocols[at].debt[one, 1]
        )
        if hit == chosen:
            found.append(chosen)
    return found


accounts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400)), max_size=3)


@given(accounts, accounts, st.sampled_from([0.0, 0.02, 0.05, 0.1]))
@example([(5, 390), (1, 80)], [(1, 70)], 0.05)
def test_taking_turns_ends_at_the_least_joint_fixed_point_whoever_begins(
    one: list[tuple[float, float]], two: list[tuple[float, float]], slope: float
) -> None:
    protocols = [lending(*one), lending(*two)]
    points = joint_fixed_points(protocols, slope)
    least = frozenset.intersection(*points)
    assert least in points
    got = joint_cascade(protocols, impact(slope), 2)
    found = frozenset((at, who) for at, some in enumerate(members(got)) for who in some)
    assert found == least
    swapped = joint_cascade(protocols[::-1], impact(slope), 2)
    assert members(swapped) == members(got)[::-1]
    assert swapped.price == pytest.approx(got.price)
    lost = [
        sum(max(made.debt[who, 1] - made.collateral[who, 0] * got.price[0], 0.0) for who in some)
        for made, some in zip(protocols, ([*range(len(one))], [*range(len(two))]), strict=True)
    ]
    assert got.bad_debt == pytest.approx(lost)
    assert not any(some.any() for some in got.stuck)


def test_one_protocol_pulls_the_other_under_through_the_shared_asset() -> None:
    calm, weak = lending((1.0, 75.0)), lending((1.0, 81.0))
    alone = joint_cascade([calm], impact(0.1), 2)
    assert members(alone) == [[]] and alone.rounds == 0
    both = joint_cascade([calm, weak], impact(0.1), 2)
    assert members(both) == [[0], [0]] and both.rounds == 2
    assert both.sold.tolist() == [2.0, 0.0] and both.price.tolist() == [80.0, 1.0]
    assert both.bad_debt.tolist() == [0.0, 1.0]


def test_at_a_health_of_one_nobody_is_liquidated() -> None:
    assert members(joint_cascade([lending((1.0, 80.0))], impact(0.1), 2)) == [[]]
    assert members(joint_cascade([lending((1.0, 80.00001))], impact(0.1), 2)) == [[0]]


def test_a_borrowers_reserve_saves_one_account_but_not_two() -> None:
    one, two = lending((1.0, 85.0)), lending((1.0, 83.0))
    for reserve, wanted in ((8.0, [[], []]), (7.9, [[0], [0]]), (0.0, [[0], [0]])):
        got = joint_cascade([one, two], impact(0.0), 2, reserve=np.array([reserve]))
        assert members(got) == wanted
    apart = [one, replace(two, borrower=np.array([1]))]
    got = joint_cascade(apart, impact(0.0), 2, reserve=np.array([5.0, 2.9]))
    assert members(got) == [[], [0]]


def test_a_stale_oracle_liquidates_late_and_a_wrong_one_too_early() -> None:
    stale = Oracle(np.ones(2), np.array([110.0, np.nan]))
    low = Oracle(np.array([0.9, 1.0]), np.full(2, np.nan))
    late = joint_cascade([lending((1.0, 85.0), oracle=stale)], impact(0.1), 2)
    assert members(late) == [[]]
    shared = [lending((1.0, 75.0), oracle=low), lending((1.0, 74.0), oracle=low)]
    early = joint_cascade(shared, impact(0.0), 2)
    assert members(early) == [[0], [0]]
    assert members(joint_cascade([lending((1.0, 75.0))], impact(0.0), 2)) == [[]]
    # Sold at the market's price, not at the oracle's.
    assert early.price.tolist() == [100.0, 1.0]


def test_a_depeg_hurts_who_holds_the_coin_unless_the_oracle_takes_the_peg_for_granted() -> None:
    holds = Protocol(
        collateral=np.array([[0.0, 100.0]]),
        debt=np.array([[0.85, 0.0]]),
        liquidation_threshold=np.array([0.8, 0.9]),
        borrower=np.array([0]),
        oracle=true_oracle(2),
    )
    depegged = impact(0.0, np.array([100.0, 0.8]))
    got = joint_cascade([holds], depegged, 2)
    assert members(got) == [[0]] and got.bad_debt == pytest.approx([5.0])
    pegged = replace(holds, oracle=Oracle(np.ones(2), np.array([np.nan, 1.0])))
    blind = joint_cascade([pegged], depegged, 2)
    assert members(blind) == [[]] and blind.bad_debt == pytest.approx([5.0])


def test_a_paused_market_and_too_small_a_gain_leave_accounts_stuck() -> None:
    for changes in ({"paused": True}, {"bonus": 0.05}):
        protocol = lending((1.0, 100.0), **changes)
        got = joint_cascade([protocol], impact(0.5), 2, gas_cost=5.01)
        assert members(got) == [[]] and got.stuck[0].tolist() == [True]
        assert got.price[0] == 100.0
    worth_it = joint_cascade([lending((1.0, 100.0), bonus=0.05)], impact(0.5), 2, gas_cost=5.0)
    assert members(worth_it) == [[0]] and not worth_it.stuck[0].any()


def test_capital_goes_to_the_lowest_health_and_then_the_lowest_id_until_it_is_used_up() -> None:
    protocol = lending((1.0, 90.0), (1.0, 95.0), (1.0, 95.0), (1.0, 10.0))
    for capital, wanted in (
        (0.0, []), (0.5, []), (94.9, []), (95.0, [1]),
        (189.9, [1]), (190.0, [1, 2]), (279.9, [1, 2]), (280.0, [0, 1, 2]),
    ):  # fmt: skip
        got = joint_cascade([protocol], impact(0.0), 2, capital=capital)
        assert members(got) == [wanted]
        assert np.flatnonzero(got.stuck[0]).tolist() == [at for at in (0, 1, 2) if at not in wanted]


def test_capital_is_spent_once_for_all_protocols() -> None:
    protocols = [lending((1.0, 90.0)), lending((1.0, 90.0))]
    got = joint_cascade(protocols, impact(0.0), 2, capital=100.0)
    assert members(got) == [[0], []] and got.stuck[1].tolist() == [True]


def test_collateral_of_the_debts_own_asset_repays_it_without_a_sale() -> None:
    loop = Protocol(
        collateral=np.array([[10.0, 0.0]]),
        debt=np.array([[9.0, 0.0]]),
        liquidation_threshold=np.array([0.8, 0.9]),
        borrower=np.array([0]),
        oracle=true_oracle(2),
    )
    got = joint_cascade([loop], impact(0.05), 2)
    assert members(got) == [[0]] and got.sold.tolist() == [1.0, 0.0]
    under = replace(loop, debt=np.array([[12.0, 0.0]]))
    assert joint_cascade([under], impact(0.05), 2).sold.tolist() == [0.0, 0.0]


def test_health_and_shortfall_are_in_the_oracles_prices() -> None:
    low = Oracle(np.array([0.5, 1.0]), np.full(2, np.nan))
    protocol = lending((1.0, 50.0), (1.0, 0.0), oracle=low)
    assert account_health(protocol, PRICE).tolist() == [0.8, np.inf]
    assert account_shortfall(protocol, PRICE).tolist() == [10.0, 0.0]


def test_no_protocols_and_no_accounts_are_valid() -> None:
    got = joint_cascade([], impact(0.1), 2)
    assert got.rounds == 0 and got.bad_debt.tolist() == [] and got.price.tolist() == [100.0, 1.0]
    assert joint_cascade([lending()], impact(0.1), 2).bad_debt.tolist() == [0.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"collateral": np.array([[-1.0, 0.0]])},
        {"debt": np.array([[np.nan, 0.0]])},
        {"debt": np.zeros((2, 2))},
        {"liquidation_threshold": np.array([0.8, 1.1])},
        {"liquidation_threshold": np.array([0.8])},
        {"oracle": true_oracle(3)},
        {"borrower": np.array([0, 1])},
        {"bonus": -0.1},
    ],
)
def test_protocols_are_checked_at_the_door(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        joint_cascade([lending((1.0, 50.0), **changes)], impact(0.1), 2)


def test_oracles_and_reserves_are_checked() -> None:
    with pytest.raises(InvalidArgument, match="factor"):
        Oracle(np.array([-1.0]), np.array([np.nan]))
    with pytest.raises(InvalidArgument, match="fixed"):
        Oracle(np.array([1.0]), np.array([-1.0]))
    with pytest.raises(InvalidArgument, match="fixed"):
        Oracle(np.array([1.0]), np.array([1.0, 2.0]))
    with pytest.raises(InvalidArgument, match="reserve"):
        joint_cascade([], impact(0.1), 2, reserve=np.array([-1.0]))
    with pytest.raises(InvalidArgument, match="borrower"):
        joint_cascade([lending((1.0, 5.0))], impact(0.1), 2, reserve=np.zeros(0))
    bad: list[dict[str, Any]] = [{"capital": -1.0}, {"gas_cost": -1.0}, {"capital": np.nan}]
    for options in bad:
        with pytest.raises(InvalidArgument):
            joint_cascade([], impact(0.1), 2, **options)
