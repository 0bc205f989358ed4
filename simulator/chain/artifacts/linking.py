"""Fills what code waits for: addresses of libraries, values of immutables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from eth_hash.auto import keccak

from simulator.chain.artifacts.model import Artifact, Code
from simulator.chain.checks import check_address
from simulator.errors import InputError
from simulator.types import Address

OLD_NAME_LENGTH = 36
"""solc before 0.5 cut `file:Name` to what fits between the underscores of a placeholder."""


def link(artifact: Artifact, libraries: Mapping[str, Address]) -> Artifact:
    """The artifact with these libraries' addresses in it; others may follow later.

    libraries: `Name` or `file:Name` -> 20 raw bytes. Where the artifact has only hashed
    placeholders, `file:Name` as the compiler knew it. InputError for a library that it does not
    need or that could be two.
    """
    needed = sorted({*artifact.creation.libraries(), *artifact.runtime.libraries()})
    addresses: dict[str, Address] = {}
    for given, address in libraries.items():
        check_address(f"libraries.{given}", address)
        matches = [name for name in needed if _is_same(name, given)]
        if len(matches) != 1:
            them = ", ".join(matches or needed) or "none"
            rule = "could be " if matches else "is no library that this code waits for: "
            raise InputError(f"libraries of {artifact.name}", given, rule + them)
        addresses[matches[0]] = address
    return replace(
        artifact,
        creation=_linked(artifact.creation, addresses),
        runtime=_linked(artifact.runtime, addresses),
    )


def placeholder_of(name: str) -> str:
    """What solc writes between two underscores for a library `file:Name`."""
    return f"${keccak(name.encode())[:17].hex()}$"


def with_immutables(artifact: Artifact, values: Mapping[str, int | bytes]) -> Artifact:
    """The artifact with all immutables of its run-time code filled, ready for `set_code`.

    values: by name (or AST id where the format has no names): an integer or a bool, an address as
    20 raw bytes, or all raw bytes of the place. InputError for missing, unknown or misfit ones.
    """
    parts = artifact.runtime.immutables
    names = {part.name for part in parts}
    field = f"immutables of {artifact.name}"
    for name in sorted(names ^ set(values)):
        raise InputError(field, name, "has no value" if name in names else "is not one of them")
    code = bytearray(artifact.runtime.template)
    for part in parts:
        code[part.start : part.start + part.length] = _word(
            f"{field}: {part.name}", values[part.name], part.length
        )
    return replace(artifact, runtime=Code(bytes(code), artifact.runtime.links))


def _is_same(needed: str, given: str) -> bool:
    return (
        needed in (given, placeholder_of(given), given[:OLD_NAME_LENGTH])
        or needed.rpartition(":")[2] == given
    )


def _linked(code: Code, addresses: Mapping[str, Address]) -> Code:
    template = bytearray(code.template)
    for part in code.links:
        if part.library in addresses:
            template[part.start : part.start + part.length] = addresses[part.library]
    left = tuple(part for part in code.links if part.library not in addresses)
    return replace(code, template=bytes(template), links=left)


def _word(field: str, value: int | bytes, length: int) -> bytes:
    if isinstance(value, int) and length == 32:
        if not -(1 << 255) <= value < 1 << 256:
            raise InputError(field, value, "must fit into 256 bits")
        return value.to_bytes(32, "big", signed=value < 0)
    if isinstance(value, bytes) and len(value) == length:
        return value
    if isinstance(value, bytes) and len(value) == 20 and length == 32:
        return bytes(12) + value
    rule = f"must be {length} raw bytes" + (", 20 or an integer" if length == 32 else "")
    raise InputError(field, value, rule)
