"""Curve of docs/risk/cdp.md: how the three price curves of an auction fall."""

from __future__ import annotations

from simulator.risk import cdp
from simulator.units import RAY

TITLE = "Auction price over time, as a share of the starting price"
X = "minutes"
Y = "share of top"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (x, y): linear over 2 h, 1 % every 90 s, and 0.02 % every second."""
    seconds = list(range(0, 7_201, 30))
    curves = {
        "linear, tau 2 h": [cdp.linear_price(RAY, 7_200, t) for t in seconds],
        "stairstep, 1 % every 90 s": [
            cdp.stairstep_price(RAY, 99 * RAY // 100, 90, t) for t in seconds
        ],
        "exponential, 0.02 % every second": [
            cdp.exponential_price(RAY, 9_998 * RAY // 10_000, t) for t in seconds
        ],
    }
    minutes = [t / 60 for t in seconds]
    return {label: (minutes, [price / RAY for price in prices]) for label, prices in curves.items()}
