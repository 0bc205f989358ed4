"""The audit finds every mutant in a short sequence that replays, and nothing in the reference.

That each mutant's own script breaks it is tested in tests/differential.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audits.deployment import open_world
from audits.findings import load_finding, replay_finding
from audits.mutants import description, mutant_ids
from audits.search import AuditResult, run_audit
from audits.setup import default_parameters, default_setup
from audits.step_rows import from_row
from audits.steps import Step
from audits.world import AuditWorld

Mutant = Callable[[str], Path]
SEED = 4
EXAMPLES = 2_000
"""An audit ends at its finding, so this only bounds how long a missed mutant takes to fail."""


def script(mutant_id: str) -> list[Step]:
    rows = description(mutant_id)["script"]
    names = default_setup().names
    return [from_row(row, names, f"steps[{number}]") for number, row in enumerate(rows, 1)]


def audit(mutant: Mutant, mutant_id: str, folder: Path) -> AuditResult:
    contract = str(mutant(mutant_id))
    return run_audit(
        "matched-perp", contract=contract, examples=EXAMPLES, seed=SEED, findings=folder
    )


def test_the_reference_refuses_the_withdrawal_that_the_mutant_pays(
    clean_world: AuditWorld,
) -> None:
    clean_world.reset()
    reasons = [clean_world.play(step).reason for step in script("MUT-PERP-03")]
    assert reasons == [None, None, None, "initial margin"]


def test_receipts_that_are_skipped_show_as_soon_as_time_passes(mutant: Mutant) -> None:
    contract = str(mutant("MUT-PERP-01"))
    world = open_world(default_setup(), default_parameters(), contract=contract)
    *before, last, _ = script("MUT-PERP-01")
    assert world.replay(before) is None
    violation = world.play(last).violation
    assert violation is not None and violation.property_id == "PERP-04"
    # 10 contracts, 200 x 1 % a day, 10 hours: what the long pays and nobody receives.
    assert -violation.margin == 10 * (200 * 10**18 * 36_000 // 8_640_000 // 10**6 * 10**6)


@pytest.mark.parametrize("mutant_id", mutant_ids())
def test_the_audit_finds_the_mutant_and_the_finding_replays(
    mutant_id: str, mutant: Mutant, tmp_path: Path
) -> None:
    result = audit(mutant, mutant_id, tmp_path)
    assert result.finding is not None and result.exit_code == 1
    assert result.finding.property in description(mutant_id)["breaks"]
    assert len(result.finding.steps) <= 6
    document, steps = load_finding(result.finding.path)
    assert len(steps) <= 5
    assert document.violated.message == result.finding.message
    replay = replay_finding(result.finding.path)
    assert replay.violated and replay.exit_code == 1
    assert replay.message == result.finding.message
    assert replay.steps == result.finding.steps


def test_the_same_seed_gives_the_same_finding_again_beside_the_first(
    mutant: Mutant, tmp_path: Path
) -> None:
    first, second = (audit(mutant, "MUT-PERP-01", tmp_path).finding for _ in range(2))
    assert first is not None and second is not None
    assert first.steps == second.steps and first.message == second.message
    assert first.path.name == f"{first.property}-seed{SEED}-1.toml"
    assert second.path.name == f"{first.property}-seed{SEED}-2.toml"
    assert first.path.read_text() == second.path.read_text()


def test_a_finding_does_not_occur_on_the_reference_and_the_replay_says_so(
    mutant: Mutant, tmp_path: Path
) -> None:
    finding = audit(mutant, "MUT-PERP-03", tmp_path).finding
    assert finding is not None
    replay = replay_finding(finding.path, contract="matched-perp")
    assert not replay.violated and replay.exit_code == 0
    assert "source differs" in replay.message and "does not occur any more" in replay.message


def test_the_clean_contract_has_no_finding_and_every_action_succeeds_sometimes(
    tmp_path: Path,
) -> None:
    result = run_audit("matched-perp", examples=250, seed=SEED, findings=tmp_path)
    assert result.finding is None and result.exit_code == 0
    assert result.examples >= 250
    assert result.tally.never_succeeded() == []
    assert list(tmp_path.iterdir()) == []
