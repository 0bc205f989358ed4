"""The door of an audit: bad arguments are refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from audits.search import run_audit
from simulator.errors import InputError


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"protocol": "gmx"}, "protocol"),
        ({"examples": 0}, "examples"),
        ({"seed": -1}, "seed"),
        ({"chain": "anvil"}, "chain"),
        ({"contract": "nothing.vy"}, "contract"),
    ],
)
def test_a_bad_argument_is_refused_by_name(
    arguments: dict[str, object], field: str, tmp_path: Path
) -> None:
    given: dict[str, object] = {"protocol": "matched-perp", "findings": tmp_path, **arguments}
    protocol = given.pop("protocol")
    with pytest.raises(InputError) as refusal:
        run_audit(protocol, **given)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert list(tmp_path.iterdir()) == []


def test_a_findings_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "findings").write_text("")
    with pytest.raises(InputError, match="must be a folder"):
        run_audit("matched-perp", examples=1, findings=tmp_path / "findings")


def test_progress_counts_the_examples_and_the_same_seed_tries_the_same_steps(
    tmp_path: Path,
) -> None:
    seen: list[tuple[int, int, str]] = []
    first = run_audit(
        "matched-perp",
        examples=5,
        seed=3,
        findings=tmp_path,
        progress=lambda done, total, what: seen.append((done, total, what)),
    )
    again = run_audit("matched-perp", examples=5, seed=3, findings=tmp_path)
    other = run_audit("matched-perp", examples=5, seed=4, findings=tmp_path)
    assert [done for done, _, _ in seen] == list(range(1, first.examples + 1))
    assert first.values == again.values
    assert first.values["actions"] != other.values["actions"]


def test_both_engines_see_the_same_audit(tmp_path: Path) -> None:
    pytest.importorskip("underwater_evm")
    fast, slow = (
        run_audit("matched-perp", examples=2, seed=3, chain=chain, findings=tmp_path).values
        for chain in ("revm", "pyevm")
    )
    assert (fast.pop("engine"), slow.pop("engine")) == ("revm", "pyevm")
    assert fast == slow
