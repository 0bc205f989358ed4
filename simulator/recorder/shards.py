"""Parquet files by DuckDB: one shard a flush, one merged file a table at the end.

Every file is written beside its place and moved there with `os.replace`, so a reader never sees
half a file. One thread, zstd and a fixed row group make equal tables equal files; the merge goes
through a table in memory, because row groups of a merge that streams depend on the shards.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.recorder.columns import parquet_source
from simulator.recorder.schemas import Column, TableSchema
from simulator.types import AnyArray

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHARD_FOLDER: Final = ".shards"
ROW_GROUP_ROWS: Final = 122_880
MERGE_MEMORY: Final = "512MB"
"""Memory of a merge; a bigger table (accounts of every block) spills beside its shards."""

_SQL_TYPES: Final = {
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "uint16": "USMALLINT",
    "exact": "DECIMAL(38,0)",
    "text": "VARCHAR",
}
_COPY_OPTIONS: Final = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"


def open_connection(folder: Path | None = None) -> DuckDBPyConnection:
    """A private in-memory database with one thread that never looks for extensions online."""
    import duckdb  # 40 ms that a command which records nothing need not pay

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": MERGE_MEMORY,
    }
    if folder is not None:
        settings["temp_directory"] = str(folder / SHARD_FOLDER / "spill")
    return duckdb.connect(":memory:", config=settings)


def write_shard(
    connection: DuckDBPyConnection,
    path: Path,
    schema: TableSchema,
    columns: Sequence[AnyArray],
) -> None:
    """Write typed columns (see `columns.typed`) as one Parquet file."""
    batch: dict[str, AnyArray] = {}
    fields = []
    for column, array in zip(schema.columns, columns, strict=True):
        fields.append(_field(column))
        if column.kind == "exact":
            batch[f"{column.name}__low"] = np.ascontiguousarray(array[:, 0])
            batch[f"{column.name}__high"] = np.ascontiguousarray(array[:, 1]).view(np.int64)
        else:
            batch[column.name] = array
    connection.register("batch", batch)
    try:
        _copy(connection, f"SELECT {', '.join(fields)} FROM batch", path)
    finally:
        connection.unregister("batch")


def _field(column: Column) -> str:
    name = column.name
    if column.kind == "exact":
        words = f'"{name}__high"::HUGEINT * 18446744073709551616 + "{name}__low"::HUGEINT'
        return f'({words})::DECIMAL(38,0) AS "{name}"'
    return f'"{name}"::{_SQL_TYPES[column.kind]} AS "{name}"'


def write_empty(connection: DuckDBPyConnection, path: Path, schema: TableSchema) -> None:
    """Write a file with the table's columns and no rows."""
    fields = (f'NULL::{_SQL_TYPES[c.kind]} AS "{c.name}"' for c in schema.columns)
    _copy(connection, f"SELECT {', '.join(fields)} LIMIT 0", path)


def merge(connection: DuckDBPyConnection, files: Sequence[Path], path: Path) -> None:
    """Join shards, in order, into one file whose bytes do not depend on how they were cut."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE merged AS FROM {parquet_source(files)}")
    try:
        _copy(connection, "FROM merged", path)
    finally:
        connection.execute("DROP TABLE IF EXISTS merged")


def _copy(connection: DuckDBPyConnection, query: str, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    quoted = str(unfinished).replace("'", "''")
    try:
        connection.execute(f"COPY ({query}) TO '{quoted}' {_COPY_OPTIONS}")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def shard_path(folder: Path, table: str, number: int) -> Path:
    """Where shard `number` of a table lies. Number 0 is empty and carries the columns."""
    return folder / SHARD_FOLDER / table / f"{number:06d}.parquet"


def table_files(folder: Path) -> dict[str, list[Path]]:
    """Files of each table of a run folder, finished or not: the merged file, else its shards."""
    found = {path.stem: [path] for path in sorted(folder.glob("*.parquet"))}
    shards = folder / SHARD_FOLDER
    if shards.is_dir():
        for table in sorted(path for path in shards.iterdir() if path.name != "spill"):
            files = sorted(table.glob("[0-9]*.parquet"))
            if files:
                found.setdefault(table.name, files)
    return found


def drop_shards(folder: Path, table: str) -> None:
    """Remove a merged table's shards, and the shard folder when nothing is left in it."""
    shards = folder / SHARD_FOLDER
    shutil.rmtree(shards / table, ignore_errors=True)
    left = [path for path in shards.glob("*") if path.name != "spill"] if shards.exists() else [1]
    if not left:
        shutil.rmtree(shards, ignore_errors=True)
