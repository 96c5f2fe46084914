"""Checks of arguments, with error messages of one form.

    name: expected WHAT, got VALUE
    name: unknown WHAT VALUE; did you mean NEAREST? valid: ALL

A wrong type raises TypeError, a value out of range ValueError, and an item that does not exist
IndexError.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import FloatArray, IntArray


def shown(value: object) -> str:
    """Return the repr of a value, shortened."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def unknown(name: str, valid: Iterable[str], what: str) -> str:
    """Return the message for an unknown name, with the nearest valid one.

    >>> unknown("quries", ["queries", "trials"], "key")
    "unknown key 'quries'; did you mean 'queries'? valid: queries, trials"
    """
    choices = list(valid)
    near = get_close_matches(name, choices, n=1, cutoff=0.0)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {shown(name)}; {hint}valid: {', '.join(choices) or 'none'}"


def choice(name: str, value: object, valid: Iterable[str], what: str = "value") -> None:
    """Raise ValueError if a value is not one of the valid ones."""
    names = tuple(valid)
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"{name}: {unknown(str(value), names, what)}")


def integer(name: str, value: object, least: int | None = None, most: int | None = None) -> int:
    """Return a value as an int.

    Raises
    ------
    TypeError
        If it is not an integer; True and False are not.
    ValueError
        If it is smaller than `least`, or larger than `most`.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {shown(value)}")
    if (least is not None and value < least) or (most is not None and value > most):
        limits = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}: expected an integer {limits}, got {value}")
    return int(value)


def at_least(owner: object, **least: float) -> None:
    """Raise ValueError if an attribute is smaller than its least value or not finite."""
    for name, bound in least.items():
        value = getattr(owner, name)
        if not bound <= value < math.inf:
            raise ValueError(f"{name}: expected a finite number >= {bound}, got {value}")


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """Return values as a float64 array of any shape.

    Raises
    ------
    TypeError
        If they are not real numbers: strings, dates, complex numbers, masked arrays.
    """
    array = _plain(name, values)
    if array.size and array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers, got {_described(array)}")
    return array.astype(np.float64, copy=False)


def finite_vector(name: str, values: ArrayLike, length: int) -> FloatArray:
    """Return values as a finite float64 array (length,).

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If the shape differs or a value is NaN or infinite.
    """
    array = numbers(name, values)
    if array.shape != (length,):
        raise ValueError(f"{name}: expected shape ({length},), got {array.shape}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}: expected finite values, got {array[bad]} at position {bad}")
    return array


def pool_items(name: str, items: ArrayLike, n_items: int) -> IntArray:
    """Return `items` as a 1-D integer array of pool items, each in [0, n_items).

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        If the array is not one-dimensional.
    IndexError
        If an item lies outside the pool.
    """
    array = _plain(name, items)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected a 1-D array of pool items, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, dtype=np.intp)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name}: expected integers, got {_described(array)}")
    outside = (array < 0) | (array >= n_items)
    if outside.any():
        raise IndexError(f"{name}: expected pool items in [0, {n_items}), got {array[outside][0]}")
    return array.astype(np.intp)


def _plain(name: str, values: ArrayLike) -> np.ndarray[Any, Any]:
    """Return an array, refusing masked arrays, whose mask would be lost."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array without a mask, got a masked array")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array, got {error}") from None


def _described(array: np.ndarray[Any, Any]) -> str:
    if array.dtype == object:
        return f"{array.ravel()[0]!r}"
    return f"dtype {array.dtype}"
