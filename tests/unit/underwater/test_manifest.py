"""manifest.json says what a run was, and nothing of when and where it ran."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audits.catalogue import PROPERTY_IDS
from audits.mutants import write_mutant
from simulator.resources import fixtures_folder
from simulator.results import load_run
from simulator.scenario import load_scenario, parse_scenario, to_document
from tests.unit.underwater.runs import crash_hour, manifest_of
from underwater import __version__
from underwater.manifest import above_manifest, source_hash, versions
from underwater.outcome import RunSummary
from underwater.runs import run_scenario, run_variants

STOPPED = 40


def stop_after(blocks: int) -> Any:
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > blocks

    return stop


def short_run(folder: Path, **changes: object) -> dict[str, Any]:
    folder.mkdir(parents=True)
    run_scenario(crash_hour(**changes), seed=1, folder=folder, stop=stop_after(STOPPED))
    return manifest_of(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("manifest") / "run"
    short_run(place)
    return place


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    return manifest_of(folder)


def test_the_scenario_can_be_read_back_and_run_again(manifest: dict[str, Any]) -> None:
    document = manifest["scenario"] | {"sources": manifest["sources"]}
    assert parse_scenario(document) == crash_hour()


def test_it_says_how_the_run_ended_and_after_how_many_blocks(manifest: dict[str, Any]) -> None:
    assert (manifest["kind"], manifest["status"]) == ("run", "interrupted")
    assert (manifest["blocks_done"], manifest["blocks_total"]) == (STOPPED, 300)
    assert "40 of 300 blocks" in manifest["message"]
    assert (manifest["failed_runs"], manifest["dropped_runs"]) == (1, 0)
    assert (manifest["seed"], manifest["variant"]) == (1, "base")


def test_every_table_has_its_rows_and_the_hash_of_its_contents(
    manifest: dict[str, Any], folder: Path
) -> None:
    results = load_run(folder)
    assert set(manifest["tables"]) == set(results.tables)
    for name, entry in manifest["tables"].items():
        assert entry["rows"] == len(results.table(name))
        assert len(bytes.fromhex(entry["content_hash"])) == 32


def test_contracts_and_fixtures_are_named_by_the_hash_of_their_bytes(
    manifest: dict[str, Any],
) -> None:
    prices = fixtures_folder() / "crashes" / "black-thursday" / "ETH.csv"
    hashes = manifest["hashes"]
    assert hashlib.sha256(prices.read_bytes()).hexdigest() in json.dumps(hashes["fixtures"])
    assert len(hashes["contracts"]) == 3
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes["contracts"].values())
    assert manifest["contract"] == "matched-perp"


def test_a_copy_of_the_contract_is_told_from_the_reference_by_its_hash(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    copy = write_mutant("MUT-PERP-01", tmp_path)
    other = short_run(tmp_path / "run", contract=str(copy))
    assert other["contract"] == f"a copy: {copy.name}"
    assert other["hashes"]["contracts"] != manifest["hashes"]["contracts"]


def test_where_a_copy_of_the_contract_lies_is_nobodys_business(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("here", "there")]
    for place in places:
        place.mkdir()
    copies = [write_mutant("MUT-PERP-01", place) for place in places]
    one, other = (short_run(copy.parent / "run", contract=str(copy)) for copy in copies)
    assert one["scenario"] == other["scenario"]
    assert one["hashes"] == other["hashes"]
    assert str(tmp_path) not in json.dumps(one)


def test_it_names_engine_versions_and_properties(manifest: dict[str, Any]) -> None:
    assert manifest["engine"]["name"] in ("revm", "pyevm")
    assert manifest["engine"]["hardfork"] == "cancun"
    assert manifest["versions"] == versions()
    assert manifest["versions"]["underwater"] == __version__
    assert set(manifest["versions"]) >= {"python", "numpy", "duckdb", "vyper", "underwater-evm"}
    assert sorted(manifest["properties"]) == sorted(PROPERTY_IDS)


def test_facts_of_the_event_come_with_their_sources(manifest: dict[str, Any]) -> None:
    crash = manifest["crash"]
    assert crash["event"] == "black-thursday" and crash["hours"] == 72
    assert crash["facts"] and all(fact["source"] for fact in crash["facts"])
    assert all(isinstance(fact["low"], float) for fact in crash["facts"])


def test_the_same_run_elsewhere_and_later_has_the_same_manifest(
    manifest: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "deep" / "down" / "run"
    assert short_run(elsewhere) == manifest
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert (elsewhere / "manifest.json").read_text(encoding="utf-8") == text
    assert str(folder) not in text and "run_dir" not in text and str(Path.home()) not in text
    today = datetime.now(UTC).date().isoformat()
    assert today not in text


def test_another_scenario_has_another_hash(manifest: dict[str, Any], tmp_path: Path) -> None:
    other = short_run(tmp_path / "run", oracle__deviation="0.006")
    assert other["hashes"]["scenario"] != manifest["hashes"]["scenario"]
    assert other["hashes"]["fixtures"] == manifest["hashes"]["fixtures"]


def test_the_manifest_above_names_the_variants_and_counts_the_failed() -> None:
    runs = [
        RunSummary("complete", "", {"variant": "base", "shortfall": 1.0, "run_dir": "there"}),
        RunSummary("violated", "broken", {"variant": "no-impact", "shortfall": 0.0}),
    ]
    wanted = ("base", "no-impact", "adl-asleep")
    above = above_manifest(load_scenario("black-thursday"), 5, runs, wanted)
    assert (above["kind"], above["seed"], above["failed_runs"]) == ("variants", 5, 1)
    assert above["variants"] == ["base", "no-impact"]
    assert above["not_run"] == ["adl-asleep"]
    assert above["summaries"] == [
        {"variant": "base", "shortfall": 1.0, "status": "complete"},
        {"variant": "no-impact", "shortfall": 0.0, "status": "violated"},
    ]


def test_a_document_of_a_scenario_is_plain_json() -> None:
    document = to_document(crash_hour())
    assert json.loads(json.dumps(document)) == document
    assert document["parameters"]["maintenance_margin"] == "0.0625"


def test_a_note_stands_in_the_manifest_and_in_the_report(tmp_path: Path) -> None:
    words = "Shortened to see whether it says so."
    runs = run_variants(
        crash_hour(), variants=("base",), seed=1, out=tmp_path / "run", note=words,
        stop=stop_after(20),
    )  # fmt: skip
    manifest = json.loads((runs.folder / "manifest.json").read_text())
    assert manifest["notes"] == [words]
    assert words in runs.report.read_text(encoding="utf-8")


def test_the_manifest_tells_two_states_of_the_source_apart(manifest: dict[str, Any]) -> None:
    assert manifest["hashes"]["source"] == source_hash()
    assert len(source_hash()) == 64
