"""Columns of one-word values into the words of many calls at once.

Each writer gets a `Place`: the buffer of all calls and where in each of them its word begins.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index as as_index
from typing import Any, NoReturn, TypeAlias

import numpy as np

from simulator.chain.abi.signatures import Function
from simulator.chain.abi.types import AbiType
from simulator.errors import InputError
from simulator.types import AnyArray, Bool1D, Words

_BIG = np.dtype(">u8")
_LITTLE = np.dtype("<i8")
_BYTE = np.dtype(np.uint8)
_EXTENSIONS = np.frombuffer(bytes(24) + b"\xff" * 24, np.dtype((np.void, 24)))
_SHORT = 1024
"""Up to so many rows the sign of int64 is looked up in the highest bit of every eighth byte by
`isascii`, which takes a tenth of the time of a reduction on the 50 rows of a block."""
_PIECES = [np.dtype((np.void, size)) for size in range(33)]


class Place:
    """Where one argument's word lies: at `at` in each of the `count` rows of `width` bytes.

    path: the argument's number, or for what lies within it the numbers down to there.
    """

    __slots__ = ("at", "buffer", "count", "function", "path", "width")

    def __init__(
        self,
        buffer: bytearray,
        width: int,
        count: int,
        at: int,
        function: Function,
        path: int | tuple[int, ...],
    ) -> None:
        self.buffer = buffer
        self.width = width
        self.count = count
        self.at = at
        self.function = function
        self.path = path

    def member(self, at: int, number: int) -> Place:
        """The place of a part of this argument."""
        path = (self.path, number) if isinstance(self.path, int) else (*self.path, number)
        return Place(self.buffer, self.width, self.count, at, self.function, path)

    def bytes(self, start: int, size: int) -> AnyArray:
        """uint8[count, size] of the bytes that begin `start` into the word."""
        return np.ndarray((self.count, size), _BYTE, self.buffer, self.at + start, (self.width, 1))

    def pieces(self, start: int, size: int) -> AnyArray:
        """The same as count opaque pieces of `size` bytes, which numpy copies faster."""
        begin = self.at + start
        return np.ndarray((self.count,), _PIECES[size], self.buffer, begin, (self.width,))

    def limb(self, number: int) -> AnyArray:
        """uint64[count]: one of the four limbs of the word, 0 the least significant."""
        start = self.at + 24 - 8 * number
        return np.ndarray((self.count,), _BIG, self.buffer, start, (self.width,))

    def refuse(self, row: int | None, value: object, rule: str) -> NoReturn:
        """InputError that names the argument, the row (None for a scalar), the value, the rule."""
        name = argument_name(self.function, self.path)
        raise InputError(name if row is None else f"{name}, row {row}", value, rule)


def argument_name(function: Function, path: int | tuple[int, ...]) -> str:
    """How errors call an argument, or what lies within it."""
    first, *inner = (path,) if isinstance(path, int) else path
    name = function.inputs[first].name
    named = f" ({name})" if name else ""
    parts = "".join(f"[{number}]" for number in inner)
    return f"argument {first + 1}{parts}{named} of {function.signature}"


def write_integers(place: Place, kind: AbiType, column: Any) -> None:
    """Integers of any origin but floats: int64, uint64, limbs uint64[n, 4], Python's own."""
    if isinstance(column, np.ndarray):
        sort = column.dtype.kind
        if column.ndim == 1 and sort in "iu":
            _write_machine_integers(place, kind, column)
        elif column.ndim == 2 and column.shape[1] == 4 and column.dtype == np.uint64:
            _write_limbs(place, kind, column)
        elif column.ndim == 1 and sort == "O":
            _write_integer_list(place, kind, column.tolist())
        else:
            _refuse_array(place, column, "integers or uint64[n, 4] limbs, never floats")
    elif isinstance(column, list):
        _write_integer_list(place, kind, column)
    else:
        word = _integer(place, kind, column, None)
        place.bytes(0, 32)[...] = np.frombuffer(word, np.uint8)


def write_plain(buffer: bytearray, width: int, at: int, kind: AbiType, column: AnyArray) -> bool:
    """The common case without ceremony: a short int64[n] that must fit into words above 64 bits.

    False, and nothing written, for everything else. It halves the time of a block's calldata.
    """
    shape = column.shape
    if column.dtype != _LITTLE or len(shape) != 1 or shape[0] > _SHORT:
        return False
    if kind.size <= 64 or kind.parts:
        return False
    if not column.tobytes()[7::8].isascii():
        if kind.kind != "int":
            return False
        extensions = np.ndarray(shape, _PIECES[24], buffer, at, (width,))
        extensions[...] = _EXTENSIONS[column >> 63]
    np.ndarray(shape, _BIG, buffer, at + 24, (width,))[...] = column
    return True


def _write_machine_integers(place: Place, kind: AbiType, column: AnyArray) -> None:
    negative = column.dtype.kind == "i" and has_negative(column)
    if kind.size <= 64 or (negative and kind.kind == "uint"):
        _refuse_outside(place, kind, column)
    place.limb(0)[...] = column
    if negative:
        # Shifted to 0 or -1, which picks the first or the last of the two extensions.
        place.pieces(0, 24)[...] = _EXTENSIONS[column.astype(np.int64, copy=False) >> 63]


def has_negative(column: AnyArray) -> bool:
    """Whether a column of signed integers has one below zero."""
    if column.dtype == _LITTLE and len(column) <= _SHORT:
        return not column.tobytes()[7::8].isascii()
    return bool(np.minimum.reduce(column) < 0)


def _refuse_outside(place: Place, kind: AbiType, column: AnyArray) -> None:
    low, high = kind.range()
    limits = np.iinfo(column.dtype)
    wrong = np.zeros(len(column), bool)
    if limits.min < low:
        wrong |= column < low
    if limits.max > high:
        wrong |= column > high
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        place.refuse(row, int(column[row]), _rule(kind))


def _write_limbs(place: Place, kind: AbiType, column: Words) -> None:
    if kind.size < 256:
        wrong = ~limbs_fit(column, kind)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raw = column[row].astype("<u8").tobytes()
            value = int.from_bytes(raw, "little", signed=kind.kind == "int")
            place.refuse(row, value, _rule(kind))
    for number in range(4):
        place.limb(number)[...] = column[:, number]


def limbs_fit(limbs: Words, kind: AbiType) -> Bool1D:
    """bool[n]: whether words hold a value of an integer type, sign extended if it is signed."""
    top, rest = divmod(kind.size - (kind.kind == "int"), 64)
    parts: AnyArray = limbs.view(np.int64) if kind.kind == "int" else limbs
    above = parts[:, 3] >> 63 if kind.kind == "int" else np.zeros(len(limbs), np.uint64)
    fits: Bool1D = (parts[:, top + (rest > 0) :] == above[:, None]).all(axis=1)
    if rest:
        fits &= parts[:, top] >> parts.dtype.type(rest) == above
    return fits


def _write_integer_list(place: Place, kind: AbiType, column: list[Any]) -> None:
    low, high = kind.range()
    if set(map(type, column)) <= {int} and low <= min(column) and max(column) <= high:
        signed = kind.kind == "int"
        raw = b"".join([value.to_bytes(32, "big", signed=signed) for value in column])
    else:
        raw = b"".join(_integer(place, kind, value, row) for row, value in enumerate(column))
    place.bytes(0, 32)[...] = np.frombuffer(raw, np.uint8).reshape(-1, 32)


def _integer(place: Place, kind: AbiType, value: Any, row: int | None) -> bytes:
    if isinstance(value, bool | np.bool_):
        place.refuse(row, value, f"is a {kind.text}, so an integer, not a truth value")
    try:
        number = as_index(value)
    except TypeError:
        place.refuse(row, value, f"is a {kind.text}, so an integer of Python or numpy")
    low, high = kind.range()
    if not low <= number <= high:
        place.refuse(row, value, _rule(kind))
    return number.to_bytes(32, "big", signed=kind.kind == "int")


def write_addresses(place: Place, kind: AbiType, column: Any) -> None:
    """uint8[n, 20], a list of 20 raw bytes each, or one address for all rows."""
    _write_bytes(place, column, 20, 12, "is an address, so 20 raw bytes")


def write_fixed_bytes(place: Place, kind: AbiType, column: Any) -> None:
    """uint8[n, size], a list of raw bytes, or one value for all rows."""
    _write_bytes(place, column, kind.size, 0, f"is a {kind.text}, so {kind.size} raw bytes")


def _write_bytes(place: Place, column: Any, size: int, start: int, rule: str) -> None:
    if isinstance(column, np.ndarray):
        if column.dtype != _BYTE or column.shape[-1:] != (size,) or column.ndim > 2:
            _refuse_array(place, column, f"{rule}: uint8[n, {size}]")
        if column.ndim == 2 and column.flags.c_contiguous:
            place.pieces(start, size)[...] = np.ndarray((len(column),), _PIECES[size], column)
        else:
            place.bytes(start, size)[...] = column
        return
    values = column if isinstance(column, list) else [column]
    for row, value in enumerate(values):
        if type(value) is not bytes or len(value) != size:
            place.refuse(row if values is column else None, value, rule)
    raw = np.frombuffer(b"".join(values), np.uint8)
    place.bytes(start, size)[...] = raw.reshape(-1, size)


def write_booleans(place: Place, kind: AbiType, column: Any) -> None:
    """bool[n], a list of truth values, or one for all rows."""
    rule = "is a bool, so True or False"
    if isinstance(column, np.ndarray):
        if column.dtype != np.bool_ or column.ndim > 1:
            _refuse_array(place, column, f"{rule}: bool[n]")
        values = column.astype(np.uint8)
    else:
        rows = column if isinstance(column, list) else [column]
        for row, value in enumerate(rows):
            if not isinstance(value, bool | np.bool_):
                place.refuse(row if rows is column else None, value, rule)
        values = np.array(rows, np.uint8)
    place.bytes(31, 1)[...] = values.reshape(-1, 1)


Writer: TypeAlias = Callable[[Place, AbiType, Any], None]

WRITERS: dict[str, Writer] = {
    "uint": write_integers,
    "int": write_integers,
    "address": write_addresses,
    "bytes": write_fixed_bytes,
    "bool": write_booleans,
}


def _rule(kind: AbiType) -> str:
    if kind.kind == "uint":
        return f"is a {kind.text}, so from 0 to 2^{kind.size} - 1"
    return f"is an {kind.text}, so from -2^{kind.size - 1} to 2^{kind.size - 1} - 1"


def _refuse_array(place: Place, column: AnyArray, rule: str) -> NoReturn:
    place.refuse(None, f"array of {column.dtype}, shape {column.shape}", rule)
