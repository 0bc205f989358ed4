"""The recorder: nothing rounded, nothing lost, equal bytes for equal data."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError, RecordError
from simulator.recorder import (
    Column,
    Recorder,
    TableSchema,
    claim_out,
    claim_run_folder,
    recover,
    run_schemas,
    table_files,
)
from simulator.recorder import writer as recorder_writer
from simulator.recorder.columns import content_hash
from simulator.recorder.shards import open_connection

LARGEST = 10**38 - 1
MONEY = TableSchema("money", (Column("block", "int64"), Column("amount", "exact")))
MIXED = TableSchema(
    "mixed",
    (
        Column("block", "int64"),
        Column("amount", "exact"),
        Column("share", "float64"),
        Column("name", "text"),
        Column("count", "uint16"),
    ),
)
exact_amounts = st.integers(-LARGEST, LARGEST) | st.sampled_from(
    [0, -1, 2**63, -(2**63), 2**64, -(2**64), 2**64 - 1, LARGEST, -LARGEST]
)


def stored(path: Path, column: str) -> list[object]:
    rows = duckdb.connect().execute(f"SELECT {column} FROM '{path}'").fetchall()
    return [row[0] for row in rows]


def mixed_row(block: int) -> tuple[object, ...]:
    return (block, (-1) ** block * block * 10**24, block / 7, f"0x{block % 11:040x}", block % 65536)


def record_mixed(folder: Path, rows: int, shard_rows: int) -> dict[str, str]:
    recorder = Recorder(folder, (MIXED, MONEY), shard_rows=shard_rows)
    for block in range(rows):
        recorder.row("mixed", mixed_row(block))
    return {name: record.content_hash for name, record in recorder.close().items()}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(exact_amounts, max_size=40))
@example([LARGEST, -LARGEST, 0, -1, 2**64, -(2**64) - 1])
def test_every_exact_amount_comes_back_to_the_last_unit(amounts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        recorder = Recorder(Path(name), (MONEY,), shard_rows=7)
        for block, amount in enumerate(amounts):
            recorder.row("money", (block, amount))
        record = recorder.close()["money"]
        found = stored(Path(name) / "money.parquet", "amount")
        assert record.rows == len(amounts)
        assert [int(Decimal(str(value))) for value in found] == amounts


def test_exact_columns_are_decimals_and_never_doubles(tmp_path: Path) -> None:
    Recorder(tmp_path, run_schemas(("eth", "btc"))).close()
    for schema in run_schemas(("eth", "btc")):
        path = tmp_path / f"{schema.name}.parquet"
        described = duckdb.connect().execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        types = {row[0]: row[1] for row in described}
        wanted = {column.name for column in schema.columns if column.kind == "exact"}
        assert {name for name, kind in types.items() if kind == "DECIMAL(38,0)"} == wanted
        assert list(types) == list(schema.column_names)


@pytest.mark.parametrize("amount", [10**38, -(10**38), 2**127, -(2**200)])
def test_an_amount_beyond_the_decimal_is_refused_by_name(tmp_path: Path, amount: int) -> None:
    recorder = Recorder(tmp_path, (MONEY,))
    recorder.row("money", (1, 5))
    recorder.row("money", (2, amount))
    with pytest.raises(RecordError, match=f"money, column amount: {amount}"):
        recorder.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount", 1.5),
        ("amount", None),
        ("amount", "7"),
        ("block", 1.0),
        ("block", 2**63),
        ("block", None),
        ("share", "high"),
        ("name", None),
        ("name", b"eth"),
        ("count", -1),
        ("count", 65536),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(
    tmp_path: Path, column: str, value: object
) -> None:
    values = dict(zip(MIXED.column_names, mixed_row(3), strict=True)) | {column: value}
    recorder = Recorder(tmp_path, (MIXED,))
    recorder.row("mixed", mixed_row(2))
    recorder.row("mixed", tuple(values.values()))
    with pytest.raises(RecordError, match=f"mixed, column {column}"):
        recorder.flush()


def test_a_row_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, (MONEY,))
    recorder.row("money", (1, 2, 3))
    with pytest.raises(RecordError, match="a row of 3 values, not 2"):
        recorder.flush()


def test_shard_size_leaves_no_trace_in_bytes_or_hashes(tmp_path: Path) -> None:
    # 130,000 rows are more than one row group of a Parquet file
    hashes = [
        record_mixed(tmp_path / str(size), 130_000, shard_rows=size)
        for size in (9_999, 50_000, 10**9)
    ]
    assert hashes[0] == hashes[1] == hashes[2]
    found = [digests(tmp_path / str(size)) for size in (9_999, 50_000, 10**9)]
    assert found[0] == found[1] == found[2]
    assert not (tmp_path / "9999" / ".shards").exists()


def test_rows_and_columns_give_the_same_table(tmp_path: Path) -> None:
    by_row = record_mixed(tmp_path / "row", 500, shard_rows=100)
    recorder = Recorder(tmp_path / "bulk", (MIXED, MONEY), shard_rows=10**6)
    for first in (0, 200):
        columns = zip(*(mixed_row(block) for block in range(first, first + 200)), strict=True)
        recorder.rows("mixed", dict(zip(MIXED.column_names, columns, strict=True)))
    for block in range(400, 500):
        recorder.row("mixed", mixed_row(block))
    by_bulk = {name: record.content_hash for name, record in recorder.close().items()}
    assert by_bulk == by_row
    assert digests(tmp_path / "bulk") == digests(tmp_path / "row")


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from simulator.recorder import Recorder, run_schemas;"
        "r = Recorder(Path(sys.argv[1]), run_schemas(('eth',)), shard_rows=int(sys.argv[2]));"
        "[r.row('oracle_updates', (b, b * 12, 'eth', b * 10**21, -b, 'mark')) for b in range(999)];"
        "r.close()"
    )
    for name, size in (("one", "50"), ("two", "100000")):
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name), size], check=True)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 9


def test_another_value_or_order_gives_another_hash(tmp_path: Path) -> None:
    def hash_of(name: str, rows: Sequence[tuple[object, ...]]) -> str:
        recorder = Recorder(tmp_path / name, (MONEY,))
        for row in rows:
            recorder.row("money", row)
        return recorder.close()["money"].content_hash

    hashes = [
        hash_of("a", [(1, 2), (3, 4)]),
        hash_of("b", [(3, 4), (1, 2)]),
        hash_of("c", [(1, 2), (3, 5)]),
        hash_of("d", [(1, 2)]),
        hash_of("e", []),
        hash_of("f", [(2, 1), (4, 3)]),
    ]
    assert len(set(hashes)) == len(hashes)


def test_the_hash_can_be_recomputed_from_the_files(tmp_path: Path) -> None:
    hashes = record_mixed(tmp_path, 1_000, shard_rows=64)
    for name, files in table_files(tmp_path).items():
        assert content_hash(open_connection(), name, files).content_hash == hashes[name]


def test_the_histogram_is_given_as_one_array(tmp_path: Path) -> None:
    counts = np.arange(3 * 64).reshape(3, 64)
    recorder = Recorder(tmp_path, run_schemas(("eth",)))
    recorder.rows("margin_histogram", {"block": np.arange(3), "bin": counts})
    assert recorder.close()["margin_histogram"].rows == 3
    assert stored(tmp_path / "margin_histogram.parquet", "bin_63") == [63, 127, 191]


def test_missing_columns_are_refused_by_name(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, (MONEY,))
    with pytest.raises(RecordError, match="amount"):
        recorder.rows("money", {"block": [1]})


def test_a_killed_process_leaves_what_it_flushed(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path;"
        "from simulator.recorder import Recorder, run_schemas;"
        "r = Recorder(Path(sys.argv[1]), run_schemas(('eth',)), shard_rows=100);"
        "[r.row('reverts', (b, 0, '0xaa', 'fill', 'STALE', 21000)) for b in range(750)];"
        "[r.row('adl', (b, 12 * b, 'eth', 'a', 'b', 1, 2, 3, 4, 5)) for b in range(30)];"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(table_files(tmp_path)) == 9
    records = recover(tmp_path)
    assert records["reverts"].rows == 700
    assert records["adl"].rows == 0
    assert stored(tmp_path / "reverts.parquet", '"block"') == list(range(700))
    assert not (tmp_path / ".shards").exists()
    assert recover(tmp_path) == records


def test_a_full_disk_says_how_far_it_got_and_keeps_it(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(1).integers(-(2**62), 2**62, 40_000)
    recorder = Recorder(tmp_path, (MONEY,), shard_rows=10**9)
    recorder.rows("money", {"block": noise[:1_000], "amount": noise[:1_000].tolist()})
    recorder.flush()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        recorder.rows("money", {"block": noise, "amount": noise.tolist()})
        with pytest.raises(
            RecordError, match=r"rows kept there, readable with load_run: money 1000"
        ):
            recorder.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    [(_, files)] = table_files(tmp_path).items()
    assert content_hash(open_connection(), "money", files).rows == 1_000
    assert not list(tmp_path.rglob("*.tmp"))
    # with room again, what could not be written is still there
    assert recorder.close()["money"].rows == 41_000


def test_a_full_disk_at_the_merge_keeps_the_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path, (MONEY, MIXED), shard_rows=2)
    for block in range(5):
        recorder.row("money", (block, block))

    def no_space(*_: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(recorder_writer, "merge", no_space)
        with pytest.raises(RecordError, match="No space left on device"):
            recorder.close()
    assert recover(tmp_path)["money"].rows == 5


def test_an_interrupted_copy_is_a_keyboard_interrupt_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path, (MONEY,))
    recorder.row("money", (1, 1))

    def interrupted(*_: object) -> None:
        raise RuntimeError("Query interrupted")

    with monkeypatch.context() as patched:
        patched.setattr(recorder_writer, "write_shard", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recorder.flush()
    assert recorder.close()["money"].rows == 1


def test_closing_twice_gives_the_same_answer(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, (MONEY,))
    recorder.row("money", (1, 1))
    assert recorder.close() == recorder.close()


def test_a_folder_with_tables_is_not_recorded_over(tmp_path: Path) -> None:
    Recorder(tmp_path, (MONEY,)).close()
    with pytest.raises(RecordError, match="already holds"):
        Recorder(tmp_path, (MONEY,))


def test_run_folders_are_numbered_from_the_first_free_one(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    names = [claim_run_folder(runs, "crash-seed1").name for _ in range(3)]
    assert names == ["crash-seed1-1", "crash-seed1-2", "crash-seed1-3"]
    (runs / "crash-seed1-2").rmdir()
    assert claim_run_folder(runs, "crash-seed1").name == "crash-seed1-2"


def test_two_processes_never_claim_the_same_folder(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from simulator.recorder import claim_run_folder;"
        "print(*[claim_run_folder(Path(sys.argv[1]), 'a').name for _ in range(40)])"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    names = [name for process in processes for name in process.communicate()[0].split()]
    assert len(names) == len(set(names)) == 80


@pytest.mark.parametrize("sign", ["manifest.json", "system.parquet", "base/manifest.json"])
def test_an_output_folder_that_holds_a_run_is_refused(tmp_path: Path, sign: str) -> None:
    out = tmp_path / "out"
    (out / sign).parent.mkdir(parents=True)
    (out / sign).write_text("{}")
    before = sorted(os.listdir(out))
    with pytest.raises(InputError, match="already holds a run"):
        claim_out(out)
    assert sorted(os.listdir(out)) == before


def test_an_empty_or_missing_output_folder_is_taken(tmp_path: Path) -> None:
    assert claim_out(tmp_path / "new" / "deep").is_dir()
    assert claim_out(tmp_path / "new" / "deep").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        claim_out(tmp_path / "file")
