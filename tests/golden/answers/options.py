"""Section 12."""

from typing import Any

from simulator.risk import black_scholes_greeks
from tests.golden.rows import Check, Row


def greeks(row: Row) -> Any:
    options = row["inputs"]["options"]
    names = ("strike", "spot", "dividend_yield", "rate", "maturity_years", "vol")
    strike, spot, dividend, rate, years, vol = ([each[name] for each in options] for name in names)
    calls = [each["type"] == "call" for each in options]
    return black_scholes_greeks(calls, spot, strike, years, rate, dividend, vol)


ANSWERS: dict[str, Check] = {
    "O01": lambda row: {"price": greeks(row).price},
    "O03": lambda row: {"price": greeks(row).price},
    "O05": lambda row: {"delta": greeks(row).delta},
    "O06": lambda row: {
        "gamma": greeks(row).gamma[0],
        "vega_per_unit_vol": greeks(row).vega[0],
    },
}
