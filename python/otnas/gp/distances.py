"""Sources of distance blocks between pool items.

Notation
--------
N : number of pool items, addressed by index 0..N-1.
B : number of distances between two items (one per measure: operations, in-degrees, ...).
D_b(i, j) : b-th distance, >= 0, D_b(i, i) = 0, conditionally negative definite (every L1
    distance is), so that exp(-D_b / l_b) is a positive semi-definite kernel.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

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
