"""Which engine runs: the fast one where it is installed, else the reference one; or a node."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.chain.base import DEFAULT_HARDFORK, Chain
from simulator.errors import InputError, MissingComponentError

CHOICES = ("auto", "revm", "pyevm", "rpc")

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
    """Resolve auto | revm | pyevm | rpc. MissingComponentError if an explicit engine is absent."""
    if choice not in CHOICES:
        raise InputError("chain", choice, f"must be one of {', '.join(CHOICES)}")
    if choice in ("pyevm", "rpc"):
        return EngineChoice(choice)
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
    hardfork: str | None = None,
    chain_id: int | None = None,
    limit_code_size: bool = True,
    url: str | None = None,
) -> Chain:
    """An empty world on the engine of `select_engine`, whose note is the caller's to print.

    hardfork: DEFAULT_HARDFORK, and chain_id: 1, if None. `limit_code_size=False` lifts the limit of
    EIP-170. InputError for an unknown hardfork (py-evm knows none after prague), MissingComponent-
    Error for an explicit engine that is absent.

    `rpc` takes the node at `url` as it is (see RpcChain), and ChainError if it has another hardfork
    or chain id than are asked for.
    """
    engine = select_engine(choice).name
    if (engine == "rpc") != (url is not None):
        raise InputError("url", url, "is given for the chain `rpc`, and only for it")
    if url is not None:
        from simulator.chain.rpc import RpcChain

        if not limit_code_size:
            rule = "the node decides it (anvil: --disable-code-size-limit)"
            raise InputError("limit_code_size", limit_code_size, rule)
        return RpcChain(url, hardfork=hardfork, chain_id=chain_id)
    hardfork = DEFAULT_HARDFORK if hardfork is None else hardfork
    chain_id = 1 if chain_id is None else chain_id
    if engine == "revm":
        from simulator.chain.revm import RevmChain

        return RevmChain(hardfork, chain_id=chain_id, limit_code_size=limit_code_size)
    from simulator.chain.pyevm import PyEvmChain

    return PyEvmChain(hardfork, chain_id=chain_id, limit_code_size=limit_code_size)
