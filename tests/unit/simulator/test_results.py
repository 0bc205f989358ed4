"""Reading a run back: exact amounts stay exact, unfinished runs read like finished ones."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.recorder import Recorder, TableRecord, run_schemas
from simulator.results import _approximate as approximate
from simulator.results import _integers as integers
from simulator.results import load_run, write_manifest, write_timings


def record(folder: Path, amounts: list[int], close: bool = True) -> dict[str, TableRecord]:
    recorder = Recorder(folder, run_schemas(("eth",)))
    for block, amount in enumerate(amounts):
        row = (block, 12 * block, "eth", amount, -amount, "index")
        recorder.row("oracle_updates", row)
    recorder.flush()
    return recorder.close() if close else {}


def test_tables_give_python_integers_and_floats_give_quote_units(tmp_path: Path) -> None:
    amounts = [0, 1, 10**37 + 1, -(10**30) - 7, 5 * 10**17]
    record(tmp_path, amounts)
    write_manifest(tmp_path, {"seed": 1, "variant": "base"})
    results = load_run(tmp_path)
    table = results.table("oracle_updates")
    assert table["index"].tolist() == amounts
    assert table["mark"].tolist() == [-amount for amount in amounts]
    assert all(type(value) is int for value in table["index"])
    floats = results.floats("oracle_updates")
    assert floats["index"].dtype == np.float64
    assert floats["index"][4] == 0.5
    assert floats["block"].tolist() == [0, 1, 2, 3, 4]


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_limbs_become_the_integer_and_the_nearest_floats(amount: int) -> None:
    raw = amount.to_bytes(16, "little", signed=True)
    limbs = np.frombuffer(raw, dtype="<u8").reshape(1, 2)
    assert integers(limbs).tolist() == [amount]
    assert float(approximate(limbs)[0]) == pytest.approx(amount / 10**18, rel=1e-15, abs=1e-18)


def test_queries_see_the_tables_by_name(tmp_path: Path) -> None:
    record(tmp_path, [10**20, 3 * 10**20])
    frame = load_run(tmp_path).query("SELECT max(index) AS top, count(*) AS n FROM oracle_updates")
    assert float(frame["top"][0]) == 3e20
    assert int(frame["n"][0]) == 2


def test_a_run_without_manifest_reads_from_its_shards(tmp_path: Path) -> None:
    record(tmp_path, [7, 8], close=False)
    results = load_run(tmp_path)
    assert results.manifest == {"status": "unfinished"}
    assert results.variants == ("base",)
    assert results.table("oracle_updates")["index"].tolist() == [7, 8]
    assert results.floats("adl")["notional"].shape == (0,)


def test_variants_are_subfolders_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    for number, name in enumerate(("base", "no-impact", "adl-asleep")):
        record(tmp_path / name, [number])
        write_manifest(tmp_path / name, {"variant": name})
    write_manifest(tmp_path, {"variants": ["no-impact", "base", "adl-asleep"]})
    results = load_run(tmp_path)
    assert results.variants == ("no-impact", "base", "adl-asleep")
    assert results.variant("adl-asleep").table("oracle_updates")["index"].tolist() == [2]
    assert results.variant("base").manifest["variant"] == "base"
    with pytest.raises(InputError, match="no-impact, base, adl-asleep"):
        results.variant("unknown")
    with pytest.raises(InputError, match="variants: no-impact, base, adl-asleep"):
        results.table("system")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no manifest"):
        load_run(tmp_path)
    with pytest.raises(InputError, match="holds no manifest"):
        load_run(tmp_path / "missing")


def test_a_broken_manifest_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json"):
        load_run(tmp_path)


def test_manifests_are_the_same_bytes_for_the_same_contents(tmp_path: Path) -> None:
    one = write_manifest(tmp_path, {"b": [1, {"y": 2, "x": 3}], "a": None}).read_bytes()
    two = write_manifest(tmp_path, {"a": None, "b": (1, {"x": 3, "y": 2})}).read_bytes()
    assert one == two
    assert list(tmp_path.iterdir()) == [tmp_path / "manifest.json"]


def test_manifests_hold_wide_integers_as_text_and_no_nan(tmp_path: Path) -> None:
    contents = {
        "wide": 10**30,
        "small": 2**53,
        "nan": float("nan"),
        "numpy": np.int64(5),
        "flag": np.bool_(True),
        "decimal": Decimal("0.0625"),
    }
    path = write_manifest(tmp_path, contents)  # type: ignore[arg-type]
    assert json.loads(path.read_text()) == {
        "wide": str(10**30),
        "small": 2**53,
        "nan": None,
        "numpy": 5,
        "flag": True,
        "decimal": "0.0625",
    }


def test_timings_stay_out_of_the_manifest(tmp_path: Path) -> None:
    record(tmp_path, [1])
    write_manifest(tmp_path, {"seed": 1})
    write_timings(tmp_path, {"total": 1.25})
    results = load_run(tmp_path)
    assert results.timings == {"total": 1.25}
    assert "total" not in results.manifest
