"""Parquet through DuckDB; feather through pyarrow, which is an extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.errors import InputError, MissingComponentError
from simulator.prices.history.reading.bytes import read_bytes
from simulator.prices.history.reading.names import Named
from simulator.prices.history.reading.text import spoken_columns
from simulator.prices.history.series import Raw

NEEDS_PYARROW: Final = "reading feather files needs pyarrow: pip install 'underwater[feather]'"
_MICROSECONDS: Final = "epoch_us({}::timestamptz)"


def parquet(path: Path, named: Named) -> Raw:
    """A column of times (ts, timestamp, date, open_time) beside open, high, low, close [volume].

    Times with a zone of any unit come out as microseconds; without one they need --zone.
    """
    import duckdb

    _, digest = read_bytes(path)
    with duckdb.connect() as connection:
        try:
            # One thread and the file's order: a row keeps its number.
            connection.execute("set threads = 1; set TimeZone = 'UTC'")
            table = connection.read_parquet(str(path))
            types = {name: str(kind) for name, kind in zip(table.columns, table.types, strict=True)}
            names = [name.strip().lower() for name in types]
            spoken, kind = spoken_columns(path.name, names, named)
            wanted = [_expression(name, types[name]) for name in types]
            found = table.project(", ".join(wanted)).fetchnumpy()
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise InputError(path.name, "(parquet)", f"cannot be read: {first}") from None
    columns = {
        name: _plain(
            np.ma.filled(column, _empty(column)) if np.ma.isMaskedArray(column) else column
        )
        for name, column in zip(spoken, found.values(), strict=True)
    }
    if not len(columns["time"]):
        raise InputError(path.name, "(no rows)", "must hold rows")
    return _raw(path, columns, kind, "parquet", named, digest)


def _expression(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.upper().startswith("TIMESTAMP") and ("TZ" in kind.upper() or "ZONE" in kind.upper()):
        return f"{_MICROSECONDS.format(quoted)} as {quoted}"
    if kind.upper().startswith(("TIMESTAMP", "DATE")):
        return f"{quoted}::varchar as {quoted}"
    return quoted


def _empty(column: Any) -> Any:
    """What stands for a missing value: no number, no time, no text."""
    if column.dtype.kind == "f":
        return np.nan
    return -1 if column.dtype.kind in "iu" else ""


def _plain(column: Any) -> Any:
    return column.tolist() if column.dtype.kind == "O" else column


def feather(path: Path, named: Named) -> Raw:
    """freqtrade's feather: `date` with a zone and open, high, low, close, volume."""
    _, digest = read_bytes(path)
    try:
        from pyarrow import ArrowException  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from pyarrow import feather as reader  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise MissingComponentError(NEEDS_PYARROW) from None
    try:
        table = reader.read_table(str(path), memory_map=False)
    except (ArrowException, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(path.name, "(feather)", f"cannot be read: {first}") from None
    names = [name.strip().lower() for name in table.column_names]
    spoken, kind = spoken_columns(path.name, names, named)
    columns = {name: _of_arrow(column) for name, column in zip(spoken, table.columns, strict=True)}
    if not len(columns["time"]):
        raise InputError(path.name, "(no rows)", "must hold rows")
    return _raw(path, columns, kind, "freqtrade", named, digest)


def _of_arrow(column: Any) -> Any:
    kind = str(column.type)
    if kind.startswith("timestamp"):
        if "tz=" not in kind:
            return [str(value) for value in column.to_pylist()]
        parts = {"s": 10**6, "ms": 10**3, "us": 1}
        unit = kind.partition("[")[2].partition(",")[0]
        numbers = np.asarray(column.cast("int64").to_numpy(), dtype=np.int64)
        return numbers * parts[unit] if unit in parts else numbers // 1000
    return column.to_pylist()


def _raw(
    path: Path, columns: dict[str, Any], kind: str, form: str, named: Named, digest: str
) -> Raw:
    return Raw(
        name=path.name,
        columns=columns,
        format=form,
        kind=kind,
        asset=named.asset,
        contract=named.contract,
        quote=named.quote,
        resolution=named.resolution,
        sha256=digest,
    )
