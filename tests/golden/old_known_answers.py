"""Published figures and formulas recomputed by the risk core; the id of each row is kept.

Rows that are printed in their source are independent checks; rows computed from a source's
formula catch mistakes of implementation, not of reading.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulator.liquidity import square_root_move
from simulator.risk import cascade, equity, liquidation_price
from simulator.types import Float1D


def one_market(cash: float, size: float, price: float, rate: float) -> float:
    """Liquidation price of an account with one position."""
    found = liquidation_price(np.array([cash]), np.array([[size]]), np.array([price]), rate)
    return float(found[0, 0])


MARGIN_ACCOUNT = {
    "size": np.array([[-1.0, 20.0, 2000.0, 5000.0, 5000.0]]),
    "opened_at": np.array([30000.0, 2000.0, 5.0, 2.0, 2.0]),
    "skew_scale": np.array([100.0, 1000.0, 1e5, 1e5, 1e5]),
}


@pytest.mark.parametrize(
    ("marks", "profit", "available"),
    [
        pytest.param([30000, 2000, 5, 2, 2], [-150, -400, -100, -250, -250], 18850, id="P01"),
        pytest.param(
            [28000, 1900, 4.6, 1.9, 1.8], [1850, -2400, -900, -750, -1250], 16550, id="P02"
        ),
    ],
)
def test_available_margin_of_a_cross_margin_account(
    marks: list[float], profit: list[float], available: float
) -> None:
    """Printed in synthetixio/synthetix-v3, perps-market Liquidation.margin.test.ts.

    20,000 of collateral; each position was filled at oracle x (1 + size / 2 / skew scale).
    """
    size = MARGIN_ACCOUNT["size"]
    fill = MARGIN_ACCOUNT["opened_at"] * (1 + size / 2 / MARGIN_ACCOUNT["skew_scale"])
    price = np.array(marks, dtype=np.float64)
    cost, nothing = -size * fill, np.zeros_like(size)
    each = [
        equity(np.zeros(1), size[:, [at]], price[[at]], cost[:, [at]], nothing[:, [at]])[0]
        for at in range(5)
    ]
    assert each == pytest.approx(profit, abs=1e-9)
    total = equity(np.array([20000.0]), size, price, cost, nothing)
    assert total == pytest.approx([available], abs=1e-9)


def test_p27_isolated_long_with_a_tier_deduction() -> None:
    """Printed in freqtrade, tests/exchange/test_binance.py (example of the exchange's FAQ)."""
    size, entry, wallet, deduction = 3683.979, 1456.84, 1535443.01, 135365
    found = one_market(wallet - size * entry + deduction, size, entry, 0.10)
    assert found == pytest.approx(1114.78, abs=0.005)


def test_p29_cross_long_beside_another_position() -> None:
    """Printed in the same test: the other leg enters as its requirement and its profit."""
    size, entry, wallet, deduction = 3683.979, 1456.84, 1535443.01, 135365
    others = -71200.81144 - 56354.56848
    found = one_market(wallet + others - size * entry + deduction, size, entry, 0.10)
    assert found == pytest.approx(1153.26, abs=0.005)


@pytest.mark.parametrize(
    ("size", "entry", "collateral", "price"),
    [
        pytest.param(0.0329, 2545.5, 20.909894, 1929.23322895, id="P33"),
        pytest.param(-0.00099, 65536, 21.604172, 86493.46174617, id="P34"),
    ],
)
def test_isolated_position_at_half_of_the_initial_rate(
    size: float, entry: float, collateral: float, price: float
) -> None:
    """Printed in freqtrade, tests/exchange/test_hyperliquid.py (live positions, 50x at most)."""
    found = one_market(collateral - size * entry, size, entry, 1 / (2 * 50))
    assert found == pytest.approx(price, rel=1e-4)


@pytest.mark.parametrize(
    ("fee", "funding", "price"), [(0.0, 0.0, 947.3684210526316), (0.001, 10.0, 953.6354056901)]
)
def test_p40_closing_fee_and_funding_raise_the_price(
    fee: float, funding: float, price: float
) -> None:
    """From the definition M - F + q (P - E) = (rate + fee) q P; long 2 at 1,000, margin 200."""
    assert one_market(200 - funding - 2 * 1000, 2.0, 1000.0, 0.05 + fee) == pytest.approx(price)


@pytest.mark.parametrize(("size", "price"), [(-3.0, 3174.6032), (3.0, 2807.0175)])
def test_a11_isolated_price_from_equity(size: float, price: float) -> None:
    """Formula of the dYdX v4 documentation: equity 1,000 at 3,000, rate 5 %."""
    assert one_market(1000 - size * 3000, size, 3000.0, 0.05) == pytest.approx(price, abs=1e-4)


@pytest.mark.parametrize(("size", "price"), [(1.0, 97435.8974), (-1.0, 102439.0244)])
def test_a12_isolated_price_from_equity(size: float, price: float) -> None:
    """Formula of the Hyperliquid documentation: equity 5,000 at 100,000, rate 2.5 %."""
    found = one_market(5000 - size * 100_000, size, 100_000.0, 0.025)
    assert found == pytest.approx(price, abs=1e-4)


def test_c07_the_cascade_stops_at_the_least_of_two_fixed_points() -> None:
    """By definition, two implementations agree; a second fixed point with all five is at 22.75."""
    triggers = np.array([92.0, 88.0, 85.0, 80.0, 60.0])
    size = np.array([[40.0], [60.0], [50.0], [100.0], [500.0]])

    def impact(sold: Float1D) -> Float1D:
        return np.array([91.0]) * (1 - 0.001 * sold)

    # Rate 0: liquidatable iff size x (price - trigger) < 0.
    result = cascade(-size[:, 0] * triggers, size, 0.0, impact)
    assert result.prices[:, 0] == pytest.approx([91, 87.36, 81.9, 77.35, 68.25], abs=1e-9)
    assert triggers[result.final].tolist() == [92, 88, 85, 80]
    assert float(size[result.final].sum()) == 250
    everyone = impact(size.sum(axis=0))
    assert everyone == pytest.approx([22.75], abs=1e-9) and (everyone <= triggers).all()


@pytest.mark.parametrize(("share", "move"), [(0.01, 0.004), (0.25, 0.02)])
def test_c12_square_root_impact(share: float, move: float) -> None:
    """Y sigma sqrt(Q / V) with Y = 1 and 4 % a day (Almgren 2005, Toth 2011)."""
    assert square_root_move(1.0, 0.04, share * 1e7, 1e7) == pytest.approx(move, abs=1e-9)
    assert square_root_move(1.0, 0.04, -share * 1e7, 1e7) == pytest.approx(-move, abs=1e-9)
