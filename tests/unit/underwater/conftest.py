"""The command line in process, with a stand-in for the wiring that runs in no time."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import underwater
from simulator.chain.select import EngineChoice
from underwater.cli import app

_WIRING = '''
    """Answers like underwater.runs, from nothing but its arguments."""

    from dataclasses import dataclass
    from pathlib import Path

    from simulator.errors import RecordError
    from simulator.recorder import claim_out, claim_run_folder

    calls = []
    status = "complete"

    @dataclass
    class RunSummary:
        status: str
        message: str
        values: dict

    @dataclass
    class RunsSummary:
        folder: Path
        report: Path
        runs: tuple

    def measure(scenario, seed, chain="auto"):
        margin = float(scenario.parameters.maintenance_margin)
        impact = float(scenario.impact.coefficient)
        if scenario.population.accounts == 13:
            raise RecordError("accounts = 13: bad luck")
        money = margin * seed * 1e4 * (1 + impact)
        names = (
            "shortfall shortfall_bp forced_notional insurance_used insurance_minimum adl_notional "
            "adl_share socialised fixed_point_extra lowest_basis liquidations transactions"
        )
        values = dict.fromkeys(names.split(), money)
        return values | {"forced_share": 0.55, "underwater_max": seed, "violations": []}

    def run_variants(scenario, **options):
        calls.append((scenario, options))
        runs = options.get("runs", Path("runs"))
        out, stem = options["out"], f"{scenario.name}-seed{options['seed']}"
        folder = claim_out(out) if out else claim_run_folder(runs, stem)
        summaries = []
        for name in options["variants"]:
            options["progress"](1, 2, name)
            values = measure(scenario, options["seed"]) | {
                "variant": name, "run_dir": str(folder), "seed": options["seed"], "blocks": 300,
            }
            if status == "violated":
                values["violations"] = ["PERP-01 (open interest) in block 7"]
            summaries.append(RunSummary(status, f"{name}: {status} in block 7", values))
        (folder / "manifest.json").write_text("{}")
        (folder / "report.html").write_text("")
        return RunsSummary(folder, folder / "report.html", tuple(summaries))
'''


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in, importable by spawned processes too."""
    (tmp_path / "wiring_of_tests.py").write_text(textwrap.dedent(_WIRING), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wiring_of_tests", raising=False)
    module = importlib.import_module("wiring_of_tests")
    monkeypatch.setitem(sys.modules, "underwater.runs", module)
    monkeypatch.setattr(underwater, "runs", module, raising=False)
    fast = EngineChoice("revm")
    monkeypatch.setattr("simulator.chain.select.select_engine", lambda chain: fast)
    yield module
    sys.modules.pop("wiring_of_tests", None)


@pytest.fixture
def underwater_command(
    place: Path, wiring: ModuleType, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Type a command: `underwater_command("replay", "black-thursday")`."""

    def type_in(*words: str) -> Answer:
        try:
            app(list(words), prog_name="underwater")
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Answer(code, captured.out, captured.err)

    return type_in
