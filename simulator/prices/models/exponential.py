"""exp(s z + m) for standard normals z as a rational function: a third of the time of numpy's exp.

Diagonal Pade approximants with x = s z + m and u = x^2:

    exp(x) ~ (D + N) / (D - N)
    order 2: N = 6 x,               D = 12 + u,              relative error x^5 / 720
    order 3: N = x (60 + u),        D = 120 + 12 u,          x^7 / 100,800
    order 4: N = x (840 + 20 u),    D = 1680 + 180 u + u^2,  x^9 / 25,401,600

The lowest order is taken whose error stays below 1e-14 for |z| <= 6 (2e-9 of all normals lie
beyond), and it is below 1e-16 for the normals that make up a path. Where s is too large for order
4, x is halved k times and the result squared as often.
"""

from __future__ import annotations

import numpy as np

from simulator.types import AnyArray

_LARGEST_NORMAL = 6.0
_ORDER_2 = 0.0015
_ORDER_3 = 0.055
_ORDER_4 = 0.18
"""Largest |x| of each order."""
_MOST_HALVINGS = 6
"""Beyond, the exponential itself is as quick."""


def factors_of_normals(
    z: AnyArray, scale: float, shift: float, one: AnyArray, two: AnyArray
) -> None:
    """Write exp(scale z + shift) over z; `one` and `two` are scratch arrays of its shape."""
    largest = _LARGEST_NORMAL * abs(scale) + abs(shift)
    halvings = 0
    while largest > _ORDER_4 and halvings <= _MOST_HALVINGS:
        largest /= 2.0
        halvings += 1
    # A tiny scale would overflow in 1 / s^3.
    if halvings > _MOST_HALVINGS or abs(scale) < 1e-12:
        np.multiply(z, scale, out=z)
        z += shift
        np.exp(z, out=z)
        return
    # Constants are divided by powers of s, which spares a pass over the block for each.
    s = scale / 2.0**halvings
    if shift:
        z += shift / scale
    np.multiply(z, z, out=one)
    if largest <= _ORDER_2:
        one += 12.0 / (s * s)
        z *= 6.0 / s
        np.add(one, z, out=two)
        np.subtract(one, z, out=one)
        np.divide(two, one, out=z)
    else:
        if largest <= _ORDER_3:
            np.multiply(one, 12.0 / s, out=two)
            two += 120.0 / (s * s * s)
            one += 60.0 / (s * s)
        else:
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
