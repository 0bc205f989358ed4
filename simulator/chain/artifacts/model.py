"""A compiled contract, whoever compiled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.chain.layout import StorageLayout
from simulator.errors import InputError

MAX_RUNTIME_SIZE = 24_576
"""Bytes of deployed code that a real chain accepts (EIP-170)."""

Entry = Mapping[str, Any]
"""One entry of an ABI."""


@dataclass(frozen=True, slots=True)
class StorageVariable:
    """Where the compiler put a variable: its first slot, its type as text, its slot count."""

    slot: int
    type: str
    slots: int


@dataclass(frozen=True, slots=True)
class Link:
    """Bytes of code that wait for the address of a library.

    library: `file:Name`, or a placeholder such as `$1f..$` where only the hash of that is known.
    """

    library: str
    start: int
    length: int = 20


@dataclass(frozen=True, slots=True)
class Immutable:
    """Bytes of run-time code that the constructor fills. name: as in the source, or its AST id."""

    name: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Code:
    """Code with what it still lacks; the places of links and immutables hold zeros."""

    template: bytes
    links: tuple[Link, ...] = ()
    immutables: tuple[Immutable, ...] = ()

    def libraries(self) -> list[str]:
        """Names of the libraries it waits for, in order."""
        return sorted({link.library for link in self.links})


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    abi: as the compiler gives it. creation, runtime: code before linking; see `bytecode` and
    `runtime_code`. storage_layout: of the variables by name; layout: the same with all types, for
    `StorageView`; empty and None where the format has none. evm_version: what the compiler was told
    to compile for, None where the format does not say. compiler: its name and version, if known.
    source_hash: sha256 (hex) of the contract's own text, or of the file it was loaded from where
    that has no sources. path: the file it came from.
    """

    name: str
    abi: tuple[Entry, ...]
    creation: Code
    runtime: Code
    storage_layout: Mapping[str, StorageVariable]
    source_hash: str
    path: Path
    layout: StorageLayout | None = None
    evm_version: str | None = None
    compiler: str = ""

    @property
    def bytecode(self) -> bytes:
        """Creation code without constructor arguments; InputError while a library is missing."""
        return _complete("bytecode", self, self.creation)

    @property
    def runtime_code(self) -> bytes:
        """Code to lie at an address (`set_code`).

        InputError while a library or an immutable is missing: see `link` and `with_immutables`.
        """
        if self.runtime.immutables:
            names = ", ".join(sorted({part.name for part in self.runtime.immutables}))
            rule = f"waits for immutables: fill them by with_immutables, or deploy it ({self.path})"
            raise InputError(f"runtime code of {self.name}", names, rule)
        return _complete("runtime code", self, self.runtime)

    @property
    def runtime_size(self) -> int:
        """Bytes of the deployed code."""
        return len(self.runtime.template)


def _complete(what: str, artifact: Artifact, code: Code) -> bytes:
    if code.links:
        names = ", ".join(code.libraries())
        rule = f"waits for libraries: link(artifact, {{name: address}}) first ({artifact.path})"
        raise InputError(f"{what} of {artifact.name}", names, rule)
    if not code.template:
        rule = f"is empty: an interface, an abstract contract, or not asked for ({artifact.path})"
        raise InputError(f"{what} of {artifact.name}", "0x", rule)
    return code.template
