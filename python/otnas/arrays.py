"""Array types and the checks that public functions share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]
# Storage that may be single precision.
AnyFloatArray: TypeAlias = NDArray[np.floating[Any]]


def as_items(items: ArrayLike, n_items: int, name: str) -> IntArray:
    """Return `items` as a 1-D integer array of pool items, each in [0, n_items).

    Raises
    ------
    TypeError
        If `items` does not hold integers.
    ValueError
        If `items` is not one-dimensional.
    IndexError
        If an item lies outside the pool.
    """
    array = _plain(items, name)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected a 1-D array of pool items, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, dtype=np.intp)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name}: expected integers, got dtype {array.dtype}")
    outside = (array < 0) | (array >= n_items)
    if outside.any():
        raise IndexError(f"{name}: expected pool items in [0, {n_items}), got {array[outside][0]}")
    return array.astype(np.intp)


def as_finite_vector(values: ArrayLike, length: int, name: str) -> FloatArray:
    """Return `values` as a finite float64 array (length,).

    Raises
    ------
    TypeError
        If `values` are not real numbers.
    ValueError
        If the shape differs or a value is NaN or infinite.
    """
    array = _plain(values, name)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    if array.shape != (length,):
        raise ValueError(f"{name}: expected shape ({length},), got {array.shape}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}: expected finite values, got {array[bad]} at position {bad}")
    return array


def _plain(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return an array; a mask would be lost."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array without a mask, got a masked array")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array, got {error}") from None


def common_prefix(a: IntArray, b: IntArray) -> int:
    """Return the length of the longest common prefix of two index arrays."""
    n = min(a.size, b.size)
    different = np.flatnonzero(a[:n] != b[:n])
    return int(different[0]) if different.size else n
