"""Functions that spawned processes can import, and a scenario to change."""

from __future__ import annotations

import importlib
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from simulator.scenario import Scenario, load_scenario

_MEASURES = """
    import os
    from pathlib import Path

    from simulator.errors import InputError, PropertyViolation

    def double(number):
        return 2 * number

    def fail_on(number, bad):
        if number == bad:
            raise ZeroDivisionError("by hand")
        return number

    def refuse(number):
        raise InputError("number", number, "is never right")

    def violate(number):
        raise PropertyViolation("PERP-01 does not hold")

    def die(number, bad):
        if number == bad:
            os._exit(9)
        return number

    def die_once(number, mark):
        place = Path(mark)
        if number == 1 and not place.exists():
            place.touch()
            os._exit(9)
        return number

    def process_of(number):
        return os.getpid()

    def unsendable(number):
        return lambda: number

    def measure(scenario, seed, chain):
        margin = float(scenario.parameters.maintenance_margin)
        if seed == 3 and margin > 0.045:
            raise ZeroDivisionError("no luck")
        return {"shortfall": margin * seed, "violations": []}

    def violating(scenario, seed, chain):
        return {"shortfall": 1.0, "violations": ["PERP-01 in block 7"]}

    def silent(scenario, seed, chain):
        return {"violations": []}
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is importable here and, because its folder is on the path, in the workers."""
    (tmp_path / "tasks_of_tests.py").write_text(textwrap.dedent(_MEASURES), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "tasks_of_tests", raising=False)
    return importlib.import_module("tasks_of_tests")


@pytest.fixture(scope="session")
def black_thursday() -> Scenario:
    return load_scenario("black-thursday")
