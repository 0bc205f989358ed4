"""Return values of many calls as columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.chain.abi.irregular import decode_rows
from simulator.chain.abi.reading import (
    Addresses,
    Form,
    Integers,
    check_words,
    columns_of,
    objects,
    words_at,
)
from simulator.chain.abi.signatures import Entry, Field, Function, function_of
from simulator.chain.checks import failure
from simulator.chain.columns import STATUS_SUCCESS, Receipts
from simulator.errors import InputError
from simulator.types import Int1D


def unpack_outputs(
    call: str | Entry | Function,
    receipts: Receipts,
    *,
    rows: Int1D | None = None,
    integers: Integers = "words",
    addresses: Addresses = "bytes",
) -> tuple[Any, ...]:
    """A column for each return value of n calls of one function.

    call: an ABI entry, `health(address) returns (int256,bool)`, or only `(int256,bool)`. rows:
    int64, the rows of the receipts to read; None is all. integers: limbs uint64[n, 4] unless
    `python`, `int64`, `uint64` or `float64` is asked for; addresses: uint8[n, 20], or `text`; bool:
    bool[n]; bytesN: uint8[n, N]; a static array has a second axis, a tuple is a tuple of columns.
    If one type is dynamic, all values come as objects through eth-abi, addresses as text.

    RevertError (ChainError if not included) names the first call that failed, InputError the first
    whose output is too short or no value of its type.
    """
    fields = _outputs(function_of(call))
    places = np.arange(len(receipts.status)) if rows is None else np.asarray(rows, np.int64)
    _check_status(receipts, places)

    def name_of_row(row: int) -> str:
        return f"output of call {int(places[row])}"

    if not all(field.type.is_static for field in fields):
        parts = [receipts.output_of(row) for row in places.tolist()]
        return tuple(objects(column) for column in decode_rows(fields, parts, name_of_row))
    size = sum(field.type.words for field in fields)
    starts = receipts.output_offsets[:-1][places]
    lengths = receipts.output_offsets[1:][places] - starts
    short = np.flatnonzero(lengths < 32 * size)
    if len(short):
        row = int(places[short[0]])
        rule = f"must have {32 * size} bytes (an account without code returns none)"
        raise InputError(f"output of call {row}", f"{int(lengths[short[0]])} bytes", rule)
    words = words_at(receipts.output, starts, size)
    check_words(fields, words, name_of_row)
    return tuple(columns_of(fields, words, Form(integers, addresses), name_of_row))


def _outputs(function: Function) -> tuple[Field, ...]:
    if function.outputs is not None:
        return function.outputs
    if function.name:
        raise InputError("call", function.signature, "must tell the types that it returns")
    return function.inputs


def _check_status(receipts: Receipts, places: Int1D) -> None:
    failed = np.flatnonzero(receipts.status[places] != STATUS_SUCCESS)
    if len(failed):
        row = int(places[failed[0]])
        status, reason = int(receipts.status[row]), receipts.reasons.get(row)
        raise failure(f"call {row}", status, receipts.output_of(row), reason)
