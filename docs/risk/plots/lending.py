"""Curve of docs/risk/lending.md: borrow rates of three protocols against utilisation."""

from __future__ import annotations

from simulator.risk import lending
from simulator.units import RAY, SECONDS_PER_YEAR, WAD

TITLE = "Borrow rate against utilisation"
X = "utilisation, %"
Y = "rate, % per year"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y): Aave v3, Compound v3 and Morpho at a rate at target of 4 %."""
    percents = list(range(101))
    aave = lending.AaveRates(8 * RAY // 10, 0, 4 * RAY // 100, 6 * RAY // 10)
    compound = lending.KinkedRates(WAD // 100, WAD // 20, 3 * WAD // 10, 8 * WAD // 10)
    start = 4 * 10**16 // SECONDS_PER_YEAR
    curves = {
        "Aave v3 (kink 80 %, slopes 4 and 60 %)": [
            100 * lending.aave_borrow_rate(aave, used * RAY // 100) / RAY for used in percents
        ],
        "Compound v3 (base 1 %, slopes 5 and 30 %)": [
            100 * lending.compound_rate(compound, used * WAD // 100) / WAD for used in percents
        ],
    }
    for days in (0, 5):
        curves[f"Morpho, {days} days at this utilisation"] = [
            100
            * lending.adaptive_rate(used * WAD // 100, start, days * 86_400).borrow_rate
            * SECONDS_PER_YEAR
            / WAD
            for used in percents
        ]
    return {label: ([float(used) for used in percents], rates) for label, rates in curves.items()}
