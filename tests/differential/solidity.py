"""The contracts of `tests/contracts`, compiled; without a Solidity compiler those tests skip."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from simulator.chain.artifacts import Artifact, compile_solidity, compile_vyper, find_compiler
from simulator.errors import MissingComponentError

CONTRACTS = Path(__file__).resolve().parents[1] / "contracts"
EVERYTHING = CONTRACTS / "layout" / "Everything.sol"
EVERYTHING_IN_VYPER = CONTRACTS / "layout" / "Everything.vy"
LINKED = CONTRACTS / "libraries" / "Linked.sol"
BUILT = CONTRACTS / "built"


@cache
def reason_without_solc() -> str:
    """Why there is no Solidity compiler, or nothing."""
    try:
        find_compiler(evm_version="cancun", folder=CONTRACTS)
    except MissingComponentError as error:
        return str(error)
    return ""


needs_solc = pytest.mark.skipif(bool(reason_without_solc()), reason=reason_without_solc() or "-")


@cache
def solidity_artifacts(path: Path) -> dict[str, Artifact]:
    """All contracts of a file; skips the test without a compiler."""
    if reason_without_solc():
        pytest.skip(reason_without_solc())
    return compile_solidity(path)


@cache
def everything(language: str) -> Artifact:
    """The contract that has storage of every kind."""
    if language == "vyper":
        return compile_vyper(EVERYTHING_IN_VYPER)
    return solidity_artifacts(EVERYTHING)["Everything"]
