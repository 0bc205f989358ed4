"""The fields of one event out of its logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.chain.abi.irregular import decode_rows
from simulator.chain.abi.reading import Form, check_words, columns_of, objects, words_at
from simulator.chain.abi.signatures import Event, Field
from simulator.chain.abi.types import AbiType, parse_type
from simulator.chain.columns import Receipts
from simulator.types import AnyArray, Int1D, Words

OWN_COLUMNS = ("transaction", "log", "emitter")
"""What every table of logs has besides the event's fields."""

_HASH = parse_type("bytes32")


def name_of_log(receipts: Receipts, row: int) -> str:
    """How errors call a log."""
    return f"log {row} of transaction {int(receipts.log_transaction[row])}"


def field_columns(event: Event, receipts: Receipts, rows: Int1D, form: Form) -> dict[str, AnyArray]:
    """Column name -> values of the given logs, in the order of the event's fields."""
    data = [field for field in event.fields if not field.indexed]
    named = _Rows(receipts, rows, form)
    indexed_columns = iter(named.indexed(event))
    data_columns = iter(named.data(data))
    columns: dict[str, AnyArray] = {}
    for place, field in enumerate(event.fields):
        name = field.name or f"argument_{place + 1}"
        name += "_" * (name in OWN_COLUMNS)
        column = next(indexed_columns if field.indexed else data_columns)
        if column.ndim == 1:
            columns[name] = column
        else:
            columns |= {f"{name}.{limb}": column[:, limb] for limb in range(4)}
    return columns


class _Rows:
    """The logs of one event."""

    def __init__(self, receipts: Receipts, rows: Int1D, form: Form) -> None:
        self._receipts = receipts
        self._rows = rows
        self._form = form

    def indexed(self, event: Event) -> list[AnyArray]:
        # Of what is longer than a word, a log has only the hash.
        fields = [
            field if field.type.is_leaf else Field(field.name, _HASH) for field in event.indexed
        ]
        first = event.topic_count - len(fields)
        topics = self._receipts.log_topics.reshape(-1, 4, 32)[self._rows]
        flat = np.ascontiguousarray(topics[:, first : first + len(fields)]).reshape(-1)
        starts = np.arange(len(self._rows), dtype=np.int64) * (32 * len(fields))
        return self._columns(fields, words_at(flat, starts, len(fields)))

    def data(self, fields: Sequence[Field]) -> list[AnyArray]:
        flat, offsets = self._receipts.log_data, self._receipts.log_data_offsets
        starts, ends = offsets[:-1][self._rows], offsets[1:][self._rows]
        if all(field.type.is_static for field in fields):
            size = sum(field.type.words for field in fields)
            return self._columns(fields, words_at(flat, starts, size))
        cuts = zip(starts.tolist(), ends.tolist(), strict=True)
        parts = [flat[start:end].tobytes() for start, end in cuts]
        return [objects(column) for column in decode_rows(fields, parts, self._name)]

    def _columns(self, fields: Sequence[Field], words: Words) -> list[AnyArray]:
        check_words(fields, words, self._name)
        columns, at = [], 0
        for field in fields:
            part = words[:, at : at + field.type.words]
            at += field.type.words
            if field.type.is_leaf:
                columns.append(self._leaf(field, part))
            else:
                columns.append(objects(self._values(field.type, part)))
        return columns

    def _leaf(self, field: Field, words: Words) -> AnyArray:
        """One value per row; limbs keep their second axis."""
        column: AnyArray = columns_of([field], words, self._form, self._name)[0]
        if column.dtype == np.uint8:
            return objects([row.tobytes() for row in column])
        return column

    def _values(self, kind: AbiType, words: Words) -> list[Any]:
        """A composite's values as tuples, with integers of Python."""
        if kind.is_leaf:
            exact = _Rows(self._receipts, self._rows, Form("python", self._form.addresses))
            values: list[Any] = exact._leaf(Field("", kind), words).tolist()
            return values
        parts, at = [], 0
        for member in kind.members():
            parts.append(self._values(member, words[:, at : at + member.words]))
            at += member.words
        return list(zip(*parts, strict=True))

    def _name(self, row: int) -> str:
        return name_of_log(self._receipts, int(self._rows[row]))
