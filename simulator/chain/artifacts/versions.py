"""Versions of compilers, and what the `pragma solidity` of a source says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

Version: TypeAlias = tuple[int, int, int]

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)
_PRAGMA = re.compile(r"\bpragma\s+solidity\s+([^;]+);", re.ASCII)
_RANGE = re.compile(r"(\S+)\s+-\s+(\S+)", re.ASCII)
_TERM = re.compile(
    r"(?P<sign>\^|~|>=|<=|>|<|=)?\s*v?(?P<digits>[\dxX*]+(?:\.[\dxX*]+){0,2})", re.ASCII
)
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/""", re.DOTALL
)

SINCE = {
    "istanbul": (0, 5, 14), "berlin": (0, 8, 5), "london": (0, 8, 7), "paris": (0, 8, 18),
    "shanghai": (0, 8, 20), "cancun": (0, 8, 24), "prague": (0, 8, 27), "osaka": (0, 8, 29),
}  # fmt: skip
"""The first solc that knows an evmVersion: from cancun on by trying the releases around it, before
that from the changelog. The compiler itself has the last word."""


def parse_version(text: str) -> Version | None:
    """The first x.y.z in a text."""
    match = _VERSION.search(text)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def text_of(version: Version) -> str:
    return ".".join(map(str, version))


def without_comments(source: str) -> str:
    """The source with comments blanked out; strings stay."""
    return _COMMENT.sub(lambda match: match[1] or " ", source)


def pragmas_of(sources: Iterable[str]) -> list[str]:
    """What `pragma solidity` says in each source that has one."""
    return [
        match[1].strip() for text in sources for match in _PRAGMA.finditer(without_comments(text))
    ]


def satisfies(version: Version, pragma: str) -> bool:
    """Whether a version fits an expression such as `^0.8.0`, `>=0.7.0 <0.9.0` or `0.8.1 || 0.8.3`.

    What this does not understand fits: the compiler reads the pragma again.
    """
    return any(
        all(_fits(version, low, high) for low, high in _bounds(part)) for part in pragma.split("||")
    )


def _bounds(part: str) -> list[tuple[Version, Version]]:
    """Intervals [low, high) that a version must lie in."""
    spread = _RANGE.fullmatch(part.strip())
    if spread is not None:
        part = f">={spread[1]} <={spread[2]}"
    return [_interval(match["sign"] or "=", match["digits"]) for match in _TERM.finditer(part)]


def _interval(sign: str, digits: str) -> tuple[Version, Version]:
    known = [int(part) for part in digits.split(".") if part.isdigit()]
    low = _padded(known)
    end = (1 << 30, 0, 0)
    if not known:
        return (0, 0, 0), end
    after = _padded([*known[:-1], known[-1] + 1])
    if sign == "^":
        place = next((at for at, number in enumerate(known[:2]) if number), len(known) - 1)
        return low, _padded([*known[:place], known[place] + 1])
    if sign == "~":
        keep = known[:2]
        return low, _padded([*keep[:-1], keep[-1] + 1])
    intervals = {
        ">=": (low, end),
        ">": (after, end),
        "<": ((0, 0, 0), low),
        "<=": ((0, 0, 0), after),
    }
    return intervals.get(sign, (low, after))


def _padded(numbers: list[int]) -> Version:
    first, second, third = (*numbers, 0, 0, 0)[:3]
    return first, second, third


def _fits(version: Version, low: Version, high: Version) -> bool:
    return low <= version < high
