"""A guard for foreign JSON: how deep its brackets nest.

Python's own guard is a recursion limit that other packages raise (importing py-evm does): then a
deep document overflows the stack and the process dies.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 64
"""Levels; nothing that nodes and their clients say has more than ten."""

_TOKEN = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
"""Not whole strings: hunting for the end of one that has none takes time by its square."""


DEEPEST_FILE: Final = 500
"""Levels of a file that tools write: syntax trees of compilers nest deeper than any message."""


def is_too_deep(document: bytes, deepest: int = DEEPEST) -> bool:
    """Whether brackets outside of strings nest deeper than `deepest` anywhere."""
    if document.count(b"[") + document.count(b"{") <= deepest:
        return False
    depth, is_inside = 0, False
    for token in _TOKEN.finditer(document):
        sign = token[0]
        if sign == b'"':
            is_inside = not is_inside
        elif not is_inside and len(sign) == 1:
            depth += 1 if sign in b"[{" else -1
            if depth > deepest:
                return True
    return False
