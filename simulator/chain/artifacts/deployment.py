"""Artifacts onto a chain, with the checks that bytes alone cannot have."""

from __future__ import annotations

from simulator.chain.artifacts.interface import creation_code
from simulator.chain.artifacts.model import Artifact
from simulator.chain.base import Chain
from simulator.errors import InputError
from simulator.types import Address

EVM_VERSIONS = (
    "homestead", "tangerineWhistle", "spuriousDragon", "byzantium", "constantinople", "petersburg",
    "istanbul", "berlin", "london", "paris", "shanghai", "cancun", "prague", "osaka", "amsterdam",
)  # fmt: skip
"""As the compilers call them, oldest first."""


def check_hardfork(artifact: Artifact, hardfork: str) -> None:
    """InputError if the artifact was compiled for a newer fork than the world has.

    An artifact that does not say what it was compiled for passes: its format has no such field.
    """
    version = artifact.evm_version
    if version is None:
        return
    field = f"evm_version of {artifact.name}"
    if version not in EVM_VERSIONS:
        raise InputError(
            field, version, f"is not known; it must be one of {', '.join(EVM_VERSIONS)}"
        )
    if hardfork not in EVM_VERSIONS:
        raise InputError("hardfork", hardfork, f"must be one of {', '.join(EVM_VERSIONS)}")
    if EVM_VERSIONS.index(version) > EVM_VERSIONS.index(hardfork):
        rule = (
            f"is newer than the world, which is {hardfork}: compile with evm_version={hardfork!r}"
        )
        raise InputError(field, version, rule)


def deploy(
    chain: Chain, artifact: Artifact, sender: Address, *arguments: object, value: int = 0
) -> Address:
    """Create the contract with its constructor arguments; `value` in wei.

    InputError for missing libraries, arguments that do not fit and a fork that is too old;
    RevertError with the decoded reason if the constructor reverts.
    """
    check_hardfork(artifact, chain.hardfork)
    return chain.deploy(creation_code(artifact, *arguments), sender, value)


def place(chain: Chain, artifact: Artifact, address: Address) -> None:
    """Put the run-time code at an address, without running a constructor.

    InputError while libraries or immutables are missing, and for a fork that is too old.
    """
    check_hardfork(artifact, chain.hardfork)
    chain.set_code(address, artifact.runtime_code)
