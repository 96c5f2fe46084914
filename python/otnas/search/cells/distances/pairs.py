"""Distances that must be computed pair by pair.

Many cells are equal to such a distance, for example all cells with equal operation counts. So cells
are reduced to the part that the distance depends on, their "signature", and every pair of
signatures is computed once, when a block first needs it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeAlias

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.cells.distances.base import CellDistances, distinct
from otnas.search.cells.pool import CellPool
from otnas_fast import CellArray

Signature: TypeAlias = tuple[int, ...]
"""The part of a cell that a distance depends on, as numbers."""


class PairDistances(CellDistances):
    """A distance of signatures, computed on demand and remembered.

    Memory: 8 u^2 bytes for u signatures.

    Attributes
    ----------
    key : str
        Name under which a pool keeps the signatures of its cells.
    """

    key: str

    def __init__(self) -> None:
        self._number: dict[Signature, int] = {}
        self._signatures: list[Signature] = []
        self._items: IntArray = np.empty(0, dtype=np.intp)
        self._known: FloatArray = np.empty((0, 0))

    @abstractmethod
    def signatures(self, cells: CellArray) -> list[Signature]:
        """Return the signature of each cell."""

    @abstractmethod
    def distance(self, a: Signature, b: Signature) -> float:
        """Return the distance of two different signatures."""

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return int(self._items.size)

    def append(self, cells: CellArray) -> None:
        """Put cells at the end of the list."""
        self._extend(self.signatures(cells) if len(cells) else [])

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        start = self.n_items
        different, labels = pool.feature(self.key, lambda cells: distinct(self.signatures(cells)))
        self._extend(different)
        return start + labels

    def truncate(self, n: int) -> None:
        """Keep the first n cells only; the distances of their signatures stay."""
        self._items = self._items[:n]

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (1, len(rows), len(cols))."""
        a, b = self._items[rows], self._items[cols]
        for i in np.unique(a).tolist():
            for j in np.unique(b[np.isnan(self._known[i, b])]).tolist():
                # In a fixed order: a solver may converge differently for (j, i).
                value = self.distance(*sorted((self._signatures[i], self._signatures[j])))
                self._known[i, j] = self._known[j, i] = max(value, 0.0)
        return self._known[np.newaxis, a[:, np.newaxis], b]

    def _extend(self, signatures: list[Signature]) -> None:
        for signature in signatures:
            if signature not in self._number:
                # First: Ctrl-C must not leave a number without a signature.
                self._signatures.append(signature)
                self._number[signature] = len(self._signatures) - 1
        n = len(self._signatures)
        if n > len(self._known):
            grown = np.full((max(n, 2 * len(self._known)),) * 2, np.nan)
            grown[: len(self._known), : len(self._known)] = self._known
            np.fill_diagonal(grown, 0.0)
            self._known = grown
        new = np.array([self._number[signature] for signature in signatures], dtype=np.intp)
        self._items = np.concatenate([self._items, new])
