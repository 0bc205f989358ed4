"""Worlds as a node needs them: also accounts with code may send, since anybody is impersonated."""

from __future__ import annotations

from simulator.chain.base import BlockEnvironment, Chain, StateSource


def open_world(
    engine: str,
    hardfork: str,
    chain_id: int,
    block: BlockEnvironment,
    source: StateSource | None = None,
    *,
    limit_code_size: bool = True,
) -> Chain:
    """A world on the engine `revm` or `pyevm`; on a source's state if there is one.

    InputError for a hardfork that the engine does not know.
    """
    if engine == "revm":
        from simulator.chain.revm import RevmChain

        return RevmChain(
            hardfork,
            chain_id=chain_id,
            limit_code_size=limit_code_size,
            block=block,
            source=source,
            check_senders=False,
        )
    from simulator.chain.pyevm import PyEvmChain

    return PyEvmChain(
        hardfork,
        chain_id=chain_id,
        limit_code_size=limit_code_size,
        block=block,
        source=source,
        check_senders=False,
    )
