"""Tables and progress."""

from __future__ import annotations

import io

import pytest

from underwater import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_aligned_to_its_widest_cells() -> None:
    text = console.aligned(["", "base", "x"], [["shortfall", "1", "12,345"], ["a", "22", ""]])
    assert text.splitlines() == [
        "           base       x",
        "---------  ----  ------",
        "shortfall     1  12,345",
        "a            22",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (3.41, "3.4"),
        (71.23, "71.2"),
        (147, "147"),
        (1234.5, "1,234"),
        (12345, "12.3k"),
        (1_234_567, "1.2M"),
        (-20_500, "-20.5k"),
        (float("nan"), "-"),
    ],
)
def test_a_short_number_keeps_what_matters(value: float, text: str) -> None:
    assert console.short(value) == text


def test_json_has_no_nan_and_no_python_types(capsys: pytest.CaptureFixture[str]) -> None:
    import json
    from decimal import Decimal
    from pathlib import Path

    console.print_json({"a": float("nan"), "b": Path("c"), "d": (Decimal("0.1"), True, None)})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": "c", "d": ["0.1", True, None]}


def test_progress_to_a_file_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr("underwater.console.time.monotonic", lambda: float(next(clock)))
    with console.progress("blocks") as show:
        for done in range(1, 8):
            show(done * 1000, 10_000, "base")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "base: 3,000 of 10,000 blocks (30%)\nbase: 6,000 of 10,000 blocks (60%)\n"
    )


def test_progress_on_a_terminal_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with console.progress("blocks") as show:
        show(5, 10, "base")
        show(10, 10, "base")
    written = terminal.getvalue()
    assert "10 of 10 blocks" in written
    assert written.endswith("\x1b[1A\x1b[2K") or "\x1b[2K" in written
