"""The report of a run: one file, offline, the same for equal runs, honest about partial ones."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from underwater.report import write_report
from underwater.report.page import plotly_script

MakeRun = Callable[..., Path]
LARGEST_BYTES = 7_000_000


@pytest.fixture(scope="module")
def page(whole_run: Path) -> str:
    return write_report(whole_run).read_text(encoding="utf-8")


def figures(page: str) -> dict[str, dict[str, object]]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page)
    assert found is not None
    return {figure["id"]: figure for figure in json.loads(found[1])["figures"]}


def own_part(page: str) -> str:
    """The page without plotly, whose bundle names addresses of maps that are never drawn."""
    return page.replace(plotly_script(), "")


def test_the_page_asks_nothing_of_the_network(page: str) -> None:
    own = own_part(page)
    assert len(own) < len(page) - 1_000_000
    assert "http" not in own
    assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?!data:,)""", own)
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|import)\s*\(", own)
    assert "@import" not in own and "url(" not in own
    # traces that would load tiles or topologies from a server
    assert not re.search(r'"type":"(?:scattermap|scattergeo|choropleth|densitymap)', own)
    assert "displaylogo: false" in own and "showSendToCloud: false" in own


def test_the_page_is_under_seven_megabytes(whole_run: Path, page: str) -> None:
    assert (whole_run / "report.html").stat().st_size < LARGEST_BYTES
    assert page.count(plotly_script()) == 1


def test_equal_runs_give_equal_pages(whole_run: Path, page: str, tmp_path: Path) -> None:
    copy = tmp_path / whole_run.name
    shutil.copytree(whole_run, copy)
    (copy / "report.html").unlink()
    for timings in copy.rglob("timings.json"):
        timings.write_text('{"total": 99.0}')
    assert write_report(copy).read_text(encoding="utf-8") == page


def test_every_picture_has_a_place_a_title_and_a_caption(page: str) -> None:
    drawn = figures(page)
    wanted = {
        "price-eth", "price-btc", "who-paid", "fund", "open-interest", "margins",
        "amplification", "twins", "funding",
    }  # fmt: skip
    assert set(drawn) == wanted
    for identifier in drawn:
        assert page.count(f'<div class="plot" id="{identifier}"') == 1
    for section in re.findall(r'<section id="section-[^"]*">(.*?)</section>', page, re.DOTALL):
        assert re.search(r"<h2>[^<]{10,}</h2>", section)
        assert re.search(r'<p class="caption">[^<]{40,}</p>', section)


def test_no_figure_has_two_scales_on_one_panel(page: str) -> None:
    for figure in figures(page).values():
        layout = figure["layout"]
        assert isinstance(layout, dict)
        assert not any("overlaying" in axis for axis in layout.values() if isinstance(axis, dict))


def test_plotly_accepts_every_figure(page: str) -> None:
    graph_objects = import_module("plotly.graph_objects")
    for figure in figures(page).values():
        graph_objects.Figure(data=figure["traces"], layout=figure["layout"])


def test_the_summary_says_who_paid_and_how_the_twins_differ(page: str) -> None:
    assert "47 accounts were under water" in page
    assert "winners closed by auto-deleveraging" in page
    assert re.search(r"<b>no-impact</b>: shortfall 30 bp instead of 120 bp", page)
    assert "The facts of the day, beside the outcome" in page
    assert "4,000,000 to 6,650,000 DAI" in page
    assert "2 of 3 scenario values are assumed" in page


def test_text_from_files_is_escaped(page: str) -> None:
    assert "&lt;b&gt;not&lt;/b&gt; known" in page
    assert "<b>not</b>" not in page


def test_names_in_the_drawn_data_cannot_close_the_script(make_run: MakeRun) -> None:
    run = make_run(blocks=30, variants=("calm",), variant="</script><script>alert(1)")
    assert "</script><script>alert" not in write_report(run).read_text(encoding="utf-8")


def test_properties_and_hashes_are_listed(whole_run: Path, page: str) -> None:
    assert "Every property held in every block" in page
    manifest = json.loads((whole_run / "no-impact" / "manifest.json").read_text())
    assert manifest["tables"]["system"]["content_hash"] in page


def test_a_calm_hour_says_that_nothing_happened(make_run: MakeRun) -> None:
    run = make_run(blocks=300, variants=("calm",), engine="pyevm")
    page = write_report(run).read_text(encoding="utf-8")
    assert "Nobody was liquidated" in page
    assert "py-evm" in page
    assert {"price-eth", "fund", "open-interest", "margins", "funding"} <= set(figures(page))


@pytest.mark.parametrize("blocks", [0, 1, 2, 3])
def test_a_run_of_hardly_a_block_renders(make_run: MakeRun, blocks: int) -> None:
    run = make_run(blocks=blocks, variants=("calm",))
    page = write_report(run).read_text(encoding="utf-8")
    assert "The run in numbers" in page
    assert ("Nothing was recorded" in page) == (blocks == 0)


def test_an_interrupted_run_says_how_far_it_got(make_run: MakeRun) -> None:
    run = make_run(blocks=11_000, status="interrupted", blocks_total=21_600)
    page = write_report(run).read_text(encoding="utf-8")
    assert "base: The run was interrupted after 11,000 of 21,600 blocks." in page
    assert "price-eth" in figures(page)


def test_a_violated_run_names_the_property(make_run: MakeRun) -> None:
    run = make_run(
        blocks=600,
        variants=("base",),
        status="violated",
        message="PERP-02 (custody) is violated in block 599, seed 1.",
    )
    page = write_report(run).read_text(encoding="utf-8")
    assert "PERP-02 did not hold" in page
    assert "PERP-02 (custody) is violated in block 599" in page
    assert page.count(">held<") == 4


def test_a_killed_run_without_manifest_renders(make_run: MakeRun) -> None:
    run = make_run(blocks=900, variants=("calm",))
    (run / "manifest.json").unlink()
    page = write_report(run).read_text(encoding="utf-8")
    assert "The run was unfinished after 900 blocks" in page
