"""`underwater sweep`: values of parameters against each other, paired by seed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.experiment import checked_cells, parse_grid, run_experiment
from simulator.recorder import claim_out, claim_run_folder
from simulator.scenario import Scenario
from underwater import console
from underwater.commands import scenarios
from underwater.commands.contracts import check_contracts
from underwater.commands.engines import announce_engine
from underwater.commands.failures import GOOD, INTERRUPTED, REFUSED, VIOLATED
from underwater.commands.interrupt import stoppable
from underwater.commands.options import chain_name, whole_number
from underwater.sweeps.metrics import KEYS
from underwater.sweeps.model import Sweep

MOST_SEEDS: Final = 100_000
MOST_JOBS: Final = 256
_CODES: Final = {"interrupted": INTERRUPTED, "violated": VIOLATED, "failed": REFUSED}


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """The options of sweep as typed; None where not given."""

    vary: tuple[str, ...] = ()
    seeds: str | None = None
    jobs: str | None = None
    accounts: str | None = None
    start: str | None = None
    hours: str | None = None
    chain: str | None = None
    contract: str | None = None
    out: str | None = None
    json: bool = False


def sweep(name: str, options: SweepOptions) -> int:
    """Run every cell with every seed, then write tables and report, and print the table."""
    changes = scenarios.Changes(options.accounts, options.start, options.hours, options.contract)
    scenario = scenarios.changed_scenario(scenarios.named_scenario(name), changes)
    grid = parse_grid(options.vary)
    cells = checked_cells(scenario, grid)
    for cell in cells:
        scenarios.check_horizon_of(cell.scenario)
    seeds = range(1, 1 + _count("--seeds", options.seeds, 1, MOST_SEEDS))
    jobs = _count("--jobs", options.jobs, os.cpu_count() or 1, MOST_JOBS)
    chain = chain_name(options.chain)
    engine = announce_engine(chain)
    contracts = check_contracts(cell.scenario.contract for cell in cells)
    folder = _claim(scenario, options.out)

    from underwater.runs import measure

    began = time.perf_counter()
    with stoppable("Stopping the runs") as stop, console.progress("runs") as progress:
        rows = run_experiment(
            cells,
            seeds=seeds,
            measure=measure,
            metrics=KEYS,
            chain=chain,
            jobs=jobs,
            stop=stop,
            progress=lambda done, total: progress(done, total, "sweep"),
        )
        done = Sweep.of(scenario, grid, seeds, engine, rows)
        seconds = {"total": time.perf_counter() - began, "jobs": jobs}
        report = _write(folder, done, contracts, seconds)
    _show(done, folder, report, as_json=options.json)
    return _CODES.get(done.status, GOOD)


def _count(option: str, text: str | None, default: int, most: int) -> int:
    return default if text is None else whole_number(option, text, 1, most)


def _claim(scenario: Scenario, out: str | None) -> Path:
    if out is not None:
        return claim_out(Path(out))
    return claim_run_folder(Path("runs"), f"{scenario.name}-sweep")


def _write(folder: Path, done: Sweep, contracts: dict[str, str], seconds: dict[str, float]) -> Path:
    from simulator.results import write_manifest, write_timings
    from underwater.report.sweep import write_sweep_report
    from underwater.sweeps.files import write_tables
    from underwater.sweeps.manifest import sweep_manifest

    records = write_tables(folder, done)
    write_manifest(folder, sweep_manifest(done, records, contracts))
    write_timings(folder, seconds)
    return write_sweep_report(folder, done)


def _show(done: Sweep, folder: Path, report: Path, *, as_json: bool) -> None:
    from underwater.sweeps.files import summary
    from underwater.sweeps.words import explanation, table_text

    if as_json:
        console.print_json({"run_dir": str(folder), "report": str(report), **summary(done)})
        return
    console.print_result(table_text(done))
    console.print_result("")
    for line in explanation(done):
        console.print_result(line)
    console.print_result(f"Results: {folder}")
    console.print_result(f"Report:  {report}")
