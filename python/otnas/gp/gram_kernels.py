"""Kernels given as a Gram matrix, whole or block by block; see `otnas.gp.kernels` for notation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.gp.embedding_distances import tree_wasserstein_kernel
from otnas.gp.kernels import Kernel, TrainingGram, variance_parameter
from otnas.gp.parameters import LogParameters
from otnas_fast import Embedding

GramBlocks: TypeAlias = Callable[[IntArray, IntArray], ArrayLike]
"""A function that maps row and column item indices to their block of a Gram matrix."""

# Variances are read off the diagonals of small square blocks: few calls, few unused entries.
_DIAGONAL_BLOCK = 64


def as_kernel(
    kernel: Kernel | Embedding | None,
    gram: ArrayLike | GramBlocks | Embedding | None,
    n_items: int | None,
) -> Kernel:
    """Return the kernel that a user described in one of several ways.

    Parameters
    ----------
    kernel : Kernel or Embedding, optional
        An Embedding stands for the Laplace kernel of its blocks' L1 distances.
    gram : array (N, N), callable (rows, cols) -> block, or Embedding, optional
        Given instead of `kernel`.
    n_items : int, optional
        N; given with a callable only.

    Raises
    ------
    TypeError
        If not exactly one of `kernel` and `gram` is given, if `n_items` is missing with a callable
        or given without one, or if `kernel` is not a kernel.
    ValueError
        If `gram` is not a Gram matrix, see `PrecomputedKernel`.
    """
    if (kernel is None) == (gram is None):
        got = "none" if gram is None else "both"
        raise TypeError(f"kernel, gram: expected one of the two, got {got}")
    if callable(gram):
        if n_items is None:
            raise TypeError("n_items: expected an integer beside a callable gram, got None")
        return CallableKernel(gram, n_items)
    if n_items is not None:
        raise TypeError(f"n_items: expected None unless gram is callable, got {n_items!r}")
    if isinstance(gram, Embedding):
        return tree_wasserstein_kernel(gram)
    if gram is not None:
        return PrecomputedKernel(gram)
    if isinstance(kernel, Embedding):
        return tree_wasserstein_kernel(kernel)
    if not isinstance(kernel, Kernel):
        raise TypeError(
            f"kernel: expected a Kernel or an Embedding, got {type(kernel).__name__}; a Gram "
            "matrix or a function that computes blocks of one is the argument gram"
        )
    return kernel


class PrecomputedKernel:
    """k = s^2 G for a given positive semi-definite Gram matrix G of the whole pool.

    The only hyperparameter is s^2. With d the mean diagonal of G, its prior is log-normal with
    median 1 / d and log-deviation 1, and it is bounded to [0.01, 100] / d, so that the scale of G
    does not matter.

    Parameters
    ----------
    gram : array (N, N)
        Symmetric positive semi-definite; singular is fine. Kept without a copy if float64.

    Raises
    ------
    ValueError
        If `gram` is not square, finite and symmetric, has a negative diagonal entry, or has an
        entry with ``|G_ij| > sqrt(G_ii G_jj)``, which no positive semi-definite matrix has. (Other
        indefinite matrices pass: a complete check would cost O(N^3).)

    Examples
    --------
    >>> kernel = PrecomputedKernel([[1.0, 0.5], [0.5, 1.0]])
    >>> kernel.block(np.array([0]), np.array([0, 1]), kernel.parameters.initial)
    array([[1. , 0.5]])
    """

    def __init__(self, gram: ArrayLike) -> None:
        array = checks.numbers("gram", gram)
        if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
            raise ValueError(f"gram: expected shape (N, N), got {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError("gram: expected finite values, got NaN or infinity")
        _check_square(array)
        _check_correlations(array)
        self._gram = array
        self._parameters = variance_parameter(float(np.diagonal(array).mean()) or 1.0)

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return int(self._gram.shape[0])

    @property
    def parameters(self) -> LogParameters:
        """The variance s^2."""
        return self._parameters

    def block(self, rows: IntArray, cols: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the covariances, shape (len(rows), len(cols))."""
        result: FloatArray = np.exp(log_parameters[0]) * self._gram[rows[:, np.newaxis], cols]
        return result

    def diagonal(self, items: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the variances, shape (len(items),)."""
        result: FloatArray = np.exp(log_parameters[0]) * self._gram[items, items]
        return result

    def training(self, items: IntArray) -> TrainingGram:
        """Return the Gram matrix of these items."""
        return _GramTraining(self._gram[items[:, np.newaxis], items])


def _check_square(block: FloatArray) -> None:
    """Reject a square block of k items that cannot be a block of a Gram matrix; O(k^2)."""
    largest = float(np.abs(block).max(initial=0.0))
    if not np.allclose(block, block.T, rtol=1e-8, atol=1e-8 * largest):
        asymmetry = float(np.abs(block - block.T).max())
        raise ValueError(f"gram: expected a symmetric matrix, got |K - K^T| of up to {asymmetry:g}")
    if (np.diagonal(block) < 0).any():
        raise ValueError(
            f"gram: expected a non-negative diagonal, got {np.diagonal(block).min():g}"
        )


def _check_correlations(gram: FloatArray) -> None:
    """Reject matrices, such as distances, whose 2 x 2 minors rule out a Gram matrix."""
    deviation = np.sqrt(np.diagonal(gram))
    slack = 1e-8 * float(np.abs(gram).max())
    for i, row in enumerate(gram):
        excess = np.abs(row) - deviation[i] * deviation * (1.0 + 1e-8)
        j = int(excess.argmax())
        if excess[j] > slack:
            raise ValueError(
                f"gram: expected a positive semi-definite matrix, got {row[j]:g} at ({i}, {j}) "
                f"with {gram[i, i]:g} and {gram[j, j]:g} on the diagonal"
            )


class _GramTraining:
    def __init__(self, gram: FloatArray) -> None:
        self._gram = gram

    def gram(self, log_parameters: FloatArray) -> FloatArray:
        result: FloatArray = np.exp(log_parameters[0]) * self._gram
        return result

    def gradient(
        self, log_parameters: FloatArray, gram: FloatArray, weights: FloatArray
    ) -> FloatArray:
        return np.array([np.vdot(weights, gram)])


class CallableKernel:
    """k = s^2 g for a function that computes blocks of a Gram matrix on demand.

    The only hyperparameter is s^2, as for `PrecomputedKernel`.

    Parameters
    ----------
    block : callable (rows, cols) -> array (len(rows), len(cols))
        Covariances between pool items, addressed by index: symmetric, positive semi-definite and
        finite. It is called for a few rows against all columns, and for square blocks.
    n_items : int >= 1
        Number of pool items N.

    Raises
    ------
    ValueError
        If `n_items` is not positive; later, if a block has the wrong shape or is not finite, or if
        a block of items with themselves is not symmetric or has a negative diagonal.

    Examples
    --------
    >>> kernel = CallableKernel(lambda rows, cols: np.exp(-abs(rows[:, None] - cols)), n_items=10)
    >>> kernel.block(np.array([0]), np.array([0, 1]), kernel.parameters.initial).round(3)
    array([[1.   , 0.368]])
    """

    def __init__(self, block: Callable[[IntArray, IntArray], ArrayLike], n_items: int) -> None:
        self._block = block
        self._n_items = checks.integer("n_items", n_items, 1)
        self._parameters = variance_parameter()

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return self._n_items

    @property
    def parameters(self) -> LogParameters:
        """The variance s^2."""
        return self._parameters

    def block(self, rows: IntArray, cols: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the covariances, shape (len(rows), len(cols))."""
        result: FloatArray = np.exp(log_parameters[0]) * self._checked(rows, cols)
        return result

    def diagonal(self, items: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the variances, shape (len(items),), from small square blocks."""
        values = [np.empty(0)]
        for start in range(0, items.size, _DIAGONAL_BLOCK):
            part = items[start : start + _DIAGONAL_BLOCK]
            values.append(np.diagonal(self._checked(part, part)))
        result: FloatArray = np.exp(log_parameters[0]) * np.concatenate(values)
        return result

    def training(self, items: IntArray) -> TrainingGram:
        """Return the Gram matrix of these items."""
        return _GramTraining(self._checked(items, items))

    def _checked(self, rows: IntArray, cols: IntArray) -> FloatArray:
        values = checks.numbers("gram", self._block(rows, cols))
        if values.shape != (rows.size, cols.size):
            raise ValueError(
                f"gram: expected a block of shape {(rows.size, cols.size)}, got {values.shape}"
            )
        if not np.isfinite(values).all():
            raise ValueError("gram: expected finite values in every block, got NaN or infinity")
        if np.array_equal(rows, cols):
            _check_square(values)
        return values
