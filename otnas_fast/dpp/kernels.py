"""Kernels given by blocks: an L-ensemble of any size whose matrix is never formed.

Notation
--------
L : (n, n)
    Symmetric positive semi-definite; only blocks ``L[rows][:, columns]`` are ever computed.
q : (n,)
    Quality of the items: ``diag(q) L diag(q)`` is an L-ensemble too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._items import Lengthscales, block_lengthscales
from otnas_fast._scipy import distance, linalg
from otnas_fast._validate import FloatArray
from otnas_fast.dpp._validate import as_items, as_kernel, as_matrix, as_quality
from otnas_fast.embedding import Embedding
from otnas_fast.pairwise import gram

Indices: TypeAlias = slice | npt.NDArray[np.int64]


@runtime_checkable
class Kernel(Protocol):
    """What the samplers ask of a kernel over n items.

    Any object with these three members will do. Blocks must be those of one positive semi-definite
    matrix, the same at every call; the samplers cannot see all of it and rely on this.
    """

    def __len__(self) -> int:
        """Return the number of items n."""

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``; both are slices or arrays of indices."""


class MatrixKernel:
    """The blocks of a matrix.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        Symmetric, checked and copied as by `KDPP`.

    Examples
    --------
    >>> MatrixKernel([[1.0, 0.5], [0.5, 1.0]]).diagonal()
    array([1., 1.])
    """

    def __init__(self, L: npt.ArrayLike) -> None:
        self.matrix = as_kernel(L)

    def __len__(self) -> int:
        return len(self.matrix)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        return self.matrix.diagonal().copy()

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        if isinstance(rows, slice) or isinstance(columns, slice):
            return self.matrix[rows, columns]
        return self.matrix[np.ix_(rows, columns)]


class FactorKernel:
    """The linear kernel ``L = B @ B.T``.

    Parameters
    ----------
    B : array_like of float, shape (n, r)
        One row of features for every item. Kept without a copy if it is a C-contiguous float64
        array; do not change it then.

    Examples
    --------
    >>> FactorKernel([[1.0, 0.0], [1.0, 1.0]]).block([0], [0, 1])
    array([[1., 1.]])
    """

    def __init__(self, B: npt.ArrayLike) -> None:
        self._factor = as_matrix(B, "B", "(n, r)", copy=False)

    def __len__(self) -> int:
        return len(self._factor)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        return np.asarray(np.einsum("ij,ij->i", self._factor, self._factor))

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        return np.asarray(self._factor[rows] @ self._factor[columns].T)


class EmbeddingKernel:
    """The kernel of ``gram`` on an `Embedding`: tree-Wasserstein or any product of Laplace kernels.

    Parameters
    ----------
    embedding : Embedding of n items
    lengthscales, variance, threads
        As for ``gram``.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast import Embedding
    >>> kernel = EmbeddingKernel(Embedding({"x": [[0.0], [1.0], [3.0]]}), lengthscales=2.0)
    >>> kernel.block(slice(0, 2), np.array([2]))
    array([[0.22313016],
           [0.36787944]])
    """

    def __init__(
        self,
        embedding: Embedding,
        *,
        lengthscales: Lengthscales = None,
        variance: float = 1.0,
        threads: int | None = None,
    ) -> None:
        if not isinstance(embedding, Embedding):
            raise TypeError(f"embedding: expected an Embedding, got {type(embedding).__name__}")
        self._embedding = embedding
        self._scales = block_lengthscales(embedding, lengthscales)
        self._variance = check.positive(variance, "variance")
        self._threads = check.threads(threads)

    def __len__(self) -> int:
        return len(self._embedding)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        return np.full(len(self), self._variance)

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        return gram(
            self._embedding[rows],
            self._embedding[columns],
            lengthscales=self._scales,
            variance=self._variance,
            threads=self._threads,
        )


class LaplaceKernel:
    """``exp(-|x - y|_1 / lengthscale)`` of vectors, which are not copied.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
        The items. Kept without a copy if it is a C-contiguous float64 array; do not change it
        then. For vectors that repeat, an `Embedding` takes less work.
    lengthscale : float, default 1.0
        Positive.
    threads : int, optional
        By default, all that the process may use; the result does not depend on it.

    Examples
    --------
    >>> LaplaceKernel([[0.0], [1.0]], lengthscale=2.0).block([0], [0, 1]).round(3)
    array([[1.   , 0.607]])
    """

    def __init__(
        self, X: npt.ArrayLike, lengthscale: float = 1.0, *, threads: int | None = None
    ) -> None:
        self._points = as_matrix(X, "X", "(n, d)", copy=False)
        self._lengthscale = check.positive(lengthscale, "lengthscale")
        self._threads = check.threads(threads)

    def __len__(self) -> int:
        return len(self._points)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        return np.ones(len(self))

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        left, right = self._points[rows], self._points[columns]
        values = np.empty((len(left), len(right)))

        def fill(start: int) -> None:
            part = slice(start, start + 4096)
            distance.cdist(left[part], right, "cityblock", out=values[part])
            values[part] /= -self._lengthscale
            np.exp(values[part], out=values[part])

        if len(left) <= 4096 or self._threads == 1:
            for start in range(0, len(left), 4096):
                fill(start)
        else:
            # Not at the top: it brings the module logging along.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(fill, range(0, len(left), 4096)))
        return values


class FunctionKernel:
    """A kernel function on vectors, such as scikit-learn's ``rbf_kernel``.

    Parameters
    ----------
    function : callable
        ``function(X, Y)`` returns the kernel matrix of the rows of X with those of Y.
    X : array_like of float, shape (n, d)
        The items. Kept without a copy if it is a C-contiguous float64 array.

    Examples
    --------
    >>> kernel = FunctionKernel(lambda X, Y: X @ Y.T, [[1.0, 0.0], [1.0, 1.0]])
    >>> kernel.block([0], [0, 1])
    array([[1., 1.]])
    """

    def __init__(
        self, function: Callable[[FloatArray, FloatArray], npt.ArrayLike], X: npt.ArrayLike
    ) -> None:
        if not callable(function):
            raise TypeError(f"function: expected a callable, got {type(function).__name__}")
        self._function = function
        self._points = as_matrix(X, "X", "(n, d)", copy=False)

    def __len__(self) -> int:
        return len(self._points)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        points = self._points
        return np.concatenate(
            [
                np.diagonal(self._values(points[i : i + 64], points[i : i + 64]))
                for i in range(0, len(points), 64)
            ]
        )

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        return self._values(self._points[rows], self._points[columns])

    def _values(self, left: FloatArray, right: FloatArray) -> FloatArray:
        values = np.asarray(self._function(left, right), dtype=np.float64)
        if values.shape != (len(left), len(right)):
            raise ValueError(
                f"function: expected to return shape {(len(left), len(right))}, got {values.shape}"
            )
        return values


class QualityKernel:
    """The kernel ``diag(q) L diag(q)``, which multiplies determinants by squared qualities.

    Parameters
    ----------
    kernel : Kernel over n items
    quality : array_like of float, shape (n,)
        Finite and not negative; an item of quality 0 is never drawn.

    Examples
    --------
    >>> QualityKernel(MatrixKernel(np.eye(2)), [1.0, 3.0]).diagonal()
    array([1., 9.])
    """

    def __init__(self, kernel: KernelLike, quality: npt.ArrayLike) -> None:
        self._kernel = as_kernel_blocks(kernel)
        self._quality = as_quality(quality, len(self._kernel))

    def __len__(self) -> int:
        return len(self._kernel)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        return self._quality**2 * self._kernel.diagonal()

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        values = self._kernel.block(rows, columns)
        return self._quality[rows][:, None] * values * self._quality[columns]


class ConditionedKernel:
    """An L-ensemble given that some items are in the draw and others are out.

    ``L - L[:, A] @ inv(L[A, A]) @ L[A, :]`` for the items A that are in; the rows and columns of
    all items known to be in or out are zero, so that indices do not change.

    Parameters
    ----------
    kernel : Kernel over n items
    include, exclude : array_like of int
        Distinct indices.

    Raises
    ------
    NumericalError
        If the determinant of the items included is zero.

    Examples
    --------
    >>> L = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> ConditionedKernel(MatrixKernel(L), include=[0]).diagonal()
    array([0.  , 0.75, 1.  ])
    """

    def __init__(
        self, kernel: KernelLike, *, include: npt.ArrayLike = (), exclude: npt.ArrayLike = ()
    ) -> None:
        self._kernel = as_kernel_blocks(kernel)
        self._in = as_items(include, len(self._kernel), "include")
        out = as_items(exclude, len(self._kernel), "exclude", apart_from=self._in)
        self._known = np.zeros(len(self._kernel), dtype=bool)
        self._known[self._in] = self._known[out] = True
        inside = self._kernel.block(self._in, self._in)
        if _core.log_determinant_psd(inside) == -np.inf:
            raise _core.NumericalError(
                "include has probability 0: the determinant of its items is zero"
            )
        self._root = linalg.cholesky(inside, lower=True) if len(inside) else inside

    def __len__(self) -> int:
        return len(self._kernel)

    def diagonal(self) -> FloatArray:
        """Return the diagonal of L, shape (n,)."""
        values = self._kernel.diagonal()
        for start in range(0, len(self), 8192):
            rows = slice(start, start + 8192)
            values[rows] -= np.square(self._projected(rows)).sum(axis=0)
        return np.where(self._known, 0.0, values.clip(0.0))

    def block(self, rows: Indices, columns: Indices) -> FloatArray:
        """Return ``L[rows][:, columns]``."""
        values = self._kernel.block(rows, columns)
        values = values - self._projected(rows).T @ self._projected(columns)
        values[self._known[rows]] = 0.0
        values[:, self._known[columns]] = 0.0
        return values

    def _projected(self, items: Indices) -> FloatArray:
        """Return coordinates of items in an orthonormal basis of those included, (a, items)."""
        values = self._kernel.block(self._in, items)
        if not len(self._in):
            return values
        return np.asarray(linalg.solve_triangular(self._root, values, lower=True))


KernelLike: TypeAlias = Kernel | Embedding


def as_kernel_blocks(value: Any) -> Kernel:
    """Return `value` as a Kernel; an Embedding stands for its kernel with default lengthscales."""
    if isinstance(value, Embedding):
        return EmbeddingKernel(value)
    if isinstance(value, Kernel):
        if len(value) < 1:
            raise ValueError("kernel: expected at least one item, got none")
        return value
    raise TypeError(
        "kernel: expected an Embedding or have the members __len__, diagonal and block "
        f"(see otnas_fast.dpp.Kernel), got {type(value).__name__}"
    )
