"""What Vyper's layout leaves out: exact types of state variables and the members of structs.

Read from the compiler's own types, so it leans on the internals of the one version that is pinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.chain.layout.vyper import FLAG, INTERFACE


class TypeBook:
    """Spells types as text in which every struct has a name of its own."""

    def __init__(self) -> None:
        self.structs: dict[str, list[tuple[str, str]]] = {}
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []

    def text(self, kind: Any) -> str:
        """Like the compiler's text, but flags and interfaces say what they are."""
        head = getattr(kind, "typeclass", "")
        if head == "hashmap":
            return f"HashMap[{self.text(kind.key_type)}, {self.text(kind.value_type)}]"
        if head == "dynamic_array":
            return f"DynArray[{self.text(kind.value_type)}, {kind.length}]"
        if head == "static_array":
            return f"{self.text(kind.value_type)}[{kind.length}]"
        if head == "struct":
            return self._struct(kind)
        if head == "flag":
            return f"{FLAG}{kind.name}"
        if head == "interface":
            return f"{INTERFACE}{kind}"
        return str(kind)

    def _struct(self, kind: Any) -> str:
        """Two modules may both have a struct of one name: the second one is called `Name'`."""
        key = id(kind.ast_def if kind.ast_def is not None else kind)
        if key not in self._names:
            name = str(kind.name)
            while name in self.structs:
                name += "'"
            self._names[key] = name
            self._kept.append(kind)  # or another type could get its id
            self.structs[name] = []
            self.structs[name] = [
                (str(member), self.text(part)) for member, part in kind.members.items()
            ]
        return self._names[key]


def exact_types(module: Any) -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
    """Types of the state variables by (dotted) name, and structs, of an annotated module."""
    book = TypeBook()
    types = {name: book.text(kind) for name, kind in _variables(module, "")}
    return types, book.structs


def _variables(module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    from vyper import ast

    for node in module.get_children(ast.VariableDecl):
        if node.target._metadata["varinfo"].is_state_variable():
            yield f"{prefix}{node.target.id}", node.target._metadata["varinfo"].typ
    for node in module.get_children(ast.InitializesDecl):
        info = node._metadata["initializes_info"].module_info
        yield from _variables(info.module_node, f"{prefix}{info.alias}.")
