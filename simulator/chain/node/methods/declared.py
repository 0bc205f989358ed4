"""How a method is declared: what it runs, and how its parameters are read by position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.chain.node import wire
from simulator.chain.node.faults import INVALID_PARAMS, RpcError


class _Required:
    pass


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One position. read: (name, JSON value) -> value; without a default it must be given."""

    name: str
    read: Callable[[str, object], Any]
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Method:
    """run: (node, *values) -> what becomes JSON."""

    run: Callable[..., object]
    parameters: tuple[Parameter, ...] = ()

    def values(self, given: Sequence[object]) -> list[Any]:
        """The parameters' values; RpcError (-32602) for too many, too few or malformed ones."""
        if len(given) > len(self.parameters):
            raise RpcError(
                INVALID_PARAMS,
                f"too many arguments: {len(given)}, at most {len(self.parameters)} are known",
            )
        return [self._value(index, given) for index in range(len(self.parameters))]

    def _value(self, index: int, given: Sequence[object]) -> Any:
        parameter = self.parameters[index]
        if index < len(given) and given[index] is not None:
            return parameter.read(parameter.name, given[index])
        if parameter.default is REQUIRED:
            raise RpcError(
                INVALID_PARAMS, f"missing value for required argument {index}: {parameter.name}"
            )
        return parameter.default


ADDRESS: Final = Parameter("address", wire.address)
BLOCK: Final = Parameter("block", wire.block, wire.LATEST)
BLOCK_REQUIRED: Final = Parameter("block", wire.block)
BLOCK_HASH: Final = Parameter("block hash", wire.hash_)
FULL: Final = Parameter("full transactions", wire.boolean, False)
HASH: Final = Parameter("transaction hash", wire.hash_)
INDEX: Final = Parameter("index", wire.uint64)
CALL: Final = Parameter("transaction", wire.mapping)
STATE_OVERRIDES: Final = Parameter("state overrides", wire.mapping, None)
BLOCK_OVERRIDES: Final = Parameter("block overrides", wire.mapping, None)
