"""When does a leveraged DeFi protocol go underwater, and who pays?

    from underwater import load_run, load_scenario, run_scenario

Public names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from os.path import abspath, dirname
from typing import TYPE_CHECKING

from underwater.guard import refuse_foreign_packages

__version__ = "0.1.0"

# Before the first import of simulator, agents or audits: a foreign package may stand there.
refuse_foreign_packages(dirname(dirname(abspath(__file__))))

if TYPE_CHECKING:
    from simulator.chain.select import open_chain
    from simulator.errors import InputError, UnderwaterError
    from simulator.prices import bridge, load_crash
    from simulator.results import Results, load_run
    from simulator.risk import (
        cascade,
        effective_leverage,
        equity,
        historical_es,
        historical_var,
        liquidatable,
        liquidation_price,
        margin_ratio,
        notional,
        tail_risk,
    )
    from simulator.scenario import Scenario, load_scenario
    from underwater.runs import run_scenario, run_variants

_HOME_OF = {
    "InputError": "simulator.errors",
    "Results": "simulator.results",
    "Scenario": "simulator.scenario",
    "UnderwaterError": "simulator.errors",
    "bridge": "simulator.prices",
    "cascade": "simulator.risk",
    "effective_leverage": "simulator.risk",
    "equity": "simulator.risk",
    "historical_es": "simulator.risk",
    "historical_var": "simulator.risk",
    "liquidatable": "simulator.risk",
    "liquidation_price": "simulator.risk",
    "load_crash": "simulator.prices",
    "load_run": "simulator.results",
    "load_scenario": "simulator.scenario",
    "margin_ratio": "simulator.risk",
    "notional": "simulator.risk",
    "open_chain": "simulator.chain.select",
    "run_scenario": "underwater.runs",
    "run_variants": "underwater.runs",
    "tail_risk": "simulator.risk",
}

__all__ = [
    "InputError",
    "Results",
    "Scenario",
    "UnderwaterError",
    "__version__",
    "bridge",
    "cascade",
    "effective_leverage",
    "equity",
    "historical_es",
    "historical_var",
    "liquidatable",
    "liquidation_price",
    "load_crash",
    "load_run",
    "load_scenario",
    "margin_ratio",
    "notional",
    "open_chain",
    "run_scenario",
    "run_variants",
    "tail_risk",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'underwater' has no attribute '{name}'")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
