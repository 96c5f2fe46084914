"""Checks of arguments, made once at the public boundary.

Every message reads ``name: expected what is right, got what came``.
"""

from __future__ import annotations

import numbers
import operator
import os
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LARGEST = 1e300
"""Largest magnitude of a coordinate: sums of millions of differences stay finite."""

MAX_THREADS = 1024
_LONGEST_SHOWN = 80


def shown(value: object) -> str:
    """Return ``repr(value)``, shortened to what a message can hold."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def wrong(name: str, expected: str, got: object) -> NoReturn:
    """Refuse the type of an argument."""
    raise TypeError(f"{name}: expected {expected}, got {shown(got)}")


def integer(
    value: object, name: str, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """Return ``value`` as an int; bools and floats are refused."""
    if isinstance(value, (bool, np.bool_)):
        wrong(name, "an integer", value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        wrong(name, "an integer", value)
    if minimum is not None and number < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, got {shown(number)}")
    if maximum is not None and number > maximum:
        raise ValueError(f"{name}: expected at most {maximum}, got {shown(number)}")
    return number


def positive(
    value: object, name: str, *, minimum: float = 0.0, maximum: float = np.finfo(float).max
) -> float:
    """Return ``value`` as a float > 0, in [minimum, maximum]; bools and text are refused."""
    zero_d = isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf"
    if isinstance(value, (bool, np.bool_)) or not (zero_d or isinstance(value, numbers.Real)):
        wrong(name, "a positive number", value)
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = np.inf
    if not (number > 0.0 and np.isfinite(number)):
        raise ValueError(f"{name}: expected a positive finite number, got {shown(value)}")
    if not minimum <= number <= maximum:
        raise ValueError(
            f"{name}: expected a number from {minimum:.3g} to {maximum:.3g}, got {number}"
        )
    return number


def threads(value: object) -> int:
    """Return the number of threads; None means all that this process may use."""
    if value is None:
        try:
            available = len(os.sched_getaffinity(0))
        except AttributeError:  # not on every platform
            available = os.cpu_count() or 1
        return min(available, MAX_THREADS)
    return integer(value, "threads", minimum=1, maximum=MAX_THREADS)


def text(value: str, name: str) -> str:
    """Return ``value``; half a character (a lone surrogate), which has no bytes, is refused."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: expected text, got a lone surrogate in {shown(value)}") from None
    return value


def real_array(value: object, name: str) -> npt.NDArray[Any]:
    """Return ``value`` as an array of bools, integers or floats; nothing is reinterpreted."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array of real numbers, got a masked array")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise TypeError(f"{name}: expected an array of real numbers, got {error}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name}: expected an array of real numbers, got dtype {array.dtype}")
    return array


def finite_matrix(value: object, name: str, *, columns: int | None = None) -> FloatArray:
    """Return ``value`` as a C-contiguous, finite, 2-D float64 array."""
    array = real_array(value, name)
    if array.ndim != 2:
        raise ValueError(f"{name}: expected a 2-D array, got shape {array.shape}")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name}: expected {columns} columns, got {array.shape[1]}")
    matrix: FloatArray = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(
            f"{name}: expected finite numbers, got {matrix[row, column]} at [{row}, {column}]"
        )
    return matrix


def vectors(value: object, name: str) -> FloatArray:
    """Return ``value`` as a `finite_matrix` whose distances are finite, too."""
    matrix = finite_matrix(value, name)
    if matrix.size and max(matrix.max(), -matrix.min()) > LARGEST:
        raise ValueError(
            f"{name}: expected numbers of magnitude at most {LARGEST:g}, "
            f"got {max(matrix.max(), -matrix.min()):g}"
        )
    return matrix


def frozen(value: object, dtype: str, name: str) -> npt.NDArray[Any]:
    """Return ``value``, a 1-D array of exactly this dtype, as one that nobody can write to.

    An array to which its owner cannot write either, as those of the core and of mapped files, is
    kept; any other is copied.
    """
    array = np.asarray(value)
    if array.dtype != np.dtype(dtype) or array.ndim != 1:
        raise TypeError(
            f"{name}: expected a 1-D array of {np.dtype(dtype)}, "
            f"got {array.ndim} dimensions of {array.dtype}"
        )
    return read_only(array)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a C-contiguous array that nobody can write to; see `frozen`."""
    owner: object = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    if isinstance(owner, np.ndarray) or not array.flags.c_contiguous or not array.flags.aligned:
        array = np.array(array, order="C")
        array.flags.writeable = False
    return array


def float_dtype(value: Any) -> np.dtype[np.floating[Any]]:
    """Return float64 or float32; anything else is refused."""
    try:
        dtype: np.dtype[Any] = np.dtype(value)
    except (TypeError, ValueError):
        wrong("dtype", "float64 or float32", value)
    if dtype not in (np.dtype(np.float64), np.dtype(np.float32)):
        wrong("dtype", "float64 or float32", dtype)
    return dtype


def output_array(
    out: object,
    shape: tuple[int, ...],
    dtype: np.dtype[np.floating[Any]],
) -> npt.NDArray[Any]:
    """Return ``out`` if it can hold the result row by row, or raise an error that says why not.

    It cannot overlap the inputs, which are read-only.
    """
    if not isinstance(out, np.ndarray):
        wrong("out", "a NumPy array", out)
    if out.dtype != dtype:
        raise TypeError(f"out: expected dtype {dtype}, got {out.dtype}")
    if out.shape != shape:
        raise ValueError(f"out: expected shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out: expected an array that can be written to, got a read-only one")
    if out.size == 0:  # NumPy gives such arrays strides of zero
        return out
    rows, columns = shape[-2:]
    contiguous = columns <= 1 or out.strides[-1] == out.itemsize
    row_stride = out.strides[-2]
    apart = rows <= 1 or row_stride >= columns * out.itemsize
    if not (contiguous and apart and row_stride % out.itemsize == 0 and out.flags.aligned):
        raise ValueError(
            f"out: expected contiguous rows that do not overlap, got strides {out.strides}"
        )
    if len(shape) == 3 and shape[0] > 1 and out.strides[0] < rows * row_stride:
        raise ValueError(f"out: expected blocks that do not overlap, got strides {out.strides}")
    return out
