"""A recorded run, read back: tables, SQL, manifest, variants.

    results = load_run(Path("runs/black-thursday-seed1-1"))
    results.variant("base").table("liquidations")        # DataFrame; exact columns as Python int
    results.variant("base").floats("system")["insurance"]  # float64, quote units
    results.query("SELECT max(underwater) FROM system")

Unfinished runs (killed, full disk) read the same way: their shards stand in for the tables.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from simulator.errors import InputError, RecordError
from simulator.recorder import table_files
from simulator.recorder.columns import parquet_source, read_columns
from simulator.recorder.shards import open_connection
from simulator.types import AnyArray

if TYPE_CHECKING:
    import pandas
    from duckdb import DuckDBPyConnection

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What a manifest may hold: plain JSON values (integers beyond 2^53 as text)."""

MANIFEST: Final = "manifest.json"
TIMINGS: Final = "timings.json"
_WAD: Final = 1e18


class Results:
    """One run folder: manifest, variants (each a Results) and tables, read when asked for."""

    def __init__(self, folder: Path, manifest: Mapping[str, Json], variants: dict[str, Path]):
        self.folder = folder
        self.manifest = manifest
        self._variant_folders = variants
        self._files = table_files(folder)

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants in the order they were asked for; one name if there is only one."""
        return tuple(self._variant_folders)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables in this very folder (none above several variants)."""
        return tuple(self._files)

    def variant(self, name: str) -> Results:
        """Results of one variant. Raises InputError if the run has no such variant."""
        if name not in self._variant_folders:
            raise InputError("variant", name, f"this run has {', '.join(self.variants)}")
        folder = self._variant_folders[name]
        return self if folder == self.folder else load_run(folder)

    def table(self, name: str) -> pandas.DataFrame:
        """A table as recorded; exact columns are Python integers of 1e-18 units."""
        import pandas

        schema, columns = read_columns(self._connection, name, self._of(name))
        return pandas.DataFrame(
            {
                column.name: _integers(array) if column.kind == "exact" else array
                for column, array in zip(schema.columns, columns, strict=True)
            }
        )

    def floats(self, name: str) -> dict[str, AnyArray]:
        """A table as arrays for plots: exact columns over 1e18 as float64, others as stored."""
        schema, columns = read_columns(self._connection, name, self._of(name))
        return {
            column.name: _approximate(array) if column.kind == "exact" else array
            for column, array in zip(schema.columns, columns, strict=True)
        }

    def query(self, sql: str) -> pandas.DataFrame:
        """Answer of an SQL query over the tables by name (DECIMAL answers become float64)."""
        return self._connection.execute(sql).df()

    @cached_property
    def timings(self) -> Mapping[str, Json]:
        """Wall times by part; empty if the run did not get that far."""
        path = self.folder / TIMINGS
        return _read_json(path) if path.exists() else {}

    @cached_property
    def _connection(self) -> DuckDBPyConnection:
        connection = open_connection()
        for name, files in self._files.items():
            connection.execute(f'CREATE VIEW "{name}" AS FROM {parquet_source(files)}')
        return connection

    def _of(self, table: str) -> list[Path]:
        if table not in self._files:
            known = ", ".join(self._files) or f"none here; variants: {', '.join(self.variants)}"
            raise InputError("table", table, f"recorded tables are {known}")
        return self._files[table]


def load_run(folder: Path) -> Results:
    """Open a run folder: one variant, or several in subfolders.

    A run that was killed before its manifest was written has an empty one with status "unfinished".
    Raises InputError if the folder holds no run.
    """
    folder = Path(folder)
    manifest_path = folder / MANIFEST
    finished = manifest_path.exists()
    manifest = _read_json(manifest_path) if finished else {"status": "unfinished"}
    below = {} if table_files(folder) or not folder.is_dir() else _subfolders(folder, manifest)
    if not (finished or table_files(folder) or below):
        raise InputError("run folder", str(folder), "holds no manifest.json and no tables")
    if below:
        return Results(folder, manifest, below)
    return Results(folder, manifest, {str(manifest.get("variant", "base")): folder})


def write_manifest(folder: Path, manifest: Mapping[str, Json]) -> Path:
    """Write manifest.json: sorted keys, two-space indent, the same bytes for the same contents."""
    return _write_json(folder / MANIFEST, manifest)


def write_timings(folder: Path, seconds: Mapping[str, Json]) -> Path:
    """Write timings.json: wall times, outside of every hash."""
    return _write_json(folder / TIMINGS, seconds)


def _subfolders(folder: Path, manifest: Mapping[str, Json]) -> dict[str, Path]:
    """Variant folders that hold something, in the manifest's order, then by name."""
    present = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}
    listed = manifest.get("variants")
    wanted = [str(name) for name in listed] if isinstance(listed, (list, tuple, Mapping)) else []
    ordered = [name for name in wanted if name in present]
    ordered += [name for name in present if name not in ordered]
    return {
        name: present[name]
        for name in ordered
        if (present[name] / MANIFEST).exists() or table_files(present[name])
    }


def _integers(limbs: AnyArray) -> AnyArray:
    """Python integers from two's complement uint64[n, 2] limbs."""
    numbers = np.empty(len(limbs), dtype=object)
    high = limbs[:, 1].view(np.int64) if limbs.flags.c_contiguous else limbs[:, 1].astype(np.int64)
    pairs = zip(limbs[:, 0].tolist(), high.tolist(), strict=True)
    numbers[:] = [(upper << 64) + lower for lower, upper in pairs]
    return numbers


def _approximate(limbs: AnyArray) -> AnyArray:
    """Quote units from limbs, to within two units in the last place of a float64."""
    high = limbs[:, 1].astype(np.int64)
    small = high == (limbs[:, 0].astype(np.int64) >> 63)
    near = limbs[:, 0].astype(np.int64).astype(np.float64)
    wide = high.astype(np.float64) * 2.0**64 + limbs[:, 0].astype(np.float64)
    return np.asarray(np.where(small, near, wide) / _WAD)


def _write_json(path: Path, value: Mapping[str, Json]) -> Path:
    written = json.dumps(_plain(value), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    return write_text(path, written)


def write_text(path: Path, written: str) -> Path:
    """Write a file whole or not at all; RecordError if the disk does not take it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(written, encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise RecordError(f"{path} could not be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _plain(value: object) -> Json:
    """JSON values that every reader reads alike: wide integers as text, no NaN, no numpy types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) <= 2**53 else str(int(value))
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)


def _read_json(path: Path) -> dict[str, Json]:
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(str(path), "contents", f"is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(str(path), "contents", "is not a JSON object")
    return value
