"""Local search with restarts (White, Nolen & Savani, 2021, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search.base import Search
from otnas.search.cells.domain import CellDomain


@dataclass(frozen=True)
class LocalSearchSettings:
    """Parameters of local search.

    Attributes
    ----------
    whole_neighbourhood : bool
        Whether all neighbours are evaluated before moving to the best (Algorithm 1), or the search
        moves at the first improvement (its "query until lower" variant, Section 5). The variant is
        the default, because it is the stronger baseline on the default table.
    restart_draws : int >= 1
        Uniform draws at a local minimum, whose best is the next start; 1, as in Algorithm 1.
    """

    whole_neighbourhood: bool = False
    restart_draws: int = 1

    def __post_init__(self) -> None:
        checks.at_least(self, restart_draws=1)


class LocalSearch(Search[Any]):
    """Evaluate the neighbours of a cell and move to a better one if there is one, else restart.

    The first start is the best of the initial design. Neighbours come in random order. Neighbours
    seen before are not evaluated again; if they were told, their error counts all the same. Cells
    asked for while a decision waits for pending errors are uniform draws that belong to the next
    restart.

    Parameters
    ----------
    settings : LocalSearchSettings
    domain, seed, initial, direction
        See `Search`.
    """

    def __init__(self, settings: LocalSearchSettings, domain: CellDomain, **rest: Any) -> None:
        super().__init__(domain, **rest)
        self._space = domain.space
        self._settings = settings
        self._error_of: dict[Hashable, float] = {}
        self._starts: list[tuple[Any, float]] = []
        self._centre: tuple[Any, float] | None = None
        self._queue: list[Any] = []
        self._neighbours: dict[Hashable, Any] = {}
        self._restarting = 0

    def _method_state(self) -> None:
        return None

    def _observed(self, cells: list[Any], errors: FloatArray) -> None:
        for cell, error in zip(cells, errors.tolist(), strict=True):
            digest = self._domain.identify(cell)[0]
            self._error_of[digest] = min(error, self._error_of.get(digest, np.inf))
            if digest not in self._neighbours:
                self._starts.append((cell, error))

    def _choose(self, n: int) -> list[Any]:
        taken: set[Hashable] = set()
        chosen: list[Any] = []
        while len(chosen) < n:
            cell = self._next(taken)
            chosen.append(self._draw(self._rng, taken) if cell is None else cell)
        return chosen

    def _next(self, taken: set[Hashable]) -> Any:
        """Return the next neighbour to evaluate, or None for a uniform draw."""
        while True:
            if self._centre is None:
                if self._restarting > 0:
                    self._restarting -= 1
                    return None
                start = min(self._starts, key=lambda pair: pair[1], default=None)
                if start is None or not np.isfinite(start[1]):
                    return None
                self._move(start)
            better = self._improvement()
            if better is not None and (
                not self._settings.whole_neighbourhood or self._evaluated(taken)
            ):
                self._move(better)
                continue
            while self._queue:
                fresh = self._fresh(self._queue.pop(), taken)
                if fresh is not None:
                    return fresh
            if not self._evaluated(taken):
                return None
            if better is None:
                self._centre = None
                self._neighbours = {}
                self._restarting = self._settings.restart_draws

    def _move(self, centre: tuple[Any, float]) -> None:
        self._centre = centre
        self._starts.clear()
        neighbours = self._space.neighbours(centre[0])
        self._neighbours = {self._domain.identify(cell)[0]: cell for cell in neighbours}
        order = self._rng.permutation(len(self._neighbours))
        unique = list(self._neighbours.values())
        self._queue = [unique[i] for i in order]

    def _improvement(self) -> tuple[Any, float] | None:
        """Return the best told neighbour if it is better than the centre."""
        told = [(self._error_of[d], d) for d in self._neighbours if d in self._error_of]
        if not told or self._centre is None:
            return None
        error, digest = min(told)
        return (self._neighbours[digest], error) if error < self._centre[1] else None

    def _evaluated(self, taken: set[Hashable]) -> bool:
        """Whether no neighbour is waiting to be asked for or told."""
        waiting = [d for d in self._neighbours if d in self._pending or d in taken]
        return not self._queue and not waiting
