"""Answers known from elsewhere come out of the public functions: one case per row, with its id."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.golden.rows import Check, assert_answer, rows

WAITING = {
    "fingerprinting": "its module is not there yet",
    "risk-profiles": "its module is not there yet",
    "hft-resilience": "its module is not there yet",
}
"""Section -> why its rows wait. Nothing else may be skipped."""

SECTIONS = sorted({row["section"] for row in rows().values()} - set(WAITING))


def answers(section: str) -> dict[str, Check]:
    """The checks of a section by row id, from `tests/golden/answers/<section>.py`."""
    module = import_module(f"tests.golden.answers.{section.replace('-', '_')}")
    checks: dict[str, Check] = module.ANSWERS
    return checks


@pytest.mark.parametrize("identifier", sorted(rows()))
def test_the_answer_is_the_known_one(identifier: str) -> None:
    row = rows()[identifier]
    if row["section"] in WAITING:
        pytest.skip(WAITING[row["section"]])
    got = answers(row["section"])[identifier](row)
    assert_answer(got, row["output"], row["tolerance"], identifier)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_row_of_a_section_has_its_check_and_no_check_is_left_over(section: str) -> None:
    assert set(answers(section)) == {
        identifier for identifier, row in rows().items() if row["section"] == section
    }
