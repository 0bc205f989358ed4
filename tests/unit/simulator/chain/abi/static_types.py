"""Random static ABI types with values, for packing and reading alike."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.chain.abi.types import AbiType, parse_type

sizes = st.integers(1, 32).map(lambda size: 8 * size)
leaves = st.one_of(
    st.builds("uint{}".format, sizes),
    st.builds("int{}".format, sizes),
    st.sampled_from(["address", "bool"]),
    st.builds("bytes{}".format, st.integers(1, 32)),
)
types = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("{}[{}]".format, inner, st.integers(1, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({','.join(parts)})"),
    ),
    max_leaves=4,
)


def values(kind: AbiType) -> st.SearchStrategy[Any]:
    """A value of a type as eth-abi takes it, the edges of ranges included."""
    if kind.kind in ("uint", "int"):
        low, high = kind.range()
        return st.one_of(st.integers(low, high), st.sampled_from([low, high]))
    if kind.kind == "bool":
        return st.booleans()
    if kind.kind in ("address", "bytes"):
        size = 20 if kind.kind == "address" else kind.size
        return st.binary(min_size=size, max_size=size)
    return st.tuples(*(values(member) for member in kind.members()))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Some types and some rows of values of them."""
    kinds = draw(st.lists(types, min_size=1, max_size=4))
    row = st.tuples(*(values(parse_type(kind)) for kind in kinds))
    return kinds, draw(st.lists(row, min_size=1, max_size=5))
