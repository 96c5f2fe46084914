"""A matrix over the whole pool that grows by rows: storage of A in `pool_posterior`.

Notation
--------
N : pool size; n : rows so far.
A : (n, N), double or single precision.

Rows are stored in chunks of equal capacity. A matrix that grows in one piece has to be copied, and
the old and the new copy then exist at once: at 423,624 items they exceed the rest of a search. The
operating system commits a chunk's memory row by row, as rows are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from otnas.arrays import AnyFloatArray, FloatArray, IntArray

LARGEST_DOUBLE_POOL = 50_000
"""Largest pool whose rows are stored in double precision by default."""

# Small pools have one chunk, so that a product is one call; large ones waste no half-empty chunk.
_CHUNK_BYTES = 1 << 26
_CHUNK_ROWS = (16, 1024)
# Single precision is converted in blocks that stay in the second-level cache.
_CONVERTED_ELEMENTS = 1 << 18


def storage_dtype(dtype: DTypeLike | None, n_items: int) -> np.dtype[np.floating[Any]]:
    """Return the precision of rows; None means double up to `LARGEST_DOUBLE_POOL` items.

    Raises
    ------
    TypeError, ValueError
        If `dtype` is neither float32, float64 nor None.
    """
    if dtype is None:
        return np.dtype(np.float64 if n_items <= LARGEST_DOUBLE_POOL else np.float32)
    try:
        chosen: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype: expected float32, float64 or None, got {dtype!r}") from None
    if chosen not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(f"dtype: expected float32, float64 or None, got {chosen}")
    return chosen


class PoolRows:
    """A matrix (n, N) whose rows are appended, written, multiplied and removed again.

    Parameters
    ----------
    n_items : int, N
    dtype : float64 or float32
    """

    def __init__(self, n_items: int, dtype: np.dtype[np.floating[Any]]) -> None:
        self.dtype = dtype
        self._n_items = n_items
        fitting = _CHUNK_BYTES // max(n_items * dtype.itemsize, 1)
        self._capacity = min(max(fitting, _CHUNK_ROWS[0]), _CHUNK_ROWS[1])
        self._chunks: list[AnyFloatArray] = []

    def extend(self, start: int, stop: int) -> AnyFloatArray:
        """Return rows start..stop-1 for writing, or the first of them if their chunk ends earlier.

        All rows before `start` must have been written; rows from `start` on are discarded.
        """
        chunk, first = divmod(start, self._capacity)
        if chunk == len(self._chunks):
            self._chunks.append(np.empty((self._capacity, self._n_items), dtype=self.dtype))
        return self._chunks[chunk][first : first + stop - start]

    def release(self, n: int) -> None:
        """Keep only the chunks of the first n rows."""
        del self._chunks[-(-n // self._capacity) :]

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, AnyFloatArray]]:
        """Yield rows start..stop-1 chunk by chunk, as (number of the first row, rows)."""
        while start < stop:
            chunk, first = divmod(start, self._capacity)
            rows = self._chunks[chunk][first : min(first + stop - start, self._capacity)]
            yield start, rows
            start += len(rows)

    def product(self, left: FloatArray, start: int, columns: slice = slice(None)) -> FloatArray:
        """Return left @ A[start : start + n, columns], left (m, n), computed in double precision.

        Products in single precision would be twice as fast, but their errors are thirty times those
        of the rounded rows: near the smallest noise, variances of known items would have no
        correct digit.
        """
        begin, end, _ = columns.indices(self._n_items)
        out = np.zeros((left.shape[0], end - begin))
        for first, rows in self.parts(start, start + left.shape[1]):
            factor = left[:, first - start : first - start + len(rows)]
            if self.dtype == np.float64:
                out += factor @ rows[:, begin:end]
                continue
            width = max(256, _CONVERTED_ELEMENTS // len(rows))
            for at in range(begin, end, width):
                stop = min(at + width, end)
                out[:, at - begin : stop - begin] += factor @ rows[:, at:stop].astype(np.float64)
        return out

    def take(self, n: int, items: IntArray) -> FloatArray:
        """Return the first n rows at some items as float64, shape (n, len(items))."""
        out = np.empty((n, items.size))
        for first, rows in self.parts(0, n):
            out[first : first + len(rows)] = rows[:, items]
        return out
