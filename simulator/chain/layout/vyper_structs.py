"""Members of Vyper's structs from the AST that the compiler writes as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.chain.layout.vyper import FLAG, INTERFACE

Json = Mapping[str, Any]


def structs_of_ast(modules: Iterable[Json]) -> dict[str, list[tuple[str, str]]]:
    """Structs that are defined in modules (each a JSON node `Module`), by their bare names.

    A struct is left out where its text is not enough: a length that is no literal or integer
    constant of its module, a type of another module, or two structs of one name.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    doubtful: set[str] = set()
    for module in modules:
        nodes = [node for node in module.get("body", ()) if isinstance(node, Mapping)]
        names = _Names(nodes)
        for node in nodes:
            if node.get("ast_type") != "StructDef":
                continue
            name, members = str(node["name"]), names.members(node)
            if members is None or found.get(name, members) != members:
                doubtful.add(name)
            else:
                found[name] = members
    return {name: members for name, members in found.items() if name not in doubtful}


class _Names:
    """What the names of one module stand for."""

    def __init__(self, nodes: Iterable[Json]) -> None:
        self.kinds: dict[str, str] = {}
        self.constants: dict[str, int] = {}
        for node in nodes:
            kind = node.get("ast_type")
            if kind == "FlagDef":
                self.kinds[node["name"]] = f"{FLAG}{node['name']}"
            elif kind == "InterfaceDef":
                self.kinds[node["name"]] = f"{INTERFACE}{node['name']}"
            elif kind == "VariableDecl" and node.get("is_constant"):
                value = node.get("value") or {}
                if value.get("ast_type") == "Int":
                    self.constants[node["target"]["id"]] = int(value["value"])

    def members(self, node: Json) -> list[tuple[str, str]] | None:
        members = []
        for part in node.get("body", ()):
            if part.get("ast_type") != "AnnAssign":
                continue
            text = self._text(part["annotation"])
            if text is None:
                return None
            members.append((str(part["target"]["id"]), text))
        return members

    def _text(self, node: Json) -> str | None:
        kind = node.get("ast_type")
        if kind == "Name":
            name = str(node["id"])
            return self.kinds.get(name, name)
        if kind != "Subscript":
            return None
        head, inside = self._text(node["value"]), node["slice"]
        parts = inside["elements"] if inside.get("ast_type") == "Tuple" else [inside]
        texts = [self._length(part) or self._text(part) for part in parts]
        if head is None or None in texts:
            return None
        return f"{head}[{', '.join(text for text in texts if text)}]"

    def _length(self, node: Json) -> str | None:
        if node.get("ast_type") == "Int":
            return str(node["value"])
        number = self.constants.get(str(node.get("id")))
        return None if number is None else str(number)
