"""One scenario per kind of fault: alone it causes a shortfall, and the report says so."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from simulator.chain.select import select_engine
from simulator.results import load_run
from simulator.scenario import Fault, load_scenario, scenario_names
from underwater.runs import run_variants

PREFIX = "fault-"
NAMES = [name for name in scenario_names() if name.startswith(PREFIX)]
ALONE = "The fault alone causes the shortfall of"

needs_speed = pytest.mark.skipif(
    select_engine("auto").name != "revm", reason="too slow on the reference engine"
)


def kinds() -> set[str]:
    """All kinds of fault there are."""
    union = get_args(Fault)[0]
    return {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(union)}


def test_every_kind_of_fault_has_its_scenario() -> None:
    shown = {name: [fault.kind for fault in load_scenario(name).faults] for name in NAMES}
    assert shown == {f"{PREFIX}{kind.replace('_', '-')}": [kind] for kind in kinds()}


@needs_speed
@pytest.mark.parametrize("name", NAMES)
def test_the_fault_alone_causes_the_shortfall_and_the_report_says_so(
    name: str, tmp_path: Path
) -> None:
    scenario = load_scenario(name)
    runs = run_variants(scenario, variants=("base", "fault-free"), seed=1, out=tmp_path / "run")
    faulty, twin = (run.values for run in runs.runs)
    assert [run.status for run in runs.runs] == ["complete", "complete"]
    assert float(str(faulty["shortfall"])) > 1_000 and twin["shortfall"] == 0.0
    assert faulty["faults"] and twin["faults"] == []
    assert ALONE in runs.report.read_text(encoding="utf-8")
    rows = load_run(runs.folder / "base").table("faults")
    fault = scenario.faults[0]
    assert rows["phase"].tolist() == ["begins", "ends"]
    assert rows["block"].tolist() == [fault.start_block, fault.end_block - 1]
    assert len(load_run(runs.folder / "fault-free").table("faults")) == 0


@needs_speed
def test_a_median_of_three_venues_does_not_follow_one(tmp_path: Path) -> None:
    scenario = load_scenario("fault-single-venue").changed({"oracle.venues": 3})
    runs = run_variants(scenario, variants=("base", "fault-free"), seed=1, out=tmp_path / "run")
    assert [run.values["shortfall"] for run in runs.runs] == [0.0, 0.0]
    assert "The fault changes nothing" in runs.report.read_text(encoding="utf-8")
