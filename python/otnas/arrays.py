"""Array types."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]
# Storage that may have single precision.
AnyFloatArray: TypeAlias = NDArray[np.floating[Any]]


def common_prefix(a: IntArray, b: IntArray) -> int:
    """Return the length of the longest common prefix of two index arrays."""
    n = min(a.size, b.size)
    different = np.flatnonzero(a[:n] != b[:n])
    return int(different[0]) if different.size else n


def fingerprint(array: ArrayLike) -> str:
    """Return a key that distinguishes an array from others of its type."""
    return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()
