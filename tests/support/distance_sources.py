"""Slow, obvious sources of distance blocks."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist


class ArrayDistances:
    """Distance blocks held in memory, (B, N, N) or (N, N)."""

    def __init__(self, distances) -> None:
        array = np.asarray(distances, dtype=np.float64)
        self._distances = array[np.newaxis] if array.ndim == 2 else array

    @property
    def n_items(self) -> int:
        return int(self._distances.shape[1])

    @property
    def n_blocks(self) -> int:
        return int(self._distances.shape[0])

    def block(self, rows, cols):
        return self._distances[:, rows[:, np.newaxis], cols]


class VectorDistances:
    """L1 distances of B arrays of feature vectors (N, d_b)."""

    def __init__(self, vectors) -> None:
        self._vectors = [np.ascontiguousarray(v, dtype=np.float64) for v in vectors]

    @property
    def n_items(self) -> int:
        return int(self._vectors[0].shape[0])

    @property
    def n_blocks(self) -> int:
        return len(self._vectors)

    def block(self, rows, cols):
        return np.stack([cdist(v[rows], v[cols], "cityblock") for v in self._vectors])
