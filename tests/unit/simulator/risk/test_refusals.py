"""No function takes what is not a number for one, and each says which argument it was.

good_calls.txt holds a call of every public function with plain arguments. The fixture in
conftest.py looks at how the refusals are worded.
"""

from __future__ import annotations

import ast
import re
from importlib import import_module
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulator.errors import InvalidArgument

FILE = Path(__file__).with_name("good_calls.txt")


class Call(NamedTuple):
    """A function by module and name, arguments that it takes, those that it trusts, those that may
    not be below 0, and those that may not have a dimension more."""

    function: str
    arguments: dict[str, Any]
    trusted: tuple[str, ...]
    not_below_zero: tuple[str, ...]
    not_deeper: tuple[str, ...]

    def __call__(self, **changed: object) -> Any:
        module, name = self.function.split(":")
        return getattr(import_module(module), name)(**(self.arguments | changed))


def read_call(line: str) -> Call:
    written, _, deep = line.strip().partition(" not deeper ")
    written, _, least = written.partition(" not below 0 ")
    written, _, trusted = written.partition(" trusts ")
    function, _, arguments = written.partition("(")
    parsed = ast.parse(f"call({arguments}", mode="eval").body
    assert isinstance(parsed, ast.Call)
    values = {str(item.arg): ast.literal_eval(item.value) for item in parsed.keywords}
    return Call(function, values, tuple(trusted.split()), tuple(least.split()), tuple(deep.split()))


CALLS = [read_call(line) for line in FILE.read_text().splitlines() if not line.startswith("#")]


def spoilt(value: Any, bad: float = nan) -> Any:
    """The value, or the first number in it, made bad; None where there is no number."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    if isinstance(value, (int, float)):
        return type(value)(bad) if bad == bad else bad
    first = spoilt(value[0], bad) if value else None
    return None if first is None else type(value)([first, *value[1:]])


def assert_refused(call: Call, name: str, value: object) -> None:
    with pytest.raises(InvalidArgument) as refused:
        call(**{name: value})
    root = re.match(r"\w+", refused.value.field)
    assert root is not None and root[0] == name


def test_a_good_call_is_read_as_it_is_written() -> None:
    call = read_call("a.b:c(x=[1, 2.5], y=True) trusts y z not below 0 x not deeper y")
    assert call == Call("a.b:c", {"x": [1, 2.5], "y": True}, ("y", "z"), ("x",), ("y",))
    assert spoilt((1, 2)) != (1, 2) and spoilt(["a"]) is None and spoilt([]) is None
    assert spoilt((1, 2), -1) == (-1, 2) and type(spoilt(1.5, -1)) is float


@pytest.mark.parametrize("call", CALLS, ids=[call.function for call in CALLS])
def test_what_is_no_number_is_refused_by_the_name_of_its_argument(call: Call) -> None:
    call()
    for name, value in call.arguments.items():
        if name not in call.trusted:
            assert_refused(call, name, spoilt(value))
    for name in call.not_below_zero:
        assert_refused(call, name, spoilt(call.arguments[name], -1))
    for name in call.not_deeper:
        assert_refused(call, name, [call.arguments[name]])
