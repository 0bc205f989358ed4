"""Rounding is against the account and for the system; what may be exact is exact.

Margins are set in storage where a boundary must be hit to the last unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.chain.abi import mapping_slot
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.parameters import Parameters
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import LOT, TICK, WAD

Take = Callable[..., None]
ODD = 200 * WAD + TICK
"""A price at which one lot is worth 2e14 + 1: no fraction of it is whole."""


def set_margin(exchange: Session, name: str, margin: int) -> None:
    slot = exchange.deployment.perp_artifact.storage_layout["margin"].slot
    perp = exchange.deployment.perp
    exchange.chain.set_storage(perp, mapping_slot(slot, address_of(name)), margin % 2**256)


def test_the_fee_rounds_up_and_the_rebate_down(exchange: Session, take: Take) -> None:
    take(exchange, "trader", LOT, price=ODD)
    assert exchange.margin("trader") == 10_000 * WAD - (10**11 + 1)
    assert exchange.margin("maker") == 1_000_000 * WAD + 2 * 10**10
    assert exchange.insurance() == 8 * 10**10 + 1


def test_the_initial_requirement_rounds_up(free: Session, take: Take) -> None:
    free.price(ODD)
    take(free, "trader", LOT, price=ODD)  # 10 % of 2e14 + 1 is 2e13 + 0.1
    set_margin(free, "trader", 10**12 + 2 * 10**13)
    assert free.refusal("trader", encode.withdraw(1)) == "initial margin"
    set_margin(free, "trader", 10**12 + 2 * 10**13 + 1)
    assert free.refusal("trader", encode.withdraw(1)) is None


def test_the_maintenance_requirement_rounds_up(free: Session, take: Take) -> None:
    free.price(ODD)
    take(free, "trader", LOT, price=ODD)  # 6.25 % of 2e14 + 1 is 1.25e13 + 0.0625
    liquidation = encode.liquidate(address_of("trader"), 0, LOT)
    set_margin(free, "trader", 125 * 10**11)
    assert free.refusal("liquidator", liquidation) is None
    set_margin(free, "trader", 125 * 10**11 + 1)
    assert free.refusal("liquidator", liquidation) == "healthy"


def test_the_penalty_rounds_up_and_the_reward_down(
    open_exchange: Callable[..., Session], take: Take
) -> None:
    free = open_exchange(taker_fee=0, maker_rebate=0, minimum_notional=0)
    free.price(ODD)
    take(free, "trader", LOT, price=ODD)  # 2.5 % of 2e14 + 1 is 5e12 + 0.025
    set_margin(free, "trader", 6 * 10**12)
    free.perp("liquidator", encode.liquidate(address_of("trader"), 0, LOT))
    assert free.margin("trader") == 10**12 - 1
    assert free.margin("liquidator") == 10_000 * WAD + 25 * 10**11
    assert free.insurance() == 25 * 10**11 + 1


def test_a_released_share_of_the_cost_rounds_against_the_account(free: Session, take: Take) -> None:
    for name, side in (("trader", 1), ("rival", -1)):
        take(free, name, side * 3 * LOT)
        take(free, name, side * 4 * LOT, price=ODD)  # cost 7 x 2e14 + 4
        take(free, name, -side * LOT)  # 4 / 7 of a unit is the released share's fraction
        bought_dear = -1 if side > 0 else 0
        assert free.margin(name) == 10_000 * WAD + bought_dear
        assert free.position(name).cost == -side * 6 * 2 * 10**14 - (3 if side > 0 else -4)


def test_a_draw_rounds_up_and_the_last_step_ends_at_zero(free: Session, take: Take) -> None:
    take(free, "trader", 300 * WAD)
    take(free, "trader", 200 * WAD, maker="rival")
    free.price(175 * WAD)
    set_margin(free, "trader", 10_000 * WAD + 1)  # loss 2,500 - 1e-18: 40 % of it has a rest
    step = encode.deleverage(address_of("trader"), 0, [address_of("rival")])
    free.perp("adl keeper", step)
    assert free.margin("rival") == 15_000 * WAD - 1_000 * WAD
    free.perp("adl keeper", encode.deleverage(address_of("trader"), 0, [address_of("maker")]))
    assert free.margin("trader") == 0


def test_a_socialised_loss_rounds_up_and_the_excess_goes_to_the_fund(
    free: Session, take: Take
) -> None:
    take(free, "trader", 499 * WAD)
    free.price(175 * WAD)  # equity -2,475 over 499 units: 4.9599...
    free.perp("adl keeper", encode.deleverage(address_of("trader"), 0, []))
    free.perp("maker", encode.liquidate(address_of("trader"), 0, 10**30))
    per_unit = -(-2_475 * WAD // (499 * TICK)) * TICK
    assert per_unit * 499 > 2_475 * WAD
    assert free.books().loss_short == per_unit
    assert free.insurance() == per_unit * 499 - 2_475 * WAD
    assert free.margin("maker") == 1_000_000 * WAD + 499 * 25 * WAD - per_unit * 499


def test_funding_is_paid_to_the_last_unit(free: Session, take: Take) -> None:
    take(free, "trader", 7 * LOT)
    free.price(ODD, basis=WAD // 1000 + 12_345 * TICK)
    free.wait(77)
    for name in ("trader", "maker"):
        free.perp("bystander", encode.settle(address_of(name)))
    paid = 7 * LOT * free.books().funding_index // WAD
    assert paid > 0
    assert free.margin("trader") == 10_000 * WAD - paid
    assert free.margin("maker") == 1_000_000 * WAD + paid


def test_parameters_keep_their_exact_value(parameters: Parameters) -> None:
    assert replace(parameters).maintenance_margin == 625 * 10**14
