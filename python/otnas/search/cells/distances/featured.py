"""Distances of cells with one further block for each known feature.

Notation
--------
B : distances of the kernel, F : features; values z (n, F) and deviations s (n, F) of n items. The
    distance of feature f is |z_f - z'_f|.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.distances import LaplaceBlocks
from otnas.search import transaction
from otnas.search.cells.distances.base import CellDistances
from otnas.search.cells.features import KnownFeatures
from otnas.search.cells.pool import CellPool


class FeaturedDistances(CellDistances):
    """The B distances of a kernel, then those of F features; see `with_features`.

    Cells at distance 0 whose features differ are different items here.

    Parameters
    ----------
    distances : CellDistances, empty
    features : KnownFeatures

    Attributes
    ----------
    feature_names : tuple of F str
    """

    def __init__(self, distances: CellDistances, features: KnownFeatures) -> None:
        self._distances, self._known = distances, features
        self.feature_names = features.names
        self.names = (*distances.names, *features.names)
        self.sample_size, self.largest_pool = distances.sample_size, distances.largest_pool
        self._of = np.empty(0, dtype=np.intp)  # item of `distances` of each item
        none = np.empty((0, len(features.names)))
        self._values, self._deviations = none, none

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return int(self._of.size)

    @property
    def features(self) -> tuple[FloatArray, FloatArray]:
        """Values and deviations of all items, shape (n, F) each."""
        return self._values, self._deviations

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def append(self, cells: Any) -> None:
        """Put cells at the end of the list."""
        if len(cells) == 0:
            return
        start = self._distances.n_items
        self._distances.append(cells)
        self._extend(np.arange(start, self._distances.n_items), *self._known.of(cells))

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        start = self.n_items
        base = self._distances.append_pool(pool)
        values, deviations = self._known.of_pool(pool)
        rows = np.column_stack([base, values, deviations])
        _, first, labels = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        self._extend(base[first], values[first], deviations[first])
        return start + labels.reshape(-1).astype(np.intp)

    def truncate(self, n: int) -> None:
        """Keep the first n cells only."""
        if n >= self.n_items:
            return
        self._of = self._of[:n]
        self._values, self._deviations = self._values[:n], self._deviations[:n]
        self._distances.truncate(int(self._of.max(initial=-1)) + 1)

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B + F, len(rows), len(cols))."""
        items, back = self._items_of(cols)
        own = self._distances.block(self._of[rows], items)
        a, b = self._values[rows].T, self._values[cols].T
        return np.concatenate([own[:, :, back], np.abs(a[:, :, np.newaxis] - b[:, np.newaxis])])

    def _items_of(self, cols: IntArray) -> tuple[IntArray, IntArray | slice]:
        """Return items of `distances` to compare with, and the index of each column in them.

        A source is fastest with all items in order.
        """
        if cols.size < self._of.size or not np.array_equal(cols, np.arange(self._of.size)):
            return self._of[cols], slice(None)
        everything = np.arange(self._distances.n_items)
        same = np.array_equal(self._of, everything)
        return everything, slice(None) if same else self._of

    def _extend(self, of: IntArray, values: FloatArray, deviations: FloatArray) -> None:
        self._of = np.concatenate([self._of, of])
        self._values = np.concatenate([self._values, values])
        self._deviations = np.concatenate([self._deviations, deviations])


class _FeaturedLaplace(FeaturedDistances):
    """`FeaturedDistances` that compute the kernel without storing distances (`LaplaceBlocks`)."""

    def laplace(
        self, rows: IntArray, cols: IntArray, lengthscales: FloatArray, variance: float
    ) -> FloatArray:
        """Return variance * exp(-sum_b D_b / lengthscales_b), shape (len(rows), len(cols))."""
        n = self._distances.n_blocks
        items, back = self._items_of(cols)
        source: Any = self._distances
        own = source.laplace(self._of[rows], items, lengthscales[:n], variance)[:, back]
        exponent = np.zeros(own.shape)
        for f, scale in enumerate(lengthscales[n:]):
            exponent -= np.abs(self._values[rows, f, np.newaxis] - self._values[cols, f]) / scale
        result: FloatArray = own * np.exp(exponent, out=exponent)
        return result


def with_features(distances: CellDistances, features: KnownFeatures | None) -> CellDistances:
    """Return distances with one more block per feature, or unchanged without features."""
    if features is None:
        return distances
    fast = isinstance(distances, LaplaceBlocks)
    return (_FeaturedLaplace if fast else FeaturedDistances)(distances, features)
