"""What the terminal shows: results on stdout, talk on stderr.

Progress is a bar when stderr is a terminal and a line now and then when it is a file. Tables are
aligned plain text, so that they survive a copy into a message.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Final, TypeAlias

ShowProgress: TypeAlias = Callable[[int, int, str], None]
"""(done, total, what) as often as one likes."""

_BAR_SECONDS: Final = 0.1
_LINE_SECONDS: Final = 15.0


def note(line: str) -> None:
    """One line of talk."""
    print(line, file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """A piece of the result."""
    print(text)


def print_steps(steps: Sequence[str]) -> None:
    """Numbered lines."""
    for number, step in enumerate(steps, 1):
        print(f"{number:>3}. {step}")


def print_json(value: Mapping[str, object]) -> None:
    """The one JSON object of `--json`; what is not a number becomes null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


@contextmanager
def progress(unit: str) -> Iterator[ShowProgress]:
    """Show progress on stderr in `unit`s (blocks, runs) while the context lasts."""
    if sys.stderr.isatty():
        with _bar(unit) as show:
            yield show
    else:
        yield _lines(unit)


@contextmanager
def _bar(unit: str) -> Iterator[ShowProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}
        due = 0.0

        def show(done: int, total: int, what: str) -> None:
            nonlocal due
            now = time.monotonic()
            # a run calls this after every block: redraw ten times a second, not a thousand
            if what in tasks and now < due and done < total:
                return
            due = now + _BAR_SECONDS
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def _lines(unit: str) -> ShowProgress:
    due = time.monotonic() + _LINE_SECONDS

    def show(done: int, total: int, what: str) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due and total:
            due = now + _LINE_SECONDS
            note(f"{what}: {done:,} of {total:,} {unit} ({done / total:.0%})")

    return show


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text: the first column left, the others right, a rule under the header.

    A header may have several lines.
    """
    heads = list(zip_longest(*(name.splitlines() for name in header), fillvalue=""))
    widths = [max(map(len, column)) for column in zip(*heads, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "  ".join((first, *rest)).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*map(line, heads), rule, *map(line, rows)])


def count(value: object) -> str:
    """A count, such as 21,600."""
    return f"{value:,.0f}" if isinstance(value, (int, float)) and math.isfinite(value) else "-"


def money(value: object) -> str:
    """An amount of quote currency, without cents above a thousand."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == 0 else f"{value:,.2f}"


def percent(value: object) -> str:
    """A share as a percentage."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return "-"
    return f"{100 * value:.2f} %"


def basis_points(value: object) -> str:
    """A number of basis points that is already one."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return "-"
    return f"{value:.2f} bp"


def short(value: float) -> str:
    """A number of any size in at most six characters or so: 0, 0.012, 3.4, 71.2, 1,234, 1.2M."""
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.1f}M"
    if size >= 1e4:
        return f"{value / 1e3:,.1f}k"
    if size >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2g}"
