"""Sources of distance blocks between pool items.

Notation
--------
N : number of pool items, addressed by index 0..N-1.
B : number of distances between two items (one per measure: operations, in-degrees, ...).
D_b(i, j) : b-th distance, >= 0, D_b(i, i) = 0, conditionally negative definite (every L1
    distance is), so that exp(-D_b / l_b) is a positive semi-definite kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from otnas.arrays import FloatArray, IntArray

_SAMPLE_SIZE = 256


class DistanceBlocks(Protocol):
    """Anything that yields the B distances between two lists of pool items."""

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        ...

    @property
    def n_blocks(self) -> int:
        """Number of distances B between two items."""
        ...

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        ...


@runtime_checkable
class LaplaceBlocks(Protocol):
    """A source that computes the Laplace kernel itself, without storing distances."""

    def laplace(
        self, rows: IntArray, cols: IntArray, lengthscales: FloatArray, variance: float
    ) -> FloatArray:
        """Return variance * exp(-sum_b D_b / lengthscales_b), shape (len(rows), len(cols))."""
        ...


class ArrayDistances:
    """Distance blocks held in memory.

    Parameters
    ----------
    distances : array (B, N, N) or (N, N)
        Symmetric, non-negative, zero diagonals.

    Raises
    ------
    ValueError
        If the shape is wrong or an entry is negative or not finite.
    """

    def __init__(self, distances: ArrayLike) -> None:
        array = np.asarray(distances, dtype=np.float64)
        if array.ndim == 2:
            array = array[np.newaxis]
        if array.ndim != 3 or array.shape[1] != array.shape[2] or array.size == 0:
            raise ValueError(f"distances: expected shape (B, N, N) or (N, N), got {array.shape}")
        if not np.isfinite(array).all() or (array < 0).any():
            raise ValueError("distances: expected finite, non-negative values")
        self._distances = array

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return int(self._distances.shape[1])

    @property
    def n_blocks(self) -> int:
        """Number of distances B."""
        return int(self._distances.shape[0])

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        return self._distances[:, rows[:, np.newaxis], cols]


class VectorDistances:
    """L1 distances of feature vectors, computed when asked for.

    Parameters
    ----------
    vectors : sequence of B arrays (N, d_b)
        One array of feature vectors per distance.

    Raises
    ------
    ValueError
        If there is no array, or the arrays are not two-dimensional, finite and of equal length.
    """

    def __init__(self, vectors: Sequence[ArrayLike]) -> None:
        arrays = [np.ascontiguousarray(v, dtype=np.float64) for v in vectors]
        if not arrays:
            raise ValueError("vectors: expected at least one array (N, d), got none")
        for b, array in enumerate(arrays):
            if array.ndim != 2 or array.shape[0] != arrays[0].shape[0] or array.size == 0:
                raise ValueError(
                    f"vectors[{b}]: expected shape ({arrays[0].shape[0]}, d), got {array.shape}"
                )
            if not np.isfinite(array).all():
                raise ValueError(f"vectors[{b}]: expected finite values")
        self._vectors = arrays

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return int(self._vectors[0].shape[0])

    @property
    def n_blocks(self) -> int:
        """Number of distances B."""
        return len(self._vectors)

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols)); O(r c sum_b d_b)."""
        out = np.empty((self.n_blocks, rows.size, cols.size))
        for b, v in enumerate(self._vectors):
            cdist(v[rows], v[cols], "cityblock", out=out[b])
        return out


def typical_distances(source: DistanceBlocks) -> FloatArray:
    """Return the mean distance of each block over up to 256 evenly spaced items, shape (B,).

    The choice of items is deterministic, so that two runs over one pool use equal priors.
    A block whose sampled distances are all zero gets 1: its lengthscale has no effect.
    """
    n = source.n_items
    sample = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE_SIZE)).astype(np.intp))
    distances = source.block(sample, sample)
    n_pairs = max(sample.size * (sample.size - 1), 1)
    mean: FloatArray = distances.sum(axis=(1, 2)) / n_pairs
    return np.where(mean > 0, mean, 1.0)
