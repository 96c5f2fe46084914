"""Regularised evolution (Real, Aggarwal, Huang & Le, 2019, Algorithm 1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search.base import Search
from otnas.search.cells.domain import CellDomain


@dataclass(frozen=True)
class EvolutionSettings:
    """Parameters of regularised evolution.

    Attributes
    ----------
    population : int >= 1
        P, the number of cells alive. 50, as in the published comparisons on NAS-Bench-101 and -201
        (Real et al. 2019, Section 3, used 100 for the search on CIFAR-10).
    sample : int >= 1
        S, the number of cells in a tournament. 10, as in these comparisons (Real et al. used 25 of
        100).
    patience : int >= 1
        Mutations of the winner that are tried before another tournament; our choice.
    """

    population: int = 50
    sample: int = 10
    patience: int = 10

    def __post_init__(self) -> None:
        checks.at_least(self, population=1, sample=1, patience=1)


class Evolution(Search[Any]):
    """Mutate the best of a random sample of the population, in which the oldest cell dies.

    The population is the last P cells told: a queue, as in the original. The first P cells are
    uniform draws. Unlike the original, which evaluates duplicates again (on NAS-Bench-101 nearly
    all its mutations are isomorphic repeats), a mutation that was seen before is drawn again, and a
    uniform draw takes its place if there is none. Failed trainings count as the worst.

    Parameters
    ----------
    settings : EvolutionSettings
    domain, seed, initial, direction
        See `Search`; the larger of `initial` and the population is drawn first.
    """

    def __init__(
        self, settings: EvolutionSettings, domain: CellDomain, *, initial: int = 20, **rest: Any
    ) -> None:
        super().__init__(domain, initial=max(initial, settings.population), **rest)
        self._space = domain.space
        self._settings = settings
        # Cells alive and their errors, the oldest first.
        self._population: deque[tuple[Any, float]] = deque(maxlen=settings.population)

    def _observed(self, cells: list[Any], errors: FloatArray) -> None:
        self._population.extend(zip(cells, errors.tolist(), strict=True))

    def _choose(self, n: int) -> list[Any]:
        taken: set[Hashable] = set()
        return [self._child(taken) for _ in range(n)]

    def _child(self, taken: set[Hashable]) -> Any:
        size = len(self._population)
        for _ in range(self._settings.population):
            entrants = self._rng.choice(size, min(self._settings.sample, size), replace=False)
            winner = min(entrants.tolist(), key=lambda i: self._population[i][1])
            for _ in range(self._settings.patience):
                child = self._space.mutate(self._population[winner][0], self._rng)
                fresh = self._fresh(child, taken)
                if fresh is not None:
                    return fresh
        return self._draw(self._rng, taken)
