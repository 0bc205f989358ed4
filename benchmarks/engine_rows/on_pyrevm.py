"""pyrevm: one Python call per transaction, calldata ready.

It does less: transactions are never finalised, so its gas is 7 to 45 % too low.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from benchmarks.engine_rows.timing import Way, processor
from benchmarks.engine_rows.workload import GAS_LIMIT, Workload

ABSENT = "pyrevm is not installed: run make bench-setup"
NAME = "pyrevm: one call per transaction"
Blocks = list[tuple[Any, list[tuple[str, str, bytes]]]]


def is_installed() -> bool:
    """Whether pyrevm can be imported."""
    try:
        import pyrevm  # noqa: F401
    except ImportError:
        return False
    return True


def ways(workload: Workload) -> dict[str, Way]:
    """A new EVM with its set-up for every run, which does not count."""
    import pyrevm

    blocks: Blocks = []
    for block in workload.blocks:
        environment = pyrevm.BlockEnv(
            number=block.environment.number, timestamp=block.environment.timestamp
        )
        calls = [(_text(call.sender), _text(call.target), call.data) for call in block.calls]
        blocks.append((environment, calls))
    return {NAME: processor(lambda: _fresh(workload), lambda evm: _run(evm, blocks))}


def _text(address: bytes | None) -> str:
    return "0x" + (address or bytes(20)).hex()


def _fresh(workload: Workload) -> Any:
    import pyrevm

    evm = pyrevm.EVM(spec_id="CANCUN")
    first = workload.first
    evm.set_block_env(pyrevm.BlockEnv(number=first.number, timestamp=first.timestamp))
    for call in workload.set_up:
        if call.target is None:
            evm.deploy(_text(call.sender), call.data)
        else:
            evm.message_call(_text(call.sender), _text(call.target), call.data)
    return evm


def _run(evm: Any, blocks: Blocks) -> None:
    for environment, calls in blocks:
        evm.set_block_env(environment)
        for sender, target, data in calls:
            with suppress(RuntimeError):  # a revert
                evm.message_call(sender, target, data, gas=GAS_LIMIT)
            evm.reset_transient_storage()
