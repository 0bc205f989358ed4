"""Value at risk and expected shortfall, and figures of a protocol made of them (section 9, 16)."""

from simulator.risk.var.allocation import euler_allocation
from simulator.risk.var.filtered import (
    Garch,
    filtered_losses,
    fit_garch,
    garch_volatility,
    standardised_residuals,
)
from simulator.risk.var.historical import (
    age_weights,
    historical_es,
    historical_var,
    quantiles,
    var_es,
    weighted_es,
    weighted_var,
)
from simulator.risk.var.intervals import Interval, bootstrap_interval
from simulator.risk.var.measures import (
    borrowing_power,
    insolvent_value,
    recoverability,
    under_collateralised,
)
from simulator.risk.var.parametric import (
    cornish_fisher_es,
    cornish_fisher_is_valid,
    cornish_fisher_quantile,
    cornish_fisher_var,
    normal_es,
    normal_var,
    square_root_of_time,
    student_t_es,
    student_t_var,
)
from simulator.risk.var.report import (
    CONVENTIONS,
    Convention,
    ProtocolRisk,
    TailRisk,
    protocol_risk,
    tail_risk,
)

__all__ = [
    "CONVENTIONS",
    "Convention",
    "Garch",
    "Interval",
    "ProtocolRisk",
    "TailRisk",
    "age_weights",
    "bootstrap_interval",
    "borrowing_power",
    "cornish_fisher_es",
    "cornish_fisher_is_valid",
    "cornish_fisher_quantile",
    "cornish_fisher_var",
    "euler_allocation",
    "filtered_losses",
    "fit_garch",
    "garch_volatility",
    "historical_es",
    "historical_var",
    "insolvent_value",
    "normal_es",
    "normal_var",
    "protocol_risk",
    "quantiles",
    "recoverability",
    "square_root_of_time",
    "standardised_residuals",
    "student_t_es",
    "student_t_var",
    "tail_risk",
    "under_collateralised",
    "var_es",
    "weighted_es",
    "weighted_var",
]
