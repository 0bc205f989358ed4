"""Deployed worlds and mutants, made once: compiling takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audits.deployment import open_world
from audits.mutants import write_mutant
from audits.setup import default_parameters, default_setup
from audits.world import AuditWorld


@pytest.fixture(scope="session")
def mutant(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Path of the patched contract of a mutant id."""
    folder = tmp_path_factory.mktemp("mutants")
    return lambda mutant_id: write_mutant(mutant_id, folder)


@pytest.fixture(scope="session")
def clean_world() -> AuditWorld:
    return open_world(default_setup(), default_parameters())
