"""Named shocks: by how much each asset fell, how that was measured, and who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np

from simulator.errors import InvalidArgument
from simulator.risk.checks import finite, one_of, positive
from simulator.types import AnyArray, Float1D, Float2D

Statistic: TypeAlias = Literal["peak to low", "worst hour", "worst day"]
STATISTICS: tuple[Statistic, ...] = ("peak to low", "worst hour", "worst day")
Label: TypeAlias = Literal["measured", "stated", "assumed"]
LABELS: tuple[Label, ...] = ("measured", "stated", "assumed")
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Shock:
    """A relative price move per asset; -0.577 is a fall by 57.7 %."""

    name: str
    assets: tuple[str, ...]
    moves: Float1D
    """[k], at least -1."""
    statistic: str
    """What of the event it is, such as 'peak to low'; each asset's own, not one moment's."""
    label: Label
    """measured: from the series in fixtures/crashes; stated: a figure of a source, not measured
    here; assumed: made up."""
    source: str

    def __post_init__(self) -> None:
        moves = finite("moves", self.moves, ndim=1)
        if len(moves) != len(self.assets):
            rule = f"must have a move per asset, {len(self.assets)}"
            raise InvalidArgument("moves", f"array of shape {moves.shape}", rule)
        if (moves < -1.0).any():
            raise InvalidArgument("moves", moves.tolist(), "must be at least -1")
        one_of("label", self.label, LABELS)
        for name in ("name", "statistic", "source"):
            if not getattr(self, name):
                raise InvalidArgument(name, "", "must not be empty")
        object.__setattr__(self, "moves", moves)


def shocked_prices(price: Any, moves: Any) -> AnyArray:
    """price x (1 + move): [k] and [..., k] -> [..., k]; a move is at least -1."""
    shock = finite("moves", moves)
    if not np.all(shock >= -1.0):
        raise InvalidArgument("moves", moves, "must be at least -1")
    return np.asarray(positive("price", price) * (1.0 + shock))


def measured_moves(bars: Any, statistic: str) -> Float1D:
    """The worst move of each asset in hourly bars, [k], at most 0.

    bars [hours, k, 4]: open, high, low, close above 0, one unit per asset. "peak to low": the
    largest fall from a high to a low of a later hour, or from an hour's open to its own low.
    "worst hour" and "worst day": close to close over 1 and 24 hours; 0 where it never fell.
    InvalidArgument for another statistic, or fewer bars than it spans.
    """
    one_of("statistic", statistic, STATISTICS)
    prices = positive("bars", bars, ndim=3)
    if prices.shape[2] != 4:
        raise InvalidArgument("bars", f"array of shape {prices.shape}", "must hold open to close")
    needed = {"peak to low": 1, "worst hour": 2, "worst day": HOURS_PER_DAY + 1}[statistic]
    if len(prices) < needed:
        raise InvalidArgument("bars", f"{len(prices)} hours", f"must be at least {needed} hours")
    if statistic == "peak to low":
        peak = prices[..., 0].copy()
        earlier = np.maximum.accumulate(prices[:-1, :, 1], axis=0)
        peak[1:] = np.maximum(peak[1:], earlier)
        moves = prices[..., 2] / peak - 1.0
    else:
        span = 1 if statistic == "worst hour" else HOURS_PER_DAY
        close = prices[..., 3]
        moves = close[span:] / close[:-span] - 1.0
    worst: Float1D = np.minimum(moves.min(axis=0), 0.0)
    return worst


def measured_shock(
    name: str, bars: Mapping[str, Any], statistic: str, source: str
) -> Shock:  # fmt: skip
    """A shock measured from a crash fixture: symbol -> [hours, 4] of open, high, low, close.

    Of a `simulator.prices.Crash`: {symbol: ohlc.ticks for symbol, ohlc in crash.series.items()}
    """
    if not bars:
        raise InvalidArgument("bars", {}, "must hold at least one series")
    moves = [
        float(measured_moves(np.asarray(one)[:, None, :], statistic)[0]) for one in bars.values()
    ]
    return Shock(name, tuple(bars), np.array(moves), statistic, "measured", source)


def _stated(name: str, statistic: Statistic, moves: Mapping[str, float], source: str) -> Shock:
    return Shock(name, tuple(moves), np.array(list(moves.values())), statistic, "stated", source)


_FINE = "finest bars of Binance {}, close to close, ETH only; hourly closes show less"

STATED_SHOCKS: tuple[Shock, ...] = (
    _stated("may-2021", "worst hour", {"ETH": -0.298}, _FINE.format("spot, 2021-05-17 to 05-21")),
    _stated("may-2021", "worst day", {"ETH": -0.437}, _FINE.format("spot, 2021-05-17 to 05-21")),
    _stated("ftx-2022", "worst hour", {"ETH": -0.104}, _FINE.format("spot, 2022-11-05 to 11-11")),
    _stated("ftx-2022", "worst day", {"ETH": -0.258}, _FINE.format("spot, 2022-11-05 to 11-11")),
    _stated(
        "usdc-2023", "peak to low", {"USDC": 0.8748 / 1.0 - 1.0},
        "implied by BTC on Binance.US, 2023-03-11 07:50 UTC, from 1; 0.88 is the figure commonly "
        "quoted; the hourly series of this project is another venue's",
    ),
    _stated(
        "aug-2024", "worst hour", {"ETH": -0.126}, _FINE.format("perpetuals, 2024-08-03 to 08-07")
    ),
    _stated(
        "aug-2024", "worst day", {"ETH": -0.249}, _FINE.format("perpetuals, 2024-08-03 to 08-07")
    ),
    _stated(
        "oct-2025", "worst hour", {"ETH": -0.100}, _FINE.format("perpetuals, 2025-10-09 to 10-12")
    ),
    _stated(
        "oct-2025", "worst day", {"ETH": -0.167}, _FINE.format("perpetuals, 2025-10-09 to 10-12")
    ),
)  # fmt: skip
"""What bars finer than an hour or another venue show of five events. All that the hourly figures of
an event can tell is measured: `simulator.prices.crash_shock`."""


def stated_shock(name: str, statistic: str) -> Shock:
    """The stated shock of an event; InvalidArgument names the ones there are.

    `simulator.prices.crash_shock` measures those of any event.
    """
    for shock in STATED_SHOCKS:
        if (shock.name, shock.statistic) == (name, statistic):
            return shock
    known = ", ".join(f"{one.name} ({one.statistic})" for one in STATED_SHOCKS)
    raise InvalidArgument("name", f"{name} ({statistic})", f"must be one of {known}")


def shock_grid(levels: Sequence[Any]) -> Float2D:
    """All combinations of the levels of each asset, [product of counts, k], the last one fastest.

    Levels are relative moves of at least -1. No assets give one empty shock.
    """
    axes = [finite(f"levels[{at}]", one, ndim=1) for at, one in enumerate(levels)]
    rows = list(product(*axes))
    grid = np.array(rows, dtype=np.float64).reshape(len(rows), len(axes))
    if (grid < -1.0).any():
        raise InvalidArgument("levels", float(grid.min()), "must be at least -1")
    return grid


def shock_ray(direction: Any, sizes: Any) -> Float2D:
    """size x direction for each size, [m, k], cut at -1: a price does not fall below 0."""
    along = finite("direction", direction, ndim=1)
    shocks: Float2D = np.maximum(np.outer(finite("sizes", sizes, ndim=1), along), -1.0)
    return shocks
