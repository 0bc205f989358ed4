"""Models of prices: parameters in, float64[paths, steps, assets] out. A file for each family."""

from simulator.prices.models.bates import Bates
from simulator.prices.models.block_length import BlockLength, politis_white
from simulator.prices.models.bootstrap import (
    Bootstrap,
    bootstrap_paths,
    bootstrap_rows,
    log_returns_of,
)
from simulator.prices.models.correlation import (
    Correlation,
    CrisisCorrelation,
    StressIndicator,
    correlation_matrix,
    sample_correlation,
)
from simulator.prices.models.depeg import Depeg
from simulator.prices.models.garch import Garch
from simulator.prices.models.gbm import Gbm, PriceMoments, gbm_paths
from simulator.prices.models.grid import SECONDS_PER_YEAR, Grid, empty_paths, generator
from simulator.prices.models.hawkes import Hawkes, HawkesProcess, hawkes_counts
from simulator.prices.models.heston import Heston, VarianceMoments
from simulator.prices.models.interface import HasCharacteristic, Model
from simulator.prices.models.kou import Kou
from simulator.prices.models.merton import Cumulants, Merton, haug_merton
from simulator.prices.models.moments import PathMoments, log_cumulants, path_moments
from simulator.prices.models.regimes import Regimes
from simulator.prices.models.simulation import CrisisPaths, simulate, simulate_crisis
from simulator.prices.models.splice import spliced_paths

__all__ = [
    "SECONDS_PER_YEAR",
    "Bates",
    "BlockLength",
    "Bootstrap",
    "Correlation",
    "CrisisCorrelation",
    "CrisisPaths",
    "Cumulants",
    "Depeg",
    "Garch",
    "Gbm",
    "Grid",
    "HasCharacteristic",
    "Hawkes",
    "HawkesProcess",
    "Heston",
    "Kou",
    "Merton",
    "Model",
    "PathMoments",
    "PriceMoments",
    "Regimes",
    "StressIndicator",
    "VarianceMoments",
    "bootstrap_paths",
    "bootstrap_rows",
    "correlation_matrix",
    "empty_paths",
    "gbm_paths",
    "generator",
    "haug_merton",
    "hawkes_counts",
    "log_cumulants",
    "log_returns_of",
    "path_moments",
    "politis_white",
    "sample_correlation",
    "simulate",
    "simulate_crisis",
    "spliced_paths",
]
