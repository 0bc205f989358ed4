"""Liquity's stability pool and redistribution: sums and products instead of loops.

Source: liquity/dev, packages/contracts/contracts/StabilityPool.sol and TroveManager.sol
(risk-spec section 8). All integers, 1e-18, divisions down unless stated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.units import WAD, div_floor, wad_mul_floor

SCALE_FACTOR = 10**9
"""P is multiplied by it when it falls below it, and the scale grows by one."""


@dataclass(frozen=True, slots=True)
class StabilityPool:
    """P, S per epoch and scale, and the two errors that the next offset makes good."""

    deposits: int = 0
    """All deposits, LUSD."""
    product: int = WAD
    scale: int = 0
    epoch: int = 0
    sums: dict[tuple[int, int], int] = field(default_factory=dict)
    """(epoch, scale) -> S, 1e-36; never changed in place."""
    collateral_error: int = 0
    debt_error: int = 0

    @property
    def sum(self) -> int:
        """S of the current epoch and scale."""
        return self.sums.get((self.epoch, self.scale), 0)


class Deposit(NamedTuple):
    """A deposit with the pool's state at its making."""

    amount: int
    product: int
    sum: int
    scale: int
    epoch: int


def stability_deposit(pool: StabilityPool, amount: int) -> tuple[StabilityPool, Deposit]:
    """The pool with the deposit in it, and the deposit's snapshot."""
    checks.whole("amount", amount, 0)
    snapshot = Deposit(amount, pool.product, pool.sum, pool.scale, pool.epoch)
    return replace(pool, deposits=pool.deposits + amount), snapshot


def stability_withdraw(pool: StabilityPool, amount: int) -> StabilityPool:
    """The pool without `amount`, at most all of it; the depositor takes a new snapshot."""
    checks.whole("amount", amount, 0, pool.deposits)
    return replace(pool, deposits=pool.deposits - amount)


def stability_offset(pool: StabilityPool, debt: int, collateral: int) -> StabilityPool:
    """Burn `debt` of the deposits and share out `collateral` (after gas compensation).

    S += E x P / D and P *= 1 - Q / D in exact arithmetic. As the contract does it: the loss per
    unit is rounded up and the gain down, and what rounding took is added at the next offset.
    P below 1e9 is multiplied by 1e9 and the scale grows; an emptied pool starts a new epoch with
    P = 1e18 and scale 0. Nothing happens without debt or without deposits.
    """
    checks.whole("debt", debt, 0)
    checks.whole("collateral", collateral, 0)
    if debt == 0 or pool.deposits == 0:
        return pool
    if debt > pool.deposits:
        raise InvalidArgument("debt", debt, f"must be at most the deposits {pool.deposits}")
    owed = collateral * WAD + pool.collateral_error
    gain = div_floor(owed, pool.deposits)
    if debt == pool.deposits:
        loss, debt_error = WAD, 0
    else:
        burned = debt * WAD - pool.debt_error
        loss = div_floor(burned, pool.deposits) + 1
        debt_error = loss * pool.deposits - burned
    left = replace(
        pool,
        deposits=pool.deposits - debt,
        sums={**pool.sums, (pool.epoch, pool.scale): pool.sum + gain * pool.product},
        collateral_error=owed - gain * pool.deposits,
        debt_error=debt_error,
    )
    factor = WAD - loss
    if factor == 0:
        return replace(left, product=WAD, scale=0, epoch=pool.epoch + 1)
    product = wad_mul_floor(pool.product, factor)
    if product < SCALE_FACTOR:
        product = div_floor(pool.product * factor * SCALE_FACTOR, WAD)
        return replace(left, product=product, scale=pool.scale + 1)
    return replace(left, product=product)


def compounded_deposit(pool: StabilityPool, deposit: Deposit) -> int:
    """d x P / P0, divided by 1e9 per change of scale; what is left of a deposit.

    0 in a later epoch, after two changes of scale, and below a billionth of the deposit.
    """
    if deposit.amount == 0 or deposit.epoch < pool.epoch:
        return 0
    changes = pool.scale - deposit.scale
    if changes > 1:
        return 0
    left = div_floor(deposit.amount * pool.product, deposit.product)
    if changes == 1:
        left = div_floor(left, SCALE_FACTOR)
    return left if left >= div_floor(deposit.amount, SCALE_FACTOR) else 0


def collateral_gain(pool: StabilityPool, deposit: Deposit) -> int:
    """d x (S - S0 + S of the next scale / 1e9) / P0: collateral earned since the deposit."""
    first = pool.sums.get((deposit.epoch, deposit.scale), 0) - deposit.sum
    second = div_floor(pool.sums.get((deposit.epoch, deposit.scale + 1), 0), SCALE_FACTOR)
    return div_floor(div_floor(deposit.amount * (first + second), deposit.product), WAD)


@dataclass(frozen=True, slots=True)
class Redistribution:
    """Debt and collateral per unit of stake that liquidated troves left to the others, 1e-18."""

    debt_per_stake: int = 0
    collateral_per_stake: int = 0
    debt_error: int = 0
    collateral_error: int = 0


def redistribute(
    state: Redistribution, debt: int, collateral: int, total_stakes: int
) -> Redistribution:
    """L += (amount x 1e18 + error) / stakes, down; the rest is the next error. No debt: nothing.

    total_stakes is that of the troves that stay, above 0.
    """
    checks.whole("debt", debt, 0)
    checks.whole("collateral", collateral, 0)
    if debt == 0:
        return state
    stakes = checks.whole("total_stakes", total_stakes, 1)
    owed, given = debt * WAD + state.debt_error, collateral * WAD + state.collateral_error
    debt_share, collateral_share = div_floor(owed, stakes), div_floor(given, stakes)
    return Redistribution(
        state.debt_per_stake + debt_share,
        state.collateral_per_stake + collateral_share,
        owed - debt_share * stakes,
        given - collateral_share * stakes,
    )


def pending_redistribution(
    state: Redistribution, snapshot: Redistribution, stake: int
) -> tuple[int, int]:
    """(debt, collateral) that a trove of this stake has yet to take on, down."""
    checks.whole("stake", stake, 0)
    return (
        wad_mul_floor(stake, state.debt_per_stake - snapshot.debt_per_stake),
        wad_mul_floor(stake, state.collateral_per_stake - snapshot.collateral_per_stake),
    )


def trove_stake(collateral: int, total_stakes: int, total_collateral: int) -> int:
    """collateral x total stakes / total collateral, both of the last liquidation's snapshot.

    The collateral itself before the first liquidation (total collateral 0). So a trove that was
    opened after a redistribution takes no larger part of the next one than an older trove with
    the same collateral.
    """
    checks.whole("collateral", collateral, 0)
    if checks.whole("total_collateral", total_collateral, 0) == 0:
        return collateral
    return div_floor(collateral * checks.whole("total_stakes", total_stakes, 1), total_collateral)
