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
    """A function by module and name, arguments that it takes, and those that it trusts."""

    function: str
    arguments: dict[str, Any]
    trusted: tuple[str, ...]

    def __call__(self, **changed: object) -> Any:
        module, name = self.function.split(":")
        return getattr(import_module(module), name)(**(self.arguments | changed))


def read_call(line: str) -> Call:
    written, _, trusted = line.strip().partition(" trusts ")
    function, _, arguments = written.partition("(")
    parsed = ast.parse(f"call({arguments}", mode="eval").body
    assert isinstance(parsed, ast.Call)
    values = {str(item.arg): ast.literal_eval(item.value) for item in parsed.keywords}
    return Call(function, values, tuple(trusted.split()))


CALLS = [read_call(line) for line in FILE.read_text().splitlines() if not line.startswith("#")]


def spoilt(value: Any) -> Any:
    """The value, or the first number in it, made NaN; None where there is no number."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    if isinstance(value, (int, float)):
        return nan
    first = spoilt(value[0]) if value else None
    return None if first is None else type(value)([first, *value[1:]])


def test_a_good_call_is_read_as_it_is_written() -> None:
    call = read_call("a.b:c(x=[1, 2.5], y=True) trusts y z")
    assert call == Call("a.b:c", {"x": [1, 2.5], "y": True}, ("y", "z"))
    assert spoilt((1, 2)) != (1, 2) and spoilt(["a"]) is None and spoilt([]) is None


@pytest.mark.parametrize("call", CALLS, ids=[call.function for call in CALLS])
def test_what_is_no_number_is_refused_by_the_name_of_its_argument(call: Call) -> None:
    call()
    for name, value in call.arguments.items():
        if name in call.trusted:
            continue
        with pytest.raises(InvalidArgument) as refused:
            call(**{name: spoilt(value)})
        root = re.match(r"\w+", refused.value.field)
        assert root is not None and root[0] == name
