"""What the doctor sees, and when it says that a run is possible."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable

import pytest

from tests.unit.underwater.conftest import Answer
from underwater import doctor

Command = Callable[..., Answer]


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where the parts of the checkout that this test is not about are whole."""
    monkeypatch.setattr(doctor, "_folder", lambda name, *_: doctor.Check(name, "ok", "here"))


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *rest: object) -> object:
        if name == "underwater_evm":
            raise ModuleNotFoundError(name)
        return original(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)


def find(name: str) -> doctor.Check:
    (check,) = [check for check in doctor.examine() if check.name == name]
    return check


@pytest.mark.usefixtures("healthy")
def test_a_whole_installation_can_run(underwater_command: Command) -> None:
    answer = underwater_command("doctor")
    assert answer.code == 0
    assert answer.stdout.endswith("A run is possible.\n")


@pytest.mark.usefixtures("healthy", "without_engine")
@pytest.mark.parametrize(
    ("cargo", "remedy"),
    [
        (None, "install Rust 1.91 or newer (rustup)"),
        ((1, 80, 0), "update Rust to 1.91 or newer"),
        ((1, 95, 0), "`make demo` builds it"),
    ],
)
def test_without_the_engine_it_says_how_to_get_it_and_a_run_is_possible(
    underwater_command: Command,
    monkeypatch: pytest.MonkeyPatch,
    cargo: tuple[int, ...] | None,
    remedy: str,
) -> None:
    monkeypatch.setattr(doctor, "cargo_version", lambda: cargo)
    answer = underwater_command("doctor")
    assert answer.code == 0
    assert f"To get engine revm: {remedy}" in answer.stdout


@pytest.mark.usefixtures("healthy", "without_engine")
def test_without_any_engine_no_run_is_possible(
    underwater_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    answer = underwater_command("doctor", "--json")
    value = json.loads(answer.stdout)
    assert answer.code == 2 and value["possible"] is False
    missing = [check["name"] for check in value["checks"] if check["state"] == "missing"]
    assert missing == ["an engine"]


@pytest.mark.usefixtures("healthy")
def test_a_missing_package_makes_a_run_impossible(
    underwater_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_NEEDED", ("numpy", "no-such-package"))
    answer = underwater_command("doctor")
    assert answer.code == 2
    assert "missing   no-such-package" in answer.stdout
    assert "No run is possible" in answer.stdout


def test_a_missing_fixture_is_named() -> None:
    check = doctor._folder("fixtures", "scenarios/black-thursday.toml", "scenarios/nothing.toml")
    assert check.state == "missing" and check.found.startswith("scenarios/nothing.toml not in")


def test_history_data_is_looked_for_where_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("UNDERWATER_HISTORY", str(tmp_path))
    assert find("history data").found == str(tmp_path)
