"""From a scenario to a run: the one place that knows chain, adapter, agents and properties."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from agents.adl_keeper import AdlKeeper
from agents.book import Book
from agents.keeper import FundingKeeper
from agents.liquidator import Liquidators, Unwinding
from agents.market_maker import MarketMaker
from agents.population import draw_population, run_start_hour
from agents.price_keeper import PriceKeeper
from agents.trader import Traders, opening_size
from audits.properties import check_all, default_properties
from simulator.agent import Agent
from simulator.chain.base import BlockEnvironment, Chain
from simulator.chain.select import open_chain, select_engine
from simulator.engine import Check, Ending, Stopwatch, run
from simulator.errors import ChainError, InputError, RecordError, UnderwaterError
from simulator.prices import Crash, bridge, load_crash
from simulator.property import Ledger, Operation, Totals
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import Deployment, compile_exchange
from simulator.protocols.matched_perp.world import Clock, MatchedPerpWorld
from simulator.recorder import Recorder, TableRecord, claim_out, claim_run_folder, run_schemas
from simulator.results import write_manifest, write_timings
from simulator.scenario import Scenario, generator
from simulator.types import Int2D
from simulator.units import price_ticks_to_wad
from underwater.journal import BlockJournal
from underwater.manifest import above_manifest, run_manifest
from underwater.opening import (
    Cast,
    deploy_exchange,
    endow_everybody,
    open_interest_quote,
    open_positions,
    opening_lots,
)
from underwater.outcome import RunsSummary, RunSummary, summarise

Progress = Callable[[int, int, str], None]
Stop = Callable[[], bool]
PROGRESS_EVERY = 100


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a run is made of, built and opened, before its first block."""

    chain: Chain
    deployment: Deployment
    world: MatchedPerpWorld
    prices: PriceKeeper
    agents: tuple[Agent, ...]
    liquidators: Liquidators
    maker: MarketMaker
    cast: Cast
    crash: Crash
    open_interest: float


def price_path(scenario: Scenario, crash: Crash, seed: int) -> Int2D:
    """int64[blocks, markets] ticks of the run.

    The whole event is bridged and the run cut out of it, so that a later start meets the same path.
    Raises InputError for a run that does not lie inside the event.
    """
    first_hour, hours = run_start_hour(scenario), scenario.prices.hours
    if not 0 <= first_hour <= crash.hours - hours:
        rule = f"these {hours} hours must lie inside the {crash.hours} from {crash.start:%FT%RZ}"
        raise InputError("prices.start", f"{scenario.prices.start:%FT%RZ}", rule)
    symbols = tuple(market.series for market in scenario.markets)
    bars = crash.bars(symbols, crash.start, crash.hours)
    per_hour = scenario.prices.blocks_per_hour
    ticks = bridge(bars, generator(seed, "prices"), per_hour)
    first = first_hour * per_hour
    return ticks[first : first + scenario.blocks]


def build(scenario: Scenario, seed: int, chain_choice: str) -> Parts:
    """Deploy, endow and open everything that a scenario describes."""
    crash = load_crash(scenario.prices.event)
    ticks = price_path(scenario, crash, seed)
    population = draw_population(scenario, seed)
    cast = Cast(len(population), scenario.liquidators.count)
    first_prices = [price_ticks_to_wad(tick) for tick in ticks[0].tolist()]
    price = ticks[0] / 1e8
    size = opening_size(population, price)
    open_interest = open_interest_quote(size, price)

    chain = open_chain(chain_choice, hardfork=scenario.chain.hardfork)
    deployment = deploy_exchange(chain, scenario, first_prices)
    endow_everybody(chain, deployment, scenario, population, cast, open_interest)
    packer = Packer(deployment, cast.addresses)
    book = Book(cast.maker, len(scenario.markets))
    maker = MarketMaker(scenario, cast.maker, open_interest, book)
    open_positions(chain, packer, maker, scenario, opening_lots(size), first_prices, cast)
    world = MatchedPerpWorld(
        chain,
        deployment,
        cast.addresses,
        Clock(
            first_timestamp=int(scenario.prices.start.timestamp()),
            block_seconds=scenario.chain.block_seconds,
            probe_every=scenario.recording.probe_every_blocks,
            funding_every=max(1, scenario.funding.interval_seconds // scenario.chain.block_seconds),
        ),
        ticks / 1e8,
        scenario.chain.transaction_gas_limit,
    )
    prices = PriceKeeper(scenario, ticks, np.abs(size).sum(axis=0) * price)
    liquidators = Liquidators(scenario, cast.first_liquidator, book)
    agents: tuple[Agent, ...] = (
        FundingKeeper(scenario),
        liquidators,
        AdlKeeper(scenario, liquidators, run_start_hour(scenario)),
        Traders(scenario, population, size, book),
        Unwinding(liquidators),
        maker,
    )
    return Parts(
        chain, deployment, world, prices, agents, liquidators, maker, cast, crash, open_interest
    )


def clock_of(scenario: Scenario) -> Callable[[int], BlockEnvironment]:
    """Block environments of the run; block 0 of the run is block 1 of the chain."""
    start = int(scenario.prices.start.timestamp())
    seconds, gas_limit = scenario.chain.block_seconds, scenario.chain.gas_limit
    base_fee = scenario.chain.base_fee

    def clock(block: int) -> BlockEnvironment:
        return BlockEnvironment(block + 1, start + block * seconds, base_fee, gas_limit)

    return clock


def checker() -> tuple[Check, tuple[str, ...]]:
    """The check of every block, and the ids of its properties."""
    properties = default_properties()

    def check(before: Totals, ledger: Ledger, operation: Operation) -> str | None:
        violation = check_all(properties, before, ledger, operation)
        return None if violation is None else violation.message

    return check, tuple(item.id for item in properties)


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
    except OSError as error:
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
