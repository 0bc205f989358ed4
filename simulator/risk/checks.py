"""Checks at the door of the risk core: each returns its argument as an array or refuses it.

Public functions check once; inner loops trust.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from simulator.errors import InvalidArgument
from simulator.types import AnyArray


@contextmanager
def renamed(**names: str) -> Iterator[None]:
    """Refusals from within speak of the caller's arguments: inner name -> the caller's own."""
    try:
        yield
    except InvalidArgument as error:
        root, bracket, place = error.field.partition("[")
        if root in names:
            error.rename(names[root] + bracket + place)
        raise


def finite(name: str, values: Any, *, ndim: int | None = None) -> AnyArray:
    """Float64 array without NaN and inf, of `ndim` dimensions where that is given."""
    array = _floats(name, values, ndim)
    _refuse(name, array, np.isfinite(array), "must be finite")
    return array


def non_negative(name: str, values: Any, *, ndim: int | None = None) -> AnyArray:
    """Finite and at least 0."""
    array = finite(name, values, ndim=ndim)
    _refuse(name, array, array >= 0, "must be at least 0")
    return array


def positive(name: str, values: Any, *, ndim: int | None = None) -> AnyArray:
    """Finite and above 0."""
    array = finite(name, values, ndim=ndim)
    _refuse(name, array, array > 0, "must be above 0")
    return array


def within(name: str, values: Any, low: float, high: float, *, ndim: int | None = None) -> AnyArray:
    """Finite and in [low, high]."""
    array = finite(name, values, ndim=ndim)
    _refuse(name, array, (array >= low) & (array <= high), f"must be in [{low:g}, {high:g}]")
    return array


def same_shape(**arrays: AnyArray) -> None:
    """All of one shape, or the first one that differs is named."""
    (first, reference), *others = arrays.items()
    for name, array in others:
        if array.shape != reference.shape:
            rule = f"must have the shape of {first}, {reference.shape}"
            raise InvalidArgument(name, f"array of shape {array.shape}", rule)


def sorted_up(name: str, values: Any, *, strictly: bool = True) -> AnyArray:
    """Finite and ascending: tier floors, strikes, times."""
    array = finite(name, values, ndim=1)
    step = np.diff(array)
    good = step > 0 if strictly else step >= 0
    if not good.all():
        at = int(np.flatnonzero(~good)[0]) + 1
        rule = "must rise" if strictly else "must not fall"
        raise InvalidArgument(f"{name}[{at}]", float(array[at]), f"{rule} from {array[at - 1]:g}")
    return array


def one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """One of the listed values."""
    if value not in allowed:
        raise InvalidArgument(name, value, f"must be one of {', '.join(map(str, allowed))}")


def _floats(name: str, values: Any, ndim: int | None) -> AnyArray:
    try:
        array: AnyArray = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgument(name, values, "must be numbers") from None
    if ndim is not None and array.ndim != ndim:
        rule = f"must have {ndim} dimension{'' if ndim == 1 else 's'}"
        raise InvalidArgument(name, f"array of shape {array.shape}", rule)
    return array


def _refuse(name: str, array: AnyArray, good: AnyArray, rule: str) -> None:
    if np.all(good):
        return
    if array.ndim == 0:
        raise InvalidArgument(name, float(array), rule)
    at = tuple(int(index) for index in np.argwhere(~good)[0])
    place = ", ".join(map(str, at))
    raise InvalidArgument(f"{name}[{place}]", float(array[at]), rule)


def whole(name: str, value: object, at_least: int | None = None, at_most: int | None = None) -> int:
    """A Python or numpy integer within the bounds; a float is refused, even a whole one."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InvalidArgument(name, value, "must be an integer")
    if at_least is not None and value < at_least:
        raise InvalidArgument(name, int(value), f"must be at least {at_least}")
    if at_most is not None and value > at_most:
        raise InvalidArgument(name, int(value), f"must be at most {at_most}")
    return int(value)


def broadcast(**arrays: AnyArray) -> tuple[AnyArray, ...]:
    """All of one common shape by numpy's rules, or the first one that does not fit is named."""
    shape: tuple[int, ...] = ()
    for name, array in arrays.items():
        try:
            shape = np.broadcast_shapes(shape, array.shape)
        except ValueError:
            rule = f"must go together with shape {shape} of the arguments before it"
            raise InvalidArgument(name, f"array of shape {array.shape}", rule) from None
    return tuple(np.broadcast_to(array, shape) for array in arrays.values())


def refuse(name: str, values: Any, good: Any, rule: str) -> None:
    """InvalidArgument with the first value that is not good; `good` has the shape of `values`."""
    _refuse(name, np.asarray(values), np.asarray(good), rule)


def flags(name: str, values: Any) -> AnyArray:
    """Booleans; numbers and texts are refused, an empty list is fine."""
    array = np.asarray(values)
    if array.dtype != np.bool_ and array.size:
        raise InvalidArgument(name, values, "must be true or false")
    return array.astype(np.bool_)
