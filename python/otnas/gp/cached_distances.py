"""Distances of a few items to the whole pool, computed once.

After a refit the posterior needs the covariances of all observed items with the pool again. The
hyperparameters have changed but the distances have not, so keeping the distances reduces a rebuild
to a weighted sum and an exponential.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from otnas import checks
from otnas.arrays import AnyFloatArray, FloatArray, IntArray
from otnas.gp.distances import DistanceBlocks


class CachedDistances:
    """A source that remembers the rows computed against the whole pool.

    Other rows are computed by the source and, if the columns are the whole pool in order,
    remembered while there is room. `PoolPosterior` asks for whole rows when an addition is no more
    than about two million covariances.

    Parameters
    ----------
    source : DistanceBlocks
    max_bytes : int >= 0
        Memory for remembered rows: 8 B N bytes per row (0.75 MB for six distances to 15,625 items).
    dtype : float64 or float32
        Storage precision. Single precision halves the memory and rounds a distance by up to 6e-8 of
        its value; near the smallest noise the Gram matrix can then lose its positive definiteness,
        which jitter restores.

    Raises
    ------
    ValueError
        If `max_bytes` is negative or `dtype` is neither float32 nor float64.

    Examples
    --------
    >>> from otnas.gp import EmbeddingDistances
    >>> from otnas_fast import Embedding
    >>> distances = CachedDistances(EmbeddingDistances(Embedding({"x": [[0.0], [1.0], [3.0]]})))
    >>> distances.block(np.array([0]), np.array([1, 2]))
    array([[[1., 3.]]])
    """

    def __init__(
        self,
        source: DistanceBlocks,
        *,
        max_bytes: int = 1 << 28,
        dtype: DTypeLike = np.float64,
    ) -> None:
        checks.integer("max_bytes", max_bytes, 0)
        self._dtype = np.dtype(dtype)
        if self._dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype: expected float32 or float64, got {self._dtype}")
        self._source = source
        row_bytes = source.n_blocks * source.n_items * self._dtype.itemsize
        self._max_rows = max_bytes // row_bytes
        self._pool = np.arange(source.n_items, dtype=np.intp)
        self._rows: dict[int, AnyFloatArray] = {}

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return self._source.n_items

    @property
    def n_blocks(self) -> int:
        """Number of distances B."""
        return self._source.n_blocks

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        remembered = [self._rows.get(int(row)) for row in rows]
        missing = [i for i, row in enumerate(remembered) if row is None]
        if len(missing) == rows.size:
            computed = self._source.block(rows, cols)
            self._remember(rows, cols, computed)
            return computed
        out = np.empty((self.n_blocks, rows.size, cols.size))
        if missing:
            computed = self._source.block(rows[missing], cols)
            self._remember(rows[missing], cols, computed)
            out[:, missing] = computed
        where = _as_slice(cols)
        for i, row in enumerate(remembered):
            if row is not None:
                out[:, i] = row[:, where]
        return out

    def _remember(self, rows: IntArray, cols: IntArray, distances: FloatArray) -> None:
        if not np.array_equal(cols, self._pool):
            return
        for i, row in enumerate(rows):
            if len(self._rows) >= self._max_rows:
                return
            self._rows[int(row)] = distances[:, i].astype(self._dtype)


def _as_slice(cols: IntArray) -> slice | IntArray:
    """Return consecutive columns as a slice, which reads much faster than a list of them."""
    if cols.size and int(cols[-1]) - int(cols[0]) == cols.size - 1 and (np.diff(cols) == 1).all():
        return slice(int(cols[0]), int(cols[-1]) + 1)
    return cols
