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
    from simulator.chain import Batch, BlockEnvironment
    from simulator.chain.abi import batch_of_calls, decode_logs, pack_calls, unpack_outputs
    from simulator.chain.artifacts import (
        compile_solidity,
        compile_vyper,
        deploy,
        link,
        load_artifact,
    )
    from simulator.chain.fees import next_block
    from simulator.chain.fork import open_capsule, open_fork
    from simulator.chain.genesis import read_genesis, write_genesis
    from simulator.chain.mirror import open_mirror
    from simulator.chain.revm import execute_many
    from simulator.chain.select import open_chain
    from simulator.chain.traces import Names, call_tree, trace_text
    from simulator.errors import (
        BatchAborted,
        ChainError,
        InputError,
        NotInCapsule,
        RevertError,
        UnderwaterError,
    )
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
    "Batch": "simulator.chain",
    "BatchAborted": "simulator.errors",
    "BlockEnvironment": "simulator.chain",
    "ChainError": "simulator.errors",
    "InputError": "simulator.errors",
    "Names": "simulator.chain.traces",
    "NotInCapsule": "simulator.errors",
    "Results": "simulator.results",
    "RevertError": "simulator.errors",
    "Scenario": "simulator.scenario",
    "UnderwaterError": "simulator.errors",
    "batch_of_calls": "simulator.chain.abi",
    "bridge": "simulator.prices",
    "call_tree": "simulator.chain.traces",
    "cascade": "simulator.risk",
    "compile_solidity": "simulator.chain.artifacts",
    "compile_vyper": "simulator.chain.artifacts",
    "decode_logs": "simulator.chain.abi",
    "deploy": "simulator.chain.artifacts",
    "effective_leverage": "simulator.risk",
    "equity": "simulator.risk",
    "execute_many": "simulator.chain.revm",
    "historical_es": "simulator.risk",
    "historical_var": "simulator.risk",
    "link": "simulator.chain.artifacts",
    "liquidatable": "simulator.risk",
    "liquidation_price": "simulator.risk",
    "load_artifact": "simulator.chain.artifacts",
    "load_crash": "simulator.prices",
    "load_run": "simulator.results",
    "load_scenario": "simulator.scenario",
    "margin_ratio": "simulator.risk",
    "next_block": "simulator.chain.fees",
    "notional": "simulator.risk",
    "open_capsule": "simulator.chain.fork",
    "open_chain": "simulator.chain.select",
    "open_fork": "simulator.chain.fork",
    "open_mirror": "simulator.chain.mirror",
    "pack_calls": "simulator.chain.abi",
    "read_genesis": "simulator.chain.genesis",
    "run_scenario": "underwater.runs",
    "run_variants": "underwater.runs",
    "tail_risk": "simulator.risk",
    "trace_text": "simulator.chain.traces",
    "unpack_outputs": "simulator.chain.abi",
    "write_genesis": "simulator.chain.genesis",
}

__all__ = [
    "Batch",
    "BatchAborted",
    "BlockEnvironment",
    "ChainError",
    "InputError",
    "Names",
    "NotInCapsule",
    "Results",
    "RevertError",
    "Scenario",
    "UnderwaterError",
    "__version__",
    "batch_of_calls",
    "bridge",
    "call_tree",
    "cascade",
    "compile_solidity",
    "compile_vyper",
    "decode_logs",
    "deploy",
    "effective_leverage",
    "equity",
    "execute_many",
    "historical_es",
    "historical_var",
    "link",
    "liquidatable",
    "liquidation_price",
    "load_artifact",
    "load_crash",
    "load_run",
    "load_scenario",
    "margin_ratio",
    "next_block",
    "notional",
    "open_capsule",
    "open_chain",
    "open_fork",
    "open_mirror",
    "pack_calls",
    "read_genesis",
    "run_scenario",
    "run_variants",
    "tail_risk",
    "trace_text",
    "unpack_outputs",
    "write_genesis",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'underwater' has no attribute '{name}'")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
