"""The posterior over the whole pool, updated by one row for each observation.

Notation
--------
N : pool size; n observed and m pending items, as in `gp`.
A = L^-1 K_* : (n + m, N), one row for each item that was conditioned on.
K_* : covariances of observed and pending items with the pool, (n + m, N).

    mean = A[:n]^T beta,   variance_j = k(x_j, x_j) - sum_i A_ij^2             (docs/maths.md Eq. 4)

Forward substitution computes new rows from those above them; with (X, Y) the new rows of L,

    A_new = Y^-1 (K_new - X A)

so an observation costs one row of covariances and O(n N); the mean follows in O(N), see
`pool_mean`. New hyperparameters change L, and all rows are recomputed in O(n^2 N), a group of rows
at a time, so that K_* never exists as a whole.

Single precision. Rows over a large pool are stored in single precision by default (`pool_rows`),
which halves memory; all arithmetic is in double. Rounding a row by 6e-8 of its size moves variances
by about 1e-7 s^2, a tenth of the smallest noise, whatever the conditioning. Means move by up to
1e-7 |beta|, beta = L^-1 y: 1e-6 with hyperparameters that fit, for which |beta|^2 is about n.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy.linalg.blas import dtrsm

from otnas import checks
from otnas.arrays import AnyFloatArray, FloatArray, IntArray, common_prefix
from otnas.gp.pool_mean import PoolMean
from otnas.gp.pool_rows import PoolRows, storage_dtype
from otnas.gp.process import GaussianProcess

# Covariances computed at a time: whole rows, which kernels compute fastest and may remember.
_GROUP_ELEMENTS = 1 << 24
_GROUP_ROWS = (16, 64)
# Rows are worked on in blocks of this size, which stay in the cache.
_BLOCK_ELEMENTS = 1 << 17


class PoolPosterior:
    """Posterior mean, standard deviation and covariances of a process over all pool items.

    Every property first brings itself up to date with the process.
    All variances are of the noise-free function. "Standardised" results are in the units of the
    standardised targets, all others in the units of the targets.

    Parameters
    ----------
    process : GaussianProcess
    dtype : float64, float32 or None
        Storage precision of A, which takes 8 or 4 bytes times (n + m) N, in chunks of up to 64 MB
        or 16 rows. None means float64 for pools of up to `pool_rows.LARGEST_DOUBLE_POOL` = 50,000
        items and float32 above.

    Raises
    ------
    ValueError
        If `dtype` is something else.

    Examples
    --------
    >>> from otnas.gp import PrecomputedKernel
    >>> x = np.linspace(0.0, 1.0, 20)
    >>> process = GaussianProcess(PrecomputedKernel(np.exp(-abs(x[:, None] - x))))
    >>> posterior = PoolPosterior(process)
    >>> process.add([0, 10, 19], [0.0, 1.0, 0.0])
    >>> int(posterior.mean.argmax()), bool(posterior.std[5] > posterior.std[10])
    (10, True)
    """

    def __init__(self, process: GaussianProcess, *, dtype: DTypeLike | None = None) -> None:
        self._process = process
        self._pool = np.arange(process.kernel.n_items, dtype=np.intp)
        self._a = PoolRows(self._pool.size, storage_dtype(dtype, self._pool.size))
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

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all later changes of the process, which this follows."""
        return self._process.checkpoint()

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

    def standardised_moments(self, items: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return posterior means and deviations of k items in standardised units, (k,) each."""
        self._follow()
        std = np.sqrt(np.maximum(self._variance[items], 0.0))
        return self._mean[items], std

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
        where = checks.pool_items("items", items, self._pool.size)
        self._follow()
        a = self._a.take(self._rows.size, where)
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
        # The state is invalid until the update is complete: a kernel may fail half-way.
        self._generation = -1
        if restart:
            keep = 0
            prior = process.kernel.diagonal(self._pool, process.log_parameters[:-1])
            self._variance = np.array(prior, dtype=np.float64)
        else:
            keep = common_prefix(self._rows, process.rows)
            for _, rows in self._a.parts(keep, self._rows.size):
                for row in rows:
                    self._variance += np.square(row, dtype=np.float64)
        self._append(keep)
        self._mean = self._pool_mean.update(process, self._a, restart=restart)
        self._rows, self._generation = process.rows, process.generation
        self._version = process.version

    def _append(self, keep: int) -> None:
        """Compute rows of A after the first `keep` and subtract their squares from variances."""
        n = self._process.rows.size
        least, most = _GROUP_ROWS
        group = min(max(_GROUP_ELEMENTS // self._pool.size, least), most)
        while keep < n:
            rows = self._a.extend(keep, min(n, keep + group))
            self._write(rows, keep)
            keep += len(rows)
        self._a.release(n)

    def _write(self, out: AnyFloatArray, keep: int) -> None:
        """Fill `out` with the rows of A after the first `keep`."""
        process = self._process
        stop = keep + len(out)
        x = process.lower[keep:stop, :keep]
        y = np.asfortranarray(process.lower[keep:stop, keep:stop])
        theta = process.log_parameters[:-1]
        prior = process.kernel.block(process.rows[keep:stop], self._pool, theta)
        width = max(256, _BLOCK_ELEMENTS // len(out))
        for start in range(0, self._pool.size, width):
            columns = slice(start, start + width)
            # The kernel owns `prior`, so work on a copy of each block.
            block = prior[:, columns] - self._a.product(x, 0, columns)
            if len(out) == 1:
                block /= y[0, 0]
            else:
                # A C-ordered block is its own Fortran-ordered transpose, for which
                # A^T Y^T = block^T is solved in place and from the right.
                block = dtrsm(1.0, y, block.T, side=1, lower=1, trans_a=1, overwrite_b=1).T
            out[:, columns] = block
            self._variance[columns] -= np.einsum("ij,ij->j", block, block)
