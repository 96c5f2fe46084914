"""Distances and Gram matrices of architectures.

Notation
--------
W_b(x, z) : distance in block b, an L1 distance of embedding vectors
k(x, z) = s^2 exp(-sum_b W_b(x, z) / l_b)                    Nguyen et al. 2021, Eq. 6
    with s^2 the variance and l_b the lengthscale of block b; positive semi-definite for all
    positive lengthscales.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._alignment import aligned
from otnas_fast._items import (
    Items,
    Lengthscales,
    as_embedding,
    block_lengthscales,
    checked_variance,
    result_array,
)
from otnas_fast._validate import FloatArray
from otnas_fast.embedding import CELL_BLOCKS, Embedding
from otnas_fast.measures import DEFAULT_LENGTHSCALES, MeasureNames
from otnas_fast.prepared import PreparedEmbedding
from otnas_fast.taxonomy import Taxonomy


def distances(
    a: Items,
    b: Items | None = None,
    *,
    ngram: int | None = None,
    measures: MeasureNames | None = None,
    taxonomy: Taxonomy | None = None,
    dtype: npt.DTypeLike = np.float64,
    threads: int | None = None,
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """Return the tree-Wasserstein distances between architectures, block by block.

    Parameters
    ----------
    a, b : Embedding or sequence of architectures
        n and m items of one search space; without `b`, `a` is compared with itself.
    ngram : {1, 2}, default 2
        Which tree of operations to use; not needed for an Embedding, which has its own.
    measures : str or sequence of str, optional
        Used instead of `ngram`: names or a preset, see `embed`.
    taxonomy : Taxonomy, optional
        The search space, for architectures of the user's own.
    dtype : float64 or float32
        Type of the result; the arithmetic is in float64 in any case.
    threads : int, optional
        By default, all that the process may use; the result does not depend on it.
    out : ndarray, shape (B, n, m), optional
        The array to write the result to, of `dtype` and with contiguous rows.

    Returns
    -------
    ndarray, shape (B, n, m)
        One slice per block: operations, in-degree and out-degree, or the blocks of `measures`, or
        those of the user's own Embedding.

    Raises
    ------
    TypeError, ValueError
        For items of different spaces, and for an `out` of wrong type, dtype, shape or strides.

    Examples
    --------
    >>> from otnas_fast import Embedding
    >>> distances(Embedding({"x": [[0.0], [1.0], [3.0]]}))[0]
    array([[0., 1., 3.],
           [1., 0., 2.],
           [3., 2., 0.]])
    """
    left, right = _both(a, b, ngram, measures, taxonomy, threads)
    shape = (len(left.block_sizes), len(left), len(right))
    result = result_array(out, shape, dtype)
    if left._sparse:
        PreparedEmbedding(right)._distances_into(result, left, check.threads(threads))
        return result
    ends = np.cumsum(left.block_sizes).tolist()
    for block, (end, size) in enumerate(zip(ends, left.block_sizes, strict=True)):
        _core.l1_distances(
            left.vectors,
            left.index,
            right.vectors,
            right.index,
            end - size,
            end,
            out=result[block],
            threads=check.threads(threads),
        )
    return result


def gram(
    a: Items,
    b: Items | None = None,
    *,
    ngram: int | None = None,
    measures: MeasureNames | None = None,
    lengthscales: Lengthscales = None,
    variance: float = 1.0,
    taxonomy: Taxonomy | None = None,
    dtype: npt.DTypeLike = np.float64,
    threads: int | None = None,
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """Return the Gram matrix of the tree-Wasserstein kernel (Nguyen et al. 2021, Eq. 6).

    Parameters
    ----------
    a, b : Embedding or sequence of architectures
        n and m items of one search space; without `b`, `a` is compared with itself.
    ngram : {1, 2}, default 2
        Which tree of operations to use; not needed for an Embedding, which has its own.
    measures : str or sequence of str, optional
        Used instead of `ngram`: names or a preset, see `embed`.
    lengthscales : sequence of float, or one float for all blocks, optional
        Positive, one per block, as in (operations, in-degree, out-degree); by default,
        `DEFAULT_LENGTHSCALES`.
    variance : float, default 1.0
        s^2 > 0, the diagonal of the matrix.
    taxonomy : Taxonomy, optional
        The search space, for architectures of the user's own.
    dtype : float64 or float32
        Type of the result; the arithmetic is in float64 in any case.
    threads : int, optional
        By default, all that the process may use; the result does not depend on it.
    out : ndarray, shape (n, m), optional
        The array to write the result to, of `dtype` and with contiguous rows.

    Returns
    -------
    ndarray, shape (n, m)
        Entries in [0, variance]; exactly symmetric when `b` is not given. Equal architectures make
        it singular. O(u v d + n m) for u, v distinct vectors of d coordinates.

    Raises
    ------
    TypeError, ValueError
        For items of different spaces, lengthscales or variance that are not positive, and for an
        `out` of wrong type, dtype, shape or strides.

    Examples
    --------
    >>> cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
    >>> gram([cell, cell])
    array([[1., 1.],
           [1., 1.]])
    """
    left, right = _both(a, b, ngram, measures, taxonomy, threads)
    scales = block_lengthscales(left, lengthscales)
    variance = checked_variance(variance, dtype)
    result = result_array(out, (len(left), len(right)), dtype)
    _gram_into(result, left, _right_side(right), scales, variance, check.threads(threads))
    return result


def gram_blocks(
    a: Items,
    b: Items | None = None,
    *,
    block_rows: int = 1024,
    ngram: int | None = None,
    measures: MeasureNames | None = None,
    lengthscales: Lengthscales = None,
    variance: float = 1.0,
    taxonomy: Taxonomy | None = None,
    dtype: npt.DTypeLike = np.float64,
    threads: int | None = None,
) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
    """Iterate over a Gram matrix that is too large for memory, by blocks of rows.

    Parameters
    ----------
    block_rows : int, default 1024
        Rows of one block, at least 1; the last block may have fewer.
    a, b, ngram, measures, lengthscales, variance, taxonomy, dtype, threads
        As for `gram`.

    Yields
    ------
    rows : slice
        Rows of the matrix.
    block : ndarray, shape (rows, m)
        A new array, equal to ``gram(a, b)[rows]`` to the last bit.

    Raises
    ------
    TypeError, ValueError
        As for `gram`; raised by the call, not by the first block.

    Examples
    --------
    >>> from otnas_fast import Embedding
    >>> E = Embedding({"x": np.arange(5.0)[:, None]})
    >>> [(rows.start, rows.stop, block.shape) for rows, block in gram_blocks(E, block_rows=2)]
    [(0, 2, (2, 5)), (2, 4, (2, 5)), (4, 5, (1, 5))]
    """
    left, right = _both(a, b, ngram, measures, taxonomy, threads)
    scales = block_lengthscales(left, lengthscales)
    variance = checked_variance(variance, dtype)
    kind = check.float_dtype(dtype)
    workers = check.threads(threads)
    step = check.integer(block_rows, "block_rows", minimum=1)
    columns = _right_side(right)

    def blocks() -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        for start in range(0, len(left), step):
            rows = slice(start, min(start + step, len(left)))
            block = np.empty((rows.stop - rows.start, len(right)), dtype=kind)
            _gram_into(block, left[rows], columns, scales, variance, workers)
            yield rows, block

    return blocks()


def _right_side(right: Embedding) -> Embedding | PreparedEmbedding:
    """Prepare an embedding with sparse blocks, which are compared by posting lists."""
    return PreparedEmbedding(right) if right._sparse else right


def _gram_into(
    out: npt.NDArray[Any],
    left: Embedding,
    right: Embedding | PreparedEmbedding,
    lengthscales: FloatArray,
    variance: float,
    threads: int,
) -> None:
    if isinstance(right, PreparedEmbedding):
        right._gram_into(out, left, lengthscales, variance, threads)
        return
    _core.laplace_gram(
        left.vectors,
        left.index,
        right.vectors,
        right.index,
        np.repeat(1.0 / lengthscales, left.block_sizes),
        variance,
        out=out,
        threads=threads,
    )


def _both(
    a: Items,
    b: Items | None,
    ngram: int | None,
    measures: MeasureNames | None,
    taxonomy: Taxonomy | None,
    threads: int | None,
) -> tuple[Embedding, Embedding]:
    def read(items: Items, name: str, like: Embedding | None) -> Embedding:
        return as_embedding(
            items,
            name,
            like=like,
            ngram=ngram,
            measures=measures,
            taxonomy=taxonomy,
            threads=threads,
        )

    left = read(a, "a", b if isinstance(b, Embedding) else None)
    if b is None:
        return left, left
    right = read(b, "b", left)
    # An empty list belongs to every space.
    if not len(left) and not isinstance(a, Embedding):
        left = right[:0]
    if not len(right) and not isinstance(b, Embedding):
        right = left[:0]
    left, right = aligned([left, right], "a and b")
    return left, right


__all__ = ["CELL_BLOCKS", "DEFAULT_LENGTHSCALES", "Items", "distances", "gram", "gram_blocks"]
