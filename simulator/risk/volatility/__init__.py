"""Implied volatility and its surface (risk-spec section 13)."""

from simulator.risk.volatility.arbitrage import (
    SliceArbitrage,
    svi_arbitrage,
    svi_butterfly,
    svi_calendar_gap,
)
from simulator.risk.volatility.calibration import SsviFit, SviFit, calibrate_ssvi, calibrate_svi
from simulator.risk.volatility.implied import implied_volatility
from simulator.risk.volatility.ssvi import (
    SsviButterfly,
    power_law_phi,
    ssvi_butterfly,
    ssvi_calendar,
    ssvi_slice,
    ssvi_total_variance,
)
from simulator.risk.volatility.surface import interpolate_total_variance, surface_volatility
from simulator.risk.volatility.svi import (
    JumpWings,
    RawSvi,
    jump_wings_to_svi,
    svi_derivatives,
    svi_to_jump_wings,
    svi_total_variance,
)

__all__ = [
    "JumpWings",
    "RawSvi",
    "SliceArbitrage",
    "SsviButterfly",
    "SsviFit",
    "SviFit",
    "calibrate_ssvi",
    "calibrate_svi",
    "implied_volatility",
    "interpolate_total_variance",
    "jump_wings_to_svi",
    "power_law_phi",
    "ssvi_butterfly",
    "ssvi_calendar",
    "ssvi_slice",
    "ssvi_total_variance",
    "surface_volatility",
    "svi_arbitrage",
    "svi_butterfly",
    "svi_calendar_gap",
    "svi_derivatives",
    "svi_to_jump_wings",
    "svi_total_variance",
]
