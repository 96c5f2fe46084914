"""Tree-Wasserstein distances of operations and degrees (docs/maths.md, Section 3)."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.cell_pool import CellPool
from otnas.search.distances.base import CellDistances
from otnas_fast import CellArray, Embedding, distances, embed


class TreeWasserstein(CellDistances):
    """Three distances, one lengthscale each: the paper's kernel.

    Parameters
    ----------
    ngram : int
        1 (TW) or 2 (TW-2G).
    """

    names = ("operations", "indegree", "outdegree")

    def __init__(self, ngram: int) -> None:
        self._ngram = ngram
        self._embedding: Embedding | None = None

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return 0 if self._embedding is None else len(self._embedding)

    def append(self, cells: CellArray) -> None:
        """Put cells at the end of the list."""
        if len(cells):
            self._extend(self._embed(cells))

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        embedding = pool.feature(f"tree-wasserstein-{self._ngram}", self._embed)
        _, first, labels = np.unique(embedding.index, return_index=True, return_inverse=True)
        start = self.n_items
        self._extend(embedding[first])
        return start + labels.reshape(-1).astype(np.intp)

    def truncate(self, n: int) -> None:
        """Keep the first n cells only."""
        if self._embedding is not None and n < len(self._embedding):
            self._embedding = self._embedding[:n] if n else None

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (3, len(rows), len(cols)), on one thread."""
        if self._embedding is None or rows.size == 0 or cols.size == 0:
            return np.empty((self.n_blocks, rows.size, cols.size))
        whole = cols.size == self.n_items and bool((cols == np.arange(cols.size)).all())
        right = self._embedding if whole else self._embedding[cols]
        return distances(self._embedding[rows], right, threads=1)

    def _embed(self, cells: CellArray) -> Embedding:
        return embed(cells, ngram=self._ngram, threads=1)

    def _extend(self, new: Embedding) -> None:
        old = self._embedding
        self._embedding = new if old is None else Embedding.concatenate([old, new])
