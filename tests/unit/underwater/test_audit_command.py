"""`underwater audit`, and `underwater run` of what it found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.underwater.conftest import Answer

Command = Callable[..., Answer]

STEPS = ("trader withdraws 5", "trader withdraws 6")


class Tally:
    def as_table(self) -> dict[str, dict[str, object]]:
        return {"fill": {"tries": 9, "successes": 4}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Stand-ins for the audit: what they were asked; a finding if the contract is `broken.vy`."""
    asked: dict[str, object] = {}

    def run_audit(protocol: str, **options: object) -> SimpleNamespace:
        asked.update(options)
        found = SimpleNamespace(
            property="PERP-07", message="PERP-07 is violated", steps=STEPS, path=Path("f.toml")
        )
        finding = found if options["contract"] == "broken.vy" else None
        values = {"protocol": protocol, "finding": finding and {"property": "PERP-07"}}
        return SimpleNamespace(
            finding=finding, examples=5, steps=1234, tally=Tally(), values=values
        )

    def replay_finding(path: Path, **options: object) -> SimpleNamespace:
        asked.update(options, path=path)
        violated = options["contract"] is None
        return SimpleNamespace(
            violated=violated, message="said so", steps=STEPS, values={"violated": violated}
        )

    search = SimpleNamespace(PROTOCOLS=("matched-perp",), run_audit=run_audit)
    monkeypatch.setitem(sys.modules, "audits.search", search)
    findings = SimpleNamespace(replay_finding=replay_finding)
    monkeypatch.setitem(sys.modules, "audits.findings", findings)
    return asked


@pytest.fixture
def finding(place: Path) -> str:
    (place / "f.toml").write_text('kind = "steps"\n', encoding="utf-8")
    return "f.toml"


def test_an_audit_that_finds_nothing_says_what_it_tried(
    underwater_command: Command, asked: dict[str, object]
) -> None:
    answer = underwater_command("audit", "matched-perp", "--examples", "5", "--seed", "3")
    assert answer.code == 0
    assert (asked["examples"], asked["seed"], asked["chain"]) == (5, 3, "auto")
    assert "fill        9          4" in answer.stdout
    assert "after each of 1,234 steps in 5 sequences" in answer.stdout


@pytest.mark.usefixtures("asked")
def test_a_finding_is_printed_step_by_step_with_its_file(underwater_command: Command) -> None:
    answer = underwater_command("audit", "matched-perp", "--contract", "broken.vy")
    assert answer.code == 1
    assert answer.stdout.splitlines() == [
        "PERP-07 is violated",
        "",
        "  1. trader withdraws 5",
        "  2. trader withdraws 6",
        "",
        "Saved:   f.toml",
        "Replay:  underwater run f.toml",
    ]


@pytest.mark.usefixtures("asked")
def test_an_audit_in_json_is_one_object(underwater_command: Command) -> None:
    answer = underwater_command("audit", "matched-perp", "--contract", "broken.vy", "--json")
    assert answer.code == 1
    assert json.loads(answer.stdout)["finding"] == {"property": "PERP-07"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "matched-prep"), "PROTOCOL = 'matched-prep': must be one of matched-perp"),
        (("audit", "matched-perp", "--examples", "0"), "--examples = '0': must be a whole number"),
        (("audit", "matched-perp", "--examples", "x"), "--examples = 'x': must be a whole number"),
        (("audit", "matched-perp", "--seed", "-1"), "--seed = '-1': must be a whole number"),
        (("audit", "matched-perp", "--chain", "x"), "--chain = 'x': must be one of auto"),
        (("run", "f.toml", "--seed", "1"), "--seed = '1': does not apply to a finding"),
        (("run", "f.toml", "--from", "x"), "--from = 'x': does not apply to a finding"),
    ],
)
@pytest.mark.usefixtures("asked", "finding")
def test_a_bad_value_is_refused_before_anything_is_tried(
    underwater_command: Command, asked: dict[str, object], words: tuple[str, ...], said: str
) -> None:
    answer = underwater_command(*words)
    assert answer.code == 2 and answer.stdout == "" and asked == {}
    assert said in answer.stderr


def test_ctrl_c_says_how_far_the_audit_got(
    underwater_command: Command, asked: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def struck(_: str, *, progress: Callable[[int, int, str], None], **__: object) -> None:
        progress(7, 200, "examples")
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["audits.search"], "run_audit", struck)
    answer = underwater_command("audit", "matched-perp")
    assert answer.code == 130
    assert "the audit broke off after 7 of 200 examples" in answer.stderr


def test_running_a_finding_replays_its_steps(
    underwater_command: Command, asked: dict[str, object], finding: str
) -> None:
    answer = underwater_command("run", finding)
    assert answer.code == 1
    assert answer.stdout.splitlines() == [
        "  1. trader withdraws 5",
        "  2. trader withdraws 6",
        "said so",
    ]
    assert asked["path"] == Path(finding)


def test_a_finding_that_no_longer_breaks_is_exit_0(
    underwater_command: Command, asked: dict[str, object], finding: str
) -> None:
    answer = underwater_command("run", finding, "--contract", "fixed.vy", "--json")
    assert answer.code == 0
    assert json.loads(answer.stdout) == {"violated": False}
    assert asked["contract"] == "fixed.vy"
