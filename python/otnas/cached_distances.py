"""Distances of a few items to the whole pool, computed once.

After a refit the posterior needs the covariances of all observed items with the pool again. The
hyperparameters changed, the distances did not: keeping them turns a rebuild into a weighted sum
and an exponential.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ._arrays import AnyFloatArray, FloatArray, IntArray
from .distances import DistanceBlocks


class CachedDistances:
    """Remembers the rows of a source that were asked for against the whole pool.

    Blocks all of whose rows are remembered are read, others are computed by the source and, if
    their columns are the whole pool in order, remembered while there is room. `PoolPosterior` asks
    for whole rows when it adds observations to a pool it can treat in one block, up to about a
    million numbers an addition.

    Parameters
    ----------
    source : DistanceBlocks
    max_bytes : int >= 0
        Room for remembered rows: B N 4 bytes a row (0.4 MB for six distances to 15,625 items).
    dtype : float32 or float64
        Storage; single precision rounds a distance by at most 6e-8 of its value.

    Raises
    ------
    ValueError
        If `max_bytes` is negative or `dtype` is neither float32 nor float64.
    """

    def __init__(
        self,
        source: DistanceBlocks,
        *,
        max_bytes: int = 1 << 28,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if max_bytes < 0:
            raise ValueError(f"max_bytes: expected an integer >= 0, got {max_bytes}")
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

    @property
    def n_remembered(self) -> int:
        """How many rows are remembered."""
        return len(self._rows)

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        remembered = [self._rows.get(int(row)) for row in rows]
        found = [row for row in remembered if row is not None]
        if rows.size and len(found) == rows.size:
            out = np.empty((self.n_blocks, rows.size, cols.size))
            where = _as_slice(cols)
            for i, row in enumerate(found):
                out[:, i] = row[:, where]
            return out
        distances = self._source.block(rows, cols)
        if np.array_equal(cols, self._pool):
            for i, row in enumerate(rows):
                if len(self._rows) >= self._max_rows:
                    break
                self._rows[int(row)] = distances[:, i].astype(self._dtype)
        return distances


def _as_slice(cols: IntArray) -> slice | IntArray:
    """Return consecutive columns as a slice, which reads much faster than a list of them."""
    if cols.size and int(cols[-1]) - int(cols[0]) == cols.size - 1 and (np.diff(cols) == 1).all():
        return slice(int(cols[0]), int(cols[-1]) + 1)
    return cols
