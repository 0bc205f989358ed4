"""Which tables a run has and which columns they have: the only list of them.

Amounts called exact are signed Python integers in 1e-18 units (quote currency, or base units for
sizes). They are stored as DECIMAL(38,0): a Parquet decimal256 is read back as DOUBLE and a HUGEINT
is written as DOUBLE, both without a word, so no wider type is offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["int64", "float64", "text", "exact", "uint16"]

HISTOGRAM_BINS: Final = 64
"""62 bins of 1/8 octave of log2(margin ratio / maintenance) from -2, one below, one above."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and how its values are stored."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table: its name and its columns, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in the order a row gives its values."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What the manifest says of a table: its number of rows and the hash of its contents."""

    rows: int
    content_hash: str


MARKET_COLUMNS: Final[tuple[tuple[str, Kind], ...]] = (
    ("index", "exact"),
    ("mark", "exact"),
    ("open_interest", "exact"),
    ("funding_index", "exact"),
    ("loss_long", "exact"),
    ("loss_short", "exact"),
    ("funding_long", "float64"),
    ("funding_short", "float64"),
    ("price", "float64"),
)
"""Columns of `system` that exist once per market, with the market's name as their suffix.

index is what the feed says, price the true price (quote).
"""

_BLOCK: Final = "block:int64 timestamp:int64 "

_SYSTEM: Final = (
    "insurance:exact deficit:exact custody:exact shortfall:exact latent_shortfall:float64 "
    "liquidatable:int64 underwater:int64 transactions:int64 reverted:int64 not_included:int64 "
    "gas_used:int64 first_round_notional:float64 fixed_point_notional:float64 rounds:int64 "
    "hedge_profit:float64 market_maker_equity:float64"
)

_LIQUIDATIONS: Final = (
    _BLOCK + "market:text account:text liquidator:text kind:text size:exact price:exact "
    "notional:exact penalty:exact reward:exact equity_before:exact shortfall:exact "
    "from_insurance:exact socialised:exact deficit:exact"
)

_ADL: Final = (
    _BLOCK + "market:text account:text candidate:text size:exact price:exact mark:exact "
    "notional:exact insurance_moved:exact"
)

_FUNDING: Final = (
    _BLOCK + "market:text rate:float64 index:exact mark:exact payment_per_unit:exact "
    "funding_index:exact"
)

_ORACLE_UPDATES: Final = _BLOCK + "market:text index:exact mark:exact kind:text"

_FAULTS: Final = _BLOCK + "phase:text number:int64 kind:text markets:text parameters:text"

_REVERTS: Final = "block:int64 transaction:int64 sender:text action:text reason:text gas_used:int64"


def run_schemas(market_names: Sequence[str]) -> tuple[TableSchema, ...]:
    """Tables of a run over these markets (lower-case names such as "eth"), in a fixed order.

    `system` holds block and timestamp, then the `MARKET_COLUMNS` market by market, then totals.
    """
    per_market = tuple(
        Column(f"{name}_{market}", kind) for market in market_names for name, kind in MARKET_COLUMNS
    )
    positions = tuple(
        Column(f"{name}_{market}", "exact")
        for market in market_names
        for name in ("size", "cost", "pending")
    )
    bins = tuple(Column(f"bin_{number:02d}", "uint16") for number in range(HISTOGRAM_BINS))
    return (
        TableSchema("system", _columns(_BLOCK) + per_market + _columns(_SYSTEM)),
        TableSchema("liquidations", _columns(_LIQUIDATIONS)),
        TableSchema("adl", _columns(_ADL)),
        TableSchema("funding", _columns(_FUNDING)),
        TableSchema("oracle_updates", _columns(_ORACLE_UPDATES)),
        TableSchema("faults", _columns(_FAULTS)),
        TableSchema("reverts", _columns(_REVERTS)),
        TableSchema("margin_histogram", (Column("block", "int64"), *bins)),
        TableSchema(
            "accounts",
            _columns("block:int64 account:text margin:exact equity:exact")
            + positions
            + _columns("role:text"),
        ),
    )


def _columns(written: str) -> tuple[Column, ...]:
    """Columns from `name:kind` words."""
    kinds: dict[str, Kind] = {
        "int64": "int64",
        "float64": "float64",
        "text": "text",
        "exact": "exact",
    }
    pairs = (word.split(":") for word in written.split())
    return tuple(Column(name, kinds[kind]) for name, kind in pairs)
