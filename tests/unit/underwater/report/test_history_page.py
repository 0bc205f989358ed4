"""An event's page stands alone, shows every bar, and is the same for the same event."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.prices import Crash, Ohlc, load_crash
from simulator.prices.crash import built_in_folder
from underwater.report.history import MOST_POINTS, write_history_page


def page_of(crash: Crash, folder: Path, name: str = "page.html") -> str:
    return write_history_page(crash, folder / name).read_text(encoding="utf-8")


def figures_of(page: str) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL
    )
    assert found is not None
    return {figure["id"]: figure for figure in json.loads(found[1])["figures"]}


def own_part(page: str) -> str:
    """Without the library, which names addresses that it never opens."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def crash() -> Crash:
    return load_crash("black-thursday", built_in_folder())


def test_equal_events_give_equal_bytes(crash: Crash, tmp_path: Path) -> None:
    assert page_of(crash, tmp_path, "a.html") == page_of(crash, tmp_path, "b.html")


def test_the_page_loads_nothing_from_elsewhere(crash: Crash, tmp_path: Path) -> None:
    own = own_part(page_of(crash, tmp_path))
    assert "http:" not in own and "https:" not in own and "src=" not in own and "@import" not in own


def test_every_series_has_a_tab_with_all_its_bars(crash: Crash, tmp_path: Path) -> None:
    page = page_of(crash, tmp_path)
    figures = figures_of(page)
    assert list(figures) == ["overview", "series-0", "series-1", "series-2"]
    for number, (name, bars) in enumerate(crash.series.items()):
        assert f'data-plot="series-{number}"' in page and f">{name}</button>" in page
        low, high, close, marks = figures[f"series-{number}"]["traces"]
        prices = bars.ticks / 1e8
        assert low["y"][:-1] == pytest.approx(prices[:, 2].tolist(), rel=1e-6)
        assert high["y"][:-1] == pytest.approx(prices[:, 1].tolist(), rel=1e-6)
        assert close["y"] == pytest.approx(prices[:, 3].tolist(), rel=1e-6)
        assert close["x"] == [hour + 1.0 for hour in range(96)]
        assert low["x"][0] == 0 and low["x"][-1] == 96 and len(low["x"]) == 97
        assert marks["y"] == pytest.approx([prices[:, 2].min(), prices[:, 1].max()], rel=1e-6)


def test_the_overview_begins_at_nothing_and_ends_at_the_last_close(
    crash: Crash, tmp_path: Path
) -> None:
    traces = figures_of(page_of(crash, tmp_path))["overview"]["traces"]
    assert [trace["name"] for trace in traces] == ["ETH", "BTC", "LINK"]
    for trace, bars in zip(traces, crash.series.values(), strict=True):
        change = 100 * (bars.ticks[-1, 3] / bars.ticks[0, 0] - 1)
        assert trace["y"][0] == 0 and trace["y"][-1] == pytest.approx(change, rel=1e-4)
        assert trace["x"][0] == 0 and trace["x"][-1] == 96


def test_the_words_of_the_event_are_there(crash: Crash, tmp_path: Path) -> None:
    own = own_part(page_of(crash, tmp_path))
    for words in (
        "Black Thursday, 12 and 13 March 2020",
        "ETH fell by 58 % from its peak, LINK by 67 %",
        "2020-03-13T02:00Z",
        "3,782.13",
        "Maker zero bid share",
        "flash wick",
        "aovolkov/freqml",
        "outlier-print=clip",
    ):
        assert words in own, words


def test_text_of_an_event_cannot_leave_its_place(crash: Crash, tmp_path: Path) -> None:
    sources = {name: {**entry, "quote": "</script><b>"} for name, entry in crash.sources.items()}
    evil = replace(crash, title="<script>alert(1)</script>", sources=sources)
    page = page_of(evil, tmp_path)
    assert "<script>alert" not in page and "</script><b>" not in page


def test_many_bars_are_drawn_as_fewer_that_keep_the_extremes(crash: Crash, tmp_path: Path) -> None:
    count = 2 * MOST_POINTS + 7
    rng = np.random.Generator(np.random.SFC64(2))
    close = np.exp(np.cumsum(rng.normal(0, 1e-3, count)))
    ticks = np.rint(np.stack([close, close * 1.001, close * 0.999, close], 1) * 1e10).astype(
        "int64"
    )
    ticks[1234, 2] //= 3
    times = int(crash.start.timestamp()) + 60 * np.arange(count)
    sources = {"FOO": {"file": "FOO.csv", "quote": "USD", "resolution": "1m"}}
    event = replace(crash, series={"FOO": Ohlc("FOO", times, ticks, 60)}, sources=sources)
    low, high, drawn, _ = figures_of(page_of(event, tmp_path))["series-0"]["traces"]
    assert len(low["y"]) <= MOST_POINTS + 1
    assert min(low["y"]) == pytest.approx(ticks[1234, 2] / 1e8, rel=1e-6)
    assert max(high["y"]) == pytest.approx(ticks[:, 1].max() / 1e8, rel=1e-6)
    assert drawn["y"][-1] == pytest.approx(ticks[-1, 3] / 1e8, rel=1e-6)


def test_an_event_that_only_ends_is_drawn_too(crash: Crash, tmp_path: Path) -> None:
    bars = crash.series["ETH"]
    one = Ohlc("ETH", bars.times[:1], bars.ticks[:1])
    event = replace(crash, series={"ETH": one}, sources={"ETH": crash.sources["ETH"]})
    own = own_part(page_of(event, tmp_path))
    assert "1 of 1h" in own and "\N{EN DASH}" in own
