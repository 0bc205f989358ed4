"""Which engine runs: the fast one where it is installed, else the reference one."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.chain.base import DEFAULT_HARDFORK, Chain
from simulator.errors import InputError, MissingComponentError

CHOICES = ("auto", "revm", "pyevm")

HOW_TO_GET_REVM = "install Rust (cargo >= 1.91) and run `make engine`"


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine that will run, and one line for stderr if it is not the one hoped for."""

    name: str
    note: str = ""


def engine_is_installed() -> bool:
    """Whether the extension `underwater_evm` can be imported."""
    try:
        import underwater_evm  # noqa: F401
    except ImportError:
        return False
    return True


def select_engine(choice: str = "auto") -> EngineChoice:
    """Resolve auto | revm | pyevm. MissingComponentError if an explicit engine is absent."""
    if choice not in CHOICES:
        raise InputError("chain", choice, f"must be one of {', '.join(CHOICES)}")
    if choice == "pyevm":
        return EngineChoice("pyevm")
    if engine_is_installed():
        return EngineChoice("revm")
    if choice == "revm":
        raise MissingComponentError(f"the engine revm is not installed; {HOW_TO_GET_REVM}")
    return EngineChoice(
        "pyevm",
        f"the fast engine is not installed, so py-evm runs, which is slow; {HOW_TO_GET_REVM}",
    )


def open_chain(
    choice: str = "auto",
    *,
    hardfork: str = DEFAULT_HARDFORK,
    chain_id: int = 1,
    limit_code_size: bool = True,
) -> Chain:
    """An empty world on the engine of `select_engine`. Its note is the caller's to print.

    InputError for an unknown hardfork (py-evm knows none after prague), MissingComponentError for
    an explicit engine that is absent. `limit_code_size=False` lifts the limit of EIP-170.
    """
    if select_engine(choice).name == "revm":
        from simulator.chain.revm import RevmChain

        return RevmChain(hardfork, chain_id=chain_id, limit_code_size=limit_code_size)
    from simulator.chain.pyevm import PyEvmChain

    return PyEvmChain(hardfork, chain_id=chain_id, limit_code_size=limit_code_size)
