"""Whole short runs against each other: engines, processes, seeds, and floats against integers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from simulator.agent import Action, View
from simulator.chain.select import select_engine
from simulator.engine import Stopwatch, run
from simulator.errors import MissingComponentError
from simulator.results import load_run
from simulator.risk.margin import magnitude
from simulator.scenario import Scenario, load_scenario
from simulator.sequencer import Sequencer
from underwater.runs import never, run_scenario
from underwater.wiring import build, checker, clock_of

CRASH_HOUR = {"prices.start": "2020-03-12T10:00Z", "prices.hours": 1, "population.accounts": 40}


def crash_hour(**changes: object) -> Scenario:
    return load_scenario("black-thursday").changed(CRASH_HOUR | changes)


def hashes(folder: Path) -> dict[str, str]:
    tables = json.loads((folder / "manifest.json").read_text())["tables"]
    return {name: entry["content_hash"] for name, entry in tables.items()}


def need_revm() -> None:
    try:
        select_engine("revm")
    except MissingComponentError as error:
        pytest.skip(str(error))


def play(folder: Path, seed: int = 1, chain: str = "auto") -> dict[str, str]:
    folder.mkdir()
    assert run_scenario(crash_hour(), seed=seed, chain=chain, folder=folder).status == "complete"
    return hashes(folder)


def test_both_engines_record_the_same_bytes(tmp_path: Path) -> None:
    need_revm()
    assert play(tmp_path / "revm", chain="revm") == play(tmp_path / "pyevm", chain="pyevm")


def test_one_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    here = play(tmp_path / "here")
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.differential.test_runs import play\n"
        "play(Path(sys.argv[1]))\n"
    )
    there = tmp_path / "there"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, str(there)], cwd=root, check=True, timeout=300)
    assert hashes(there) == here
    for table in here:
        left, right = (tmp_path / place / f"{table}.parquet" for place in ("here", "there"))
        assert left.read_bytes() == right.read_bytes()


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    first, second = play(tmp_path / "one", 1), play(tmp_path / "two", 2)
    assert first["system"] != second["system"]


class Auditor:
    """An agent that does nothing but compare the view's floats with the ledger's integers."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.compared = 0
        self.liquidatable = 0

    def act(self, view: View) -> Sequence[Action]:
        if view.block % 5:
            return ()
        pending = np.zeros_like(view.cost)
        pending[:, 0] = view.pending
        scale = magnitude(view.margin, view.notional, view.cost, pending)
        exact = [view.ledger.settled_equity(row) for row in range(len(view.equity))]
        needed = [view.ledger.maintenance(row) for row in range(len(view.equity))]
        error = np.abs(view.equity - np.array([value / 1e18 for value in exact]))
        assert (error <= 1e-12 * scale).all()
        verdict = [row for row, (e, mm) in enumerate(zip(exact, needed, strict=True)) if e < mm]
        assert view.liquidatable.tolist() == verdict
        self.compared += len(exact)
        self.liquidatable += len(verdict)
        return ()

    def learn(self, outcome: object, view: View) -> None:
        pass


class Silence:
    """A journal that records nothing."""

    def block(self, *_: object) -> None:
        pass


def test_the_float_core_agrees_with_the_ledger_and_every_verdict_is_equal() -> None:
    scenario = crash_hour(**{"population.accounts": 200})
    parts = build(scenario, 1, "auto")
    auditor = Auditor(parts.world.maintenance_rate)
    check, _ = checker()
    ending = run(
        parts.chain, parts.world, parts.prices, (auditor, *parts.agents), check, Silence(),
        clock_of(scenario), scenario.blocks, Sequencer(), never, Stopwatch(),
    )  # fmt: skip
    assert ending.status == "complete"
    assert auditor.compared > 10_000
    assert auditor.liquidatable > 0, "nobody came near liquidation: the test sees nothing"
    assert parts.world.ledger.recompute(parts.chain) == []


def test_results_load_with_exact_integers(tmp_path: Path) -> None:
    play(tmp_path / "run")
    results = load_run(tmp_path / "run")
    system = results.table("system")
    assert len(system) == 300
    assert all(isinstance(value, int) for value in system["insurance"].head())
    assert (system["deficit"] >= 0).all()
