"""The recorder itself: rows into lists, lists into shards, shards into tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.errors import RecordError
from simulator.recorder.columns import TableHash, Values, content_hash, typed
from simulator.recorder.schemas import TableRecord, TableSchema
from simulator.recorder.shards import (
    SHARD_FOLDER,
    drop_shards,
    merge,
    open_connection,
    shard_path,
    table_files,
    write_empty,
    write_shard,
)
from simulator.types import AnyArray

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DEFAULT_SHARD_ROWS: Final = 7_200
"""One day of 12-second blocks: what a killed run can lose of `system`, for 0.1 s a flush."""


class _Table:
    """What one table holds in memory, and how much of it is safe on disk."""

    def __init__(self, schema: TableSchema) -> None:
        self.schema = schema
        self.pending: list[tuple[object, ...]] = []
        self.chunks: list[list[AnyArray]] = []
        self.chunk_rows = 0
        self.shards = 0
        self.kept = TableHash(schema)

    def seal(self) -> None:
        """Turn the pending rows into one chunk of typed columns."""
        if not self.pending:
            return
        names = self.schema.column_names
        for row in self.pending:
            if len(row) != len(names):
                raise RecordError(
                    f"table {self.schema.name}: a row of {len(row)} values, not {len(names)}"
                )
        self.add(zip(*self.pending, strict=True))
        self.pending = []

    def add(self, columns: Iterable[Values]) -> None:
        """Append one chunk, checked and typed."""
        chunk = [
            typed(self.schema.name, column, values)
            for column, values in zip(self.schema.columns, columns, strict=True)
        ]
        if len({len(array) for array in chunk}) != 1:
            raise RecordError(f"table {self.schema.name}: columns of different lengths")
        self.chunks.append(chunk)
        self.chunk_rows += len(chunk[0])

    def joined(self) -> list[AnyArray]:
        """All chunks as one array per column."""
        if len(self.chunks) == 1:
            return self.chunks[0]
        return [np.concatenate(parts) for parts in zip(*self.chunks, strict=True)]

    def forget(self) -> None:
        """Drop the chunks that are on disk now."""
        self.chunks = []
        self.chunk_rows = 0


class Recorder:
    """Writes the tables of one run into `folder`; every method raises RecordError when it cannot.

    A failed flush loses nothing: what was flushed stays readable, what was not stays in memory and
    the next `flush` or `close` tries again. `shard_rows` bounds what a killed process can lose and
    leaves no trace in the finished files.
    """

    def __init__(
        self,
        folder: Path,
        schemas: Sequence[TableSchema],
        shard_rows: int = DEFAULT_SHARD_ROWS,
    ) -> None:
        self._folder = Path(folder)
        self._shard_rows = shard_rows
        self._tables = {schema.name: _Table(schema) for schema in schemas}
        self._connection = open_connection(self._folder)
        self._closed: dict[str, TableRecord] | None = None
        self._attempt(self._start)

    def row(self, table: str, values: tuple[object, ...]) -> None:
        """Append one row: its values in the order of the columns. Costs a list append."""
        pending = self._tables[table].pending
        pending.append(values)
        if len(pending) >= self._shard_rows:
            self.flush()

    def rows(self, table: str, columns: Mapping[str, Values]) -> None:
        """Append many rows given as columns.

        A two-dimensional array under the name `bin` gives `bin_00`, `bin_01`, ... at once.
        """
        held = self._tables[table]
        given = _expanded(columns)
        names = held.schema.column_names
        if set(given) != set(names):
            odd = sorted(set(given) ^ set(names))
            raise RecordError(f"table {table}: missing or unknown columns {', '.join(odd)}")
        held.seal()
        held.add([given[name] for name in names])
        if held.chunk_rows >= self._shard_rows:
            self.flush()

    def flush(self) -> None:
        """Write every table's rows to disk, so that a kill after this loses none of them."""
        self._attempt(*(self._flusher(table) for table in self._tables.values()))

    def close(self) -> dict[str, TableRecord]:
        """Merge the shards into one file a table; rows and content hash of each. Idempotent."""
        if self._closed is None:
            self.flush()
            self._attempt(*(self._merger(name) for name in self._tables))
            self._connection.close()
            self._closed = {name: table.kept.record() for name, table in self._tables.items()}
        return self._closed

    @property
    def rows_kept(self) -> dict[str, int]:
        """Rows of each table that are safe on disk."""
        return {name: table.kept.rows for name, table in self._tables.items()}

    def _start(self) -> None:
        if table_files(self._folder):
            raise RecordError(f"{self._folder} already holds recorded tables")
        for name, table in self._tables.items():
            path = shard_path(self._folder, name, 0)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_empty(self._connection, path, table.schema)

    def _flusher(self, table: _Table) -> Callable[[], None]:
        def flush_table() -> None:
            table.seal()
            if not table.chunk_rows:
                return
            columns = table.joined()
            path = shard_path(self._folder, table.schema.name, table.shards + 1)
            write_shard(self._connection, path, table.schema, columns)
            table.shards += 1
            table.kept.update(columns)
            table.forget()

        return flush_table

    def _merger(self, name: str) -> Callable[[], None]:
        return lambda: _merge_table(self._folder, name, self._connection)

    def _attempt(self, *steps: Callable[[], None]) -> None:
        """Do every step even if one fails (a small table may still fit), then raise the first."""
        import duckdb

        failure: Exception | None = None
        for step in steps:
            try:
                step()
            except (RecordError, OSError, duckdb.Error) as error:
                failure = failure or error
            except RuntimeError as error:
                # DuckDB turns a Ctrl-C inside COPY into this; nothing was written, nothing is lost
                if "nterrupt" not in str(error):
                    raise
                raise KeyboardInterrupt from error
        if failure is not None:
            raise self._explained(failure) from failure

    def _explained(self, failure: Exception) -> RecordError:
        kept = ", ".join(f"{name} {rows}" for name, rows in self.rows_kept.items() if rows)
        return RecordError(
            f"results could not be written to {self._folder}: {_cause(failure)} "
            f"(rows kept there, readable with load_run: {kept or 'none'})"
        )


def _cause(failure: Exception) -> str:
    """One line; DuckDB wraps the system's own words in a JSON object."""
    words = str(failure).strip().splitlines()[0]
    inner = re.search(r'"exception_message":"((?:[^"\\]|\\.)*)"', words)
    return inner.group(1).replace('\\"', "'") if inner else words


def _expanded(columns: Mapping[str, Values]) -> dict[str, Values]:
    """Columns by name, with two-dimensional arrays cut into numbered columns."""
    given: dict[str, Values] = {}
    for name, values in columns.items():
        if isinstance(values, np.ndarray) and values.ndim == 2:
            for number, column in enumerate(values.T):
                given[f"{name}_{number:02d}"] = column
        else:
            given[name] = values
    return given


def _merge_table(folder: Path, name: str, connection: DuckDBPyConnection) -> None:
    files = sorted((folder / SHARD_FOLDER / name).glob("[0-9]*.parquet"))
    if files:
        merge(connection, files, folder / f"{name}.parquet")
    drop_shards(folder, name)


def recover(folder: Path) -> dict[str, TableRecord]:
    """Merge what a killed run left behind; rows and content hash of every table of the folder."""
    connection = open_connection(folder)
    records = {}
    for name, files in table_files(folder).items():
        if files[0].parent != folder:
            _merge_table(folder, name, connection)
        else:
            drop_shards(folder, name)
        records[name] = content_hash(connection, name, [folder / f"{name}.parquet"])
    connection.close()
    return records
