"""The posterior over the whole pool, updated by one row for each observation.

Notation
--------
N : pool size; n observed and m pending items, as in `gp`.
A = L^-1 K_* : (n + m, N), one row for each item that was conditioned on.
K_* : covariances of observed and pending items with the pool, (n + m, N).

    mean = A[:n]^T beta,   variance_j = k(x_j, x_j) - sum_i A_ij^2             (docs/maths.md Eq. 4)

Forward substitution makes row n + 1 from the rows above it, with (X, Y) the new rows of L:

    A_new = Y^-1 (K_new - X A)

so an observation costs one row of covariances and O(n N); the mean follows in O(N), see
`_pool_mean`. New hyperparameters change L, and all
rows are computed anew: O(n^2 N), in blocks of columns, so that K_* never exists as a whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy.linalg.blas import dtrsm

from otnas.arrays import AnyFloatArray, FloatArray, as_items, common_prefix
from otnas.gp.pool_mean import PoolMean
from otnas.gp.process import GaussianProcess

# Up to this many new numbers are computed as whole rows, which a kernel may remember.
_WHOLE_ROWS = 1 << 21
# More are computed in blocks of this size: their B distances fit into reused memory.
_BLOCK_ELEMENTS = 1 << 18


class PoolPosterior:
    """Posterior mean, standard deviation and covariances of a process over all pool items.

    Follows the process by itself: every property first takes over what changed there.
    All variances are of the noise-free function. "Standardised" means the units of the
    standardised targets, everything else the units of the targets.

    Parameters
    ----------
    process : GaussianProcess
    dtype : float64 or float32
        Storage of A, 4 or 8 bytes times (n + m) N. Single precision halves memory and time; its
        relative error is about 1e-7 times the condition number of L, so about 1e-4 at noise 1e-6.

    Raises
    ------
    ValueError
        If `dtype` is neither float32 nor float64.
    """

    def __init__(self, process: GaussianProcess, *, dtype: DTypeLike = np.float64) -> None:
        self._dtype = np.dtype(dtype)
        if self._dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype: expected float32 or float64, got {self._dtype}")
        self._process = process
        self._pool = np.arange(process.kernel.n_items, dtype=np.intp)
        self._storage: AnyFloatArray = np.empty((0, self._pool.size), dtype=self._dtype)
        self._generation = -1
        self._version = -1
        self._rows = np.empty(0, dtype=np.intp)
        self._variance: FloatArray = np.empty(0)
        self._mean: FloatArray = np.empty(0)
        self._pool_mean = PoolMean()

    @property
    def process(self) -> GaussianProcess:
        """The Gaussian process."""
        return self._process

    @property
    def standardised_mean(self) -> FloatArray:
        """Posterior mean of all items in standardised units, shape (N,)."""
        self._follow()
        return self._mean.copy()

    @property
    def standardised_std(self) -> FloatArray:
        """Posterior standard deviation of all items in standardised units, shape (N,), >= 0."""
        self._follow()
        # Rounding can leave a known item slightly below zero.
        return np.sqrt(np.maximum(self._variance, 0.0))

    @property
    def mean(self) -> FloatArray:
        """Posterior mean of all items in the units of the targets, shape (N,)."""
        return self._process.offset + self._process.scale * self.standardised_mean

    @property
    def std(self) -> FloatArray:
        """Posterior standard deviation of all items in the units of the targets, shape (N,)."""
        return self._process.scale * self.standardised_std

    def standardised_covariance(self, items: ArrayLike) -> FloatArray:
        """Return the posterior covariance of k items in standardised units, shape (k, k).

        O((n + m) k^2). Symmetric; positive semi-definite up to rounding.
        """
        where = as_items(items, self._pool.size, "items")
        self._follow()
        a = self._storage[: self._rows.size, where].astype(np.float64)
        prior = self._process.kernel.block(where, where, self._process.log_parameters[:-1])
        covariance = prior - a.T @ a
        return 0.5 * (covariance + covariance.T)

    def covariance(self, items: ArrayLike) -> FloatArray:
        """Return the posterior covariance of k items in squared target units, shape (k, k)."""
        return self._process.to_squared_units(self.standardised_covariance(items))

    def _follow(self) -> None:
        process = self._process
        if self._version == process.version:
            return
        restart = self._generation != process.generation
        if restart:
            keep = 0
            prior = process.kernel.diagonal(self._pool, process.log_parameters[:-1])
            self._variance = np.array(prior, dtype=np.float64)
        else:
            keep = common_prefix(self._rows, process.rows)
            for row in self._storage[keep : self._rows.size]:
                self._variance += _squares(row)
        self._append(keep)
        self._rows, self._generation = process.rows, process.generation
        observed = self._storage[: process.items.size]
        self._mean = self._pool_mean.update(process, observed, restart=restart)
        self._version = process.version

    def _append(self, keep: int) -> None:
        """Compute the rows of A after the first `keep`, and take their squares off the variance."""
        process = self._process
        rows = process.rows
        if rows.size == keep:
            return
        self._reserve(rows.size, keep)
        x = process.lower[keep:, :keep].astype(self._dtype)
        y = np.asfortranarray(process.lower[keep:, keep:])
        theta = process.log_parameters[:-1]
        new = rows[keep:]
        width = self._pool.size
        if new.size * width > _WHOLE_ROWS:
            width = max(256, _BLOCK_ELEMENTS // new.size)
        for start in range(0, self._pool.size, width):
            columns = slice(start, start + width)
            prior = process.kernel.block(new, self._pool[columns], theta)
            # The kernel owns `prior`: work on a copy of ours.
            if keep:
                block = (x @ self._storage[:keep, columns]).astype(np.float64, copy=False)
                np.subtract(prior, block, out=block)
            else:
                block = np.array(prior, dtype=np.float64, order="C")
            if new.size == 1:
                block /= y[0, 0]
            else:
                # A C-ordered block is its own Fortran-ordered transpose, for which
                # A^T Y^T = block^T is solved in place and from the right.
                block = dtrsm(1.0, y, block.T, side=1, lower=1, trans_a=1, overwrite_b=1).T
            self._storage[keep : rows.size, columns] = block
            self._variance[columns] -= np.einsum("ij,ij->j", block, block)

    def _reserve(self, n_rows: int, keep: int) -> None:
        """Make room for `n_rows` rows; growing by half keeps copies amortised."""
        capacity = self._storage.shape[0]
        if n_rows <= capacity:
            return
        grown: AnyFloatArray = np.empty(
            (max(n_rows, 16, capacity + capacity // 2), self._pool.size), dtype=self._dtype
        )
        grown[:keep] = self._storage[:keep]
        self._storage = grown


def _squares(row: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> FloatArray:
    wide: FloatArray = row.astype(np.float64)
    return wide * wide
