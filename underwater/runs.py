"""Runs: one variant or several, recorded into a folder of their own and told in a report."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from simulator.chain.select import select_engine
from simulator.engine import Ending, Stopwatch, run
from simulator.errors import ChainError, RecordError, UnderwaterError
from simulator.prices import load_crash
from simulator.protocols.matched_perp.deployment import compile_exchange
from simulator.recorder import Recorder, TableRecord, claim_out, claim_run_folder, run_schemas
from simulator.results import write_manifest, write_timings
from simulator.scenario import Scenario
from simulator.sequencer import Sequencer
from underwater.faults import fault_rows
from underwater.journal import BlockJournal
from underwater.manifest import above_manifest, run_manifest
from underwater.outcome import RunsSummary, RunSummary, summarise
from underwater.wiring import build, checker, clock_of, price_path

Progress = Callable[[int, int, str], None]
Stop = Callable[[], bool]
PROGRESS_EVERY = 100


class Play:
    """One variant with one seed, built and ready for its first block."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        chain: str,
        folder: Path | None = None,
        all_accounts: bool = False,
        note: str | None = None,
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.note = note
        self.parts = parts = build(scenario, seed, chain)
        self.check, self.property_ids = checker()
        # Only now: what cannot be built leaves nothing behind.
        self.recorder = None if folder is None else _recorder(scenario, folder)
        self.journal = BlockJournal(
            parts.world,
            parts.prices,
            parts.liquidators,
            parts.maker,
            self.recorder,
            block_seconds=scenario.chain.block_seconds,
            accounts_every=1 if all_accounts else scenario.recording.accounts_every_blocks,
            roles=parts.cast.roles,
            faults=fault_rows(scenario),
        )
        self.watch = Stopwatch()

    def run(self, stop: Stop, progress: Progress | None) -> Ending:
        """Run the blocks, telling `progress` now and then."""
        total, name, tally = self.scenario.blocks, self.scenario.variant, self.journal.tally

        def stop_and_tell() -> bool:
            if progress is not None and tally.blocks % PROGRESS_EVERY == 0:
                progress(tally.blocks, total, name)
            return stop()

        parts = self.parts
        ending = run(
            parts.chain,
            parts.world,
            parts.prices,
            parts.agents,
            self.check,
            self.journal,
            clock_of(self.scenario),
            total,
            Sequencer.of(self.scenario),
            stop_and_tell,
            self.watch,
        )
        self.journal.finish()
        self.watch.lap("record")
        faults = parts.world.ledger.recompute(parts.chain)
        self.watch.lap("observe")
        if faults:  # ours, not the contract's: no number of this run can be trusted
            raise ChainError(f"the mirror differs from the chain: {'; '.join(faults[:3])}")
        if progress is not None:
            progress(ending.blocks_done, total, name)
        return ending

    def close(self) -> Mapping[str, TableRecord]:
        """Finish the tables; rows and content hash of each, none if nothing is recorded."""
        records = {} if self.recorder is None else self.recorder.close()
        self.watch.lap("record")
        return records

    def summary(self, ending: Ending) -> RunSummary:
        """What it came to so far."""
        parts = self.parts
        return summarise(
            self.scenario,
            self.seed,
            parts.chain.name,
            parts.open_interest,
            self.journal.tally,
            ending,
        )

    def write_manifest(
        self, folder: Path, records: Mapping[str, TableRecord], ending: Ending
    ) -> RunSummary:
        """The manifest of what was recorded, and the summary with its place."""
        summary = self.summary(ending).into(folder)
        parts = self.parts
        document = run_manifest(
            self.scenario,
            self.seed,
            parts.chain,
            parts.deployment,
            parts.crash,
            self.property_ids,
            records,
            ending,
            summary,
        )
        write_manifest(folder, document | {"notes": [self.note] if self.note else []})
        return summary


def _recorder(scenario: Scenario, folder: Path) -> Recorder:
    return Recorder(folder, run_schemas([market.name.lower() for market in scenario.markets]))


def never() -> bool:
    """A stop flag that is never set."""
    return False


def run_scenario(
    scenario: Scenario,
    *,
    seed: int,
    chain: str = "auto",
    folder: Path,
    record_all_accounts: bool = False,
    note: str | None = None,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> RunSummary:
    """Run one variant into an existing empty folder: tables, manifest.json, timings.json.

    A violation or a stop ends the run early; what was recorded until then is kept. Raises
    UnderwaterError for bad input, a missing component or results that cannot be written.
    """
    started = perf_counter()
    play = Play(scenario, seed, chain, folder, record_all_accounts, note)
    set_up = perf_counter() - started
    try:
        ending = play.run(stop or never, progress)
        records = play.close()
    except UnderwaterError as error:
        if progress is not None:
            progress(play.journal.tally.blocks, scenario.blocks, scenario.variant)
        raise _after_a_fault(folder, play, error) from error
    summary = play.write_manifest(folder, records, ending)
    write_timings(folder, _timings(play.watch, set_up))
    return summary


def _after_a_fault(folder: Path, play: Play, error: UnderwaterError) -> UnderwaterError:
    """After a full disk, say: how far the run got, in the error and, if possible, the manifest."""
    done = play.journal.tally.blocks
    where = f"after {done} of {play.scenario.blocks} blocks of {play.scenario.variant}"
    with suppress(UnderwaterError, OSError):
        play.write_manifest(folder, {}, Ending("interrupted", done, f"{error} ({where})"))
    return type(error)(f"{error} ({where})") if isinstance(error, RecordError) else error


def _timings(watch: Stopwatch, set_up: float) -> dict[str, float]:
    """Wall seconds by part; `run` is their sum, `total` has the set-up too."""
    parts = {name: round(seconds, 3) for name, seconds in watch.seconds.items()}
    blocks = sum(watch.seconds.values())
    whole = {"set_up": set_up, "run": blocks, "total": blocks + set_up}
    return parts | {name: round(seconds, 3) for name, seconds in whole.items()}


def run_variants(
    scenario: Scenario,
    *,
    variants: Sequence[str],
    seed: int,
    chain: str = "auto",
    out: Path | None = None,
    runs: Path = Path("runs"),
    record_all_accounts: bool = False,
    note: str | None = None,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> RunsSummary:
    """Run the named variants of a scenario with one seed into one new folder, and report on them.

    Several variants get a subfolder each. Nothing is written before scenario, contract, prices and
    engine have been checked. After a violation or a stop the remaining variants are not started;
    the report of what there is is written.
    """
    scenarios = [scenario.changed({"variant": name}) for name in variants]
    for each in scenarios:
        compile_exchange(each.contract)
        price_path(each, load_crash(each.prices.event), seed)
    select_engine(chain)
    stem = f"{scenario.name}-seed{seed}"
    folder = claim_out(out) if out is not None else claim_run_folder(runs, stem)
    several = len(scenarios) > 1
    summaries: list[RunSummary] = []
    try:
        for each in scenarios:
            place = folder / each.variant if several else folder
            place.mkdir(parents=True, exist_ok=True)
            summary = run_scenario(
                each,
                seed=seed,
                chain=chain,
                folder=place,
                record_all_accounts=record_all_accounts,
                note=note,
                stop=stop,
                progress=progress,
            )
            summaries.append(summary)
            if summary.status != "complete":
                break
    except BaseException:
        _drop_if_empty(folder)
        raise
    if several:
        write_manifest(folder, above_manifest(scenario, seed, summaries, variants))
    return RunsSummary(folder, _report(folder), tuple(summaries))


def _report(folder: Path) -> Path:
    """The report. If it cannot be written, what was recorded is good all the same."""
    from underwater.report import write_report

    try:
        return write_report(folder)
    except (OSError, RecordError) as error:
        rule = f"the results in {folder} are complete, but their report cannot be written: {error}"
        raise RecordError(rule) from error


def _drop_if_empty(folder: Path) -> None:
    """Take back a claimed folder in which no file was written."""
    if not any(path.is_file() for path in folder.rglob("*")):
        shutil.rmtree(folder, ignore_errors=True)


def measure(scenario: Scenario, seed: int, chain: str = "auto") -> dict[str, object]:
    """Run without recording; the values of the summary. Top level and picklable, for sweeps."""
    play = Play(scenario, seed, chain)
    return play.summary(play.run(never, None)).values
