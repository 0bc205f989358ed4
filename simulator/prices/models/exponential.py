"""exp(s z) for standard normals z as a rational function: a third of the time of numpy's exp.

The diagonal Pade approximant of order 4 with x = s z / 2^k and u = z^2:

    exp(x) ~ (D + N) / (D - N),  N = x (840 + 20 x^2),  D = 1680 + 180 x^2 + x^4

has the relative error x^9 / 25,401,600: below 1e-16 for |x| <= 0.11. k halvings bring |s z| under
that bound for |z| <= 6, and as many squarings undo them; at |z| = 9, which nobody will ever draw,
the error is 4e-15.
"""

from __future__ import annotations

import numpy as np

from simulator.types import AnyArray

_BOUND = 0.11
_LARGEST_NORMAL = 6.0
_MOST_HALVINGS = 6
"""Beyond, the exponential itself is as quick."""


def factors_of_normals(z: AnyArray, scale: float, one: AnyArray, two: AnyArray) -> None:
    """Write exp(scale z) over z; `one` and `two` are scratch arrays of its shape."""
    if scale == 0.0:
        z.fill(1.0)
        return
    halvings = 0
    largest = abs(scale) * _LARGEST_NORMAL
    while largest > _BOUND and halvings <= _MOST_HALVINGS:
        largest /= 2.0
        halvings += 1
    # Below, 84 / s^3 would overflow.
    if halvings > _MOST_HALVINGS or abs(scale) < 1e-90:
        np.multiply(z, scale, out=z)
        np.exp(z, out=z)
        return
    s = scale / 2.0**halvings
    # N and D are divided by 20 s^3, which spares a pass over the block for each coefficient.
    np.multiply(z, z, out=one)
    np.multiply(one, s / 20.0, out=two)
    two += 9.0 / s
    two *= one
    two += 84.0 / (s * s * s)
    one += 42.0 / (s * s)
    one *= z
    np.add(two, one, out=z)
    two -= one
    z /= two
    for _ in range(halvings):
        np.multiply(z, z, out=z)
