"""An `otnas_fast.Embedding` as the source of a kernel's distances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.cached_distances import CachedDistances
from otnas.gp.kernels import LaplaceKernel
from otnas_fast import Embedding, distances


class EmbeddingDistances:
    """Distances between the items of an embedding, one a block, computed when asked for.

    Parameters
    ----------
    embedding : Embedding of N items
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

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols)), on one thread."""
        right = self._embedding if np.array_equal(cols, self._all) else self._embedding[cols]
        return distances(self._embedding[rows], right, threads=1)

    @cached_property
    def _all(self) -> IntArray:
        return np.arange(self.n_items, dtype=np.intp)


def tree_wasserstein_kernel(
    embedding: Embedding, *, scales: Sequence[float] | None = None
) -> LaplaceKernel:
    """Return the paper's kernel over the embedded items (docs/maths.md Eq. 2).

    Parameters
    ----------
    embedding : Embedding of N items
        Any: of cells, or of the user's own vectors.
    scales : sequence of float, optional
        Typical distance of each block, see `LaplaceKernel`.
    """
    source = CachedDistances(EmbeddingDistances(embedding))
    return LaplaceKernel(source, names=embedding.block_names, scales=scales)
