"""Cells as the items of a Gaussian process, whose items are numbers.

There are two ways to evaluate the posterior, with equal results:

- over a whole pool, whose rows are kept and updated (`PoolPosterior`);
- over candidates that change from call to call (`DirectPosterior`): observed and pending cells
  stay in the list of items, and candidates are appended to them and removed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from otnas.arrays import IntArray
from otnas.gp.cached_distances import CachedDistances
from otnas.gp.direct_posterior import DirectPosterior, Posterior
from otnas.gp.distances import DistanceBlocks, LaplaceBlocks
from otnas.gp.kernels import Kernel, LaplaceKernel
from otnas.gp.linear_mean import LinearMeanKernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.pool_rows import storage_dtype
from otnas.gp.process import GaussianProcess
from otnas.search import transaction
from otnas.search.cells.distances import CellDistances, TypicalSample, packed
from otnas.search.cells.distances.featured import FeaturedDistances, with_features
from otnas.search.cells.features import KnownFeatures
from otnas.search.cells.pool import CellPool
from otnas.spaces import SearchSpace


class CellItems:
    """A list of cells, beginning with those of a pool, and a Gaussian process over it.

    Parameters
    ----------
    distances : CellDistances, empty
    space : SearchSpace
    pool : CellPool, optional
        The pool on which the priors of the lengthscales are measured.
    whole_pool : bool
        Whether the pool's cells stay in the list permanently. Cells at distance 0 are one item.
    noise_floor : float
        See `GaussianProcess`.
    features : KnownFeatures, optional
        Further blocks of the kernel, and a linear mean.
    """

    def __init__(
        self,
        distances: CellDistances,
        space: SearchSpace[Any],
        pool: CellPool | None,
        *,
        whole_pool: bool,
        noise_floor: float,
        features: KnownFeatures | None = None,
    ) -> None:
        self._distances = distances = with_features(distances, features)
        self._noise_floor = noise_floor
        self._scales = distances.scales(TypicalSample(space, pool, distances.sample_size))
        self._pool = pool if whole_pool else None
        self._index: dict[Any, int] = {}
        self._item_of = np.empty(0, dtype=np.intp)
        if self._pool is not None:
            self._item_of = distances.append_pool(self._pool)
        self._n_kept = distances.n_items
        self._start()

    @property
    def posterior(self) -> Posterior:
        """The posterior of all items."""
        return self._posterior

    @property
    def process(self) -> GaussianProcess:
        """The Gaussian process."""
        return self._posterior.process

    @property
    def relevances(self) -> dict[str, float]:
        """Relevance of each distance in the last fit: typical distance / lengthscale, >= 0.

        Typical cells correlate by exp(-sum of these); a distance with a value near 0 has no effect.
        """
        lengthscales = np.exp(self.process.log_parameters[: self._scales.size])
        return dict(zip(self._distances.names, (self._scales / lengthscales).tolist(), strict=True))

    def keep(self, cells: Sequence[Any]) -> IntArray:
        """Remove candidates, append new cells for good, and return the items of `cells`."""
        self._distances.truncate(self._n_kept)
        items = np.empty(len(cells), dtype=np.intp)
        new: list[Any] = []
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
            self._distances.append(packed(new))
            self._n_kept = self._distances.n_items
            if self._pool is not None:
                self._lengthen()
        return items

    def place(self, candidates: Sequence[Any]) -> IntArray:
        """Put candidates into the list until the next call of `keep`; return their items."""
        self._distances.truncate(self._n_kept)
        self._distances.append(packed(candidates))
        return np.arange(self._n_kept, self._distances.n_items)

    def of_pool(self, positions: IntArray) -> IntArray:
        """Return the items of pool cells, which stay in the list."""
        return self._item_of[positions]

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def _start(self) -> None:
        """Create the kernel and the process for the present list."""
        whole = self._pool is not None
        source: DistanceBlocks = self._distances
        if whole and not isinstance(source, LaplaceBlocks):
            source = CachedDistances(source, dtype=storage_dtype(None, source.n_items))
        kernel: Kernel = LaplaceKernel(source, names=self._distances.names, scales=self._scales)
        if isinstance(self._distances, FeaturedDistances):
            kernel = LinearMeanKernel(kernel, self._distances, self._distances.feature_names)
        process = GaussianProcess(kernel, noise_floor=self._noise_floor)
        self._posterior: Posterior = PoolPosterior(process) if whole else DirectPosterior(process)

    def _lengthen(self) -> None:
        """Extend the rows over the pool by cells from outside the pool."""
        old = self.process
        self._start()
        self.process.set_log_parameters(old.log_parameters, old.n_fitted)
        self.process.add(old.items, old.targets)
