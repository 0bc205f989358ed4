"""Who pays for a bankruptcy as the price falls on."""

import numpy as np

from simulator.risk import BankruptPosition, MarketPositions, waterfall

TITLE = "Who pays for a bankrupt long of 100 at 100, margin 1,000, fund 1,000 first"
X = "mark price"
Y = "quote"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (mark, amount)."""
    others = MarketPositions(
        np.array([-40.0, -20.0, 30.0]),
        np.array([95.0, 80.0, 40.0]),
        np.array([500.0, 300.0, 300.0]),
    )
    failed = BankruptPosition(100.0, 100.0, 1000.0)
    prices = np.linspace(95.0, 40.0, 111).tolist()
    rows = [waterfall(failed, others, price, 1000.0, [0, 1]) for price in prices]
    found = {
        "its margin": [row.margin_used for row in rows],
        "insurance fund": [row.fund_paid for row in rows],
        "deleveraged accounts": [float(row.deleveraging_loss.sum()) for row in rows],
        "winners, pro rata": [float(row.socialised.cuts.sum()) for row in rows],
        "deficit": [row.deficit for row in rows],
    }
    return {label: (prices, amounts) for label, amounts in found.items()}
