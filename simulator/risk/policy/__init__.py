"""Regulation as policy checks: (account, jurisdiction, date) -> violations (risk-spec section 26).

The rules are dated configuration in fixtures/regulation, never constants here. A date or a
jurisdiction without a table is an error, not a pass.
"""

from simulator.risk.policy.checks import (
    ClientAccount,
    Holding,
    Violation,
    close_out_due,
    leverage_allowed,
    policy_violations,
)
from simulator.risk.policy.tables import (
    PolicyTable,
    PolicyTables,
    load_policy_tables,
    policy_table,
)

__all__ = [
    "ClientAccount",
    "Holding",
    "PolicyTable",
    "PolicyTables",
    "Violation",
    "close_out_due",
    "leverage_allowed",
    "load_policy_tables",
    "policy_table",
    "policy_violations",
]
