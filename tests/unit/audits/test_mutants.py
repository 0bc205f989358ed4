"""A patch applies exactly to the clean source, or not at all."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.mutants import apply_patch, write_mutant
from simulator.errors import InputError

lines = st.lists(st.sampled_from(["a", "b", "c", "", "  d"]), max_size=30)


@given(lines, lines)
def test_a_unified_diff_turns_the_clean_text_into_the_mutant(
    clean: list[str], mutant: list[str]
) -> None:
    patch = list(difflib.unified_diff(clean, mutant, "a/x", "b/x", lineterm=""))
    assert apply_patch(clean, patch) == mutant


def test_a_patch_for_another_source_is_refused() -> None:
    patch = list(difflib.unified_diff(["a", "b"], ["a", "c"], "a/x", "b/x", lineterm=""))
    with pytest.raises(InputError, match="lacks 'b'"):
        apply_patch(["a", "z"], patch)


def test_an_unknown_mutant_is_refused_by_name(tmp_path: object) -> None:
    with pytest.raises(InputError, match="MUT-PERP-99"):
        write_mutant("MUT-PERP-99", tmp_path)  # type: ignore[arg-type]
