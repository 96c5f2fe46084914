"""Distances of cells that are L1 distances of vectors: one per block of an embedding."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.embedding_distances import EmbeddingDistances
from otnas.search import transaction
from otnas.search.cells.distances.base import CellDistances
from otnas.search.cells.pool import CellPool
from otnas_fast import Embedding

# Number of cells up to which one thread embeds, which takes 0.1 s at most.
_FEW_CELLS = 50_000


class EmbeddedDistances(CellDistances):
    """One distance per block of the cells' embedding, each with its own lengthscale.

    Attributes
    ----------
    key : str
        Name under which a pool keeps the vectors of its cells.
    """

    largest_pool = 10_000_000
    key: str

    def __init__(self) -> None:
        self._source: EmbeddingDistances | None = None

    @abstractmethod
    def embedded(self, cells: Any, threads: int | None) -> Embedding:
        """Return the vectors of n >= 1 cells."""

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return 0 if self._source is None else self._source.n_items

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def append(self, cells: Any) -> None:
        """Put cells at the end of the list."""
        if len(cells):
            self._extend(self.embedded(cells, 1))

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        source, labels = pool.feature(self.key, self._embed_pool)
        start = self.n_items
        if start:
            self._extend(source.embedding)
        else:
            # Searches over one pool share its vectors and their packed form.
            self._source = source
        return start + labels

    def truncate(self, n: int) -> None:
        """Keep the first n cells only."""
        if self._source is not None and n < self._source.n_items:
            self._source = EmbeddingDistances(self._source.embedding[:n]) if n else None

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        if self._source is None or rows.size == 0 or cols.size == 0:
            return np.empty((self.n_blocks, rows.size, cols.size))
        return self._source.block(rows, cols)

    def laplace(
        self, rows: IntArray, cols: IntArray, lengthscales: FloatArray, variance: float
    ) -> FloatArray:
        """Return variance * exp(-sum_b D_b / lengthscales_b), shape (len(rows), len(cols))."""
        if self._source is None or rows.size == 0 or cols.size == 0:
            return np.empty((rows.size, cols.size))
        return self._source.laplace(rows, cols, lengthscales, variance)

    def _embed_pool(self, cells: Any) -> tuple[EmbeddingDistances, IntArray]:
        """Return the unique cells of a pool, and the index of each cell in them, shape (N,)."""
        embedding = self.embedded(cells, 1 if len(cells) <= _FEW_CELLS else None)
        first, labels = embedding.groups()
        return EmbeddingDistances(embedding[first]), labels.astype(np.intp)

    def _extend(self, new: Embedding) -> None:
        if self._source is not None:
            new = Embedding.concatenate([self._source.embedding, new])
        self._source = EmbeddingDistances(new)
