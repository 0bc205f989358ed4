"""Functions, events and errors of an artifact by name, and data for them through eth-abi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulator.chain.abi import selector, signature_of
from simulator.chain.abi.signatures import function_of
from simulator.chain.abi.types import canonical
from simulator.chain.artifacts.model import Artifact, Entry
from simulator.errors import InputError


def function_entry(artifact: Artifact, function: str) -> Entry:
    """The ABI entry of `mint` or, where that is overloaded, of `mint(address,uint256)`.

    InputError for an unknown name, and for one that several functions share.
    """
    return _entry(artifact, "function", function)


def event_entry(artifact: Artifact, event: str) -> Entry:
    """The ABI entry of an event by name or, where several share it, by signature."""
    return _entry(artifact, "event", event)


def error_entry(artifact: Artifact, error: str) -> Entry:
    """The ABI entry of a custom error by name or signature."""
    return _entry(artifact, "error", error)


def merge_events(artifact: Artifact, *libraries: Artifact) -> Artifact:
    """The artifact with the events and errors of its libraries in its ABI.

    A compiler leaves out those that a library declares and the contract emits through it.
    """
    known = {(entry["type"], signature_of(entry)) for entry in artifact.abi if "type" in entry}
    merged = list(artifact.abi)
    for library in libraries:
        for entry in library.abi:
            key = (entry.get("type"), signature_of(entry))
            if key[0] in ("event", "error") and key not in known:
                known.add(key)
                merged.append(entry)
    return replace(artifact, abi=tuple(merged))


def creation_code(artifact: Artifact, *arguments: object) -> bytes:
    """What a deployment sends: creation code and encoded constructor arguments.

    Addresses are 20 raw bytes or 0x text; structs are sequences, or tables by member. InputError
    for missing libraries and for arguments that do not fit.
    """
    inputs = next((e.get("inputs", ()) for e in artifact.abi if e.get("type") == "constructor"), ())
    return artifact.bytecode + _encode(f"constructor of {artifact.name}", inputs, arguments)


def encode_call(artifact: Artifact, function: str, *arguments: object) -> bytes:
    """Calldata of one call; see `function_entry` and `creation_code`."""
    entry = function_entry(artifact, function)
    data = _encode(f"{artifact.name}.{function}", entry.get("inputs", ()), arguments)
    return selector(signature_of(entry)) + data


def decode_result(artifact: Artifact, function: str, data: bytes) -> tuple[Any, ...]:
    """Return data of a function as Python values: addresses as 0x text, structs as tuples."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    entry = function_entry(artifact, function)
    types = _types(entry.get("outputs", ()))
    try:
        return tuple(decode(types, data))
    except (DecodingError, OverflowError, ValueError) as error:
        rule = f"is no ({','.join(types)}): {error}"
        raise InputError(
            f"result of {artifact.name}.{function}", f"{len(data)} bytes", rule
        ) from None


def _entry(artifact: Artifact, kind: str, wanted: str) -> Entry:
    entries = [entry for entry in artifact.abi if entry.get("type") == kind]
    if "(" in wanted:
        signature = function_of(wanted).signature
        matches = [entry for entry in entries if signature_of(entry) == signature]
    else:
        matches = [entry for entry in entries if entry.get("name") == wanted]
    if len(matches) == 1:
        return matches[0]
    field = f"{kind} of {artifact.name}"
    if matches:
        them = ", ".join(signature_of(entry) for entry in matches)
        raise InputError(field, wanted, f"could be {them}: give the whole signature")
    raise InputError(field, wanted, _unknown(kind, wanted, map(signature_of, entries)))


def _unknown(kind: str, wanted: str, signatures: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = sorted(signatures)
    names = {signature.partition("(")[0]: signature for signature in known}
    close = get_close_matches(wanted.partition("(")[0], names, 3, 0.6)
    if close:
        return f"is no {kind} of its ABI; did you mean {', '.join(names[name] for name in close)}?"
    return f"is no {kind} of its ABI, which has {', '.join(known[:12]) or 'none'}"


def _types(inputs: Sequence[Entry]) -> list[str]:
    return [canonical(item) for item in inputs]


def _encode(what: str, inputs: Sequence[Entry], arguments: Sequence[object]) -> bytes:
    from eth_abi.abi import encode

    types = _types(inputs)
    if len(arguments) != len(types):
        rule = f"takes {len(types)}: ({', '.join(types)})"
        raise InputError(f"arguments of the {what}", len(arguments), rule)
    pairs = zip(inputs, arguments, strict=True)
    parts = [_plain(item, f"the {what}", argument) for item, argument in pairs]
    try:
        return bytes(encode(types, parts))
    except Exception as error:  # eth-abi raises many types that have no base in common
        rule = f"cannot be encoded as ({', '.join(types)}): {error}"
        raise InputError(f"arguments of the {what}", arguments, rule) from None


def _plain(item: Entry, what: str, value: Any) -> Any:
    """Tables become sequences in the order of the struct's members."""
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return value
    parts = item["components"]
    if kind.endswith("]"):
        inner = {**item, "type": kind[: kind.rindex("[")]}
        return [_plain(inner, what, part) for part in value]
    if isinstance(value, Mapping):
        names = [str(part["name"]) for part in parts]
        if set(names) != set(value):
            rule = f"must have the members {', '.join(names)}"
            raise InputError(f"{item.get('name')} of {what}", sorted(value), rule)
        value = [value[name] for name in names]
    if not isinstance(value, list | tuple) or len(value) != len(parts):
        raise InputError(f"{item.get('name')} of {what}", value, f"must have {len(parts)} members")
    return tuple(_plain(part, what, inner) for part, inner in zip(parts, value, strict=True))
