"""Whatever these tests refuse is refused by the name of an argument, in a sentence."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from simulator.errors import InvalidArgument

PACKAGE = "simulator."
NONE_IS_REFUSED = ("percentile", "default_probability", "entry_price")
NONE_IS_NO = ("must be an integer, a Decimal", "is missing")
"""Arguments and rules of which None is itself the value at fault."""
NAME = re.compile(r"[a-z][a-z0-9_]*")


def outermost(frame: FrameType | None) -> FrameType | None:
    """The public function that the test called: the package's last frame before the test's own."""
    found = None
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("tests."):
            break
        # A dataclass writes its __init__ outside of any module.
        if name.startswith(PACKAGE) or frame.f_code.co_name == "__init__":
            found = frame
        frame = frame.f_back
    return found


def names_in(value: object) -> set[str]:
    """Fields of a record, or of the records in a sequence."""
    fields = getattr(value, "__dataclass_fields__", None) or getattr(value, "_fields", None)
    if fields is None and isinstance(value, (list, tuple)):
        return set().union(*(names_in(item) for item in value))
    return set(fields or ())


def arguments_of(frame: FrameType) -> set[str]:
    """Names of a function's arguments, and of the fields of those that are records."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return set(names).union(*(names_in(frame.f_locals.get(name)) for name in names))


@pytest.fixture(autouse=True)
def refusals_are_well_worded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    refusals: list[tuple[InvalidArgument, set[str]]] = []
    plain = InvalidArgument.__init__

    def watched(self: InvalidArgument, field: str, value: object, rule: str) -> None:
        plain(self, field, value, rule)
        caller = outermost(sys._getframe(1))
        refusals.append((self, arguments_of(caller) if caller else set()))

    monkeypatch.setattr(InvalidArgument, "__init__", watched)
    yield
    for refusal, known in refusals:
        root, rule = NAME.match(str(refusal.field)), refusal.rule
        # What stands in a file has names of its own.
        named = "path" in known or (root is not None and root[0] in known)
        assert named, f"{refusal.field!r} is no argument of the function called: {sorted(known)}"
        shown = refusal.value is not None or refusal.field in NONE_IS_REFUSED
        shown = shown or rule.startswith(NONE_IS_NO)
        assert shown, f"{refusal.field}: the value that was refused is not shown"
        assert isinstance(rule, str) and "XX" not in rule, rule
        assert not (rule.isupper() or rule[:1].isupper()), f"{rule!r} is no rule in a sentence"
