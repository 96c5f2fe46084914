"""A Gaussian process over cells instead of item numbers.

Two ways to evaluate its posterior, of the same values:

- over a whole pool, whose rows are kept and updated (`PoolPosterior`);
- over candidates that change with every question: cells that were observed or are pending stay in
  the list of items, candidates are put after them and taken off again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.cached_distances import CachedDistances
from otnas.gp.cholesky import solve_lower
from otnas.gp.distances import DistanceBlocks, LaplaceBlocks
from otnas.gp.kernels import LaplaceKernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.pool_rows import storage_dtype
from otnas.gp.process import GaussianProcess
from otnas.search.cell_pool import CellPool
from otnas.search.distances import CellDistances, TypicalSample
from otnas.spaces import Space
from otnas_fast import Cell, as_cells


class CellProcess:
    """Posterior of cells given told and pending cells, standardised units throughout.

    Parameters
    ----------
    distances : CellDistances, empty
    space : Space
    pool : CellPool, optional
        On which the priors of the lengthscales are measured.
    whole_pool : bool
        Whether the pool's cells are in the list for good. Those at distance 0 are one item.
    noise_floor : float
        See `GaussianProcess`.
    """

    def __init__(
        self,
        distances: CellDistances,
        space: Space,
        pool: CellPool | None,
        *,
        whole_pool: bool,
        noise_floor: float,
    ) -> None:
        self._distances = distances
        self._noise_floor = noise_floor
        self._scales = distances.scales(TypicalSample(space, pool, distances.sample_size))
        self._pool = pool if whole_pool else None
        self._index: dict[Cell, int] = {}
        self._item_of = np.empty(0, dtype=np.intp)
        if self._pool is not None:
            self._item_of = distances.append_pool(self._pool)
        self._n_kept = distances.n_items
        self._start()

    @property
    def process(self) -> GaussianProcess:
        """The Gaussian process."""
        return self._process

    @property
    def relevances(self) -> dict[str, float]:
        """What the last fit makes of each distance: typical distance / lengthscale, >= 0.

        Typical cells correlate by exp(-sum of these); a distance near 0 plays no part.
        """
        lengthscales = np.exp(self._process.log_parameters[: self._scales.size])
        return dict(zip(self._distances.names, (self._scales / lengthscales).tolist(), strict=True))

    def condition(self, told: Sequence[Cell], targets: FloatArray, pending: Sequence[Cell]) -> None:
        """Condition on all cells told so far, with their targets, and on the pending ones.

        Parameters
        ----------
        told : n cells, beginning with those of the last call
        targets : array (n,)
        pending : m cells, believed to have their posterior mean
        """
        self._distances.truncate(self._n_kept)
        new = told[self._process.items.size :]
        items = self._items([*new, *pending])
        self._process.add(items[: len(new)], targets[len(told) - len(new) :])
        self._process.set_targets(targets)
        self._process.set_pending(items[len(new) :])

    def place(self, candidates: Sequence[Cell]) -> IntArray:
        """Put candidates into the list until the next `condition`; return their items."""
        self._distances.truncate(self._n_kept)
        self._distances.append(as_cells(candidates))
        return np.arange(self._n_kept, self._distances.n_items)

    def place_pool(self, positions: IntArray) -> IntArray:
        """Return the items of cells of the pool, which stay in the list."""
        return self._item_of[positions]

    def moments(self, items: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return posterior means and standard deviations, shapes (k,)."""
        if self._posterior is not None:
            return (
                self._posterior.standardised_mean[items],
                self._posterior.standardised_std[items],
            )
        a = self._whitened(items)
        theta = self._process.log_parameters[:-1]
        variance = self._process.kernel.diagonal(items, theta) - np.einsum("ij,ij->j", a, a)
        mean = a[: self._process.items.size].T @ self._process.whitened_targets
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def covariance(self, items: IntArray) -> FloatArray:
        """Return the posterior covariance, shape (k, k)."""
        if self._posterior is not None:
            return self._posterior.standardised_covariance(items)
        a = self._whitened(items)
        theta = self._process.log_parameters[:-1]
        covariance = self._process.kernel.block(items, items, theta) - a.T @ a
        return 0.5 * (covariance + covariance.T)

    def scaled_distances(self, items: IntArray) -> FloatArray:
        """Return sum_b D_b / l_b of all pairs, shape (k, k)."""
        blocks = self._distances.block(items, items)
        lengthscales = np.exp(self._process.log_parameters[: self._distances.n_blocks])
        result: FloatArray = np.tensordot(1.0 / lengthscales, blocks, axes=1)
        return result

    def _start(self) -> None:
        """Make kernel and process for the present list."""
        whole = self._pool is not None
        source: DistanceBlocks = self._distances
        if whole and not isinstance(source, LaplaceBlocks):
            source = CachedDistances(source, dtype=storage_dtype(None, source.n_items))
        kernel = LaplaceKernel(source, names=self._distances.names, scales=self._scales)
        self._process = GaussianProcess(kernel, noise_floor=self._noise_floor)
        self._posterior = PoolPosterior(self._process) if whole else None

    def _items(self, cells: Sequence[Cell]) -> IntArray:
        """Return the items of cells, new ones at the end of the list."""
        items = np.empty(len(cells), dtype=np.intp)
        new: list[Cell] = []
        for i, cell in enumerate(cells):
            item = self._index.get(cell, -1)
            if item < 0 and self._pool is not None:
                position = self._pool.locate(cell)
                item = int(self._item_of[position]) if position >= 0 else -1
            if item < 0:
                item = self._n_kept + len(new)
                new.append(cell)
            items[i] = self._index[cell] = item
        if new:
            self._distances.append(as_cells(new))
            self._n_kept = self._distances.n_items
            if self._pool is not None:
                self._lengthen()
        return items

    def _lengthen(self) -> None:
        """Take over cells from outside the pool: rows over the pool get longer."""
        old = self._process
        self._start()
        self._process.set_log_parameters(old.log_parameters)
        self._process.add(old.items, old.targets)

    def _whitened(self, items: IntArray) -> FloatArray:
        theta = self._process.log_parameters[:-1]
        cross = self._process.kernel.block(self._process.rows, items, theta)
        return solve_lower(self._process.lower, cross) if len(cross) else cross
