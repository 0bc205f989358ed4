"""The front door refuses, in one sentence, when another distribution owns one of our names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT, Environment
from underwater.guard import OWNED_NAMES, refuse_foreign_packages

IMPORT = "import underwater; print('loaded')"


def write_package(folder: Path, name: str) -> None:
    """An empty package."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()


def write_record(folder: Path, distribution: str, *files: str) -> None:
    """The RECORD of an installed distribution."""
    information = folder / f"{distribution}.dist-info"
    information.mkdir(parents=True)
    (information / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def assert_refused(done: subprocess.CompletedProcess[str], owner: str) -> None:
    """The import failed with the guard's sentence as its last and only message."""
    assert done.returncode == 1, done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: underwater needs the top-level name 'agents' for itself")
    assert owner in last
    assert "virtual environment" in last and "reinstall underwater" in last


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with our three packages, found before everything else."""
    for name in OWNED_NAMES:
        write_package(tmp_path / "home", name)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path / "home"))
    return tmp_path / "home"


def test_our_own_packages_pass(home: Path) -> None:
    write_record(home, "underwater-1.0", "agents/__init__.py", "simulator/__init__.py")
    write_record(home, "innocent-1.0", "innocent/agents/__init__.py")
    refuse_foreign_packages(str(home))


@pytest.mark.parametrize("name", OWNED_NAMES)
def test_a_package_found_before_ours_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    theirs = tmp_path / "theirs"
    write_package(theirs, name)
    write_record(theirs, "somebody-2.0", f"{name}/__init__.py")
    monkeypatch.syspath_prepend(str(theirs))
    with pytest.raises(ImportError, match=f"'{name}' .*{theirs}.* belongs to somebody-2.0"):
        refuse_foreign_packages(str(home))


@pytest.mark.parametrize("name", OWNED_NAMES)
def test_files_of_another_distribution_among_ours_are_refused(home: Path, name: str) -> None:
    write_record(home, "somebody-2.0", "somebody/__init__.py", f"{name}/run.py")
    with pytest.raises(ImportError, match=f"'{name}' .* belongs to somebody-2.0"):
        refuse_foreign_packages(str(home))


def test_a_missing_package_is_refused(home: Path) -> None:
    (home / "audits" / "__init__.py").unlink()
    with pytest.raises(ImportError, match="'audits' for itself, but it "):
        refuse_foreign_packages(str(home))


def test_a_distribution_without_record_is_no_error(home: Path) -> None:
    (home / "of_the_system-1.0.dist-info").mkdir()
    refuse_foreign_packages(str(home))


def test_nobody_but_underwater_owns_our_names_here() -> None:
    # The slow and thorough way. An editable install of ours is not listed at all.
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    for name in OWNED_NAMES:
        assert set(owners.get(name, ["underwater"])) == {"underwater"}


@pytest.mark.slow
def test_our_wheel_alone_loads(environment: Environment, wheel: Path, tmp_path: Path) -> None:
    environment.install(wheel)
    assert environment.run(IMPORT, tmp_path).stdout == "loaded\n"


@pytest.mark.slow
def test_a_foreign_wheel_installed_after_ours_is_refused(
    environment: Environment, wheel: Path, foreign_wheel: Path, tmp_path: Path
) -> None:
    environment.install(wheel)
    environment.install(foreign_wheel)
    assert_refused(environment.run(IMPORT, tmp_path), "somebody-1.0")


@pytest.mark.slow
def test_a_foreign_wheel_installed_before_ours_is_refused(
    environment: Environment, wheel: Path, foreign_wheel: Path, tmp_path: Path
) -> None:
    environment.install(foreign_wheel)
    environment.install(wheel)
    assert_refused(environment.run(IMPORT, tmp_path), "somebody-1.0")


@pytest.mark.slow
def test_a_foreign_wheel_beside_an_editable_install_is_refused_outside_the_checkout(
    environment: Environment, editable_wheel: Path, foreign_wheel: Path, tmp_path: Path
) -> None:
    environment.install(editable_wheel)
    environment.install(foreign_wheel)
    assert_refused(environment.run(IMPORT, tmp_path), "somebody-1.0")
    assert environment.run(IMPORT, ROOT).stdout == "loaded\n"
