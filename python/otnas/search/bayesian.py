"""Bayesian optimisation of cells with a Gaussian process."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.base import Search
from otnas.search.batch import most_promising
from otnas.search.candidates import Candidates
from otnas.search.cell_pool import CellPool
from otnas.search.cell_process import CellProcess
from otnas.search.choice import best_of, confidence_bound, promise
from otnas.search.distances import CellDistances
from otnas.search.gp_settings import LARGEST_WHOLE_POOL, BatchSettings, refit_is_due
from otnas.search.kernels import KernelKind
from otnas.search.mutation import mutations_of_best
from otnas.search.rules import Rule
from otnas.search.transforms import TRANSFORMS, OutputTransform
from otnas.spaces import Space
from otnas_fast import Cell


class BayesianSearch(Search):
    """Gaussian process on cells, an acquisition function for one, a batch rule for many.

    Pending cells count as observed at their posterior mean. Failed trainings count as the worst
    error so far. Ties of the acquisition function are broken at random.

    Parameters
    ----------
    settings : settings of the rule
    kind : KernelKind
    rule : Rule
    space, seed, pool, initial
        See `Search`.

    Raises
    ------
    ValueError
        If candidates are "space" and there is no pool.
    ImportError
        If the kernel needs a package that is not installed.
    """

    def __init__(
        self,
        settings: BatchSettings,
        kind: KernelKind,
        rule: Rule,
        space: Space,
        *,
        seed: int,
        pool: CellPool | None = None,
        initial: int = 20,
    ) -> None:
        super().__init__(space, seed=seed, pool=pool, initial=initial)
        self._settings, self._rule = settings, rule
        distances = kind.distances(space.taxonomy)
        self._mode = _candidate_mode(settings.candidates, kind, distances, pool)
        self._transform: OutputTransform = TRANSFORMS[settings.transform]()
        self._model = CellProcess(
            distances,
            space,
            pool,
            whole_pool=self._mode == "space",
            noise_floor=settings.noise_floor,
        )
        self._n_fitted = 0
        self._kept: list[Cell] = []

    @property
    def model(self) -> CellProcess:
        """The posterior that the last cells were chosen with."""
        return self._model

    def _check_errors(self, errors: FloatArray) -> None:
        self._transform.check(errors)

    def _choose(self, n: int) -> list[Cell]:
        targets = self._transform(self._errors)
        self._model.condition(self._told, targets, list(self._pending.values()))
        process = self._model.process
        if refit_is_due(targets.size, self._n_fitted, self._settings.refit_every):
            process.fit()
            self._n_fitted = targets.size
        cells = None if self._mode == "space" else self._proposals(n)
        if cells is None:
            positions = self._left_of_pool()
            items = self._model.place_pool(positions)
        else:
            positions = items = self._model.place(cells)
        mean, std = self._model.moments(items)
        best = float(self._model.moments(process.items)[0].min())
        if n == 1 and not self._rule.for_one:
            n_seen = len(self._told) + len(self._pending)
            chosen = self._rng.choice(best_of(self._settings, n_seen, mean, std, best), size=1)
        else:
            chosen = self._batch(n, positions, items, mean, std, best)
        found = [self._cell(int(positions[i])) if cells is None else cells[i] for i in chosen]
        self._remember(found, mean[chosen], std[chosen])
        if cells is not None and self._mode == "growing":
            bound = confidence_bound(self._settings, mean, std, self._settings.kappa)
            bound[chosen] = np.inf
            order = most_promising(bound, min(self._settings.n_kept, len(cells) - n))
            self._kept = [cells[i] for i in order.tolist()]
        return found

    def _batch(
        self,
        n: int,
        positions: IntArray,
        items: IntArray,
        mean: FloatArray,
        std: FloatArray,
        best: float,
    ) -> IntArray:
        """Return the positions that the batch rule chooses, shape (n,)."""
        settings, process = self._settings, self._model.process
        value = promise(self._rule, settings, mean, std, best)
        promising = self._promising(settings.promising(n), positions, value)
        covariance = self._model.covariance(items[promising])
        candidates = Candidates(
            mean[promising],
            covariance,
            self._model.scaled_distances(items[promising]),
            process.standardised_targets,
            best,
            float(np.exp(process.log_parameters[-1])),
        )
        return promising[self._rule.choose(candidates, n, settings, self._rng)]

    def _promising(self, m: int, positions: IntArray, value: FloatArray) -> IntArray:
        """Return up to m positions of lowest value, one of each group of the pool."""
        if self._mode != "space" or self._pool is None:
            return most_promising(value, m)
        width = m
        while True:
            best = most_promising(value, width)
            _, first = np.unique(self._pool.labels[positions[best]], return_index=True)
            if first.size >= m or width >= positions.size:
                return best[np.sort(first)[:m]]
            width *= 2

    def _left_of_pool(self) -> IntArray:
        """Return the positions of the pool's cells that may be asked for."""
        assert self._left is not None  # "space" was refused without a pool
        return np.flatnonzero(self._left.mask)

    def _cell(self, item: int) -> Cell:
        assert self._pool is not None
        return self._pool[item]

    def _proposals(self, n: int) -> list[Cell]:
        """Return at least n different fresh cells to choose from."""
        taken: set[bytes] = set()
        settings = self._settings
        cells = [cell for cell in self._kept if self._fresh(cell, taken) is not None]
        cells += mutations_of_best(self, settings.n_mutations, settings.n_parents, self._rng, taken)
        wanted = len(cells) + (settings.n_random if self._mode == "growing" else 0)
        while len(cells) < max(n, wanted):
            try:
                cells.append(self._draw(self._rng, taken))
            except RuntimeError:
                if len(cells) < n:
                    raise
                break
        return cells

    def _remember(self, cells: list[Cell], mean: FloatArray, std: FloatArray) -> None:
        process = self._model.process
        values = self._transform.moments(process.offset + process.scale * mean, process.scale * std)
        for cell, *moments in zip(cells, *(v.tolist() for v in values), strict=True):
            self._predictions[cell] = (moments[0], moments[1])


def _candidate_mode(
    candidates: str, kind: KernelKind, distances: CellDistances, pool: CellPool | None
) -> str:
    if candidates == "space" and pool is None:
        raise ValueError(
            "candidates: expected 'mutation', 'growing' or 'auto' for a space that cannot be "
            "enumerated and without a pool, got 'space'"
        )
    if candidates != "auto":
        return candidates
    if kind.slow:
        return "mutation"
    largest = min(LARGEST_WHOLE_POOL, distances.largest_pool)
    return "space" if pool is not None and len(pool) <= largest else "growing"
