"""Shocks of the events, measured from their own hourly figures."""

import pytest

from simulator.errors import InputError, InvalidArgument
from simulator.prices import crash_names, crash_shock
from simulator.prices.crash import built_in_folder
from simulator.risk.stress import STATED_SHOCKS


@pytest.mark.parametrize(
    ("event", "statistic", "series", "fall"),
    [
        ("black-thursday", "peak to low", "ETH", 1 - 86.00 / 203.18),
        ("black-thursday", "peak to low", "BTC", 1 - 3782.13 / 7980),
        ("black-thursday", "worst hour", "ETH", 0.209),
        ("black-thursday", "worst day", "BTC", 0.464),
        ("may-2021", "peak to low", "ETH", 1 - 1888.0 / 3587.06),
        ("may-2021", "peak to low", "BTC", 1 - 30000.0 / 46686.0),
        ("ftx-2022", "peak to low", "ETH", 1 - 1073.53 / 1666.97),
        ("ftx-2022", "peak to low", "BTC", 1 - 15588.0 / 21480.65),
        ("aug-2024", "peak to low", "ETH", 1 - 2112.0 / 3016.61),
        ("aug-2024", "peak to low", "BTC", 1 - 48888.0 / 62166.0),
        ("oct-2025", "peak to low", "ETH", 1 - 3400.0 / 4529.15),
        ("oct-2025", "peak to low", "BTC", 1 - 101516.5 / 123740.1),
    ],
)
def test_a_fall_is_the_one_printed_beside_its_high_and_low(
    event: str, statistic: str, series: str, fall: float
) -> None:
    shock = crash_shock(event, statistic)
    moves = dict(zip(shock.assets, shock.moves.tolist(), strict=True))
    assert (shock.name, shock.statistic, shock.label) == (event, statistic, "measured")
    assert shock.source == f"fixtures/crashes/{event}/sources.toml"
    assert moves[series] == pytest.approx(-fall, abs=5e-4)


@pytest.mark.parametrize("event", crash_names(built_in_folder()))
def test_every_event_gives_a_shock_of_every_statistic(event: str) -> None:
    falls = [crash_shock(event, name).moves for name in ("worst hour", "worst day", "peak to low")]
    assert len({len(moves) for moves in falls}) == 1 and len(falls[0]) > 0
    assert all((moves <= 0).all() and (moves > -1).all() for moves in falls)


def test_finer_bars_show_more_than_hourly_closes_do() -> None:
    for stated in STATED_SHOCKS:
        measured = crash_shock(stated.name, stated.statistic)
        moves = dict(zip(measured.assets, measured.moves.tolist(), strict=True))
        assert stated.moves[0] < moves[stated.assets[0]] + 0.01


def test_what_there_is_no_shock_of_is_refused() -> None:
    with pytest.raises(InputError, match="nowhere"):
        crash_shock("nowhere", "worst hour")
    with pytest.raises(InvalidArgument, match="worst week"):
        crash_shock("may-2021", "worst week")
