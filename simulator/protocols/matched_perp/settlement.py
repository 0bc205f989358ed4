"""What settling everybody would pay: the numbers of PERP-04, taken on a snapshot.

Payments made so far (Settled events) + payments of a settle-all now - socialised charges so far is
all funding ever charged, and one account's payment is another's receipt: it must be 0. The ledger
is exact, so there is no rounding to allow for.
"""

from __future__ import annotations

from simulator.chain.abi import mapping_slot
from simulator.chain.base import Chain
from simulator.property import FundingSettlement
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import send_all
from simulator.protocols.matched_perp.layout import as_slots
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.units import words_to_integers


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
    base = deployment.perp_artifact.storage_layout["margin"].slot
    slots = as_slots([mapping_slot(base, account) for account in accounts])
    snapshot = chain.snapshot()
    send_all(chain, accounts, deployment.perp, [encode.settle(account) for account in accounts])
    after = words_to_integers(chain.storage(deployment.perp, slots), signed=True)
    chain.revert(snapshot)
    paid_now = sum(mirror.margin(row) for row in rows) - sum(after)
    return FundingSettlement(paid + paid_now - socialised, len(rows))
