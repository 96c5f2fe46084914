"""The posterior of any items, computed from the Cholesky factor on every call.

Notation: see `process`. Each call computes A = L^-1 K_* for the k requested items, O(n^2 k);
`PoolPosterior` stores A for a whole pool instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.cholesky import solve_lower
from otnas.gp.process import GaussianProcess


class Posterior(Protocol):
    """The posterior of items under a process, in standardised units."""

    @property
    def process(self) -> GaussianProcess:
        """The Gaussian process."""
        ...

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all changes of the process since."""
        ...

    def standardised_moments(self, items: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return posterior means and deviations, shapes (k,)."""
        ...

    def standardised_covariance(self, items: IntArray) -> FloatArray:
        """Return the posterior covariance, shape (k, k)."""
        ...


class DirectPosterior:
    """The posterior of items that differ from call to call, docs/maths.md Eq. (4).

    Parameters
    ----------
    process : GaussianProcess

    Examples
    --------
    >>> from otnas.gp import PrecomputedKernel
    >>> process = GaussianProcess(PrecomputedKernel([[1.0, 0.5], [0.5, 1.0]]))
    >>> process.add([0], [2.0])
    >>> mean, deviation = DirectPosterior(process).standardised_moments(np.array([0, 1]))
    >>> bool(deviation[0] < deviation[1])
    True
    """

    def __init__(self, process: GaussianProcess) -> None:
        self._process = process

    @property
    def process(self) -> GaussianProcess:
        """The Gaussian process."""
        return self._process

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all changes of the process since."""
        return self._process.checkpoint()

    def standardised_moments(self, items: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return posterior means and deviations, shapes (k,); O(n^2 k)."""
        process, a = self._process, self._whitened(items)
        theta = process.log_parameters[:-1]
        variance = process.kernel.diagonal(items, theta) - np.einsum("ij,ij->j", a, a)
        mean = a[: process.items.size].T @ process.whitened_targets
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def standardised_covariance(self, items: IntArray) -> FloatArray:
        """Return the posterior covariance, shape (k, k); O(n k (n + k))."""
        a = self._whitened(items)
        theta = self._process.log_parameters[:-1]
        covariance = self._process.kernel.block(items, items, theta) - a.T @ a
        return 0.5 * (covariance + covariance.T)

    def _whitened(self, items: IntArray) -> FloatArray:
        theta = self._process.log_parameters[:-1]
        cross = self._process.kernel.block(self._process.rows, items, theta)
        return solve_lower(self._process.lower, cross) if len(cross) else cross
