"""Array aliases by rank and meaning.

Words are exact 256-bit integers as four uint64 limbs, least significant first, two's complement
for signed values. Addresses are 20 raw bytes, never hex strings.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Address: TypeAlias = bytes
"""20 raw bytes."""

Bytes1D: TypeAlias = NDArray[np.uint8]
Bytes2D: TypeAlias = NDArray[np.uint8]
Int1D: TypeAlias = NDArray[np.int64]
Int2D: TypeAlias = NDArray[np.int64]
Int3D: TypeAlias = NDArray[np.int64]
UInt1D: TypeAlias = NDArray[np.uint64]
Float1D: TypeAlias = NDArray[np.float64]
Float2D: TypeAlias = NDArray[np.float64]
Float3D: TypeAlias = NDArray[np.float64]
Bool1D: TypeAlias = NDArray[np.bool_]
Bool2D: TypeAlias = NDArray[np.bool_]
Words: TypeAlias = NDArray[np.uint64]
"""uint64[..., 4]: exact 256-bit words, least significant limb first."""
AnyArray: TypeAlias = NDArray[Any]
