"""Append-only columns of a run, from the block loop into Parquet files.

    recorder = Recorder(folder, run_schemas(("eth", "btc")))
    recorder.row("reverts", (block, transaction, sender, "fill", "STALE_PRICE", gas_used))
    recorder.rows("margin_histogram", {"block": blocks, "bin": counts})
    records = recorder.close()          # rows and content hash of every table

A row costs an append to a list. Rows become typed columns only at a flush (every `shard_rows` rows
of the fullest table), which writes one small Parquet file a table into `<folder>/.shards/`; closing
merges those into `<folder>/<table>.parquet`. A killed run leaves its shards, which `load_run` reads
and `recover` merges, so nothing flushed is ever lost.
"""

from simulator.recorder.columns import content_hash
from simulator.recorder.folders import claim_out, claim_run_folder
from simulator.recorder.schemas import (
    HISTOGRAM_BINS,
    MARKET_COLUMNS,
    Column,
    Kind,
    TableRecord,
    TableSchema,
    run_schemas,
)
from simulator.recorder.shards import SHARD_FOLDER, table_files
from simulator.recorder.writer import DEFAULT_SHARD_ROWS, Recorder, recover

__all__ = [
    "DEFAULT_SHARD_ROWS",
    "HISTOGRAM_BINS",
    "MARKET_COLUMNS",
    "SHARD_FOLDER",
    "Column",
    "Kind",
    "Recorder",
    "TableRecord",
    "TableSchema",
    "claim_out",
    "claim_run_folder",
    "content_hash",
    "recover",
    "run_schemas",
    "table_files",
]
