"""How one failure becomes another's: joint cascades of protocols, and clearing of mutual debts."""

from simulator.risk.contagion.clearing import Clearing, eisenberg_noe, rogers_veraart
from simulator.risk.contagion.protocols import (
    AssetImpact,
    JointCascade,
    Oracle,
    Protocol,
    account_health,
    account_shortfall,
    joint_cascade,
    true_oracle,
)

__all__ = [
    "AssetImpact",
    "Clearing",
    "JointCascade",
    "Oracle",
    "Protocol",
    "account_health",
    "account_shortfall",
    "eisenberg_noe",
    "joint_cascade",
    "rogers_veraart",
    "true_oracle",
]
