"""Margin: tokens into the exchange and out of it, settling, and gifts to the insurance fund."""

from __future__ import annotations

from audits.actions.amounts import Amount, largest_accepted
from audits.world import AuditWorld
from simulator.agent import Deposit, FundInsurance, Withdraw
from simulator.units import WAD_PER_TOKEN, div_floor


def deposit(world: AuditWorld, account: int, share: Amount) -> Deposit:
    """A share of what the wallet holds."""
    return Deposit(account, share.of(world.wallet(account)))


def withdraw(world: AuditWorld, account: int, share: Amount) -> Withdraw | None:
    """A share of the most that the protocol lets out, found by trying; None if that is nothing."""
    ledger = world.ledger
    free = min(ledger.settled_equity(account), ledger.settled_margin(account))
    guess = div_floor(free - ledger.initial(account), WAD_PER_TOKEN)
    upper = div_floor(max(ledger.margin(account), free), WAD_PER_TOKEN)
    most = largest_accepted(lambda amount: world.accepts(Withdraw(account, amount)), upper, guess)
    amount = share.of(most)
    return Withdraw(account, amount) if amount else None


def fund_insurance(world: AuditWorld, account: int, share: Amount) -> FundInsurance:
    """A hundredth of a share of the wallet: large gifts would hide every shortfall."""
    return FundInsurance(account, div_floor(share.of(world.wallet(account)), 100))
