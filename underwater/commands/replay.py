"""`underwater replay` and `underwater run`: one scenario, one seed, some variants."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.scenario import BASE_VARIANT, Scenario
from underwater import console
from underwater.commands import scenarios
from underwater.commands.contracts import check_contracts
from underwater.commands.engines import announce_engine
from underwater.commands.failures import GOOD, VIOLATED
from underwater.commands.interrupt import stoppable, told_how_far
from underwater.commands.options import (
    chain_name,
    records_all_accounts,
    seed_number,
    variant_names,
)
from underwater.commands.outcome import exit_code, show_runs

if TYPE_CHECKING:
    from underwater.outcome import RunsSummary


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of replay and run as typed; None where not given."""

    seed: str | None = None
    accounts: str | None = None
    start: str | None = None
    hours: str | None = None
    variant: str | None = None
    chain: str | None = None
    contract: str | None = None
    record: str | None = None
    out: str | None = None
    note: str | None = None
    json: bool = False


def replay(event: str, options: RunOptions) -> int:
    """Run the scenario of a historical event."""
    return _perform(scenarios.event_scenario(event), options)


def run(scenario: str, options: RunOptions) -> int:
    """Run a scenario by file or name, or replay the finding of an audit."""
    if scenarios.is_finding(scenario):
        return _replay_finding(Path(scenario), options)
    return _perform(scenarios.named_scenario(scenario), options)


def _perform(scenario: Scenario, options: RunOptions) -> int:
    changes = scenarios.Changes(options.accounts, options.start, options.hours, options.contract)
    scenario = scenarios.changed_scenario(scenario, changes)
    known = (BASE_VARIANT, *scenario.variants)
    variants = variant_names(options.variant, known, scenarios.default_variants(scenario))
    seed = seed_number(options.seed)
    chain = chain_name(options.chain)
    everything = records_all_accounts(options.record)
    announce_engine(chain)
    check_contracts([scenario.contract])
    out = None if options.out is None else Path(options.out)
    runs = _run(scenario, variants, seed, chain, out, everything, options.note)
    show_runs(runs, as_json=options.json)
    return exit_code(runs)


def _run(
    scenario: Scenario,
    variants: tuple[str, ...],
    seed: int,
    chain: str,
    out: Path | None,
    everything: bool,
    note: str | None,
) -> RunsSummary:
    from underwater import runs as work

    kept = "what was recorded until then is kept"
    with (
        stoppable() as stop,
        console.progress("blocks") as show,
        told_how_far(show, "blocks", kept) as progress,
    ):
        return work.run_variants(
            scenario,
            variants=variants,
            seed=seed,
            chain=chain,
            out=out,
            record_all_accounts=everything,
            note=note,
            stop=stop,
            progress=progress,
        )


def _replay_finding(path: Path, options: RunOptions) -> int:
    from audits.findings import replay_finding

    _refuse_run_options(options)
    chain = chain_name(options.chain)
    replayed = replay_finding(path, contract=options.contract, chain=chain)
    if options.json:
        console.print_json(replayed.values)
    else:
        console.print_steps(replayed.steps)
        console.print_result(replayed.message)
    return VIOLATED if replayed.violated else GOOD


def _refuse_run_options(options: RunOptions) -> None:
    """A finding says everything itself except the engine and the contract."""
    names = {"start": "from"}
    for item in fields(options):
        value = getattr(options, item.name)
        if item.name not in ("chain", "contract", "json") and value is not None:
            rule = "does not apply to a finding, which is replayed exactly as it was found"
            raise InputError(f"--{names.get(item.name, item.name)}", value, rule)
