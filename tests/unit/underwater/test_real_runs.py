"""The command line with nothing replaced: short runs of the real exchange."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

PATIENCE_SECONDS = 120.0
COMMAND = str(Path(sys.executable).parent / "underwater")
SHORT = ("--accounts", "40", "--from", "2020-03-12T10:00Z", "--hours", "1")


def underwater(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def hashes(folder: Path) -> dict[str, object]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {name: table["content_hash"] for name, table in manifest["tables"].items()}


def test_one_seed_gives_the_same_tables_in_two_processes_and_another_seed_others(
    tmp_path: Path,
) -> None:
    runs = {}
    for name, seed in (("first", "5"), ("again", "5"), ("other", "6")):
        done = underwater(
            *("replay", "black-thursday", *SHORT, "--seed", seed, "--out", name, "--json"),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        runs[name] = json.loads(done.stdout)
        assert runs[name]["run_dir"] == name and runs[name]["violations"] == []
    for table in sorted((tmp_path / "first").glob("*.parquet")):
        assert table.read_bytes() == (tmp_path / "again" / table.name).read_bytes()
    assert hashes(tmp_path / "first") == hashes(tmp_path / "again")
    assert hashes(tmp_path / "first")["system"] != hashes(tmp_path / "other")["system"]


def test_a_sweep_measures_what_a_replay_measures(tmp_path: Path) -> None:
    swept = underwater(
        *("sweep", "black-thursday", *SHORT, "--vary", "variant=base,no-impact"),
        *("--seeds", "2", "--jobs", "2", "--json"),
        cwd=tmp_path,
    )
    assert swept.returncode == 0, swept.stderr
    replayed = underwater(
        *("replay", "black-thursday", *SHORT, "--variant", "no-impact", "--seed", "2", "--json"),
        cwd=tmp_path,
    )
    assert replayed.returncode == 0, replayed.stderr
    measured = duckdb.connect().execute(
        f"SELECT transactions, forced_notional, shortfall, lowest_basis "
        f"FROM '{tmp_path}/runs/black-thursday-sweep-1/runs.parquet' "
        "WHERE variant = 'no-impact' AND seed = 2"
    )
    names = ("transactions", "forced_notional", "shortfall", "lowest_basis")
    run = json.loads(replayed.stdout)
    assert measured.fetchall() == [tuple(run[name] for name in names)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way")
def test_ctrl_c_keeps_what_was_recorded_and_writes_the_report(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "replay", "black-thursday", "--accounts", "40", "--out", "cut"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (tmp_path / "cut" / ".shards").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, talk
    manifest = json.loads((tmp_path / "cut" / "manifest.json").read_text(encoding="utf-8"))
    done = manifest["blocks_done"]
    assert manifest["status"] == "interrupted" and 0 < done < 21_600
    assert f"interrupted after {done} of 21600 blocks" in talk
    assert manifest["tables"]["system"]["rows"] == done
    assert (tmp_path / "cut" / "report.html").is_file()
    assert "Report:  cut/report.html" in table
