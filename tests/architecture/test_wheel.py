"""The wheel that comes out of the source distribution holds all of the source tree, and only that.

A layout can lose packages on the way through the sdist without a word; this notices.
"""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.architecture.conftest import Environment

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("underwater", "simulator", "agents", "audits")
DATA = ("fixtures", "contracts")

pytestmark = pytest.mark.slow


def files_below(folder: str) -> set[str]:
    """All files of the source tree below a folder, without caches."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def names(wheel: Path) -> set[str]:
    """The names of all files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_holds_every_file_of_the_package(names: set[str], package: str) -> None:
    expected = files_below(package)
    assert f"{package}/__init__.py" in expected
    assert f"{package}/py.typed" in expected
    assert expected <= names


@pytest.mark.parametrize("data", DATA)
def test_the_wheel_holds_the_data_folders(names: set[str], data: str) -> None:
    expected = {f"simulator/data/{name}" for name in files_below(data)}
    assert expected
    assert expected <= names


def test_the_wheel_has_no_other_top_level_names(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    information = {top for top in tops if top.endswith(".dist-info")}
    assert len(information) == 1
    assert tops - information == set(PACKAGES)


def test_neither_the_wheel_nor_the_sdist_carries_tests_or_builds(
    names: set[str], sdist: Path
) -> None:
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[-1] for name in archive.getnames()}
    unwanted = ("tests/", "evm/", "benchmarks/", "runs/", "findings/", ".venv/")
    for name in names | packed:
        assert not name.startswith(unwanted), name
        assert "__pycache__" not in name
        assert not name.endswith((".pyc", ".so"))


def test_the_wheel_alone_resolves_every_top_level_name_and_its_data(
    wheel: Path, environment: Environment, tmp_path: Path
) -> None:
    environment.install(wheel)
    done = environment.run(
        "import underwater, simulator, agents, audits\n"
        "from simulator.resources import contracts_folder, fixtures_folder\n"
        "for folder in (contracts_folder(), fixtures_folder()):\n"
        "    assert any(folder.iterdir()), folder\n"
        "    print(folder)\n",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
