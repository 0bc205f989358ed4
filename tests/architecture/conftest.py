"""Wheels and environments for the packaging tests, made once."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a program and show what it said if it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built from the checkout without any network."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = (entry for entry in folder.iterdir() if entry.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def editable_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install --editable` installs for the checkout."""
    folder = tmp_path_factory.mktemp("editable")
    program = f"from hatchling.build import build_editable; build_editable({str(folder)!r})"
    run(sys.executable, "-c", program)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def foreign_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny distribution `somebody` that installs a top-level package `agents`."""
    path = tmp_path_factory.mktemp("foreign") / "somebody-1.0-py3-none-any.whl"
    information = "somebody-1.0.dist-info"
    files = {
        "agents/__init__.py": "THEIRS = True\n",
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: somebody\nVersion: 1.0\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{information}/RECORD"
    files[record] = "".join(f"{name},,\n" for name in (*files, record))
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


class Environment:
    """An empty virtual environment; what is installed comes without its dependencies."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin" / "python"
        run(sys.executable, "-m", "venv", "--without-pip", folder)

    def install(self, wheel: Path) -> None:
        """Install one wheel over whatever is there, as pip does by default."""
        pip = (sys.executable, "-m", "pip", "--python", self.python)
        run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel)

    def run(self, program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a Python program from `cwd` and return what it said."""
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [str(self.python), "-c", program],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            env=clean,
        )


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A new environment for one test."""
    return Environment(tmp_path / "environment")
