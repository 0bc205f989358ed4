"""The Makefile explains itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_a_help_line(target: str) -> None:
    assert re.search(rf"^{target}:[^#\n]*  ## \S", MAKEFILE, re.MULTILINE)


def test_every_target_is_phony_because_none_makes_a_file_of_its_name() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(TARGETS)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_alone_prints_the_help_and_makes_nothing() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("make ")] == (
        TARGETS
    )


@pytest.mark.parametrize(
    "script", sorted((ROOT / "scripts").iterdir()), ids=lambda script: script.name
)
def test_every_script_is_executable_and_stops_at_the_first_error(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert script.stat().st_mode & 0o111
    if lines[0] == "#!/usr/bin/env python3":  # an exception ends it
        return
    assert lines[0] == "#!/usr/bin/env bash"
    assert any(line.startswith("set -") and "u" in line and "pipefail" in line for line in lines)
