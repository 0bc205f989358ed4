"""What a sweep varies: `path=start:stop:step` or `path=a,b,c`, and the grid of several of them.

Steps are added in Decimal and stop is inclusive when it is hit exactly, so 0.03:0.08:0.01 is six
values and the last one is 0.08, not 0.07999.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Final, TypeAlias

from simulator.errors import InputError
from simulator.scenario import Scenario, parse_decimal

Value: TypeAlias = "Decimal | str"

MOST_CELLS: Final = 10_000
"""A grid above this is a slip of the keyboard (a step too many zeros small), not a sweep."""

_SYNTAX: Final = "must read path=start:stop:step or path=a,b,c"


@dataclass(frozen=True, slots=True)
class Vary:
    """One dotted path of the scenario and the values it takes, in order."""

    path: str
    values: tuple[Value, ...]

    @property
    def numeric(self) -> bool:
        """Whether every value is a number."""
        return all(isinstance(value, Decimal) for value in self.values)


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the grid: a value for each varied path, and the scenario that has them."""

    index: int
    values: tuple[tuple[str, Value], ...]
    scenario: Scenario

    @property
    def label(self) -> str:
        """The varied values in words, such as `parameters.maintenance_margin=0.05`."""
        return ", ".join(f"{path}={value}" for path, value in self.values)


def parse_vary(text: str) -> Vary:
    """Read one `--vary`. Raises InputError if it is not of one of the two forms."""
    path, equals, written = text.partition("=")
    path, written = path.strip(), written.strip()
    if not (path and equals and written):
        raise InputError("--vary", text, _SYNTAX)
    if "," in written:
        return Vary(path, _named(text, written.split(",")))
    if ":" in written:
        return Vary(path, tuple(_steps(text, written.split(":"))))
    return Vary(path, _named(text, [written]))


def _named(text: str, words: Sequence[str]) -> tuple[Value, ...]:
    values = tuple(_value(word.strip()) for word in words)
    if "" in values:
        raise InputError("--vary", text, "has an empty value between its commas")
    if len(set(values)) != len(values):
        raise InputError("--vary", text, "names a value twice")
    return values


def _value(word: str) -> Value:
    try:
        number = Decimal(word)
    except InvalidOperation:
        return word
    return number if number.is_finite() else word


def _steps(text: str, words: Sequence[str]) -> Iterator[Decimal]:
    if len(words) != 3:
        raise InputError("--vary", text, _SYNTAX)
    names = ("start", "stop", "step")
    start, stop, step = (
        parse_decimal(f"--vary {text}: {name}", word.strip())
        for name, word in zip(names, words, strict=True)
    )
    if step <= 0:
        raise InputError("--vary", text, f"the step {step} must be above 0")
    if stop < start:
        raise InputError("--vary", text, f"the stop {stop} must not be below the start {start}")
    if (stop - start) / step >= MOST_CELLS:
        raise InputError("--vary", text, f"gives more than {MOST_CELLS:,} values")
    return (start + step * number for number in range(int((stop - start) / step) + 1))


def parse_grid(texts: Sequence[str]) -> tuple[Vary, ...]:
    """Read every `--vary` of a sweep. Raises InputError for none, a path twice or a huge grid."""
    if not texts:
        raise InputError("--vary", "", f"is needed at least once; it {_SYNTAX}")
    grid = tuple(parse_vary(text) for text in texts)
    seen: set[str] = set()
    for vary, text in zip(grid, texts, strict=True):
        if vary.path in seen:
            raise InputError("--vary", text, f"{vary.path} is varied twice")
        seen.add(vary.path)
    count = 1
    for vary in grid:
        count *= len(vary.values)
    if count > MOST_CELLS:
        raise InputError("--vary", " ".join(texts), f"gives {count:,} cells, above {MOST_CELLS:,}")
    return grid


def checked_cells(scenario: Scenario, grid: Sequence[Vary]) -> tuple[Cell, ...]:
    """Every cell of the grid with its scenario, the first path varying slowest.

    Raises InputError naming the path and the value that the scenario refuses, before any run.
    """
    known = tuple(_paths(scenario.model_dump()))
    for vary in grid:
        _require_known(vary.path, known)
    combinations = product(*([(vary.path, value) for value in vary.values] for vary in grid))
    return tuple(
        Cell(index, values, _changed(scenario, values)) for index, values in enumerate(combinations)
    )


def _changed(scenario: Scenario, values: tuple[tuple[str, Value], ...]) -> Scenario:
    # the variant goes first: what is varied beside it must win over what the variant sets
    ordered = sorted(values, key=lambda pair: pair[0] != "variant")
    try:
        return scenario.changed(dict(ordered))
    except InputError as error:
        field = ", ".join(path for path, _ in values)
        shown = ", ".join(str(value) for _, value in values)
        named = error.field in [path for path, _ in values]
        rule = error.rule if named else f"{error.field}: {error.rule}"
        raise InputError(f"--vary {field}", shown, rule) from None


def _require_known(path: str, known: Sequence[str]) -> None:
    if path in known:
        return
    close = difflib.get_close_matches(path, known, n=3)
    leaf = [item for item in known if item.rsplit(".", 1)[-1] == path.rsplit(".", 1)[-1]]
    hint = f"; did you mean {' or '.join(leaf or close)}?" if leaf or close else ""
    raise InputError("--vary", path, f"there is no such field in the scenario{hint}")


def _paths(document: Mapping[str, object], above: str = "") -> Iterator[str]:
    """Dotted paths of the plain values of a scenario (its sections and notes cannot be varied).

    The items of a list of tables, such as faults, go by their number.
    """
    for name, value in document.items():
        if isinstance(value, Mapping):
            if name not in ("variants", "sources"):
                yield from _paths(value, f"{above}{name}.")
        elif isinstance(value, (list, tuple)):
            for number, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from _paths(item, f"{above}{name}.{number}.")
        elif f"{above}{name}" not in ("format", "name"):
            yield f"{above}{name}"
