"""Checks of the arguments of the determinantal point process functions.

Everything is checked once, here; the compiled core trusts what it gets. Messages name the argument,
what was expected and what came.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from otnas_fast._scipy import lapack
from otnas_fast._validate import integer

# Sources of randomness that the functions accept. As text: NumPy imports np.random on demand.
Rng: TypeAlias = "np.random.Generator | np.random.RandomState | int | None"

# Largest asymmetry, relative to the largest entry, that passes for rounding.
SYMMETRY_TOLERANCE = 1e-8


def as_integer(value: object, name: str, *, least: int, most: int) -> int:
    """Return ``value`` as an int between ``least`` and ``most``; bools and floats are refused."""
    number = integer(value, name)
    if not least <= number <= most:
        raise ValueError(f"{name}: expected between {least} and {most}, got {number}")
    return number


def as_size(value: object) -> int | None:
    """Return the number of draws; None stands for one draw without a leading axis."""
    return None if value is None else integer(value, "size", minimum=0)


def as_matrix(
    value: npt.ArrayLike, name: str, shape: str, *, copy: bool = True
) -> npt.NDArray[np.float64]:
    """Return ``value`` as a finite C-contiguous float64 matrix with at least one entry.

    The matrix is a copy, unless ``copy`` is False and the value is such an array already.
    """
    array: npt.NDArray[Any] = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected a matrix of real numbers, got dtype {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"{name}: expected shape {shape}, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one entry, got shape {array.shape}")
    make = np.array if copy else np.asarray
    matrix = make(array, dtype=np.float64, order="C")
    # A sum shows what is not finite without a second array; it may also have overflowed.
    with np.errstate(over="ignore", invalid="ignore"):
        suspect = not np.isfinite(matrix.sum())
    if suspect and not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(
            f"{name}: expected finite numbers, got {matrix[row, column]} at [{row}, {column}]"
        )
    return matrix


def as_kernel(value: npt.ArrayLike, name: str = "L") -> npt.NDArray[np.float64]:
    """Return a checked, exactly symmetric copy of an L-ensemble, shape (n, n).

    An asymmetry of up to 1e-8 times the largest entry is averaged away.
    """
    matrix = as_matrix(value, name, "(n, n)")
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"{name}: expected a square matrix, shape (n, n), got shape {matrix.shape}"
        )
    if not np.array_equal(matrix, matrix.T):
        half = 0.5 * matrix  # halved first: a difference of the largest doubles overflows
        asymmetry = float(np.abs(half - half.T).max())
        largest = float(np.abs(half).max())
        if asymmetry > SYMMETRY_TOLERANCE * largest:
            raise ValueError(
                f"{name}: expected a symmetric matrix, got one that differs from its transpose by "
                f"up to {2.0 * asymmetry:.3g}, its largest entry being {2.0 * largest:.3g}"
            )
        matrix = np.ascontiguousarray(half + half.T)
    return matrix


def is_semidefinite(kernel: npt.NDArray[np.float64]) -> bool:
    """Return True only if no eigenvalue is below -1e-8 times the largest: O(n^3 / 3).

    This factorises ``kernel + 1e-8 max(diagonal) I`` by Cholesky; the largest eigenvalue is no less
    than the largest diagonal entry.
    """
    shifted = kernel.copy()
    diagonal = np.einsum("ii->i", shifted)
    diagonal += SYMMETRY_TOLERANCE * max(float(diagonal.max()), 0.0)
    _, info = lapack.dpotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
    return bool(info == 0)


def as_items(
    value: npt.ArrayLike, n: int, name: str, *, apart_from: npt.ArrayLike = ()
) -> npt.NDArray[np.int64]:
    """Return ``value`` as distinct indices of 0..n-1, ascending, none of them in ``apart_from``."""
    array: npt.NDArray[Any] = np.asarray(value)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got dtype {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one dimension, got shape {array.shape}")
    outside = array[(array < 0) | (array >= n)]
    if outside.size:
        raise ValueError(f"{name}: expected indices from 0 to {n - 1}, got {outside[0]}")
    indices = np.sort(array.astype(np.int64))
    repeated = indices[1:][indices[1:] == indices[:-1]]
    if repeated.size:
        raise ValueError(f"{name}: expected distinct indices, got {repeated[0]} more than once")
    both = np.intersect1d(indices, apart_from)
    if both.size:
        raise ValueError(f"{name}: expected items that are not included, got {int(both[0])}")
    return indices


def as_subset(value: npt.ArrayLike, k: int, n: int) -> npt.NDArray[np.int64]:
    """Return ``value`` as k distinct indices of 0..n-1, ascending."""
    array: npt.NDArray[Any] = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"subset: expected integers, got dtype {array.dtype}")
    if array.shape != (k,):
        raise ValueError(f"subset: expected shape (k,) = ({k},), got shape {array.shape}")
    return as_items(array, n, "subset")


def as_quality(value: npt.ArrayLike, n: int) -> npt.NDArray[np.float64]:
    """Return ``value`` as n finite factors that are not negative."""
    array: npt.NDArray[Any] = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"quality: expected real numbers, got dtype {array.dtype}")
    if array.shape != (n,):
        raise ValueError(f"quality: expected shape (n,) = ({n},), got shape {array.shape}")
    bad = array[~(np.isfinite(array) & (array >= 0))]
    if bad.size:
        raise ValueError(f"quality: expected finite numbers >= 0, got {bad[0]}")
    return array.astype(np.float64)


def as_generator(rng: Rng) -> np.random.Generator:
    """Return the generator meant by ``rng``; None stands for fresh entropy.

    A RandomState gives 128 bits of its stream as the seed of a new generator.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, np.random.RandomState):
        return np.random.default_rng(rng.randint(0, 2**32, size=4, dtype=np.uint64))
    if isinstance(rng, (bool, np.bool_)) or not isinstance(rng, (int, np.integer)):
        raise TypeError(
            "rng: expected a numpy.random.Generator, a numpy.random.RandomState, a non-negative "
            f"integer seed or None, got {type(rng).__name__}"
        )
    return np.random.default_rng(integer(rng, "rng", minimum=0))


def draw_seeds(rng: np.random.Generator, size: int | None) -> npt.NDArray[np.uint64]:
    """Draw one 64-bit seed for every draw, so that results do not depend on threads."""
    count = 1 if size is None else size
    return rng.integers(0, 2**64, size=count, dtype=np.uint64)
