"""Functions and events from ABI entries or from text, with what packing and decoding need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from simulator.chain.abi.types import AbiType, parse_type, split_top, type_of
from simulator.chain.abi.words import event_topic, selector
from simulator.errors import InputError

Entry: TypeAlias = Mapping[str, Any]
"""One entry of a contract's ABI."""

_HEAD = re.compile(r"\s*(?:function\s+)?(?P<name>[A-Za-z_$][\w$]*)?\s*\(", re.ASCII)
_EVENT = re.compile(r"\s*(?:event\s+)?(?P<name>[A-Za-z_$][\w$]*)\s*\((?P<fields>.*)\)\s*"
                    r"(?P<anonymous>anonymous)?\s*;?\s*", re.ASCII | re.DOTALL)  # fmt: skip
_MODIFIERS = frozenset({"memory", "calldata", "storage", "payable", "indexed"})
_AFTER_ARGUMENTS = frozenset(
    {"external", "public", "view", "pure", "payable", "nonpayable", "virtual", "returns", "->"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """An argument, a return value or a field of an event; the name may be empty."""

    name: str
    type: AbiType
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function, an error or (without selector) a constructor.

    outputs: None where not known; template: one call with all arguments zero, empty if not all of
    them are static.
    """

    name: str
    signature: str
    selector: bytes
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...] | None
    is_static: bool
    template: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """An event. topic: the hash of its signature, which an anonymous one does not log."""

    name: str
    signature: str
    topic: bytes
    fields: tuple[Field, ...]
    anonymous: bool = False

    @property
    def indexed(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.indexed)

    @property
    def topic_count(self) -> int:
        return len(self.indexed) + (not self.anonymous)


def function_of(source: str | Entry | Function) -> Function:
    """From `transfer(address to, uint256 amount) returns (bool)`, an ABI entry, or as it is.

    Names, `returns` and the word `function` may be left out; `f(uint256)(bool)` also tells the
    outputs. InputError for text that is no signature.
    """
    if isinstance(source, Function):
        return source
    if isinstance(source, str):
        return _function_of_text(source)
    fields = _fields(source.get("inputs", ()))
    outputs = _fields(source["outputs"]) if "outputs" in source else None
    kind = source.get("type", "function")
    return make_function("" if kind == "constructor" else str(source["name"]), fields, outputs)


def functions_of(abi: Iterable[Entry], kind: str = "function") -> list[Function]:
    """All functions (or, by `kind`, errors) of a contract's ABI."""
    return [function_of(entry) for entry in abi if entry.get("type", "function") == kind]


def events_of(source: str | Entry | Event | Iterable[str | Entry | Event]) -> list[Event]:
    """Events from a contract's ABI (other entries are passed over), from entries or from text.

    Text is as in Solidity: `Transfer(address indexed from, address indexed to, uint256 value)`.
    """
    if isinstance(source, (str, Event, Mapping)):
        source = [source]
    events = []
    for item in source:
        if isinstance(item, Event):
            events.append(item)
        elif isinstance(item, str):
            events.append(_event_of_text(item))
        elif item.get("type") == "event":
            anonymous = bool(item.get("anonymous", False))
            events.append(_event(str(item["name"]), _fields(item["inputs"]), anonymous))
    return events


def _fields(items: Iterable[Entry]) -> tuple[Field, ...]:
    return tuple(
        Field(str(item.get("name", "")), type_of(item), bool(item.get("indexed", False)))
        for item in items
    )


@lru_cache(maxsize=1024)
def make_function(
    name: str, inputs: tuple[Field, ...], outputs: tuple[Field, ...] | None = None
) -> Function:
    """A function of these fields; without a name it has no selector."""
    signature = f"{name}({','.join(field.type.text for field in inputs)})"
    first = selector(signature) if name else b""
    is_static = all(field.type.is_static for field in inputs)
    template = first + bytes(32 * sum(field.type.words for field in inputs))
    return Function(
        name, signature, first, inputs, outputs, is_static, template if is_static else b""
    )


def _event(name: str, fields: tuple[Field, ...], anonymous: bool) -> Event:
    signature = f"{name}({','.join(field.type.text for field in fields)})"
    event = Event(name, signature, event_topic(signature), fields, anonymous)
    if event.topic_count > 4:
        raise InputError("event", signature, "has more indexed fields than a log has topics")
    return event


@lru_cache(maxsize=1024)
def _function_of_text(text: str) -> Function:
    head = _HEAD.match(text)
    if head is None:
        raise InputError("signature", text, "must read like transfer(address,uint256)")
    inner, rest = _bracket(text, head.end() - 1)
    rest = rest.strip().removesuffix(";").rstrip()
    outputs = None
    words, bracket, _ = rest.partition("(")
    if bracket:
        inside, tail = _bracket(rest, len(words))
        outputs = _fields_of_text(inside)
        words += tail
    if not _AFTER_ARGUMENTS.issuperset(words.split()):
        raise InputError("signature", text, "may end only with the types that it returns")
    return make_function(head["name"] or "", _fields_of_text(inner), outputs)


def _event_of_text(text: str) -> Event:
    match = _EVENT.fullmatch(text)
    if match is None:
        raise InputError("event", text, "must read like Deposit(address indexed who, uint256 wei)")
    return _event(match["name"], _fields_of_text(match["fields"]), match["anonymous"] is not None)


def _bracket(text: str, start: int) -> tuple[str, str]:
    """What is inside of the bracket that opens at `start`, and what follows it."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return text[start + 1 : place], text[place + 1 :]
    raise InputError("signature", text, "lacks a closing bracket")


def _fields_of_text(text: str) -> tuple[Field, ...]:
    return tuple(_field_of_text(part) for part in split_top(text))


def _field_of_text(text: str) -> Field:
    head, names = text, ""
    if text.startswith("tuple("):
        text = text.removeprefix("tuple")
    if text.startswith("("):
        inner, rest = _bracket(text, 0)
        suffix, _, names = rest.partition(" ")
        inner = ",".join(field.type.text for field in _fields_of_text(inner))
        head = f"({inner}){suffix}"
    else:
        head, _, names = text.partition(" ")
    words = names.split()
    free = [word for word in words if word not in _MODIFIERS]
    if len(free) > 1:
        raise InputError("signature", text, "must be a type and at most one name")
    return Field(free[0] if free else "", parse_type(head), "indexed" in words)
