"""A bare Rust loop over revm in a process of its own: the limit of what an engine can reach."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from benchmarks.engine_rows.workload import GAS_LIMIT, SET_UP_GAS_LIMIT, Call, Workload

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "evm" / "target" / "release" / "examples" / "bare_loop"
ABSENT = "the bare loop is not built: run make bench-setup"


def find() -> Path | None:
    """The program that `make bench-setup` builds."""
    return PROGRAM if os.access(PROGRAM, os.X_OK) else None


def script(workload: Workload) -> bytes:
    """What the program reads: the number of blocks, and of each block its number, its timestamp,
    its number of transactions, and of each transaction sender[20], creates[1], target[20], gas
    limit, length of the data, data. Numbers are little-endian u64. The first block is the set-up.
    """
    first = (workload.first.number, workload.first.timestamp, workload.set_up, SET_UP_GAS_LIMIT)
    blocks = [first]
    for block in workload.blocks:
        environment = block.environment
        blocks.append((environment.number, environment.timestamp, block.calls, GAS_LIMIT))
    raw = bytearray(_number(len(blocks)))
    for number, timestamp, calls, gas_limit in blocks:
        raw += _number(number) + _number(timestamp) + _number(len(calls))
        for call in calls:
            raw += _transaction(call, gas_limit)
    return bytes(raw)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _transaction(call: Call, gas_limit: int) -> bytes:
    creates = bytes([call.target is None])
    numbers = _number(gas_limit) + _number(len(call.data))
    return call.sender + creates + (call.target or bytes(20)) + numbers + call.data


class BareLoop:
    """The running program; `run` plays all blocks once on a fresh copy of the state."""

    def __init__(self, program: Path, workload: Workload) -> None:
        with tempfile.NamedTemporaryFile(suffix=".script", delete=False) as file:
            file.write(script(workload))
        self._file = Path(file.name)
        self._process = subprocess.Popen(
            [program, self._file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self) -> tuple[float, int, int]:
        """Seconds of processor time, gas, and how many transactions succeeded."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        answer = process.stdout.readline().split()
        if len(answer) != 3:
            raise RuntimeError(f"the bare loop ended with exit code {process.wait()}")
        nanoseconds, gas, succeeded = map(int, answer)
        return nanoseconds / 1e9, gas, succeeded

    def __enter__(self) -> BareLoop:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._file.unlink(missing_ok=True)
