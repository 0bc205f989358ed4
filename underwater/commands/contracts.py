"""The contract of a run, compiled before anything is written or spread over processes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simulator.errors import InputError


def check_contracts(contracts: Iterable[str]) -> dict[str, str]:
    """Compile each contract once, into the cache that the runs read from.

    Gives the hash of each source by its name (of a file without its folders). Raises InputError
    under the name of the option for what is neither a name nor a file, and CompileError with the
    compiler's own words.
    """
    from simulator.protocols.matched_perp.deployment import compile_exchange

    hashes = {}
    for contract in dict.fromkeys(contracts):
        try:
            hashes[Path(contract).name] = compile_exchange(contract).source_hash
        except InputError as error:
            raise InputError("--contract", error.value, error.rule) from None
    return hashes
