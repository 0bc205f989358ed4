"""The models by name, each with parameters to begin with.

The numbers are assumed: round figures of the size that ETH and BTC show in calm and rough months
(volatility of 50 to 90 % a year, jumps of 5 to 10 %), made to be replaced. Calibrate for others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from simulator.prices.models.bates import Bates
from simulator.prices.models.bootstrap import Bootstrap
from simulator.prices.models.depeg import Depeg
from simulator.prices.models.garch import Garch
from simulator.prices.models.gbm import Gbm
from simulator.prices.models.hawkes import Hawkes
from simulator.prices.models.heston import Heston
from simulator.prices.models.kou import Kou
from simulator.prices.models.merton import Merton
from simulator.prices.models.regimes import Regimes

PRESETS: Final[MappingProxyType[str, Any]] = MappingProxyType(
    {
        "gbm": Gbm(drift=0.0, sigma=0.8),
        "merton": Merton(
            drift=0.0, sigma=0.6, intensity=20.0, jump_mean=-0.03, jump_deviation=0.08
        ),
        "kou": Kou(
            drift=0.0, sigma=0.6, intensity=30.0, up_probability=0.4, eta_up=20.0, eta_down=14.0
        ),
        "heston": Heston(drift=0.0, v0=0.64, kappa=8.0, theta=0.64, sigma=2.0, rho=-0.5),
        "bates": Bates(
            drift=0.0,
            v0=0.5,
            kappa=8.0,
            theta=0.5,
            sigma=2.0,
            rho=-0.5,
            intensity=12.0,
            jump_mean=-0.04,
            jump_deviation=0.08,
        ),
        "garch": Garch(mean=0.0, omega=7e-7, alpha=0.08, beta=0.91),
        "regimes": Regimes(
            drifts=(0.2, -1.0),
            sigmas=(0.5, 1.8),
            transitions=((0.99, 0.01), (0.04, 0.96)),
        ),
        "hawkes": Hawkes(
            drift=0.0,
            sigma=0.6,
            base=10.0,
            excitation=1200.0,
            decay=2000.0,
            jump_mean=-0.02,
            jump_deviation=0.04,
        ),
        "depeg": Depeg(
            kappa=200.0,
            sigma=0.05,
            intensity=6.0,
            jump_mean=-0.04,
            jump_deviation=0.04,
        ),
        "bootstrap": Bootstrap(block=24.0, centred=True),
    }
)
"""GARCH and regimes per hour, the others per year; a depeg around a peg of 1."""
