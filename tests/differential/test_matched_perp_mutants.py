"""Each mutant's script breaks a property on the mutant and none on the clean contract.

This is the check that a mutant is not equivalent to its reference: without it, a surviving mutant
would say nothing about the properties.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import audits.mutants
from audits.catalogue import PROPERTY_IDS
from audits.deployment import open_world
from audits.mutants import mutant_ids, write_mutant
from audits.setup import default_parameters, default_setup
from audits.step_rows import from_row
from audits.world import AuditWorld


def description(mutant_id: str) -> dict[str, Any]:
    path = Path(audits.mutants.__file__).parent / f"{mutant_id}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def world_of(contract: str) -> AuditWorld:
    return open_world(default_setup(), default_parameters(), contract=contract, chain="auto")


def test_the_two_mutants_of_the_first_cut_are_there() -> None:
    assert {"MUT-PERP-01", "MUT-PERP-03"} <= set(mutant_ids())


@pytest.mark.parametrize("mutant_id", mutant_ids())
def test_a_mutant_is_described_and_names_known_properties(mutant_id: str) -> None:
    document = description(mutant_id)
    assert document["id"] == mutant_id
    assert document["first_killer"] in document["breaks"]
    assert set(document["breaks"]) <= set(PROPERTY_IDS)


@pytest.mark.parametrize("mutant_id", mutant_ids())
def test_the_script_breaks_the_mutant_and_not_the_clean_contract(
    mutant_id: str, tmp_path: Path
) -> None:
    document = description(mutant_id)
    setup = default_setup()
    steps = [from_row(row, setup.names, mutant_id) for row in document["script"]]
    assert world_of("matched-perp").replay(steps) is None
    violation = world_of(str(write_mutant(mutant_id, tmp_path))).replay(steps)
    assert violation is not None
    assert violation.property_id == document["first_killer"]
