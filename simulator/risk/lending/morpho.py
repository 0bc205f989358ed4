"""Shares, health, liquidation and bad debt of Morpho Blue, to the last unit.

Source: morpho-org/morpho-blue, src/Morpho.sol, libraries/{MathLib,SharesMathLib,ConstantsLib}.sol
(risk-spec section 7). A collateral price is an integer of 1e-36 loan units per collateral unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import WAD, div_ceil, div_floor, wad_mul_floor

PRICE_SCALE: int = 10**36
VIRTUAL_SHARES = 10**6
VIRTUAL_ASSETS = 1
LIQUIDATION_CURSOR_WAD: int = 3 * 10**17
MAX_INCENTIVE_WAD: int = 115 * 10**16


@dataclass(frozen=True, slots=True)
class MorphoMarket:
    """Totals of one market; `lltv` is 1e-18, below 1."""

    lltv: int
    supply_assets: int = 0
    supply_shares: int = 0
    borrow_assets: int = 0
    borrow_shares: int = 0

    def __post_init__(self) -> None:
        checks.whole("lltv", self.lltv, 0, WAD - 1)
        for name in ("supply_assets", "supply_shares", "borrow_assets", "borrow_shares"):
            checks.whole(name, getattr(self, name), 0)


class MorphoPosition(NamedTuple):
    """A borrower's part of a market."""

    collateral: int
    borrow_shares: int


def to_shares_down(assets: int, total_assets: int, total_shares: int) -> int:
    """assets x (shares + 1e6) / (total assets + 1), down: what a supplier gets."""
    return div_floor(*_to_shares(assets, total_assets, total_shares))


def to_shares_up(assets: int, total_assets: int, total_shares: int) -> int:
    """The same, up: what a borrower owes."""
    return div_ceil(*_to_shares(assets, total_assets, total_shares))


def to_assets_down(shares: int, total_assets: int, total_shares: int) -> int:
    """shares x (total assets + 1) / (total shares + 1e6), down: what a supplier may take."""
    return div_floor(*_to_assets(shares, total_assets, total_shares))


def to_assets_up(shares: int, total_assets: int, total_shares: int) -> int:
    """The same, up: what a borrower owes."""
    return div_ceil(*_to_assets(shares, total_assets, total_shares))


def morpho_incentive(
    lltv: int, cursor: int = LIQUIDATION_CURSOR_WAD, maximum: int = MAX_INCENTIVE_WAD
) -> int:
    """min(maximum, 1 / (1 - cursor x (1 - lltv))), 1e-18, both steps floored. A minimum.

    The collateral seized is worth this times the debt repaid.
    """
    checks.whole("lltv", lltv, 0, WAD)
    checks.whole("cursor", cursor, 0, WAD - 1)
    checks.whole("maximum", maximum, WAD)
    return min(maximum, div_floor(WAD * WAD, WAD - wad_mul_floor(cursor, WAD - lltv)))


def morpho_bad_debt_ltv(incentive: int) -> int:
    """1 / incentive, 1e-18, down: above it a full liquidation cannot repay all of the debt."""
    return div_floor(WAD * WAD, checks.whole("incentive", incentive, WAD))


def morpho_price_drop(lltv: int, incentive: int) -> int:
    """1 - lltv x incentive, 1e-18: fall of the price from the LLTV to where bad debt begins.

    Below 0 where a position at its LLTV already is beyond it.
    """
    checks.whole("lltv", lltv, 0, WAD)
    return WAD - wad_mul_floor(lltv, checks.whole("incentive", incentive, WAD))


def morpho_healthy(market: MorphoMarket, position: MorphoPosition, price: int) -> bool:
    """borrowed (up) <= collateral x price / 1e36 (down) x lltv (down); True without debt."""
    checks.whole("price", price, 0)
    if position.borrow_shares == 0:
        return True
    borrowed = to_assets_up(position.borrow_shares, market.borrow_assets, market.borrow_shares)
    value = div_floor(position.collateral * price, PRICE_SCALE)
    return borrowed <= wad_mul_floor(value, market.lltv)


class MorphoLiquidation(NamedTuple):
    """A liquidation and what it leaves."""

    seized: int
    repaid_assets: int
    repaid_shares: int
    bad_debt: int
    """Assets written off at once, out of what suppliers own."""
    market: MorphoMarket
    position: MorphoPosition


def morpho_liquidate(
    market: MorphoMarket,
    position: MorphoPosition,
    price: int,
    *,
    seized: int = 0,
    repaid_shares: int = 0,
) -> MorphoLiquidation:
    """Liquidate by collateral seized or by shares repaid: exactly one of the two is above 0.

    Seized: value (up) / incentive (up) to shares (up). Repaid: shares to assets (down) x incentive
    (down) / price (down). The liquidator pays the shares' assets, up. If no collateral is left,
    the rest of the debt (up, at most all of it) leaves borrow and supply totals at once.
    InvalidArgument where the contract reverts: healthy, both or neither amount, more than there is.
    """
    if (seized == 0) == (repaid_shares == 0):
        raise InvalidArgument(
            "seized", seized, "exactly one of it and repaid_shares must be above 0"
        )
    checks.whole("seized", seized, 0, position.collateral)
    checks.whole("repaid_shares", repaid_shares, 0, position.borrow_shares)
    if morpho_healthy(market, position, price):
        raise InvalidArgument("position", tuple(position), "must not be healthy")
    assets, shares = market.borrow_assets, market.borrow_shares
    incentive = morpho_incentive(market.lltv)
    if seized:
        quoted = div_ceil(seized * price, PRICE_SCALE)
        repaid_shares = to_shares_up(div_ceil(quoted * WAD, incentive), assets, shares)
        checks.whole("repaid_shares", repaid_shares, 0, position.borrow_shares)
    else:
        worth = wad_mul_floor(to_assets_down(repaid_shares, assets, shares), incentive)
        checks.whole("price", price, 1)
        seized = checks.whole(
            "seized", div_floor(worth * PRICE_SCALE, price), 0, position.collateral
        )
    repaid = to_assets_up(repaid_shares, assets, shares)
    assets, shares = max(0, assets - repaid), shares - repaid_shares
    left = MorphoPosition(position.collateral - seized, position.borrow_shares - repaid_shares)
    bad_debt = 0
    if left.collateral == 0:
        bad_debt = min(assets, to_assets_up(left.borrow_shares, assets, shares))
        assets, shares = assets - bad_debt, shares - left.borrow_shares
        left = MorphoPosition(0, 0)
    changed = replace(
        market,
        borrow_assets=assets,
        borrow_shares=shares,
        supply_assets=market.supply_assets - bad_debt,
    )
    return MorphoLiquidation(seized, repaid, repaid_shares, bad_debt, changed, left)


def morpho_compounded(rate_wad: int, elapsed_seconds: int) -> int:
    """x + x^2/2 + x^3/6 with x = rate x elapsed, 1e-18, floored (wTaylorCompounded): e^x - 1."""
    first = checks.whole("rate_wad", rate_wad, 0) * checks.whole(
        "elapsed_seconds", elapsed_seconds, 0
    )
    second = div_floor(first * first, 2 * WAD)
    return first + second + div_floor(second * first, 3 * WAD)


def morpho_accrue(
    market: MorphoMarket, rate_wad: int, elapsed_seconds: int, fee_wad: int = 0
) -> tuple[MorphoMarket, int]:
    """The market after interest, and the fee's supply shares (down), which are in its totals.

    Interest is floored and is added to what is borrowed and to what is supplied.
    """
    checks.whole("fee_wad", fee_wad, 0, WAD)
    interest = wad_mul_floor(market.borrow_assets, morpho_compounded(rate_wad, elapsed_seconds))
    supplied, fee = market.supply_assets + interest, wad_mul_floor(interest, fee_wad)
    fee_shares = to_shares_down(fee, supplied - fee, market.supply_shares) if fee else 0
    changed = replace(
        market,
        borrow_assets=market.borrow_assets + interest,
        supply_assets=supplied,
        supply_shares=market.supply_shares + fee_shares,
    )
    return changed, fee_shares


def _to_shares(assets: int, total_assets: int, total_shares: int) -> tuple[int, int]:
    checks.whole("assets", assets, 0)
    checks.whole("total_assets", total_assets, 0)
    checks.whole("total_shares", total_shares, 0)
    return assets * (total_shares + VIRTUAL_SHARES), total_assets + VIRTUAL_ASSETS


def _to_assets(shares: int, total_assets: int, total_shares: int) -> tuple[int, int]:
    checks.whole("shares", shares, 0)
    checks.whole("total_assets", total_assets, 0)
    checks.whole("total_shares", total_shares, 0)
    return shares * (total_assets + VIRTUAL_ASSETS), total_shares + VIRTUAL_SHARES
