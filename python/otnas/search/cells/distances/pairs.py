"""Distances that must be computed pair by pair.

Many cells are equal to such a distance, for example all cells with equal operation counts. So cells
are reduced to the part that the distance depends on, their "kind", and every pair of kinds is
computed once, when a block first needs it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeAlias

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.cells.distances.base import CellDistances, distinct
from otnas.search.cells.pool import CellPool
from otnas_fast import CellArray

Kind: TypeAlias = tuple[int, ...]
"""The part of a cell that a distance depends on, as numbers."""


class PairDistances(CellDistances):
    """A distance of kinds, computed on demand and remembered.

    Memory: 8 u^2 bytes for u kinds.

    Attributes
    ----------
    key : str
        Name under which a pool keeps the kinds of its cells.
    """

    key: str

    def __init__(self) -> None:
        self._number: dict[Kind, int] = {}
        self._kinds: list[Kind] = []
        self._items: IntArray = np.empty(0, dtype=np.intp)
        self._known: FloatArray = np.empty((0, 0))

    @abstractmethod
    def kinds(self, cells: CellArray) -> list[Kind]:
        """Return the kind of each cell."""

    @abstractmethod
    def distance(self, a: Kind, b: Kind) -> float:
        """Return the distance of two different kinds."""

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return int(self._items.size)

    @property
    def n_computed(self) -> int:
        """Number of pairs of different kinds computed so far."""
        n = len(self._kinds)
        return int((np.isfinite(self._known[:n, :n]).sum() - n) // 2)

    def append(self, cells: CellArray) -> None:
        """Put cells at the end of the list."""
        self._extend(self.kinds(cells) if len(cells) else [])

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        start = self.n_items
        different, labels = pool.feature(self.key, lambda cells: distinct(self.kinds(cells)))
        self._extend(different)
        return start + labels

    def truncate(self, n: int) -> None:
        """Keep the first n cells only; the distances of their kinds stay."""
        self._items = self._items[:n]

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (1, len(rows), len(cols))."""
        a, b = self._items[rows], self._items[cols]
        for i in np.unique(a).tolist():
            for j in np.unique(b[np.isnan(self._known[i, b])]).tolist():
                # In a fixed order: a solver may converge differently for (j, i).
                value = self.distance(*sorted((self._kinds[i], self._kinds[j])))
                self._known[i, j] = self._known[j, i] = max(value, 0.0)
        return self._known[np.newaxis, a[:, np.newaxis], b]

    def _extend(self, kinds: list[Kind]) -> None:
        for kind in kinds:
            if kind not in self._number:
                self._kinds.append(kind)  # first: Ctrl-C must not leave a number without a kind
                self._number[kind] = len(self._kinds) - 1
        n = len(self._kinds)
        if n > len(self._known):
            grown = np.full((max(n, 2 * len(self._known)),) * 2, np.nan)
            grown[: len(self._known), : len(self._known)] = self._known
            np.fill_diagonal(grown, 0.0)
            self._known = grown
        new = np.array([self._number[kind] for kind in kinds], dtype=np.intp)
        self._items = np.concatenate([self._items, new])
