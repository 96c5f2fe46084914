"""L1 distances of sets and histograms of tokens.

A histogram is represented by the set of pairs (token, 1), ..., (token, count). Then

    |a - b|_1 = |a| + |b| - 2 |a and b|

and the size of the common part is a product of sparse 0/1 matrices, which touches only tokens that
occur. The vocabulary grows with the list: no space needs to know all tokens beforehand.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, vstack

from otnas.arrays import FloatArray, IntArray
from otnas.search import transaction
from otnas.search.cells.distances.base import CellDistances, distinct
from otnas.search.cells.pool import CellPool
from otnas_fast import Cell, CellArray

TokenSets: TypeAlias = tuple[frozenset[Hashable], ...]
"""One set of tokens per block."""


def histogram(tokens: Iterable[Hashable]) -> frozenset[Hashable]:
    """Return a histogram as a set: (token, 1), ..., (token, count)."""
    counts = Counter(tokens)
    return frozenset((token, i) for token, count in counts.items() for i in range(1, count + 1))


class TokenDistances(CellDistances):
    """Distances weight * |symmetric difference of the token sets|.

    Attributes
    ----------
    key : str
        Name under which a pool keeps its tokens; different for different parameters.
    pruned : bool
        Whether `tokens` gets pruned cells.
    weight : float
    """

    key: str
    pruned: bool = True
    weight: float = 1.0

    def __init__(self) -> None:
        self._vocabularies: list[dict[Hashable, int]] = [{} for _ in self.names]
        self._matrices: list[csr_array | None] = [None for _ in self.names]
        self._sizes: list[FloatArray] = [np.empty(0) for _ in self.names]

    @abstractmethod
    def tokens(self, cell: Cell) -> TokenSets:
        """Return the B token sets of a cell."""

    @property
    def n_items(self) -> int:
        """Number of cells in the list."""
        return int(self._sizes[0].size)

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def append(self, cells: CellArray) -> None:
        """Put cells at the end of the list."""
        self._extend(self._encode(cells))

    def append_pool(self, pool: CellPool) -> IntArray:
        """Put the different cells of a pool at the end of the list; return the item of each."""
        start = self.n_items
        different, labels = pool.feature(self.key, lambda cells: distinct(self._encode(cells)))
        self._extend(different)
        return start + labels

    def truncate(self, n: int) -> None:
        """Keep the first n cells only; their vocabulary stays."""
        for b, matrix in enumerate(self._matrices):
            if matrix is not None and n < self._sizes[b].size:
                self._matrices[b] = matrix[:n] if n else None
                self._sizes[b] = self._sizes[b][:n]

    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""
        out = np.zeros((self.n_blocks, rows.size, cols.size))
        if rows.size == 0 or cols.size == 0:
            return out
        for b, matrix in enumerate(self._matrices):
            sizes = self._sizes[b]
            np.add(sizes[rows, np.newaxis], sizes[cols], out=out[b])
            if matrix is not None:
                whole = cols.size == self.n_items and bool((cols == np.arange(cols.size)).all())
                right = matrix if whole else matrix[cols]
                out[b] -= 2.0 * (matrix[rows] @ right.T).toarray()
        out *= self.weight
        return out

    def _encode(self, cells: CellArray) -> list[TokenSets]:
        known: dict[Cell, TokenSets] = {}
        found = []
        for cell in cells.prune() if self.pruned else cells:
            if cell not in known:
                known[cell] = self.tokens(cell)
            found.append(known[cell])
        return found

    def _extend(self, token_sets: list[TokenSets]) -> None:
        if not token_sets:
            return
        for b, vocabulary in enumerate(self._vocabularies):
            # Sorting would need comparable tokens; the order of a set's elements is free here,
            # because columns only name tokens.
            columns = [vocabulary.setdefault(t, len(vocabulary)) for s in token_sets for t in s[b]]
            sizes = np.array([len(s[b]) for s in token_sets], dtype=np.float64)
            bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
            shape = (len(token_sets), max(len(vocabulary), 1))
            new = csr_array((np.ones(len(columns)), np.array(columns, np.int64), bounds), shape)
            old = self._matrices[b]
            if old is not None:
                old.resize((old.shape[0], shape[1]))
                new = vstack([old, new], format="csr")
            self._matrices[b] = new
            self._sizes[b] = np.concatenate([self._sizes[b], sizes])
