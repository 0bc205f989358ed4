"""Risk core: arrays in, arrays out, numpy only. Knows no chain and no protocol.

Shapes: n accounts, k markets. Money in quote, sizes in base (positive long), prices in quote per
base; all float64. Exact verdicts come from integers through the callables that are passed in.
"""

from simulator.risk.cascade import CascadeResult, cascade
from simulator.risk.histogram import BINS, bin_edges, margin_histogram
from simulator.risk.liquidation import RELATIVE_ERROR, liquidatable
from simulator.risk.liquidation_price import bankruptcy_price, liquidation_price
from simulator.risk.margin import equity, magnitude, margin_ratio, requirement
from simulator.risk.positions import effective_leverage, gross_notional, net_notional, notional
from simulator.risk.var import TailRisk, historical_es, historical_var, quantiles, tail_risk

__all__ = [
    "BINS",
    "RELATIVE_ERROR",
    "CascadeResult",
    "TailRisk",
    "bankruptcy_price",
    "bin_edges",
    "cascade",
    "effective_leverage",
    "equity",
    "gross_notional",
    "historical_es",
    "historical_var",
    "liquidatable",
    "liquidation_price",
    "magnitude",
    "margin_histogram",
    "margin_ratio",
    "net_notional",
    "notional",
    "quantiles",
    "requirement",
    "tail_risk",
]
