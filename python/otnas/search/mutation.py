"""Candidates by mutation of the best cells."""

from __future__ import annotations

import numpy as np

from otnas.search.base import Search
from otnas_fast import Cell

PATIENCE = 5
"""Mutations tried for each candidate wanted, before there are fewer, as White et al. have it."""


def mutations_of_best(
    search: Search, n: int, n_parents: int, rng: np.random.Generator, taken: set[bytes]
) -> list[Cell]:
    """Return up to n different fresh cells, mutations of the told cells of lowest error.

    Parents take turns, so that each gets as many mutations as the others.

    Parameters
    ----------
    search : Search
    n : int
    n_parents : int >= 1
    rng : numpy Generator
    taken : set of digests
        Cells to leave out; those returned are added.
    """
    cells, errors = search.cells, search.errors
    order = np.argsort(errors, kind="stable")[:n_parents]
    parents = [cells[i] for i in order if np.isfinite(errors[i])]
    found: list[Cell] = []
    for attempt in range(PATIENCE * n):
        if len(found) == n or not parents:
            break
        child = search.space.mutate(parents[attempt % len(parents)], rng)
        fresh = search._fresh(child, taken)
        if fresh is not None:
            found.append(fresh)
    return found
