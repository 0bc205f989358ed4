"""A guard for foreign JSON: how deep its brackets nest.

Python's own guard is a recursion limit that other packages raise (importing py-evm does): then a
deep document overflows the stack and the process dies.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 64
"""Levels; no answer of a node has more than ten."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def is_too_deep(document: bytes) -> bool:
    """Whether brackets outside of strings nest deeper than `DEEPEST` anywhere."""
    if document.count(b"[") + document.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", document)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
