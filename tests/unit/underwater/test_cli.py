"""The command line: exit codes, one line per refusal, results on stdout and talk on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from simulator.chain.select import EngineChoice
from tests.unit.underwater.conftest import Answer

Command = Callable[..., Answer]

REPLAY = ("replay", "black-thursday")
SWEEP = ("sweep", "black-thursday")
MARGINS = ("--vary", "parameters.maintenance_margin=0.03:0.05:0.01")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "black-tuesday"), "EVENT = 'black-tuesday': must be one of"),
        (("replay", "black-thusday"), "did you mean black-thursday?"),
        (("run", "nowhere.toml"), "SCENARIO = 'nowhere.toml': is neither a file nor one of"),
        ((*REPLAY, "--seed", "-1"), "--seed = '-1': must be a whole number"),
        ((*REPLAY, "--seed", "1.5"), "--seed = '1.5': must be a whole number"),
        ((*REPLAY, "--seed", ""), "--seed = '': must be a whole number"),
        ((*REPLAY, "--seed", "9" * 20), "must be a whole number from 0 to 9,223,372"),
        ((*REPLAY, "--accounts", "many"), "--accounts = 'many': must be a whole number"),
        ((*REPLAY, "--accounts", "0"), "--accounts = '0': must be a whole number"),
        ((*REPLAY, "--accounts", "5"), "--accounts = 5: must be greater than or equal"),
        ((*REPLAY, "--accounts", "1000000"), "--accounts = 1000000: must be less than"),
        ((*REPLAY, "--hours", "0"), "--hours = '0': must be a whole number of at least 1"),
        ((*REPLAY, "--hours", "two"), "--hours = 'two': must be a whole number"),
        ((*REPLAY, "--hours", "73"), "--hours = 73: must be at most 72"),
        (
            (*REPLAY, "--from", "2020-03-13T23:00Z", "--hours", "2"),
            "--hours = 2: must be at most 1",
        ),
        ((*REPLAY, "--from", "yesterday"), "--from = 'yesterday': must be a full hour in UTC"),
        ((*REPLAY, "--from", "2020-03-12T10:00"), "must be a full hour in UTC"),
        ((*REPLAY, "--from", "2020-03-12T10:30Z"), "must be a full hour in UTC"),
        ((*REPLAY, "--from", "2020-03-10T23:00Z"), "--from = '2020-03-10T23:00Z': must lie inside"),
        ((*REPLAY, "--from", "2020-03-14T00:00Z"), "--from = '2020-03-14T00:00Z': must lie inside"),
        ((*REPLAY, "--variant", "no-imapct"), "--variant = 'no-imapct': must be one of base"),
        ((*REPLAY, "--variant", "base,base"), "--variant = 'base,base': names a variant twice"),
        ((*REPLAY, "--chain", "geth"), "--chain = 'geth': must be one of auto, revm, pyevm"),
        ((*REPLAY, "--record", "all"), "--record = 'all': must be one of accounts=all"),
        ((*REPLAY, "--contract", "Nothing.vy"), "--contract = 'Nothing.vy': must be matched-perp"),
        (SWEEP, "--vary = '': is needed at least once"),
        ((*SWEEP, "--vary", "a"), "--vary = 'a': must read path=start:stop:step"),
        ((*SWEEP, "--vary", "a.b=1,2"), "--vary = 'a.b': there is no such field"),
        ((*SWEEP, "--vary", "variant=base,x"), "--vary variant = 'x': must be one of base"),
        (
            (*SWEEP, "--vary", "parameters.maintenance_margin=0.05:0.10:0.01"),
            "must be below initial_margin",
        ),
        (
            (*SWEEP, "--vary", "prices.hours=72,73"),
            "prices.hours = 73: must be at most 72",
        ),
        ((*SWEEP, *MARGINS, "--seeds", "0"), "--seeds = '0': must be a whole number from 1"),
        ((*SWEEP, *MARGINS, "--seeds", "-2"), "--seeds = '-2': must be a whole number from 1"),
        ((*SWEEP, *MARGINS, "--jobs", "x"), "--jobs = 'x': must be a whole number from 1"),
        ((*SWEEP, *MARGINS, "--jobs", "0"), "--jobs = '0': must be a whole number from 1"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_and_nothing_is_written(
    underwater_command: Command, place: Path, words: tuple[str, ...], said: str
) -> None:
    answer = underwater_command(*words)
    assert answer.code == 2
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1 and answer.stderr.startswith("underwater: ")
    assert said in answer.stderr
    assert list(place.iterdir()) == []


def test_an_unknown_option_is_refused(underwater_command: Command) -> None:
    answer = underwater_command(*REPLAY, "--sede", "1")
    assert answer.code == 2 and "--sede" in answer.stderr and answer.stdout == ""


def test_a_folder_that_holds_a_run_is_refused_and_left_alone(
    underwater_command: Command, place: Path
) -> None:
    assert underwater_command(*REPLAY, "--out", "here").code == 0
    before = sorted(place.rglob("*"))
    for again in (REPLAY, (*SWEEP, *MARGINS)):
        answer = underwater_command(*again, "--out", "here")
        assert answer.code == 2
        assert "out = 'here': already holds a run" in answer.stderr
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("format = ", "is not valid TOML"),
        ("format = 1", "broken.toml: name"),
        ("format = 1\nunknown = 3", "broken.toml"),
    ],
)
def test_a_broken_scenario_file_is_refused(
    underwater_command: Command, place: Path, content: str, said: str
) -> None:
    (place / "broken.toml").write_text(content, encoding="utf-8")
    for command in (("run", "broken.toml"), ("sweep", "broken.toml", *MARGINS)):
        answer = underwater_command(*command)
        assert answer.code == 2 and said in answer.stderr and answer.stdout == ""
    assert [path.name for path in place.iterdir()] == ["broken.toml"]


def test_a_replay_prints_a_table_and_where_the_report_is(
    underwater_command: Command, place: Path
) -> None:
    answer = underwater_command(*REPLAY, "--variant", "base,no-impact")
    assert answer.code == 0 and answer.stderr == ""
    assert "bad debt (shortfall), USD" in answer.stdout
    assert answer.stdout.splitlines()[0].split() == ["base", "no-impact"]
    assert answer.stdout.splitlines()[-1] == "Report:  runs/black-thursday-seed1-1/report.html"


def test_options_reach_the_run(underwater_command: Command, wiring: ModuleType) -> None:
    options = ["--seed", "7", "--accounts", "100", "--chain", "pyevm", "--hours", "3"]
    options += ["--from", "2020-03-12T10:00Z"]
    answer = underwater_command(*REPLAY, *options, "--record", "accounts=all", "--out", "there")
    assert answer.code == 0
    ((scenario, given),) = wiring.calls
    assert scenario.population.accounts == 100
    assert scenario.prices.start.isoformat() == "2020-03-12T10:00:00+00:00"
    assert scenario.prices.hours == 3
    assert (given["seed"], given["chain"], given["out"]) == (7, "pyevm", Path("there"))
    assert given["record_all_accounts"] and given["variants"] == ("base",)


def test_a_start_without_hours_runs_to_the_end_of_the_event(
    underwater_command: Command, wiring: ModuleType
) -> None:
    assert underwater_command(*REPLAY, "--from", "2020-03-13T20:00Z").code == 0
    ((scenario, _),) = wiring.calls
    assert scenario.prices.hours == 4


def test_json_is_one_object_with_every_variant(underwater_command: Command) -> None:
    answer = underwater_command(*REPLAY, "--variant", "base,no-impact", "--json")
    value = json.loads(answer.stdout)
    assert answer.code == 0 and answer.stderr == ""
    assert {"run_dir", "seed", "blocks", "transactions", "liquidations", "shortfall"} <= set(value)
    assert {"insurance_minimum", "adl_notional", "violations"} <= set(value)
    assert value["variant"] == "base" and value["run_dir"] == "runs/black-thursday-seed1-1"
    assert [run["variant"] for run in value["variants"]] == ["base", "no-impact"]


@pytest.mark.parametrize(
    ("status", "code"), [("complete", 0), ("violated", 1), ("failed", 2), ("interrupted", 130)]
)
def test_the_exit_code_says_how_it_ended(
    underwater_command: Command,
    wiring: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    code: int,
) -> None:
    monkeypatch.setattr(wiring, "status", status)
    answer = underwater_command(*REPLAY)
    assert answer.code == code
    assert ("base: " + status in answer.stderr) == (code != 0)
    assert ("VIOLATED in base: PERP-01" in answer.stdout) == (code == 1)


def test_a_slow_engine_is_announced_in_one_line(
    underwater_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = EngineChoice("pyevm", "py-evm is slow")
    monkeypatch.setattr("simulator.chain.select.select_engine", lambda chain: slow)
    answer = underwater_command(*REPLAY, "--json")
    assert answer.stderr == "py-evm is slow\n"
    json.loads(answer.stdout)


def test_a_fault_of_ours_is_one_line_and_keeps_the_traceback(
    underwater_command: Command, wiring: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(wiring, "run_variants", lambda *_, **__: 1 // 0)
    answer = underwater_command(*REPLAY)
    assert answer.code == 2 and answer.stderr.count("\n") == 1
    assert "unexpected ZeroDivisionError" in answer.stderr
    (kept,) = tmp_path.glob("underwater-error-*.txt")
    assert str(kept) in answer.stderr and "1 // 0" in kept.read_text(encoding="utf-8")


def test_a_full_disk_is_exit_2_and_says_how_far_the_run_got(
    underwater_command: Command, wiring: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, progress: Callable[[int, int, str], None], **__: object) -> None:
        progress(1200, 21_600, "no-impact")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(wiring, "run_variants", full)
    answer = underwater_command(*REPLAY)
    assert answer.code == 2 and "the disk is full" in answer.stderr
    assert "no-impact broke off after 1,200 of 21,600 blocks" in answer.stderr


def test_the_version_is_printed(underwater_command: Command) -> None:
    answer = underwater_command("--version")
    assert answer.code == 0 and answer.stdout.startswith("underwater 0.")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from underwater.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pydantic', 'rich', 'pandas', 'duckdb', 'vyper', 'web3', 'eth'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
    for name in ("replay", "run", "audit", "sweep", "doctor"):
        assert f"\n  {name} " in done.stdout
