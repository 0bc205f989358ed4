"""Nothing in the sources may depend on one machine or on one place on the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A folder of somebody's machine at the start of a path; `#!/usr/bin/env` is none.
MACHINE_PATH = re.compile(r"(?<![\w.~/$}*-])/(home|root|Users|work|opt|mnt|tmp|var)/\w")

# Put together here, so that this file does not name them itself.
REGISTRIES = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.org", "crates" + r"\.io"])
)

# cargo identifies the default registry by its address in every lock file; it is a name there, and
# a user's own cargo settings still decide where crates come from.
NAMES_A_REGISTRY_BY_FORMAT = {"Cargo.lock"}


def tracked_files() -> list[Path]:
    """All files of the checkout that belong to the project, by git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [file for file in files if file.is_file()]


def text_of(file: Path) -> str:
    """The file's text; nothing for pictures and other binary files."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)


def hits(pattern: re.Pattern[str], exempt: frozenset[str] = frozenset()) -> list[str]:
    """`file:line: text` for every line that matches."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in tracked_files()
        if file.name not in exempt
        for number, line in enumerate(text_of(file).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert hits(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert hits(REGISTRIES, frozenset(NAMES_A_REGISTRY_BY_FORMAT)) == []


def test_the_patterns_see_what_they_are_for() -> None:
    assert MACHINE_PATH.search('open("/' + 'home/somebody/data.csv")')
    assert not MACHINE_PATH.search("#!/usr/bin/env bash")
    assert REGISTRIES.search("https://" + "registry.npm" + "js.org/solc")


def test_no_results_or_builds_are_tracked() -> None:
    tops = {file.relative_to(ROOT).parts[0] for file in tracked_files()}
    assert not tops & {"runs", "findings", ".venv", "build", "dist", "node_modules", "target"}


def test_every_package_says_that_it_is_typed() -> None:
    for package in ("underwater", "simulator", "agents", "audits"):
        assert (ROOT / package / "py.typed").is_file(), package
