"""Tree-Wasserstein distances of operations and degrees and of paths and sizes (docs/maths.md)."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.embedding_distances import EmbeddingDistances
from otnas.search.cell_pool import CellPool
from otnas.search.distances.base import CellDistances
from otnas_fast import CellArray, Embedding, embed
from otnas_fast.measures import MeasureNames, block_name, check_measures


class TreeWasserstein(CellDistances):
    """One distance a block of the cells' embedding, each with its lengthscale.

    Parameters
    ----------
    measures : str or sequence of str
        See `otnas_fast.embed`: the presets ``"tw"`` and ``"tw-2g"`` have the paper's three blocks,
        ``"tw-path"`` adds paths and sizes, ``"tw-full"`` also depth and terminals.

    Raises
    ------
    ValueError
        If a measure is unknown or there twice.
    """

    def __init__(self, measures: MeasureNames) -> None:
        self._measures = check_measures(measures)
        self.names = tuple(block_name(measure) for measure in self._measures)
        self._embedding: Embedding | None = None
        self._source: EmbeddingDistances | None = None

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
        embedding = pool.feature(f"tree-wasserstein-{'+'.join(self._measures)}", self._embed)
        first, labels = embedding.groups()
        start = self.n_items
        self._extend(embedding[first])
        return start + labels.astype(np.intp)

    def truncate(self, n: int) -> None:
        """Keep the first n cells only."""
        if self._embedding is not None and n < len(self._embedding):
            self._set(self._embedding[:n] if n else None)

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols)), on one thread."""
        if self._source is None or rows.size == 0 or cols.size == 0:
            return np.empty((self.n_blocks, rows.size, cols.size))
        return self._source.block(rows, cols)

    def _embed(self, cells: CellArray) -> Embedding:
        return embed(cells, measures=self._measures, threads=1)

    def _extend(self, new: Embedding) -> None:
        old = self._embedding
        self._set(new if old is None else Embedding.concatenate([old, new]))

    def _set(self, embedding: Embedding | None) -> None:
        self._embedding = embedding
        self._source = None if embedding is None else EmbeddingDistances(embedding)
