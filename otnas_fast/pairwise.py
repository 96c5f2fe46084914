"""Distances and Gram matrices of architectures.

Notation
--------
W_b(x, z) : distance in block b, an L1 distance of embedding vectors
k(x, z) = s^2 exp(-sum_b W_b(x, z) / l_b)                    Nguyen et al. 2021, Eq. 6
    with s^2 the variance and l_b the lengthscale of block b; positive semi-definite for all
    positive lengthscales.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._validate import FloatArray
from otnas_fast.cells import Architecture, CellArray, as_cells
from otnas_fast.embedding import CELL_BLOCKS, Embedding, _aligned, check_ngram, embed
from otnas_fast.taxonomy import Taxonomy

Items: TypeAlias = Embedding | CellArray | Iterable[Architecture]

DEFAULT_LENGTHSCALES = {"operations": 1.0, "indegree": 0.1, "outdegree": 0.1}
"""About the mean distance between random NAS-Bench cells, so that no block drowns the others."""


def distances(
    a: Items,
    b: Items | None = None,
    *,
    ngram: int | None = None,
    taxonomy: Taxonomy | None = None,
    dtype: npt.DTypeLike = np.float64,
    threads: int | None = None,
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """Return the tree-Wasserstein distances between architectures, block by block.

    Parameters
    ----------
    a, b : Embedding or sequence of architectures
        n and m items; without `b`, `a` with itself. Of one search space.
    ngram : {1, 2}, default 2
        Trees for the operations; not needed for an Embedding, which has its own.
    taxonomy : Taxonomy, optional
        The search space, for architectures of the user's own.
    dtype : float64 or float32
        Of the result; computed in float64 all the same.
    threads : int, optional
        By default all that the process may use; the result is the same to the last bit.
    out : ndarray, shape (3, n, m), optional
        Where to write the result: of `dtype`, with contiguous rows.

    Returns
    -------
    ndarray, shape (3, n, m)
        Operations, in-degree, out-degree; one slice a block for an Embedding of the user's own.

    Raises
    ------
    TypeError, ValueError
        For items of different spaces, and for an `out` of wrong type, dtype, shape or overlap.
    """
    left, right = _both(a, b, ngram, taxonomy, threads)
    shape = (len(left.block_sizes), len(left), len(right))
    result = _result(out, shape, dtype, left, right)
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
    lengthscales: Sequence[float] | npt.NDArray[Any] | float | None = None,
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
        n and m items; without `b`, `a` with itself. Of one search space.
    ngram : {1, 2}, default 2
        Trees for the operations; not needed for an Embedding, which has its own.
    lengthscales : sequence of float, or one float for all blocks, optional
        (operations, in-degree, out-degree), positive; by default `DEFAULT_LENGTHSCALES`.
    variance : float, default 1.0
        s^2 > 0, the diagonal of the matrix.
    taxonomy : Taxonomy, optional
        The search space, for architectures of the user's own.
    dtype : float64 or float32
        Of the result; computed in float64 all the same.
    threads : int, optional
        By default all that the process may use; the result is the same to the last bit.
    out : ndarray, shape (n, m), optional
        Where to write the result: of `dtype`, with contiguous rows.

    Returns
    -------
    ndarray, shape (n, m)
        Entries in [0, variance]; exactly symmetric when `b` is not given. Equal architectures make
        it singular. O(u v d + n m) for u, v distinct vectors of d coordinates.

    Raises
    ------
    TypeError, ValueError
        For items of different spaces, lengthscales or variance that are not positive, and for an
        `out` of wrong type, dtype, shape or overlap.

    Examples
    --------
    >>> cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
    >>> gram([cell, cell])
    array([[1., 1.],
           [1., 1.]])
    """
    left, right = _both(a, b, ngram, taxonomy, threads)
    scale = _scale(left, lengthscales)
    variance = check.positive(variance, "variance")
    result = _result(out, (len(left), len(right)), dtype, left, right)
    _gram_into(result, left, right, scale, variance, check.threads(threads))
    return result


def gram_blocks(
    a: Items,
    b: Items | None = None,
    *,
    block_rows: int = 1024,
    ngram: int | None = None,
    lengthscales: Sequence[float] | npt.NDArray[Any] | float | None = None,
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
    a, b, ngram, lengthscales, variance, taxonomy, dtype, threads
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
        As for `gram`, at the call and not at the first block.
    """
    left, right = _both(a, b, ngram, taxonomy, threads)
    scale = _scale(left, lengthscales)
    variance = check.positive(variance, "variance")
    kind = check.float_dtype(dtype)
    workers = check.threads(threads)
    step = check.integer(block_rows, "block_rows", minimum=1)

    def blocks() -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        for start in range(0, len(left), step):
            rows = slice(start, min(start + step, len(left)))
            block = np.empty((rows.stop - rows.start, len(right)), dtype=kind)
            _gram_into(block, left[rows], right, scale, variance, workers)
            yield rows, block

    return blocks()


def _gram_into(
    out: npt.NDArray[Any],
    left: Embedding,
    right: Embedding,
    scale: FloatArray,
    variance: float,
    threads: int,
) -> None:
    _core.laplace_gram(
        left.vectors,
        left.index,
        right.vectors,
        right.index,
        scale,
        variance,
        out=out,
        threads=threads,
    )


def _both(
    a: Items, b: Items | None, ngram: int | None, taxonomy: Taxonomy | None, threads: int | None
) -> tuple[Embedding, Embedding]:
    left = _as_embedding(a, "a", ngram, taxonomy, threads)
    if b is None:
        return left, left
    if ngram is None and not isinstance(b, Embedding):
        ngram = left.ngram
    right = _as_embedding(b, "b", ngram, taxonomy, threads)
    # An empty list is of every space.
    if not len(left) and not isinstance(a, Embedding):
        left = right[:0]
    if not len(right) and not isinstance(b, Embedding):
        right = left[:0]
    aligned = _aligned([left, right], "a and b")
    return aligned[0], aligned[1]


def _as_embedding(
    items: Items, name: str, ngram: int | None, taxonomy: Taxonomy | None, threads: int | None
) -> Embedding:
    if not isinstance(items, Embedding):
        return embed(
            as_cells(items, taxonomy, name=name),
            ngram=2 if ngram is None else ngram,
            threads=threads,
        )
    if ngram is not None and items.ngram is not None and check_ngram(ngram) != items.ngram:
        raise ValueError(f"{name} is an Embedding with ngram={items.ngram}, not ngram={ngram}")
    if taxonomy is not None and items.taxonomy is not None and taxonomy != items.taxonomy:
        raise ValueError(f"{name} is an Embedding of {items.taxonomy!r}, not of {taxonomy!r}")
    return items


def _scale(
    embedding: Embedding, lengthscales: Sequence[float] | npt.NDArray[Any] | float | None
) -> FloatArray:
    """Return 1 / lengthscale for every coordinate, shape (d,)."""
    names = embedding.block_names
    if lengthscales is None:
        values = [DEFAULT_LENGTHSCALES.get(name, 1.0) for name in names]
    elif np.ndim(lengthscales) == 0:
        values = [check.positive(lengthscales, "lengthscales")] * len(names)
    else:
        given = list(lengthscales)  # type: ignore[arg-type]
        if len(given) != len(names):
            raise ValueError(
                f"lengthscales must have one entry for each of the blocks {names}, got {len(given)}"
            )
        values = [
            check.positive(value, f"lengthscales[{i}] ({name})")
            for i, (name, value) in enumerate(zip(names, given, strict=True))
        ]
    return np.repeat(1.0 / np.array(values), embedding.block_sizes)


def _result(
    out: npt.NDArray[Any] | None,
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
    left: Embedding,
    right: Embedding,
) -> npt.NDArray[Any]:
    kind = check.float_dtype(dtype)
    if out is None:
        return np.empty(shape, dtype=kind)
    inputs = (left.vectors, left.index, right.vectors, right.index)
    return check.output_array(out, shape, kind, inputs)


__all__ = ["CELL_BLOCKS", "DEFAULT_LENGTHSCALES", "Items", "distances", "gram", "gram_blocks"]
