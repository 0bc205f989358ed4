"""Backtests of VaR and ES (risk-spec section 17)."""

from simulator.risk.backtest.coverage import (
    BaselZone,
    Christoffersen,
    LikelihoodRatio,
    basel_multiplier,
    basel_zone,
    christoffersen,
    kupiec,
    kupiec_region,
    var_exceptions,
)
from simulator.risk.backtest.shortfall import (
    SimulatedTest,
    acerbi_szekely,
    acerbi_szekely_test,
    mcneil_frey,
)

__all__ = [
    "BaselZone",
    "Christoffersen",
    "LikelihoodRatio",
    "SimulatedTest",
    "acerbi_szekely",
    "acerbi_szekely_test",
    "basel_multiplier",
    "basel_zone",
    "christoffersen",
    "kupiec",
    "kupiec_region",
    "mcneil_frey",
    "var_exceptions",
]
