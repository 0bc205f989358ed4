"""Finding files: complete, replayable, and refused with field, value and rule when they are bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from audits.deployment import open_world
from audits.findings import load_finding, replay_finding, save_finding
from audits.properties import Violation
from audits.setup import default_parameters, default_setup
from audits.steps import Step, Wait
from audits.world import AuditWorld
from simulator.agent import ConfirmPrice, Deposit, Fill, Quote, Settle, UpdatePrice, Withdraw
from simulator.errors import InputError
from simulator.scenario import read_document

WAD = 10**18
VIOLATION = Violation("PERP-07", "a step", 3, -1, 'He said "no"\\.')
STEPS: list[Step] = [
    Quote(1, 0, 0, 0, 201 * WAD, 5 * WAD),
    Fill(0, 1, 0, WAD + 10**12, 201 * WAD),
    Wait(3_600),
    UpdatePrice(0, 190 * WAD, -WAD // 100),
    ConfirmPrice(1),
    Settle(2, 0),
    Deposit(0, 1),
    Withdraw(0, 1_000_000),
]


@pytest.fixture(scope="module")
def world() -> AuditWorld:
    return open_world(default_setup(), default_parameters())


@pytest.fixture
def saved(world: AuditWorld, tmp_path: Path) -> Path:
    return save_finding(world, STEPS, VIOLATION, 7, tmp_path / "findings")


def spoiled(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_saved_finding_reads_back_whole(world: AuditWorld, saved: Path) -> None:
    document, steps = load_finding(saved)
    assert steps == STEPS
    assert document.seed == 7
    assert document.violated.message == VIOLATION.message
    assert document.set_up == world.setup and document.parameters == world.parameters
    assert document.contract.path == "matched-perp"
    assert document.contract.source_hash == world.contract.source_hash


def test_a_finding_is_a_scenario_file_of_steps(saved: Path) -> None:
    document = read_document(saved)
    assert (document["format"], document["kind"]) == (1, "steps")
    assert document["steps"][1] == {
        "actor": "trader",
        "action": "fill",
        "maker": "maker",
        "market": "ETH",
        "size": "1.000001",
        "limit_price": "201",
    }
    assert document["steps"][2] == {"wait": 3_600}


def test_a_finding_begins_with_its_story_as_comments(saved: Path) -> None:
    first = saved.read_text(encoding="utf-8").splitlines()
    assert first[0] == f"# {VIOLATION.message}"
    assert first[1] == "# t=+0 s maker asks 201 for 5 in ETH"


def test_findings_are_numbered_and_never_overwritten(world: AuditWorld, tmp_path: Path) -> None:
    paths = [save_finding(world, STEPS, VIOLATION, 7, tmp_path) for _ in range(3)]
    assert [path.name for path in paths] == [f"PERP-07-seed7-{number}.toml" for number in (1, 2, 3)]


def test_a_replay_that_breaks_nothing_says_so(saved: Path) -> None:
    replay = replay_finding(saved)
    assert not replay.violated and replay.exit_code == 0
    assert replay.message == "PERP-07 holds: the violation does not occur any more."
    assert len(replay.steps) == len(STEPS) - 1


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("format = 1", "format = 2", "format"),
        ('kind = "steps"', 'kind = "run"', "kind"),
        ('protocol = "matched-perp"', 'protocol = "gmx"', "protocol"),
        ("seed = 7", "seed = -7", "seed"),
        ("seed = 7", "seed = 7\nspeed = 3", "speed"),
        ('property = "PERP-07"', 'property = "PERP-99"', "violated.property"),
        ('source_hash = "', 'source_hash = "x', "contract.source_hash"),
        ('initial_margin = "0.1"', 'initial_margin = "0.05"', "parameters"),
        ('price = "200"', 'price = "-200"', "set_up.markets.0.price"),
        ('name = "maker"', 'name = "trader"', "set_up"),
        ('name = "maker"', 'name = "adl keeper"', "set_up"),
        ('actor = "trader"', 'actor = "ghost"', "steps[2].actor"),
        ("wait = 3600", 'wait = "3600"', "steps[3].wait"),
    ],
)
def test_a_bad_finding_is_refused_by_field(saved: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_finding(spoiled(saved, old, new))
    assert refusal.value.field == f"{saved.name}: {field}"


def test_a_finding_without_steps_is_refused(saved: Path) -> None:
    text = saved.read_text(encoding="utf-8")
    saved.write_text(text[: text.index("[[steps]]")], encoding="utf-8")
    with pytest.raises(InputError, match="steps"):
        load_finding(saved)


def test_a_finding_whose_contract_is_gone_is_refused(saved: Path) -> None:
    spoiled(saved, 'path = "matched-perp"', 'path = "gone.vy"')
    with pytest.raises(InputError, match=r"gone\.vy"):
        replay_finding(saved)
