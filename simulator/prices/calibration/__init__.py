"""From a price series to a model with standard errors; refused with a reason where it fails."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from simulator.prices.calibration.arrivals import (
    calibrate_depeg,
    calibrate_hawkes,
    fit_hawkes_times,
    hawkes_log_likelihood,
)
from simulator.prices.calibration.detection import find_jumps, local_deviation
from simulator.prices.calibration.diffusions import calibrate_gbm, calibrate_kou, calibrate_merton
from simulator.prices.calibration.fit import CalibrationRefused, Estimate, Fit
from simulator.prices.calibration.joint import (
    CorrelationFit,
    CrisisFit,
    calibrate_bootstrap,
    calibrate_correlation,
    calibrate_crisis,
)
from simulator.prices.calibration.regimes import calibrate_regimes
from simulator.prices.calibration.volatility import (
    HestonMoments,
    calibrate_bates,
    calibrate_garch,
    calibrate_heston,
    heston_moments,
)
from simulator.risk.checks import one_of

CALIBRATIONS: Final[MappingProxyType[str, Callable[..., Fit[Any]]]] = MappingProxyType(
    {
        "gbm": calibrate_gbm,
        "merton": calibrate_merton,
        "kou": calibrate_kou,
        "heston": calibrate_heston,
        "bates": calibrate_bates,
        "garch": calibrate_garch,
        "regimes": calibrate_regimes,
        "hawkes": calibrate_hawkes,
        "bootstrap": calibrate_bootstrap,
        "depeg": calibrate_depeg,
    }
)


def calibrate(model: str, prices: Any, step_years: float) -> Fit[Any]:
    """Fit the model of that name to prices float64[steps + 1], `step_years` apart.

    Raises InvalidArgument for prices that are none, CalibrationRefused where the series does not
    determine the parameters, MissingComponentError where GARCH lacks its package.
    """
    one_of("model", model, tuple(CALIBRATIONS))
    return CALIBRATIONS[model](prices, step_years)


__all__ = [
    "CALIBRATIONS",
    "CalibrationRefused",
    "CorrelationFit",
    "CrisisFit",
    "Estimate",
    "Fit",
    "HestonMoments",
    "calibrate",
    "calibrate_bates",
    "calibrate_bootstrap",
    "calibrate_correlation",
    "calibrate_crisis",
    "calibrate_depeg",
    "calibrate_garch",
    "calibrate_gbm",
    "calibrate_hawkes",
    "calibrate_heston",
    "calibrate_kou",
    "calibrate_merton",
    "calibrate_regimes",
    "find_jumps",
    "fit_hawkes_times",
    "hawkes_log_likelihood",
    "heston_moments",
    "local_deviation",
]
