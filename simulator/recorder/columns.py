"""Values to typed columns, and the canonical bytes that a table's content hash is taken over.

Canonical bytes, all little-endian: int64, float64 (one NaN) and uint16 as they are; exact as 16
bytes two's complement; text as a uint32 length and UTF-8. The hash is therefore the same whatever
the Parquet writer, its version, the shard size or the number of processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulator.errors import RecordError
from simulator.recorder.schemas import Column, Kind, TableRecord, TableSchema
from simulator.types import AnyArray

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Values: TypeAlias = "Sequence[object] | AnyArray"

EXACT_LIMIT: Final = 10**38
"""DECIMAL(38,0) holds |value| < 10^38, that is 10^20 units of quote currency."""

_NUMBERS: Final[dict[Kind, type[np.generic]]] = {
    "int64": np.int64,
    "float64": np.float64,
    "uint16": np.uint16,
}
_STORED: Final[dict[str, Kind]] = {
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "USMALLINT": "uint16",
    "DECIMAL(38,0)": "exact",
    "VARCHAR": "text",
}


def typed(table: str, column: Column, values: Values) -> AnyArray:
    """Values as the column's array: numbers, objects of str, or uint64[n, 2] limbs for exact.

    Raises RecordError naming table, column and value for a value the column cannot hold exactly.
    """
    if column.kind == "exact":
        return _limbs(table, column.name, values)
    if column.kind == "text":
        for value in values:
            if not isinstance(value, str):
                raise _refused(table, column.name, value, "a text")
        return np.array(values, dtype=object)
    return _numbers(table, column, values)


def _numbers(table: str, column: Column, values: Values) -> AnyArray:
    kind = _NUMBERS[column.kind]
    given = np.asarray(values)
    if given.size == 0:
        return np.empty(0, dtype=kind)
    if given.dtype.kind not in ("iub" if column.kind != "float64" else "iubf"):
        raise _refused(table, column.name, _odd_one(values, column.kind), f"a {column.kind}")
    if column.kind == "uint16" and (given.min() < 0 or given.max() > 65535):
        worst = given.min() if given.min() < 0 else given.max()
        raise _refused(table, column.name, worst, "a count of 0 to 65535")
    if given.dtype == np.uint64 and column.kind == "int64" and given.max() >= 2**63:
        raise _refused(table, column.name, given.max(), "a signed 64-bit integer")
    return np.ascontiguousarray(given, dtype=kind)


def _odd_one(values: Values, kind: Kind) -> object:
    """The first value that made numpy choose another type than the column's."""
    fine = (int, np.integer) if kind != "float64" else (int, float, np.integer, np.floating)
    for value in values:
        if not isinstance(value, fine) or (isinstance(value, int) and abs(value) >= 2**63):
            return value
    return values[0]


def _limbs(table: str, name: str, values: Values) -> NDArray[np.uint64]:
    """Python integers as two's complement uint64[n, 2] limbs, least significant first."""
    try:
        raw = b"".join([value.to_bytes(16, "little", signed=True) for value in values])  # type: ignore[union-attr]
    except (AttributeError, OverflowError):
        raw = b"".join([_exact_bytes(table, name, value) for value in values])
    limbs = np.frombuffer(raw, dtype="<u8").reshape(-1, 2)
    high = limbs[:, 1].view(np.int64)
    # 10^38 is 0x4b3b4ca85a86c47a in the high limb; only values near it need the slow comparison
    if len(high) and (high.max() >= EXACT_LIMIT >> 64 or high.min() <= -(EXACT_LIMIT >> 64) - 1):
        for value in values:
            _exact_bytes(table, name, value)
    return limbs


def _exact_bytes(table: str, name: str, value: object) -> bytes:
    if not isinstance(value, (int, np.integer)) or abs(int(value)) >= EXACT_LIMIT:
        raise _refused(table, name, value, "an integer of 1e-18 units below 10^38 in size")
    return int(value).to_bytes(16, "little", signed=True)


def _refused(table: str, column: str, value: object, rule: str) -> RecordError:
    return RecordError(f"table {table}, column {column}: {value!r} is not {rule}")


class TableHash:
    """Content hash of a table that grows chunk by chunk; the size of the chunks leaves no trace."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._hashes = [hashlib.sha256() for _ in schema.columns]
        self.rows = 0

    def update(self, columns: Sequence[AnyArray]) -> None:
        """Take in the next rows, one typed array per column."""
        for running, array in zip(self._hashes, columns, strict=True):
            running.update(_canonical(array))
        self.rows += len(columns[0])

    def record(self) -> TableRecord:
        """Rows so far and their hash."""
        total = hashlib.sha256()
        for column, running in zip(self._schema.columns, self._hashes, strict=True):
            total.update(f"{column.name}:{column.kind}:{self.rows}:".encode())
            total.update(running.digest())
        return TableRecord(self.rows, total.hexdigest())


def _canonical(array: AnyArray) -> bytes:
    if array.dtype == object:
        encoded: Iterable[bytes] = (text.encode() for text in array)
        return b"".join([len(text).to_bytes(4, "little") + text for text in encoded])
    if array.dtype == np.float64:
        array = np.where(np.isnan(array), np.nan, array)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def read_columns(
    connection: DuckDBPyConnection, table: str, files: Sequence[Path]
) -> tuple[TableSchema, list[AnyArray]]:
    """Schema and typed columns of a stored table, read back without a rounding."""
    source = parquet_source(files)
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    schema = TableSchema(table, tuple(Column(row[0], _STORED[row[1]]) for row in described))
    fields = [field for column in schema.columns for field in _read_back(column)]
    query = f"SELECT {', '.join(fields)} FROM {source}"
    fetched: Mapping[str, object] = connection.execute(query).fetchnumpy()
    return schema, [_fetched(column, fetched) for column in schema.columns]


def _read_back(column: Column) -> list[str]:
    name = column.name
    if column.kind != "exact":
        return [f'"{name}"']
    return [
        f'("{name}"::HUGEINT & 18446744073709551615)::UBIGINT AS "{name}__low"',
        f'("{name}"::HUGEINT >> 64)::BIGINT AS "{name}__high"',
    ]


def _fetched(column: Column, fetched: Mapping[str, object]) -> AnyArray:
    if column.kind != "exact":
        return np.asarray(fetched[column.name])
    parts = (fetched[f"{column.name}__{part}"] for part in ("low", "high"))
    low, high = (np.asarray(part) for part in parts)
    return np.column_stack([low.astype(np.uint64), high.astype(np.int64).view(np.uint64)])


def parquet_source(files: Sequence[Path]) -> str:
    """SQL that reads these files in this order."""
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{quoted}])"


def content_hash(connection: DuckDBPyConnection, table: str, files: Sequence[Path]) -> TableRecord:
    """Rows and content hash of a stored table, computed from its files."""
    schema, columns = read_columns(connection, table, files)
    running = TableHash(schema)
    running.update(columns)
    return running.record()
