"""Liquidation 2.0 of Maker: Dog, Clipper, Abacus and the surplus and debt auctions' doors.

Source: makerdao/dss, src/{dog,clip,abaci,vow}.sol (risk-spec section 8). Units as there: wad 1e18
(lot, art, ink, chop, chip), ray 1e27 (prices, rates, buf, cusp, cut), rad 1e45 (tab, dust, hole,
tip). Divisions are down unless stated; a `require` that fails is InvalidArgument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import RAY, WAD, div_floor, pow_half_up


def linear_price(top: int, tau: int, elapsed: int) -> int:
    """top x ((tau - t) x RAY / tau) / RAY, 0 from tau on (LinearDecrease)."""
    checks.whole("tau", tau, 1)
    if checks.whole("elapsed", elapsed, 0) >= tau:
        return 0
    share = div_floor((tau - elapsed) * RAY, tau)
    return div_floor(checks.whole("top", top, 0) * share, RAY)


def stairstep_price(top: int, cut: int, step: int, elapsed: int) -> int:
    """top x cut^(t // step), ray (StairstepExponentialDecrease)."""
    checks.whole("step", step, 1)
    return exponential_price(top, cut, checks.whole("elapsed", elapsed, 0) // step)


def exponential_price(top: int, cut: int, elapsed: int) -> int:
    """top x cut^t, ray (ExponentialDecrease); cut is at most 1."""
    checks.whole("cut", cut, 0, RAY)
    power = pow_half_up(cut, checks.whole("elapsed", elapsed, 0))
    return div_floor(checks.whole("top", top, 0) * power, RAY)


def auction_top(feed_price: int, buf: int) -> int:
    """feed x buf, ray; above 0."""
    top = div_floor(checks.whole("feed_price", feed_price, 0) * checks.whole("buf", buf, 0), RAY)
    if top == 0:
        raise InvalidArgument("feed_price", feed_price, "must leave a top above 0")
    return top


def dust_with_penalty(dust: int, chop: int) -> int:
    """chost = dust x chop, rad: the least a partial purchase may leave or an incentive wants."""
    return div_floor(checks.whole("dust", dust, 0) * checks.whole("chop", chop, 0), WAD)


def needs_reset(price: int, top: int, elapsed: int, cusp: int, tail: int) -> bool:
    """elapsed > tail or price / top < cusp (down), both strict."""
    checks.whole("elapsed", elapsed, 0)
    share = div_floor(checks.whole("price", price, 0) * RAY, checks.whole("top", top, 1))
    return elapsed > checks.whole("tail", tail, 0) or share < checks.whole("cusp", cusp, 0)


def keeper_reward(tab: int, tip: int, chip: int) -> int:
    """tip + chip x tab, rad, down; minted as the auction starts."""
    checks.whole("tip", tip, 0)
    share = checks.whole("tab", tab, 0) * checks.whole("chip", chip, 0)
    return tip + div_floor(share, WAD)


def redo_reward(tab: int, lot: int, feed_price: int, tip: int, chip: int, chost: int) -> int:
    """The same for a reset, but 0 unless tab and lot x feed price are both at least chost."""
    worth = checks.whole("lot", lot, 0) * checks.whole("feed_price", feed_price, 0)
    if checks.whole("tab", tab, 0) < chost or worth < checks.whole("chost", chost, 0):
        return 0
    return keeper_reward(tab, tip, chip)


@dataclass(frozen=True, slots=True)
class Bark:
    """A liquidation that the Dog starts."""

    ink: int
    """Collateral to sell, wad: the lot."""
    art: int
    """Normalised debt taken, wad."""
    due: int
    """Debt taken, rad: becomes bad debt (sin) until the auction pays."""
    tab: int
    """due x chop, rad: what the auction is to raise, and its claim on the two holes."""


def bark(
    ink: int,
    art: int,
    spot: int,
    rate: int,
    dust: int,
    chop: int,
    hole_room: int,
    ilk_hole_room: int,
) -> Bark:
    """Liquidate a vault, at most as much as fits under both holes.

    Unsafe iff spot > 0 and ink x spot < art x rate (strict). hole_room and ilk_hole_room are
    Hole - Dirt and hole - dirt, both above 0. art taken = min(art, room x WAD / rate / chop); if
    the rest would be worth less than dust, all of it is taken (beyond the hole); a partial auction
    must itself be worth at least dust. ink in proportion, down, above 0.
    """
    checks.whole("spot", spot, 0)
    for name, value in (("ink", ink), ("dust", dust)):
        checks.whole(name, value, 0)
    for name, value in (("art", art), ("rate", rate), ("chop", chop)):
        checks.whole(name, value, 1)
    if spot == 0 or ink * spot >= art * rate:
        raise InvalidArgument("spot", spot, "the vault must be unsafe")
    room = min(
        checks.whole("hole_room", hole_room, 1), checks.whole("ilk_hole_room", ilk_hole_room, 1)
    )
    taken = min(art, div_floor(div_floor(room * WAD, rate), chop))
    if taken < art:
        if (art - taken) * rate < dust:
            taken = art
        elif taken * rate < dust:
            raise InvalidArgument("hole_room", room, "leaves only a dusty auction")
    lot = div_floor(ink * taken, art)
    if lot == 0:
        raise InvalidArgument("ink", ink, "must leave a lot above 0")
    due = taken * rate
    return Bark(lot, taken, due, div_floor(due * chop, WAD))


class Sale(NamedTuple):
    """A running auction."""

    tab: int
    """Still to raise."""
    lot: int
    """Still to sell."""


class Take(NamedTuple):
    """A purchase and what it leaves."""

    owe: int
    """Paid, in the unit of tab."""
    slice: int
    """Bought."""
    sale: Sale
    """tab and lot that are left of the auction."""
    ended: bool
    """tab or lot is 0."""
    returned: int
    """Lot that goes back to the owner, if tab was raised before the lot was sold."""
    freed: int
    """What leaves Dirt: all of tab if the lot is gone, else what was paid."""
    shortfall: int
    """tab that nobody will pay, if the lot is gone."""


def take(sale: Sale, price: int, amount: int, max_price: int, chost: int) -> Take:
    """Buy up to `amount` of the lot at the auction's price now.

    slice = min(lot, amount), owe = slice x price. More than tab: pay tab, slice = tab / price.
    Less than tab, with lot left over, and less than chost left to raise: pay down to chost
    (InvalidArgument if tab itself is at most chost: then the whole lot must be bought). The price
    must be at most max_price. Whether the auction needs a reset first is `needs_reset`.
    """
    tab, lot = checks.whole("tab", sale.tab, 1), checks.whole("lot", sale.lot, 1)
    checks.whole("amount", amount, 0)
    checks.whole("chost", chost, 0)
    if checks.whole("price", price, 0) > checks.whole("max_price", max_price, 0):
        raise InvalidArgument("max_price", max_price, f"must be at least the price {price}")
    bought = min(lot, amount)
    owe = bought * price
    if owe > tab:
        owe, bought = tab, div_floor(tab, price)
    elif owe < tab and bought < lot and tab - owe < chost:
        if tab <= chost:
            raise InvalidArgument("amount", amount, "no partial purchase: must be the whole lot")
        owe = tab - chost
        bought = div_floor(owe, checks.whole("price", price, 1))
    left = Sale(tab - owe, lot - bought)
    sold_out = left.lot == 0
    return Take(
        owe=owe,
        slice=bought,
        sale=left,
        ended=sold_out or left.tab == 0,
        returned=left.lot if left.tab == 0 else 0,
        freed=tab if sold_out else owe,
        shortfall=left.tab if sold_out else 0,
    )


@dataclass(frozen=True, slots=True)
class Vow:
    """Balance sheet of the system, rad."""

    surplus: int = 0
    """Dai of the Vow."""
    bad_debt: int = 0
    """All of its sin."""
    queued: int = 0
    """Part of it that still waits (Sin)."""
    on_auction: int = 0
    """Part of it that debt auctions are raising (Ash)."""

    def __post_init__(self) -> None:
        for name in ("surplus", "bad_debt", "queued", "on_auction"):
            checks.whole(name, getattr(self, name), 0)
        checks.whole("queued", self.queued + self.on_auction, 0, self.bad_debt)

    @property
    def free_debt(self) -> int:
        """Neither queued nor on auction: what may be healed or sent to auction."""
        return self.bad_debt - self.queued - self.on_auction


def heal(vow: Vow, amount: int) -> Vow:
    """Surplus cancels free bad debt; at most the lesser of the two."""
    checks.whole("amount", amount, 0, min(vow.surplus, vow.free_debt))
    return replace(vow, surplus=vow.surplus - amount, bad_debt=vow.bad_debt - amount)


def flop_starts(vow: Vow, sump: int) -> bool:
    """A debt auction: free bad debt of at least sump and no surplus at all."""
    return vow.free_debt >= checks.whole("sump", sump, 0) and vow.surplus == 0


def flap_starts(vow: Vow, bump: int, hump: int) -> bool:
    """A surplus auction: surplus of at least sin + bump + hump and no free bad debt."""
    needed = vow.bad_debt + checks.whole("bump", bump, 0) + checks.whole("hump", hump, 0)
    return vow.surplus >= needed and vow.free_debt == 0
