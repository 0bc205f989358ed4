"""manifest.json: everything needed to say what a run was, and to get the same bytes again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from simulator.chain.base import Chain
from simulator.engine import Ending
from simulator.prices import Crash, Fact
from simulator.protocols.matched_perp.deployment import NAME as REFERENCE
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.recorder import TableRecord
from simulator.scenario import Scenario, to_document
from underwater import __version__
from underwater.outcome import RunSummary

FORMAT = 1
PACKAGES = ("numpy", "duckdb", "vyper", "py-evm", "pydantic", "underwater-evm")


def run_manifest(
    scenario: Scenario, seed: int, chain: Chain, deployment: Deployment, crash: Crash,
    property_ids: Sequence[str], records: Mapping[str, TableRecord], ending: Ending,
    summary: RunSummary,
) -> dict[str, Any]:  # fmt: skip
    """The manifest of one variant. Nothing in it depends on wall time or place."""
    values = {key: value for key, value in summary.values.items() if key != "run_dir"}
    document, sources = scenario_document(scenario)
    return {
        "format": FORMAT,
        "kind": "run",
        "status": ending.status,
        "message": summary.message,
        "blocks_done": ending.blocks_done,
        "blocks_total": scenario.blocks,
        "seed": seed,
        "variant": scenario.variant,
        "scenario": document,
        "sources": sources,
        "engine": {"name": chain.name, "hardfork": chain.hardfork},
        "contract": document["contract"],
        "versions": versions(),
        "hashes": {
            "contracts": {
                artifact.name: artifact.source_hash
                for artifact in (
                    deployment.perp_artifact, deployment.feed_artifact, deployment.token_artifact
                )
            },
            "fixtures": dict(crash.hashes),
            "source": source_hash(),
            "scenario": _hash(document),
        },
        "properties": list(property_ids),
        "tables": {name: asdict(record) for name, record in records.items()},
        "dropped_runs": 0,
        "failed_runs": 0 if ending.status == "complete" else 1,
        "crash": crash_document(crash),
        "summary": values,
    }  # fmt: skip


def scenario_document(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scenario's values and their sources; a copy of the contract without its place on disk."""
    document = to_document(scenario)
    sources = document.pop("sources")
    if scenario.contract != REFERENCE:
        document["contract"] = f"a copy: {Path(scenario.contract).name}"
    return document, sources


def above_manifest(
    scenario: Scenario, seed: int, summaries: Sequence[RunSummary], wanted: Sequence[str]
) -> dict[str, Any]:
    """The manifest above several variants: who they are and what they came to.

    wanted: the variants asked for; those that were not started are named too.
    """
    runs = [
        {key: value for key, value in summary.values.items() if key != "run_dir"}
        | {"status": summary.status}
        for summary in summaries
    ]
    return {
        "format": FORMAT,
        "kind": "variants",
        "seed": seed,
        "scenario": {"name": scenario.name, "title": scenario.title},
        "variants": [str(run["variant"]) for run in runs],
        "not_run": list(wanted[len(runs) :]),
        "failed_runs": sum(summary.status != "complete" for summary in summaries),
        "summaries": runs,
    }


def versions() -> dict[str, str]:
    """Versions that can change a result."""
    found = {"python": platform.python_version(), "underwater": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def source_hash() -> str:
    """SHA-256 over the project's own Python files: two states of one version are told apart."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for package in ("agents", "audits", "simulator", "underwater"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()


def crash_document(crash: Crash) -> dict[str, Any]:
    """What the report needs of the event: window, facts and shapes."""
    return {
        "event": crash.event,
        "title": crash.title,
        "summary": crash.summary,
        "start": crash.start.isoformat(),
        "hours": crash.hours,
        "venues": list(crash.venues),
        "facts": [_fact(fact) for fact in crash.facts],
        "shapes": [asdict(shape) for shape in crash.shapes],
        **({"overrides": crash.overrides} if crash.overrides else {}),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return asdict(fact) | {"low": float(fact.low), "high": float(fact.high)}


def _hash(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
