"""Kernels between pool items, given as Gram blocks.

Notation
--------
N : number of pool items, addressed by index.
theta : positive hyperparameters, (p,); every function takes log theta.
K : Gram matrix of n training items, (n, n).
W : weights dF/dK of a scalar function F of K, (n, n), symmetric.
D_b, l_b : b-th distance and its lengthscale (same units); s^2 : variance of the process.

The kernel of docs/maths.md, Eq. (2):

    k(x, z) = s^2 exp(-sum_b D_b(x, z) / l_b)

The Gaussian process needs only dF/dlog theta_q = sum_ij W_ij dK_ij/dlog theta_q, so a kernel
returns these p sums and never p matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import FloatArray, IntArray
from otnas.gp.distances import DistanceBlocks, LaplaceBlocks, typical_distances
from otnas.gp.parameters import LogParameters, log_normal

_VARIANCE_BOUNDS = (1e-2, 1e2)


class TrainingGram(Protocol):
    """The Gram matrix of fixed training items as a function of the hyperparameters."""

    def gram(self, log_parameters: FloatArray) -> FloatArray:
        """Return K, shape (n, n)."""
        ...

    def gradient(
        self, log_parameters: FloatArray, gram: FloatArray, weights: FloatArray
    ) -> FloatArray:
        """Return sum_ij weights_ij dK_ij/dlog theta, shape (p,); `gram` is K."""
        ...


@runtime_checkable
class Kernel(Protocol):
    """A positive semi-definite function of two pool items with hyperparameters theta."""

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        ...

    @property
    def parameters(self) -> LogParameters:
        """The p hyperparameters."""
        ...

    def block(self, rows: IntArray, cols: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the covariances, shape (len(rows), len(cols)); callers never write to them."""
        ...

    def diagonal(self, items: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the variances k(x, x), shape (len(items),)."""
        ...

    def training(self, items: IntArray) -> TrainingGram:
        """Return what a fit over these items evaluates repeatedly."""
        ...


def variance_parameter(diagonal: float = 1.0) -> LogParameters:
    """Return the hyperparameter s^2 of a kernel whose diagonal is about `diagonal` s^2."""
    # Outputs are standardised, so the variance of the process, s^2 times the diagonal, is about 1.
    lower, upper = _VARIANCE_BOUNDS
    return log_normal(["variance"], 1.0 / diagonal, 1.0, lower / diagonal, upper / diagonal)


class LaplaceKernel:
    """k = s^2 exp(-sum_b D_b / l_b), docs/maths.md Eq. (2).

    Hyperparameters: the B lengthscales, then the variance s^2. With d_b the typical (mean)
    distance of block b, the prior of l_b is log-normal with median B d_b (two typical items
    then correlate by exp(-1)) and a standard deviation of 1.5 in log space; l_b is bounded to
    [0.02, 5000] d_b B. s^2 has median 1, log-deviation 1, bounds [0.01, 100].

    Parameters
    ----------
    source : DistanceBlocks
        May also implement `LaplaceBlocks`, which is then used for covariance blocks.
    names : sequence of B str, optional
        Names of the distances; "0", "1", ... by default.
    scales : array (B,), optional
        Typical distances d_b > 0; measured on a sample of the pool by default.

    Raises
    ------
    ValueError
        If `names` or `scales` do not have B entries or a scale is not positive.

    Examples
    --------
    >>> from otnas.gp import EmbeddingDistances
    >>> from otnas_fast import Embedding
    >>> source = EmbeddingDistances(Embedding({"x": np.arange(5.0)[:, None]}))
    >>> LaplaceKernel(source, names=["x"]).parameters.names
    ('lengthscale_x', 'variance')
    """

    def __init__(
        self,
        source: DistanceBlocks,
        *,
        names: Sequence[str] | None = None,
        scales: ArrayLike | None = None,
    ) -> None:
        n_blocks = source.n_blocks
        if names is None:
            names = [str(b) for b in range(n_blocks)]
        if len(names) != n_blocks:
            raise ValueError(f"names: expected {n_blocks} names, got {len(names)}")
        typical = (
            typical_distances(source) if scales is None else np.asarray(scales, dtype=np.float64)
        )
        if typical.shape != (n_blocks,) or not (np.isfinite(typical) & (typical > 0)).all():
            raise ValueError(f"scales: expected {n_blocks} positive numbers, got {typical}")
        self._source = source
        self._fast = source if isinstance(source, LaplaceBlocks) else None
        median = n_blocks * typical
        self._parameters = log_normal(
            [f"lengthscale_{name}" for name in names], median, 1.5, 0.02 * median, 5e3 * median
        ).concatenated(variance_parameter())

    @property
    def n_items(self) -> int:
        """Number of pool items N."""
        return self._source.n_items

    @property
    def parameters(self) -> LogParameters:
        """The B lengthscales and the variance."""
        return self._parameters

    def block(self, rows: IntArray, cols: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the covariances, shape (len(rows), len(cols))."""
        if self._fast is not None:
            theta = np.exp(log_parameters)
            return self._fast.laplace(rows, cols, theta[:-1], float(theta[-1]))
        return _laplace(self._source.block(rows, cols), log_parameters)

    def diagonal(self, items: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return s^2 for every item, shape (len(items),)."""
        return np.full(items.size, np.exp(log_parameters[-1]))

    def training(self, items: IntArray) -> TrainingGram:
        """Return the Gram matrix of these items with their distances kept."""
        return _LaplaceTraining(self._source.block(items, items))


def _laplace(distances: FloatArray, log_parameters: FloatArray) -> FloatArray:
    n_blocks, r, c = distances.shape
    # One matrix-vector product over the blocks; log s^2 is added in the exponent.
    exponent = -np.exp(-log_parameters[:-1]) @ distances.reshape(n_blocks, r * c)
    exponent += log_parameters[-1]
    result: FloatArray = np.exp(exponent, out=exponent).reshape(r, c)
    return result


class _LaplaceTraining:
    def __init__(self, distances: FloatArray) -> None:
        self._distances = np.ascontiguousarray(distances)

    def gram(self, log_parameters: FloatArray) -> FloatArray:
        return _laplace(self._distances, log_parameters)

    def gradient(
        self, log_parameters: FloatArray, gram: FloatArray, weights: FloatArray
    ) -> FloatArray:
        # dK/dlog l_b = K * D_b / l_b (element-wise), dK/dlog s^2 = K.
        weighted = (weights * gram).ravel()
        by_block = self._distances.reshape(self._distances.shape[0], -1) @ weighted
        return np.append(by_block * np.exp(-log_parameters[:-1]), weighted.sum())
