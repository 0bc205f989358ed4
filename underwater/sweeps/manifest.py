"""The manifest of a sweep: what was asked, with what, and the hash of what came out.

Neither the number of processes nor a wall time is in it: equal sweeps have equal manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from simulator.prices import load_crash
from simulator.recorder import TableRecord
from underwater.manifest import scenario_document, source_hash, versions
from underwater.sweeps.files import summary
from underwater.sweeps.model import Sweep

if TYPE_CHECKING:
    from simulator.results import Json

FORMAT: Final = 1


def sweep_manifest(
    sweep: Sweep, records: Mapping[str, TableRecord], contracts: Mapping[str, str]
) -> dict[str, Json]:
    """The manifest's contents; `contracts` gives the source hash of each contract by name."""
    document, sources = scenario_document(sweep.scenario)
    return {
        "format": FORMAT,
        "kind": "sweep",
        "status": sweep.status,
        "summary": summary(sweep),
        "scenario": document,
        "sources": sources,
        "versions": versions(),
        "hashes": {
            "contracts": dict(contracts),
            "fixtures": dict(load_crash(sweep.scenario.prices.event).hashes),
            "source": source_hash(),
        },
        "tables": {
            name: {"rows": record.rows, "content_hash": record.content_hash}
            for name, record in records.items()
        },
    }
