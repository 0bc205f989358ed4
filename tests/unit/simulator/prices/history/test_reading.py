"""Every format gives the same bars, and a file that cannot be read is refused by name."""

from __future__ import annotations

import builtins
import hashlib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from simulator.errors import InputError, MissingComponentError
from simulator.prices.history import Gate, Inspection, inspect, read_file
from simulator.prices.history.reading.names import read_name, split_pair
from tests.unit.simulator.prices.history.made import (
    BINANCE_HEADER,
    START,
    bars,
    generic,
    iso,
    kline,
    klines,
    write_csv,
    write_json,
    zipped,
    zipped_klines,
)

ROWS = bars()


def looked(path: Path, form: str = "auto", kind: str = "", **gate: Any) -> Inspection:
    return inspect("FOO", [read_file(path, form, kind)], Gate(**gate))


def assert_same_bars(seen: Inspection) -> None:
    seen.refuse()
    assert seen.series.times.tolist() == [row[0] for row in ROWS]
    assert seen.series.prices.tolist() == [row[1:5] for row in ROWS]
    assert seen.series.volume is not None
    assert seen.series.volume.tolist() == [row[5] for row in ROWS]
    assert seen.series.resolution == 60


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("unit", [1, 1000, 10**6, 10**9])
def test_binance_klines_with_and_without_a_header_and_in_every_unit(
    tmp_path: Path, header: bool, unit: int
) -> None:
    seen = looked(klines(tmp_path, header=header, unit=unit))
    assert_same_bars(seen)
    assert seen.findings == () and seen.series.venue == "Binance" and seen.series.quote == "USDT"


def test_a_change_of_unit_inside_a_file_is_read_right_and_told(tmp_path: Path) -> None:
    made = [kline(row, unit=1000 if n < 60 else 10**6) for n, row in enumerate(ROWS)]
    seen = looked(write_csv(tmp_path / "FOOUSDT-1m.csv", made))
    assert_same_bars(seen)
    (note,) = seen.findings
    assert note.rule == "time-unit" and note.severity == "note"
    assert note.place == "FOOUSDT-1m.csv row 61 (line 61)" and "ms then us" in note.words


def test_a_zip_of_one_file(tmp_path: Path) -> None:
    assert_same_bars(looked(zipped_klines(tmp_path)))


def test_a_zip_whose_checksum_fits(tmp_path: Path) -> None:
    path = zipped_klines(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".CHECKSUM").write_text(f"{digest}  {path.name}\n")
    assert_same_bars(looked(path))


@pytest.mark.parametrize("written", ["0" * 64 + "  x.zip", ""])
def test_a_wrong_checksum_is_refused(tmp_path: Path, written: str) -> None:
    path = zipped_klines(tmp_path)
    path.with_name(path.name + ".CHECKSUM").write_text(written)
    with pytest.raises(InputError, match=r"zip.CHECKSUM = .*does not match the file"):
        read_file(path)


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    path = zipped_klines(tmp_path)
    data = path.read_bytes()
    for kept in (len(data) // 2, len(data) - 5, 10):
        path.write_bytes(data[:kept])
        with pytest.raises(InputError, match="is damaged or cut short"):
            read_file(path)


def test_a_zip_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = zipped_klines(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="is damaged or cut short"):
        read_file(path)


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ({}, "must hold exactly one file"),
        ({"a.csv": b"1", "b.csv": b"2"}, "must hold exactly one file"),
        ({"../a.csv": b"1"}, "must not leave its folder"),
        ({"/a.csv": b"1"}, "must not leave its folder"),
        ({"C:\\a.csv": b"1"}, "must not leave its folder"),
        ({"a.csv": b""}, "must hold rows"),
    ],
)
def test_a_zip_with_other_contents_is_refused(
    tmp_path: Path, members: dict[str, bytes], rule: str
) -> None:
    with pytest.raises(InputError, match=rule):
        read_file(zipped(tmp_path / "FOOUSDT-1m.zip", members))


def test_a_zip_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped_klines(tmp_path)
    monkeypatch.setattr("simulator.prices.history.reading.bytes.LARGEST", 4000)
    with pytest.raises(InputError, match="must have at most 4,000 bytes"):
        read_file(path)


def test_kraken_without_a_header_and_with_minutes_left_out(tmp_path: Path) -> None:
    rows = [[*row, 4] for n, row in enumerate(ROWS) if n not in (5, 6, 40)]
    seen = looked(write_csv(tmp_path / "XBTUSD_1.csv", rows))
    seen.refuse()
    assert len(seen.series) == 117 and seen.series.venue == "Kraken"
    (gap,) = (finding for finding in seen.findings if finding.rule == "gap")
    assert gap.severity == "warning" and "3 bars of 1m are missing in 2 gaps" in gap.words
    assert read_file(tmp_path / "XBTUSD_1.csv").asset == "BTC"


def test_kraken_with_a_vwap_column(tmp_path: Path) -> None:
    rows = [[*row[:5], 9.9, row[5], 4] for row in ROWS]
    assert_same_bars(looked(write_csv(tmp_path / "FOOUSD_1.csv", rows)))


@pytest.mark.parametrize("form", ["auto", "ccxt", "freqtrade"])
def test_ccxt_and_freqtrade_json(tmp_path: Path, form: str) -> None:
    rows = [[row[0] * 1000, *row[1:]] for row in ROWS]
    path = write_json(tmp_path / "FOO_USDT-1m.json", rows)
    assert_same_bars(looked(path, form))
    assert read_file(path).quote == "USDT" and read_file(path).contract == ""


def test_ccxt_csv(tmp_path: Path) -> None:
    rows = [[row[0] * 1000, *row[1:]] for row in ROWS]
    assert_same_bars(looked(write_csv(tmp_path / "FOO_USDT-1m.csv", rows)))


def test_names_of_freqtrade_say_what_a_file_holds(tmp_path: Path) -> None:
    rows = [[row[0] * 1000, *row[1:]] for row in ROWS]
    futures = read_file(write_json(tmp_path / "ETH_USDT_USDT-1m-futures.json", rows))
    assert (futures.kind, futures.contract, futures.asset) == ("trade", "perp", "ETH")
    mark = read_file(write_json(tmp_path / "ETH_USDT_USDT-1m-mark.json", rows))
    assert mark.kind == "mark"
    funding = [[row[0] * 1000, 1e-4, 0, 0, 0, 0] for row in bars(5, 28_800)]
    rates = read_file(write_json(tmp_path / "ETH_USDT_USDT-8h-funding_rate.json", funding))
    assert rates.kind == "funding" and list(rates.columns["rate"]) == ["0.0001"] * 5


def test_coinbase_has_low_before_high_and_runs_backwards(tmp_path: Path) -> None:
    rows = [[t, low, high, o, c, v] for t, o, high, low, c, v in reversed(ROWS)]
    seen = looked(write_json(tmp_path / "FOO-USD-1m.json", rows))
    assert_same_bars(seen)
    (note,) = seen.findings
    assert note.rule == "order" and note.severity == "note" and "runs backwards" in note.words
    assert seen.repairs[0].way == "sort" and seen.series.venue == "Coinbase"


def test_hyperliquid_candles(tmp_path: Path) -> None:
    rows = [
        {"t": t * 1000, "T": t * 1000 + 59_999, "s": "FOO", "i": "1m", "n": 3}
        | {"o": str(o), "h": str(h), "l": str(low), "c": str(c), "v": str(v)}
        for t, o, h, low, c, v in ROWS
    ]
    assert_same_bars(looked(write_json(tmp_path / "FOO-1m.json", rows)))


def test_points_of_an_aggregator(tmp_path: Path) -> None:
    prices = [[row[0] * 1000 + 417, row[4]] for row in ROWS]
    seen = looked(write_json(tmp_path / "FOOUSD.json", {"prices": prices}))
    seen.refuse()
    assert seen.series.kind == "point" and seen.series.resolution == 0
    assert seen.series.prices[3].tolist() == [ROWS[3][4]] * 4


def test_a_csv_with_a_header(tmp_path: Path) -> None:
    assert_same_bars(looked(generic(tmp_path)))


@pytest.mark.parametrize("name", ["ts", "timestamp", "date", "open_time", "time"])
def test_a_time_column_may_have_any_of_its_names(tmp_path: Path, name: str) -> None:
    header = f"volume,{name},low,high,close,open"
    rows = [[v, t, low, h, c, o] for t, o, h, low, c, v in ROWS]
    assert_same_bars(looked(write_csv(tmp_path / "FOOUSDT-1m.csv", rows, header)))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timestamptz", "to_timestamp({})"),
        ("timestamptz_ns", "to_timestamp({})::timestamptz"),
        ("bigint", "{}"),
        ("bigint", "{}::bigint * 1000"),
        ("bigint", "{}::bigint * 1000000000"),
        ("varchar", "'{}'"),
    ],
)
def test_parquet_with_times_of_every_unit(tmp_path: Path, kind: str, value: str) -> None:
    path = parquet(tmp_path, kind, value)
    assert_same_bars(looked(path))


def parquet(folder: Path, kind: str, value: str) -> Path:
    path = folder / "FOOUSDT_1m.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table t (ts {kind}, {', '.join(f'{n} double' for n in NAMES)})")
        for row in ROWS:
            shown = value.format(row[0])
            numbers = ", ".join(map(str, row[1:]))
            connection.execute(f"insert into t values (({shown})::{kind}, {numbers})")
        connection.execute(f"copy t to '{path}' (format parquet)")
    return path


NAMES = ("open", "high", "low", "close", "volume")


def test_parquet_without_a_zone_needs_one(tmp_path: Path) -> None:
    path = parquet(tmp_path, "timestamp", "to_timestamp({}) at time zone 'UTC'")
    with pytest.raises(InputError, match=r"row 1 time.*has no zone; say which with --zone"):
        looked(path).refuse()
    from datetime import UTC

    assert_same_bars(looked(path, zone=UTC))


def test_a_missing_price_in_parquet_is_no_price(tmp_path: Path) -> None:
    path = tmp_path / "FOOUSDT_1m.parquet"
    duckdb.execute(
        f"copy (select to_timestamp({START} + 60 * i) ts, 1.0 as open, 1.0 high, 1.0 low, "
        f"case when i = 3 then null else 1.0 end as close from range(9) r(i)) to '{path}'"
    )
    with pytest.raises(InputError, match="row 4 close = 'nan': is not a number"):
        looked(path).refuse()


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "FOOUSDT_1m.parquet"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"FOOUSDT_1m.parquet = .*cannot be read"):
        read_file(path)


def test_feather_without_pyarrow_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ETH_USDT-1m.feather"
    path.write_bytes(b"ARROW1")
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingComponentError, match=r"needs pyarrow: pip install .*\[feather\]"):
        read_file(path)


def test_feather_of_freqtrade(tmp_path: Path) -> None:
    missing = "the extra `feather` is not installed"
    pyarrow = pytest.importorskip("pyarrow", reason=missing)
    feather = pytest.importorskip("pyarrow.feather", reason=missing)
    names = ["date", *NAMES]
    for unit, parts in (("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        columns = [
            [row[0] * parts for row in ROWS],
            *([row[n] for row in ROWS] for n in range(1, 6)),
        ]
        times = pyarrow.array(columns[0], pyarrow.timestamp(unit, "UTC"))
        table = pyarrow.table(dict(zip(names, [times, *columns[1:]], strict=True)))
        path = tmp_path / "FOO_USDT-1m.feather"
        feather.write_feather(table, str(path))
        assert_same_bars(looked(path))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read"):
        read_file(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", r"a.csv = '\(empty\)': must hold rows"),
        ("a.csv", "\n\n", r"a.csv = '\(no rows\)'"),
        ("a.csv", "hello,you\n1,2\n", "needs a time column"),
        ("a.csv", "ts,open,high,low\n1,2,3,4\n", "needs the columns close"),
        ("a.csv", "ts,open,high,low,close\n", "must hold rows below its header"),
        ("a.csv", "ts,open,high,low,close\n1,2\n", r"row 1 \(line 2\) = '1,2': must have 5 fields"),
        ("a.csv", f"{BINANCE_HEADER}\n1,2\n", r"row 1 \(line 2\) = '1,2': must have 12 fields"),
        ("a.json", "{", "line 1 = '.*': is no JSON"),
        ("a.json", "{}", "must be a list of rows"),
        ("a.json", "[]", "must be a list of rows"),
        ("a.json", "[[1722816000000,1,1,1,1,1],[5]]", r"a.json row 2 = '\[5\]': must be a list"),
        ("a.json", '[{"t":1,"o":1,"h":1,"l":1,"c":1,"v":1},{}]', "row 2 = '{}': must have the"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_file(tmp_path / name)


def test_a_file_cut_in_the_middle_of_a_row_is_refused(tmp_path: Path) -> None:
    path = klines(tmp_path)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(InputError, match=r"row 120 \(line 120\) = .*must have 12 fields"):
        read_file(path)


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"ts,open\n\xff\xfe")
    with pytest.raises(InputError, match=r"a.csv = 'byte 8': is not UTF-8 text"):
        read_file(path)
    with pytest.raises(InputError, match="is not a file"):
        read_file(tmp_path / "b.csv")
    with pytest.raises(InputError, match="is not a file"):
        read_file(tmp_path)


def test_formats_and_kinds_that_are_none_are_refused(tmp_path: Path) -> None:
    path = klines(tmp_path)
    with pytest.raises(InputError, match=r"--format = 'excel': must be one of auto, binance"):
        read_file(path, "excel")
    with pytest.raises(InputError, match="--format = 'coinbase': is no format of"):
        read_file(path, "coinbase")
    with pytest.raises(InputError, match="--kind = 'spot': must be one of trade, mark"):
        read_file(path, kind="spot")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ETHUSDT-1m-2024-08-05.zip", ("ETH", "USDT", 60, "", "")),
        ("ETH_USDT_USDT-15m-futures.feather", ("ETH", "USDT", 900, "", "perp")),
        ("XBTUSD_60.csv", ("BTC", "USD", 3600, "", "")),
        ("BTCUSDT-fundingRate-2025-10.zip", ("BTC", "USDT", 0, "funding", "")),
        ("BTCUSDT-bookDepth-2025-10-10.zip", ("BTC", "USDT", 0, "depth", "")),
        ("data/futures/um/daily/markPriceKlines/ETHUSDT/1h/ETHUSDT-1h-2024-08-05.zip",
         ("ETH", "USDT", 3600, "mark", "perp")),
        ("prices.csv", ("", "", 0, "", "")),
        ("1000PEPEUSDT-1d.csv", ("1000PEPE", "USDT", 86_400, "", "")),
    ],
)  # fmt: skip
def test_what_a_name_says(name: str, expected: tuple[object, ...]) -> None:
    named = read_name(Path(name))
    found = (named.asset, named.quote, named.resolution, named.kind, named.contract)
    assert found == expected


def test_a_pair_needs_a_quote_that_is_known() -> None:
    assert split_pair("ETHUSDC") == ("ETH", "USDC")
    assert split_pair("ETHXYZ") == ("", "")


def test_text_that_a_float_would_take_is_no_price(tmp_path: Path) -> None:
    for text in ("1_000", "nan", "inf", "-inf", "", "ten", "1e400"):
        rows = bars(20)
        rows[4][2] = text
        seen = looked(klines(tmp_path, rows))
        with pytest.raises(InputError, match=r"row 5 \(line 5\) high = .*is not a number"):
            seen.refuse()
    assert np.isfinite(seen.series.prices).all()


def test_iso_is_what_it_says() -> None:
    assert iso(START) == "2024-08-05T00:00:00Z"
