"""Ctrl-C once asks, twice leaves at once; a sweep keeps what is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from underwater.commands.interrupt import stoppable

PATIENCE_SECONDS = 20.0

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")

_ASKS = """
    import sys, time
    from underwater.commands.interrupt import stoppable
    with stoppable() as stop:
        print("started", flush=True)
        while not stop():
            time.sleep(0.01)
        print("stopped", flush=True)
        while sys.argv[1] == "stays":
            time.sleep(0.01)
    sys.exit(7)
"""

_SWEEPS = """
    import sys
    import simulator.chain.select as engines
    import underwater
    from underwater.cli import main
    import slow_wiring

    sys.modules["underwater.runs"] = underwater.runs = slow_wiring
    engines.select_engine = lambda chain: engines.EngineChoice("revm")
    if __name__ == "__main__":
        sys.argv[1:] = [
            *("sweep", "black-thursday", "--vary", "variant=base,no-impact", "--seeds", "3"),
            *("--jobs", "1", "--out", "here"),
        ]
        main()
"""

_SLOW_WIRING = """
    import time
    from pathlib import Path
    from underwater.sweeps.metrics import KEYS

    def measure(scenario, seed, chain):
        if seed == 2:
            Path("second-run-began").touch()
            time.sleep(60)
        return dict.fromkeys(KEYS, 1.0) | {"violations": []}
"""


@contextmanager
def running(program: str, *words: str, cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *([] if program.endswith(".py") else ["-c"]), program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(happened: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_ctrl_c_asks_to_stop_and_the_work_ends_itself() -> None:
    with running(textwrap.dedent(_ASKS), "ends") as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        rest, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert (rest, process.returncode) == ("stopped\n", 7)
    assert "Stopping after this block; Ctrl-C again leaves at once." in talk


def test_a_second_ctrl_c_leaves_at_once() -> None:
    with running(textwrap.dedent(_ASKS), "stays") as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert "Left at once" in talk


def test_the_handler_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as stop:
        assert signal.getsignal(signal.SIGINT) is not before
        assert not stop()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_sweep_keeps_the_runs_that_are_done(tmp_path: Path) -> None:
    connection = duckdb.connect()
    (tmp_path / "slow_wiring.py").write_text(textwrap.dedent(_SLOW_WIRING), encoding="utf-8")
    (tmp_path / "program.py").write_text(textwrap.dedent(_SWEEPS), encoding="utf-8")
    with running("program.py", cwd=tmp_path) as process:
        wait_for(tmp_path / "second-run-began")
        process.send_signal(signal.SIGINT)
        table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, talk
    assert "Interrupted after 1 of 6 runs" in table
    assert "Stopping the runs; Ctrl-C again leaves at once." in talk
    rows = connection.execute(f"SELECT status FROM '{tmp_path}/here/runs.parquet'").fetchall()
    assert [status for (status,) in rows] == ["complete", *["not run"] * 5]
    assert (tmp_path / "here" / "report.html").is_file()
