"""Which hardfork a block of mainnet belongs to."""

from __future__ import annotations

from typing import Final

from simulator.chain.base import DEFAULT_HARDFORK, BlockEnvironment
from simulator.errors import InputError

MAINNET: Final = 1

_BY_NUMBER: Final = (("london", 12_965_000), ("paris", 15_537_394))
_BY_TIMESTAMP: Final = (
    ("shanghai", 1_681_338_455),
    ("cancun", 1_710_338_135),
    ("prague", 1_746_612_311),
    ("osaka", 1_764_798_551),
)
"""First block and first timestamp (seconds since 1970) as in the execution specifications."""


def hardfork_of(chain_id: int, block: BlockEnvironment, given: str | None) -> str:
    """The one given; else, for mainnet, the one in force at the block; else the default.

    InputError for a block of mainnet before london, whose rules no engine here has.
    """
    if given is not None:
        return given
    if chain_id != MAINNET:
        return DEFAULT_HARDFORK
    started = [name for name, first in _BY_NUMBER if block.number >= first]
    started += [name for name, first in _BY_TIMESTAMP if block.timestamp >= first]
    if block.number < _BY_NUMBER[0][1]:
        raise InputError(
            "block",
            block.number,
            f"lies before london (block {_BY_NUMBER[0][1]}); name a hardfork to run it under",
        )
    return started[-1]
