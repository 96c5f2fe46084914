"""Items that are packed once, to be compared with new ones many times."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._alignment import check_alike
from otnas_fast._items import (
    Items,
    Lengthscales,
    as_embedding,
    block_lengthscales,
    checked_variance,
    result_array,
)
from otnas_fast._validate import FloatArray
from otnas_fast.cells import CellArray, as_cells
from otnas_fast.embedding import Embedding


class PreparedEmbedding:
    """The right-hand side of ``distances`` and ``gram``, packed once.

    ``distances(rows, embedding)`` packs the embedding anew at each call, which takes longer than
    the comparison when there are few rows. This class keeps it packed: the distinct vectors of each
    block, dense ones side by side and sparse ones by posting lists, and which of them each item
    has.

    Parameters
    ----------
    embedding : Embedding of n items
        Kept without a copy.

    Attributes
    ----------
    embedding : Embedding
    nbytes : int
        Memory held in addition to the embedding's.

    Examples
    --------
    >>> from otnas_fast import embed
    >>> cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
    >>> space = PreparedEmbedding(embed([cell, cell], measures="tw-path"))
    >>> space.gram([cell])
    array([[1., 1.]])
    """

    def __init__(self, embedding: Embedding) -> None:
        if not isinstance(embedding, Embedding):
            raise TypeError(f"embedding: expected an Embedding, got {type(embedding).__name__}")
        self._embedding = embedding
        self._prepared = _core.PreparedColumns(embedding._compiled)

    @property
    def embedding(self) -> Embedding:
        """The embedding that was prepared."""
        return self._embedding

    @property
    def nbytes(self) -> int:
        """Memory held in addition to the embedding's."""
        return self._prepared.bytes

    def distances(
        self,
        rows: Items,
        *,
        dtype: npt.DTypeLike = np.float64,
        threads: int | None = None,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """Return the distances of r items to all n, block by block.

        Parameters
        ----------
        rows : Embedding or sequence of architectures
            Of the same space and measures; they may hold words that none of the n items has.
        dtype : float64 or float32
            Type of the result; the arithmetic is in float64 in any case.
        threads : int, optional
            By default, all that the process may use; the result does not depend on it.
        out : ndarray, shape (B, r, n), optional
            The array to write the result to, of `dtype` and with contiguous rows.

        Returns
        -------
        ndarray, shape (B, r, n)
            Equal to ``distances(rows, embedding)`` to the last bit. A row costs
            O(sum over dense blocks of u_b d_b + postings of its words + B n), with u_b the distinct
            vectors of a block.

        Raises
        ------
        TypeError, ValueError
            For rows of another space or with other measures, for rows with more layers than any of
            the n cells in a space without known ``max_layers``, and for an unfit `out`.
        """
        left = self._aligned(rows, threads)
        shape = (len(left.block_sizes), len(left), len(self))
        result = result_array(out, shape, dtype)
        self._distances_into(result, left, check.threads(threads))
        return result

    def gram(
        self,
        rows: Items,
        *,
        lengthscales: Lengthscales = None,
        variance: float = 1.0,
        dtype: npt.DTypeLike = np.float64,
        threads: int | None = None,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """Return the kernel of r items with all n, without memory for their distances.

        Parameters
        ----------
        rows, dtype, threads
            See `distances`.
        lengthscales, variance
            See ``gram``.
        out : ndarray, shape (r, n), optional
            The array to write the result to, of `dtype` and with contiguous rows.

        Returns
        -------
        ndarray, shape (r, n)
            Equal to ``gram(rows, embedding)`` up to rounding.

        Raises
        ------
        TypeError, ValueError
            See `distances`; for lengthscales or variance that are not positive.
        """
        left = self._aligned(rows, threads)
        scales = block_lengthscales(left, lengthscales)
        variance = checked_variance(variance, dtype)
        result = result_array(out, (len(left), len(self)), dtype)
        self._gram_into(result, left, scales, variance, check.threads(threads))
        return result

    def _distances_into(self, out: npt.NDArray[Any], left: Embedding, threads: int) -> None:
        self._prepared.distances(left._compiled, out=out, threads=threads)

    def _gram_into(
        self,
        out: npt.NDArray[Any],
        left: Embedding,
        lengthscales: FloatArray,
        variance: float,
        threads: int,
    ) -> None:
        self._prepared.gram(left._compiled, 1.0 / lengthscales, variance, out=out, threads=threads)

    def _aligned(self, rows: Items, threads: int | None) -> Embedding:
        """Bring rows onto the coordinates of the columns, which stay as they are."""
        base = self.embedding
        if not isinstance(rows, (Embedding, CellArray)):
            rows = as_cells(rows, base.taxonomy, name="rows")
        left = as_embedding(rows, "rows", like=base, threads=threads)
        if left is base:
            return left
        check_alike([base, left], "rows")
        if base._kind is not None and left._kind is not None:
            ours, theirs = base._kind.max_layers, left._kind.max_layers
            if theirs > ours and {"indegree", "outdegree"} & set(base.block_names):
                raise ValueError(
                    f"rows: expected cells of at most {ours} layers, as those prepared, got "
                    f"{theirs}; give the taxonomy max_layers= to prepare for more"
                )
            left = left._with_layers(ours)
        words = {name: block.vocabulary for name, block in base._sparse.items()}
        return left._with_sparse(
            {name: block.onto(words[name]) for name, block in left._sparse.items()}
        )

    def __len__(self) -> int:
        return len(self.embedding)

    def __repr__(self) -> str:
        return f"PreparedEmbedding({self.embedding!r})"

    def __reduce__(self) -> tuple[type[PreparedEmbedding], tuple[Embedding]]:
        return PreparedEmbedding, (self.embedding,)
