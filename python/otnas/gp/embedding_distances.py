"""An `otnas_fast.Embedding` as the source of a kernel's distances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.kernels import LaplaceKernel
from otnas_fast import Embedding, PreparedEmbedding, distances, gram

# Number of pairs from which the cost of starting threads is negligible: 20 ms on one thread.
_MANY_PAIRS = 1 << 22


class EmbeddingDistances:
    """Distances between the items of an embedding, one per block, computed on demand.

    A posterior over the pool asks for rows against the whole pool at each observation. These rows
    use the pool's vectors packed once (`otnas_fast.PreparedEmbedding`, made at the first such
    request) and take 0.1 ms for 15,625 cells or 4 ms for 423,624 cells with six blocks. That is
    less than reading remembered distances and taking exponentials, so nothing is remembered.

    One thread computes small blocks; all processors share many rows against a large pool.

    Parameters
    ----------
    embedding : Embedding of N items

    Examples
    --------
    >>> distances = EmbeddingDistances(Embedding({"x": [[0.0], [1.0]], "y": [[0.0], [5.0]]}))
    >>> distances.block(np.array([0]), np.array([1])).ravel()
    array([1., 5.])
    """

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return len(self._embedding)

    @property
    def n_blocks(self) -> int:
        """Number of distances B."""
        return len(self._embedding.block_sizes)

    @property
    def embedding(self) -> Embedding:
        """The N items."""
        return self._embedding

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        left = self._embedding[rows]
        if self._is_whole(cols):
            return self._prepared.distances(left, threads=self._threads(rows))
        return distances(left, self._embedding[cols], threads=1)

    def laplace(
        self, rows: IntArray, cols: IntArray, lengthscales: FloatArray, variance: float
    ) -> FloatArray:
        """Return variance * exp(-sum_b D_b / lengthscales_b), shape (len(rows), len(cols))."""
        left = self._embedding[rows]
        if self._is_whole(cols):
            return self._prepared.gram(
                left,
                lengthscales=lengthscales,
                variance=variance,
                threads=self._threads(rows),
            )
        right = self._embedding[cols]
        return gram(left, right, lengthscales=lengthscales, variance=variance, threads=1)

    def _threads(self, rows: IntArray) -> int | None:
        return 1 if rows.size * self.n_items < _MANY_PAIRS else None

    def _is_whole(self, cols: IntArray) -> bool:
        return cols.size == self.n_items and np.array_equal(cols, self._all)

    @cached_property
    def _all(self) -> IntArray:
        return np.arange(self.n_items, dtype=np.intp)

    @cached_property
    def _prepared(self) -> PreparedEmbedding:
        return PreparedEmbedding(self._embedding)


def tree_wasserstein_kernel(
    embedding: Embedding, *, scales: Sequence[float] | None = None
) -> LaplaceKernel:
    """Return the paper's kernel over the embedded items (docs/maths.md Eq. 2).

    Parameters
    ----------
    embedding : Embedding of N items
        An embedding of cells or of the user's own vectors.
    scales : sequence of float, optional
        Typical distance of each block, see `LaplaceKernel`.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> from otnas_fast import embed
    >>> kernel = tree_wasserstein_kernel(embed(NASBench201().enumerate().cells[:100]))
    >>> kernel.parameters.names
    ('lengthscale_operations', 'lengthscale_indegree', 'lengthscale_outdegree', 'variance')
    """
    source = EmbeddingDistances(embedding)
    return LaplaceKernel(source, names=embedding.block_names, scales=scales)
