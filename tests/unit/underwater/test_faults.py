"""What is left after Ctrl-C, after a kill, and on a full disk. Real processes, short runs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.recorder import recover
from simulator.results import load_run
from tests.unit.underwater.runs import (
    ACCOUNTS,
    WITH_REVM,
    manifest_of,
)

if sys.platform == "win32":
    pytest.skip("signals and limits are POSIX", allow_module_level=True)

import resource

pytestmark = WITH_REVM

PATIENCE_SECONDS = 120.0
COMMAND = str(Path(sys.executable).parent / "underwater")
FULL_EVENT_BLOCKS = 21_600
WHOLE_EVENT = ("replay", "black-thursday", "--accounts", "40")
EVERYBODY = ("--record", "accounts=all")
"""49 rows a block: a shard every 147 blocks, so that something is flushed soon."""


def start(
    place: Path, *words: str, limit: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *words],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def flushed(run: Path) -> Callable[[], bool]:
    """Whether a second shard of the accounts is on disk."""
    return lambda: (run / ".shards" / "accounts" / "000002.parquet").exists()


@pytest.mark.parametrize("chain", ["auto", "revm"])
def test_ctrl_c_keeps_the_run_so_far_with_manifest_and_report(tmp_path: Path, chain: str) -> None:
    cut = tmp_path / "cut"
    process = start(tmp_path, *WHOLE_EVENT, *EVERYBODY, "--chain", chain, "--out", "cut")
    wait_for(flushed(cut), process)
    process.send_signal(signal.SIGINT)
    table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, talk
    manifest = manifest_of(cut)
    done = manifest["blocks_done"]
    assert manifest["status"] == "interrupted" and 147 < done < FULL_EVENT_BLOCKS
    assert f"interrupted after {done} of {FULL_EVENT_BLOCKS} blocks" in talk
    results = load_run(cut)
    assert results.table("system")["block"].tolist() == list(range(done))
    assert len(results.table("accounts")) == done * ACCOUNTS
    assert len(results.table("margin_histogram")) == done
    assert not (cut / ".shards").exists()
    assert (cut / "report.html").stat().st_size > 10_000
    assert "Report:  cut/report.html" in table


def test_ctrl_c_during_one_variant_starts_no_other(tmp_path: Path) -> None:
    words = (*WHOLE_EVENT, *EVERYBODY, "--variant", "base,no-impact", "--out", "cut")
    process = start(tmp_path, *words)
    wait_for(flushed(tmp_path / "cut" / "base"), process)
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, talk
    assert manifest_of(tmp_path / "cut")["variants"] == ["base"]
    assert not (tmp_path / "cut" / "no-impact").exists()
    assert (tmp_path / "cut" / "report.html").is_file()


def test_what_was_flushed_before_a_kill_loads_and_can_be_merged(tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    process = start(tmp_path, *WHOLE_EVENT, *EVERYBODY, "--out", "killed")
    wait_for(flushed(killed), process)
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == -signal.SIGKILL
    results = load_run(killed)
    assert results.manifest["status"] == "unfinished"
    accounts = results.table("accounts")
    blocks = len(results.table("system"))
    assert blocks >= 2 * 147
    assert results.table("system")["block"].tolist() == list(range(blocks))
    assert len(results.table("margin_histogram")) >= blocks - 1
    records = recover(killed)
    assert {name: record.rows for name, record in records.items()}["system"] == blocks
    assert not (killed / ".shards").exists()
    merged = load_run(killed).table("accounts")
    assert merged.equals(accounts)


def test_a_killed_run_leaves_its_number_taken(tmp_path: Path) -> None:
    first = tmp_path / "runs" / "black-thursday-seed1-1"
    process = start(tmp_path, *WHOLE_EVENT, *EVERYBODY)
    wait_for(flushed(first), process)
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    short = ("--from", "2020-03-12T10:00Z", "--hours", "1")
    again = start(tmp_path, *WHOLE_EVENT, *short)
    _, talk = again.communicate(timeout=PATIENCE_SECONDS)
    assert again.returncode == 0, talk
    assert manifest_of(tmp_path / "runs" / "black-thursday-seed1-2")["status"] == "complete"
    assert load_run(first).manifest["status"] == "unfinished"


def small_files(most_bytes: int) -> Callable[[], None]:
    """A limit on the size of any file stands in for a full disk: the write fails in the middle."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return limit


def test_a_full_disk_is_exit_2_and_says_how_far_the_run_got(tmp_path: Path) -> None:
    limit = small_files(70_000)  # a shard of the accounts has about as much
    process = start(tmp_path, *WHOLE_EVENT, *EVERYBODY, "--out", "full", limit=limit)
    table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, table) == (2, ""), talk
    done = blocks_told(talk)
    assert 100 < done < FULL_EVENT_BLOCKS
    assert re.search(rf"results could not be written.*after {done} of 21600 blocks of base", talk)
    assert "Traceback" not in talk
    kept = load_run(tmp_path / "full").table("system")
    assert 100 < len(kept) <= done + 1
    assert kept["block"].tolist() == list(range(len(kept)))
    manifest = manifest_of(tmp_path / "full")
    assert (manifest["status"], manifest["blocks_done"]) == ("interrupted", done)
    assert "results could not be written" in manifest["message"]


def test_a_disk_that_is_full_only_at_the_end_is_no_success_either(tmp_path: Path) -> None:
    hour = ("--from", "2020-03-12T10:00Z", "--hours", "1")
    limit = small_files(20_000)  # less than the system's 300 rows
    process = start(tmp_path, *WHOLE_EVENT, *hour, "--out", "full", limit=limit)
    table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, table) == (2, ""), talk
    assert blocks_told(talk) == 300
    assert len(load_run(tmp_path / "full").table("liquidations")) > 0, "small tables still fit"


def blocks_told(talk: str) -> int:
    """How far the run says it got, every time it says so."""
    said = {told.replace(",", "") for told in re.findall(r"after ([\d,]+) of [\d,]+ blocks", talk)}
    assert len(said) == 1, talk
    return int(said.pop())


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    process = start(tmp_path, *WHOLE_EVENT, "--out", "file")
    table, talk = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, table) == (2, "")
    assert "is a file; name a folder" in talk and talk.count("\n") <= 2
    assert (tmp_path / "file").read_text(encoding="utf-8") == "not a folder"
