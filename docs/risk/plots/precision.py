"""How much a price may be moved by rounding to what Hyperliquid takes."""

from decimal import Decimal

from simulator.risk import hyperliquid_price

TITLE = "Widest relative step between two valid Hyperliquid prices (perpetual)"
X = "price"
Y = "step / price"
LOG_X = LOG_Y = True


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (price, step / price)."""
    found = {}
    for size_decimals in (0, 3, 5):
        prices, steps = [], []
        for index in range(-120, 241):
            price = Decimal(repr(10 ** (index / 40))) + Decimal("1e-12")
            low = hyperliquid_price(price, "buy", size_decimals)
            high = hyperliquid_price(price, "sell", size_decimals)
            prices.append(float(price))
            steps.append(float((high - low) / price))
        found[f"size decimals {size_decimals}"] = (prices, steps)
    return found
