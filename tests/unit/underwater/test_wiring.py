"""Real short runs: twins, later starts, violations, stops, and folders that are left alone."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from audits.mutants import write_mutant
from simulator.errors import ChainError, InputError, UnderwaterError
from simulator.prices import load_crash
from simulator.results import load_run
from simulator.scenario import Scenario, load_scenario
from tests.unit.underwater.runs import (
    ACCOUNTS,
    BLOCKS,
    TRADERS,
    WITH_REVM,
    contents,
    crash_hour,
    manifest_of,
)
from underwater.outcome import RunsSummary
from underwater.runs import measure, run_scenario, run_variants
from underwater.wiring import Parts, build, clock_of, price_path

pytestmark = WITH_REVM

BLACK_THURSDAY = load_scenario("black-thursday")
CRASH = load_crash("black-thursday")


def window(start: str, hours: int) -> Scenario:
    return BLACK_THURSDAY.changed({"prices.start": start, "prices.hours": hours})


def with_variant(name: str) -> Parts:
    return build(crash_hour(variant=name), 1, "auto")


def values(runs: RunsSummary, variant: str) -> dict[str, float]:
    (found,) = (run.values for run in runs.runs if run.values["variant"] == variant)
    return {key: value for key, value in found.items() if isinstance(value, (int, float))}


# Twins and starts


@pytest.mark.parametrize("variant", ["no-impact", "adl-asleep"])
def test_twins_start_from_equal_states(variant: str) -> None:
    base, twin = with_variant("base"), with_variant(variant)
    np.testing.assert_array_equal(base.chain.watched(), twin.chain.watched())
    assert base.chain.block == twin.chain.block
    assert base.open_interest == twin.open_interest > 0


def test_the_twin_with_unlimited_capital_differs_in_the_liquidators_margin_only() -> None:
    base, twin = with_variant("base"), with_variant("unlimited-capital")
    everybody = range(ACCOUNTS)
    pairs = zip(base.world.account_rows(everybody), twin.world.account_rows(everybody), strict=True)
    richer = [row for row, (one, other) in enumerate(pairs) if one != other]
    assert richer == list(range(TRADERS + 1, ACCOUNTS))
    assert twin.world.ledger.margin(TRADERS + 1) > 1000 * base.world.ledger.margin(TRADERS + 1)
    assert [base.world.market_row(m) for m in (0, 1)] == [twin.world.market_row(m) for m in (0, 1)]


@pytest.mark.parametrize("variant", BLACK_THURSDAY.variants)
def test_twins_meet_the_same_prices(variant: str) -> None:
    base, twin = crash_hour(), crash_hour(variant=variant)
    np.testing.assert_array_equal(price_path(base, CRASH, 3), price_path(twin, CRASH, 3))


def test_a_later_start_meets_the_path_of_the_whole_run() -> None:
    whole = price_path(window("2020-03-11T00:00Z", 72), CRASH, 3)
    part = price_path(window("2020-03-12T10:00Z", 2), CRASH, 3)
    assert len(whole) == 21_600
    np.testing.assert_array_equal(part, whole[34 * 300 : 36 * 300])


def test_another_seed_meets_another_path_through_the_same_hours() -> None:
    first, second = (price_path(window("2020-03-12T10:00Z", 2), CRASH, seed) for seed in (1, 2))
    assert (first != second).any()
    for summary in (np.min, np.max):
        np.testing.assert_array_equal(summary(first, axis=0), summary(second, axis=0))


def test_the_clock_of_a_run_starts_with_its_first_hour() -> None:
    clock = clock_of(crash_hour())
    assert clock(0).timestamp == int(crash_hour().prices.start.timestamp())
    assert clock(300).timestamp - clock(0).timestamp == 3600
    assert (clock(0).number, clock(7).number) == (1, 8)


# Runs of several variants


@dataclass(frozen=True, slots=True)
class Played:
    """A run of two variants, and what its progress was told."""

    runs: RunsSummary
    told: list[tuple[int, int, str]]


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Base and adl-asleep over the two hours of the crash's first leg."""
    told: list[tuple[int, int, str]] = []
    runs = run_variants(
        crash_hour(prices__hours=2),
        variants=("base", "adl-asleep"),
        seed=1,
        runs=tmp_path_factory.mktemp("asleep") / "runs",
        progress=lambda *words: told.append(words),
    )
    return Played(runs, told)


def test_while_the_keeper_sleeps_everybody_pays_what_winners_would_have_paid(
    asleep: Played,
) -> None:
    base, twin = values(asleep.runs, "base"), values(asleep.runs, "adl-asleep")
    assert base["adl_notional"] > 0 and base["adl_draw"] > 0
    assert base["socialised"] == base["close_out_notional"] == 0
    assert twin["adl_notional"] == twin["adl_draw"] == 0
    assert twin["socialised"] > 0 and twin["close_out_notional"] > 0


@pytest.mark.parametrize("variant", ["base", "adl-asleep"])
def test_the_shortfall_is_what_the_four_who_pay_have_paid(asleep: Played, variant: str) -> None:
    paid = values(asleep.runs, variant)
    payers = ("insurance_used", "adl_draw", "socialised", "deficit")
    assert paid["shortfall"] == pytest.approx(sum(paid[name] for name in payers), abs=4e-6)
    assert paid["shortfall"] > 0


def test_each_variant_has_its_folder_and_the_report_stands_above(asleep: Played) -> None:
    folder = asleep.runs.folder
    above = manifest_of(folder)
    assert above["kind"] == "variants" and above["variants"] == ["base", "adl-asleep"]
    assert asleep.runs.report == folder / "report.html" and asleep.runs.report.is_file()
    results = load_run(folder)
    assert results.variants == ("base", "adl-asleep")
    for run in asleep.runs.runs:
        name = str(run.values["variant"])
        assert run.values["run_dir"] == str(folder / name)
        assert manifest_of(folder / name)["status"] == "complete"
        assert len(results.variant(name).table("system")) == 600


def test_variants_meet_the_same_index_on_chain(asleep: Played) -> None:
    results = load_run(asleep.runs.folder)
    base, twin = (results.variant(name).table("system") for name in ("base", "adl-asleep"))
    for column in ("index_eth", "index_btc"):
        assert (base[column] == twin[column]).all()
        assert base[column].nunique() > 50


def test_progress_tells_how_far_each_variant_is(asleep: Played) -> None:
    steps = [(done, total) for done, total, name in asleep.told if name == "base"]
    assert steps == sorted(steps)
    assert steps[0] == (0, 600) and steps[-1] == (600, 600) and (300, 600) in steps
    names = [name for _, _, name in asleep.told]
    assert names == sorted(names, key=["base", "adl-asleep"].index)


def test_times_by_part_lie_beside_the_results(asleep: Played) -> None:
    timings = load_run(asleep.runs.folder).variant("base").timings
    parts = {"engine", "agents", "observe", "risk", "record"}
    assert parts | {"set_up", "run", "total"} == set(timings)
    seconds = {name: float(str(value)) for name, value in timings.items()}
    assert seconds["run"] == pytest.approx(sum(seconds[part] for part in parts), abs=0.01)
    assert seconds["total"] == pytest.approx(seconds["run"] + seconds["set_up"], abs=0.01)


def test_measuring_without_tables_comes_to_the_same_numbers(asleep: Played) -> None:
    recorded = dict(asleep.runs.runs[1].values)
    recorded.pop("run_dir")
    measured = pickle.loads(pickle.dumps(measure))(
        crash_hour(prices__hours=2, variant="adl-asleep"), 1
    )
    assert measured == recorded


# Runs that end early


@pytest.fixture(scope="module")
def violated(tmp_path_factory: pytest.TempPathFactory) -> RunsSummary:
    """A copy of the contract whose settlement skips positive funding receipts."""
    place = tmp_path_factory.mktemp("violated")
    broken = write_mutant("MUT-PERP-01", place)
    scenario = crash_hour(contract=str(broken))
    return run_variants(scenario, variants=("base", "no-impact"), seed=4, runs=place / "runs")


def test_a_broken_copy_ends_in_a_violation_with_block_numbers_and_seed(
    violated: RunsSummary,
) -> None:
    (run,) = violated.runs
    last = run.values["blocks"]
    assert isinstance(last, int) and 0 < last < BLOCKS
    assert run.status == "violated"
    assert "PERP-0" in run.message and f"in block {last - 1}" in run.message
    assert "seed 4" in run.message and "variant base" in run.message
    assert any(character.isdigit() for character in run.message.partition("block")[2])
    assert run.values["violations"] == [run.message]


def test_what_was_recorded_until_the_violation_is_kept(violated: RunsSummary) -> None:
    (run,) = violated.runs
    folder = violated.folder / "base"
    manifest = manifest_of(folder)
    assert (manifest["status"], manifest["message"]) == ("violated", run.message)
    assert manifest["blocks_done"] == run.values["blocks"] and manifest["failed_runs"] == 1
    system = load_run(folder).table("system")
    assert system["block"].tolist() == list(range(manifest["blocks_done"]))
    assert manifest["tables"]["system"]["rows"] == len(system)


def test_after_a_violation_there_is_a_report_and_no_further_variant(
    violated: RunsSummary,
) -> None:
    assert violated.report.is_file()
    assert not (violated.folder / "no-impact").exists()
    assert manifest_of(violated.folder)["failed_runs"] == 1


def test_the_clean_contract_does_not_violate_anything_there(tmp_path: Path) -> None:
    summary = run_scenario(crash_hour(), seed=4, folder=tmp_path)
    assert (summary.status, summary.message) == ("complete", "")


def test_a_stop_keeps_what_was_recorded_and_starts_nothing_more(tmp_path: Path) -> None:
    asked: list[bool] = []

    def after_120_blocks() -> bool:
        asked.append(True)
        return len(asked) > 120

    runs = run_variants(
        crash_hour(),
        variants=("base", "no-impact"),
        seed=1,
        runs=tmp_path / "runs",
        stop=after_120_blocks,
    )
    (run,) = runs.runs
    assert run.status == "interrupted" and "after 120 of 300 blocks (base)" in run.message
    manifest = manifest_of(runs.folder / "base")
    assert (manifest["status"], manifest["blocks_done"]) == ("interrupted", 120)
    assert len(load_run(runs.folder / "base").table("system")) == 120
    assert runs.report.is_file() and not (runs.folder / "no-impact").exists()


def test_a_stop_before_the_first_block_leaves_a_readable_run(tmp_path: Path) -> None:
    runs = run_variants(
        crash_hour(), variants=("base",), seed=1, runs=tmp_path / "runs", stop=lambda: True
    )
    assert manifest_of(runs.folder)["blocks_done"] == 0
    assert len(load_run(runs.folder).table("system")) == 0
    assert runs.report.is_file()


def test_a_stop_between_two_variants_is_told_with_the_one_that_ran(tmp_path: Path) -> None:
    """The second variant has its folder and no block: nothing can be drawn of it or said of it."""
    asked: list[bool] = []

    def after_the_first_variant() -> bool:
        asked.append(True)
        return len(asked) > 300

    runs = run_variants(
        crash_hour(),
        variants=("base", "no-impact"),
        seed=1,
        runs=tmp_path / "runs",
        stop=after_the_first_variant,
    )
    assert [run.status for run in runs.runs] == ["complete", "interrupted"]
    assert manifest_of(runs.folder / "no-impact")["blocks_done"] == 0
    page = runs.report.read_text(encoding="utf-8")
    assert "no-impact: The run was interrupted after 0 of 300 blocks." in page
    assert "How the twins differ" not in page


# Folders


def test_a_second_run_stands_beside_the_first(tmp_path: Path) -> None:
    def short_run() -> RunsSummary:
        runs = tmp_path / "runs"
        return run_variants(crash_hour(), variants=("base",), seed=1, runs=runs, stop=lambda: True)

    first = short_run()
    before = contents(first.folder)
    second = short_run()
    assert first.folder.name == "black-thursday-seed1-1"
    assert second.folder.name == "black-thursday-seed1-2"
    assert contents(first.folder) == before


def test_a_named_folder_that_holds_a_run_is_refused_and_untouched(tmp_path: Path) -> None:
    here = tmp_path / "here"
    run_variants(crash_hour(), variants=("base",), seed=1, out=here, stop=lambda: True)
    before = contents(here)
    with pytest.raises(InputError, match="already holds a run"):
        run_variants(crash_hour(), variants=("base", "no-impact"), seed=2, out=here)
    assert contents(here) == before


@pytest.mark.parametrize(
    ("scenario", "variants", "chain", "error"),
    [
        (crash_hour(), ("base", "moon"), "auto", InputError),
        (crash_hour(contract="nowhere/Nothing.vy"), ("base",), "auto", UnderwaterError),
        (crash_hour(prices__event="black-friday"), ("base",), "auto", InputError),
        (crash_hour(), ("base",), "geth", InputError),
        (window("2020-03-13T23:00Z", 2), ("base",), "auto", InputError),
        (window("2020-03-10T23:00Z", 2), ("base",), "auto", InputError),
    ],
)
def test_bad_input_writes_nothing(
    tmp_path: Path,
    scenario: Scenario,
    variants: tuple[str, ...],
    chain: str,
    error: type[Exception],
) -> None:
    for out in (tmp_path / "out", None):
        with pytest.raises(error):
            run_variants(
                scenario,
                variants=variants,
                seed=1,
                chain=chain,
                out=out,
                runs=tmp_path / "runs",
            )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variants", [("base",), ("base", "no-impact")])
def test_a_run_that_cannot_be_opened_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variants: tuple[str, ...]
) -> None:
    def refuse(*_: object) -> None:
        raise ChainError("opening Fill failed: initial margin")

    monkeypatch.setattr("underwater.wiring.open_positions", refuse)
    with pytest.raises(ChainError, match="initial margin"):
        run_variants(crash_hour(), variants=variants, seed=1, runs=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []
