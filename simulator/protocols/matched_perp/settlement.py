"""What settling everybody would pay: the numbers of PERP-04, taken on a snapshot.

Payments made so far (Settled events) + payments of a settle-all now - socialised charges so far is
all funding ever charged, and one account's payment is another's receipt: it must be 0. The ledger
is exact, so there is no rounding to allow for.
"""

from __future__ import annotations

from simulator.chain.base import Chain
from simulator.property import FundingSettlement
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import send_all
from simulator.protocols.matched_perp.mirror import Mirror


def settle_everybody(chain: Chain, mirror: Mirror, paid: int, socialised: int) -> FundingSettlement:
    """Settle all accounts with positions on a snapshot and revert it.

    paid: sum of the payments of all Settled events so far; socialised: sum of `charged` of all
    Socialised events so far (both since the mirror's accounts had no position).
    """
    deployment = mirror.deployment
    rows = [row for row in range(mirror.account_count) if mirror.held(row)]
    accounts = [mirror.accounts[row] for row in rows]
    if not rows:
        return FundingSettlement(paid - socialised, 0)
    snapshot = chain.snapshot()
    send_all(chain, accounts, deployment.perp, [encode.settle(account) for account in accounts])
    after = sum(mirror.stored_margins(chain))
    chain.revert(snapshot)
    paid_now = mirror.margin_total - after
    return FundingSettlement(paid + paid_now - socialised, len(rows))
