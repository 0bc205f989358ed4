"""Every example runs and prints exactly what lies beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_prints_its_expected_output(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = (EXAMPLES / name).with_suffix(".out").read_text(encoding="utf-8")
    assert done.stdout == expected


def test_there_are_examples_and_no_stray_outputs() -> None:
    assert PROGRAMS
    outputs = {path.stem for path in EXAMPLES.glob("*.out")}
    assert outputs == {Path(name).stem for name in PROGRAMS}
