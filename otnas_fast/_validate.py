"""Checks of arguments, made once at the public boundary.

Every message names the argument, what was expected and what came.
"""

from __future__ import annotations

import math
import operator
import os
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def integer(value: object, name: str, *, minimum: int | None = None) -> int:
    """Return ``value`` as an int; bools and floats are refused."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {number}")
    return number


def positive(value: object, name: str) -> float:
    """Return ``value`` as a finite float > 0."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a positive number, got {value!r}") from None
    if not (number > 0.0 and math.isfinite(number)):
        raise ValueError(f"{name} must be positive and finite, got {number}")
    return number


def threads(value: object) -> int:
    """Return the number of threads; None means all that this process may use."""
    if value is None:
        try:
            return len(os.sched_getaffinity(0))
        except AttributeError:  # not on every platform
            return os.cpu_count() or 1
    return integer(value, "threads", minimum=1)


def finite_matrix(value: object, name: str, *, columns: int | None = None) -> FloatArray:
    """Return ``value`` as a C-contiguous, finite, 2-D float64 array."""
    try:
        array = np.ascontiguousarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a 2-D array of real numbers: {error}") from None
    if array.ndim != 2:
        raise ValueError(f"{name} must be a 2-D array, got {array.ndim} dimension(s)")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name} must have {columns} columns, got {array.shape[1]}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, it contains NaN or infinity")
    return array


def float_dtype(value: Any) -> np.dtype[np.floating[Any]]:
    """Return float64 or float32; anything else is refused."""
    try:
        dtype: np.dtype[Any] = np.dtype(value)
    except TypeError:
        raise TypeError(f"dtype must be float64 or float32, got {value!r}") from None
    if dtype not in (np.dtype(np.float64), np.dtype(np.float32)):
        raise TypeError(f"dtype must be float64 or float32, got {dtype}")
    return dtype


def output_array(
    out: object,
    shape: tuple[int, ...],
    dtype: np.dtype[np.floating[Any]],
    inputs: tuple[npt.NDArray[Any], ...],
) -> npt.NDArray[Any]:
    """Return ``out`` if it can hold the result row by row, else say why not."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.dtype != dtype:
        raise TypeError(f"out must have dtype {dtype}, got {out.dtype}")
    if out.shape != shape:
        raise ValueError(f"out must have shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out must be writeable")
    if out.size == 0:  # NumPy gives such arrays strides of zero
        return out
    rows, columns = shape[-2:]
    contiguous = columns <= 1 or out.strides[-1] == out.itemsize
    row_stride = out.strides[-2]
    apart = rows <= 1 or row_stride >= columns * out.itemsize
    if not (contiguous and apart and row_stride % out.itemsize == 0 and out.flags.aligned):
        raise ValueError(
            f"out must have contiguous rows that do not overlap, got strides {out.strides}"
        )
    if len(shape) == 3 and shape[0] > 1 and out.strides[0] < rows * row_stride:
        raise ValueError(f"out must have blocks that do not overlap, got strides {out.strides}")
    if any(np.shares_memory(out, array) for array in inputs):
        raise ValueError("out must not overlap the memory of the inputs")
    return out
