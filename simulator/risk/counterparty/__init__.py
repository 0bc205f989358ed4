"""Counterparty credit risk (risk-spec section 19)."""

from simulator.risk.counterparty.collateral import (
    CollateralAgreement,
    collateral_after_call,
    collateral_path,
    credit_support,
)
from simulator.risk.counterparty.exposure import (
    Exposure,
    NormalExposure,
    exposure_profile,
    normal_exposure,
    time_average,
)
from simulator.risk.counterparty.institution import (
    CounterpartyReport,
    CreditStress,
    Institution,
    InstitutionReport,
    counterparty_report,
    default_probability_of_bad_debt,
    trader_exposure,
)
from simulator.risk.counterparty.losses import (
    PortfolioLoss,
    conditional_default_probability,
    one_factor_losses,
    portfolio_loss,
)
from simulator.risk.counterparty.valuation import (
    BilateralAdjustment,
    WrongWay,
    bilateral_valuation_adjustment,
    credit_valuation_adjustment,
    debit_valuation_adjustment,
    discount_factors,
    survival_probabilities,
    wrong_way_adjustment,
)

__all__ = [
    "BilateralAdjustment",
    "CollateralAgreement",
    "CounterpartyReport",
    "CreditStress",
    "Exposure",
    "Institution",
    "InstitutionReport",
    "NormalExposure",
    "PortfolioLoss",
    "WrongWay",
    "bilateral_valuation_adjustment",
    "collateral_after_call",
    "collateral_path",
    "conditional_default_probability",
    "counterparty_report",
    "credit_support",
    "credit_valuation_adjustment",
    "debit_valuation_adjustment",
    "default_probability_of_bad_debt",
    "discount_factors",
    "exposure_profile",
    "normal_exposure",
    "one_factor_losses",
    "portfolio_loss",
    "survival_probabilities",
    "time_average",
    "trader_exposure",
    "wrong_way_adjustment",
]
