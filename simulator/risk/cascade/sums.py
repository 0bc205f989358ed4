"""Sorting and running sums of 1e5 positions in little time, with the rounding error known."""

from __future__ import annotations

import numpy as np

from simulator.types import Float1D, Int1D, UInt1D


def falling_order(values: Float1D, order: Int1D, scratch: UInt1D) -> None:
    """Write the indices from the largest of n values >= 0 down, the lowest first among equal ones.

    Non-negative floats are ordered as their bits are, so value and index are packed into one word
    and sorted together, twice as fast as argsort. If the value's last bits do not fit, a second
    sort of the nearly sorted puts neighbours right. All arrays [n].
    """
    count = len(values)
    if not count:
        return
    bits = np.ascontiguousarray(values).view(np.uint64)
    if bits.max() >> np.uint64(63):  # -0.0 would come out as the largest
        bits = (values + 0.0).view(np.uint64)
    top = bits.max()
    index_bits = (count - 1).bit_length()
    dropped = max(0, int(top - bits.min()).bit_length() + index_bits - 64)
    words = order.view(np.uint64)
    np.subtract(top, bits, out=words)
    words >>= np.uint64(dropped)
    words <<= np.uint64(index_bits)
    scratch[:] = np.arange(count)
    words |= scratch
    words.sort()
    words &= np.uint64((1 << index_bits) - 1)
    if dropped:
        sorted_values = np.take(values, order, out=scratch.view(np.float64), mode="clip")
        if (sorted_values[1:] > sorted_values[:-1]).any():
            order[:] = order[np.argsort(-sorted_values, kind="stable")]


def running_sum(values: Float1D, sums: Float1D) -> None:
    """Write the sums of the first 0, 1, ..., n values into `sums` [n + 1], in sqrt(n) blocks.

    Blocks keep the relative error of n non-negative terms below 2 (sqrt(n) + 2) x 2^-53.
    """
    count = len(values)
    width = _block(count)
    whole = count // width * width
    sums[0] = 0.0
    blocks = sums[1 : whole + 1].reshape(-1, width)
    np.cumsum(values[:whole].reshape(-1, width), axis=1, out=blocks)
    blocks[1:] += np.cumsum(blocks[:-1, -1])[:, None]
    np.cumsum(values[whole:], out=sums[whole + 1 :])
    sums[whole + 1 :] += sums[whole]


def running_sum_error(count: int) -> float:
    """Bound on the relative error of `running_sum`."""
    return 2.0 * (_block(count) + 2) * 2.0**-53


def _block(count: int) -> int:
    return int(count**0.5) + 1
