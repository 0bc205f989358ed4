"""Price paths: historical hours as exact ticks, and bridges between them. Never touches a chain."""

from simulator.prices.bridge import BridgeSettings, bridge, ticks_to_floats
from simulator.prices.crash import Crash, crash_names, load_crash
from simulator.prices.facts import Fact, Shape
from simulator.prices.ohlc import TICKS_PER_UNIT, Ohlc

__all__ = [
    "TICKS_PER_UNIT",
    "BridgeSettings",
    "Crash",
    "Fact",
    "Ohlc",
    "Shape",
    "bridge",
    "crash_names",
    "load_crash",
    "ticks_to_floats",
]
