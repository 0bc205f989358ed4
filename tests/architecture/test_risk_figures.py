"""The figures of docs/risk are what their modules draw, and every page is in the index."""

from __future__ import annotations

import re
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from math import inf, nan
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.architecture.conftest import ROOT

PAGES = ROOT / "docs" / "risk"


def script() -> ModuleType:
    """scripts/risk-figures as a module."""
    loader = SourceFileLoader("risk_figures", str(ROOT / "scripts" / "risk-figures"))
    spec = spec_from_loader("risk_figures", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["risk_figures"] = module  # dataclasses look their module up by name
    loader.exec_module(module)
    return module


FIGURES = script()
NAMES = FIGURES.names()


def plot(**changed: Any) -> SimpleNamespace:
    """A plot module of one line."""
    given = {"TITLE": "t", "X": "x", "Y": "y", "series": lambda: {"a": ([0.0, 1.0], [0.0, 2.0])}}
    return SimpleNamespace(**{**given, **changed})


def lines_of(drawn: str) -> list[str]:
    """The points of each line."""
    return re.findall(r'points="([^"]*)"', drawn)


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_what_its_module_draws(name: str) -> None:
    """`scripts/risk-figures` draws it anew."""
    kept = (PAGES / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    assert FIGURES.same(kept, FIGURES.draw(FIGURES.load(name)))


def test_every_page_has_its_figure_and_its_line_in_the_index() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README", "mutation"}
    assert set(re.findall(r"\]\((\w+)\.md\)", index)) == pages | {"mutation"}
    for name in NAMES:
        assert f"figures/{name}.svg" in (PAGES / f"{name}.md").read_text(encoding="utf-8"), name
    assert {path.stem for path in (PAGES / "figures").glob("*.svg")} == set(NAMES)


def test_a_figure_is_a_picture_with_its_words() -> None:
    drawn = FIGURES.draw(plot(TITLE="a < b", series=lambda: {"x & y": ([0.0, 1.0], [0.0, 2.0])}))
    words = [element.text for element in ElementTree.fromstring(drawn).iter() if element.text]
    assert {"a < b", "x & y", "x", "y"} <= set(words)
    assert drawn == FIGURES.draw(
        plot(TITLE="a < b", series=lambda: {"x & y": ([0.0, 1.0], [0.0, 2.0])})
    )


def test_a_value_that_does_not_exist_interrupts_a_line() -> None:
    def series() -> dict[str, tuple[list[float], list[float]]]:
        return {"a": ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, nan, 2.0, inf])}

    first, second = lines_of(FIGURES.draw(plot(series=series)))
    assert len(first.split()) == 2 and len(set(second.split())) == 1


def test_a_logarithmic_axis_leaves_out_what_is_not_positive() -> None:
    def series() -> dict[str, tuple[list[float], list[float]]]:
        return {"a": ([1.0, 10.0, 100.0], [0.0, 1.0, 1e4])}

    (line,) = lines_of(FIGURES.draw(plot(series=series, LOG_X=True, LOG_Y=True)))
    assert len(line.split()) == 2


@pytest.mark.parametrize(
    ("rough", "step"), [(0.9, 1.0), (1.0, 1.0), (1.2, 2.0), (2.2, 2.5), (3.0, 5.0), (60.0, 100.0)]
)
def test_ticks_stand_at_round_numbers(rough: float, step: float) -> None:
    assert FIGURES.nice_step(rough) == pytest.approx(step)


def test_only_the_last_digit_of_a_coordinate_may_differ() -> None:
    assert FIGURES.same("<a x='1.0' y='2.1'/>", "<a x='1.1' y='2.1'/>")
    assert not FIGURES.same("<a x='1.0'/>", "<a x='1.3'/>")
    assert not FIGURES.same("<a x='1.0'/>", "<b x='1.0'/>")


def test_a_plot_of_nothing_is_refused() -> None:
    with pytest.raises(SystemExit, match="without a finite value"):
        FIGURES.draw(plot(series=lambda: {"a": ([nan], [nan])}))
    with pytest.raises(SystemExit, match="there is no"):
        FIGURES.load("nothing")
