"""A finite set of cells that a search may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from hashlib import blake2b
from typing import TypeVar, cast

import numpy as np

from otnas.arrays import IntArray
from otnas.search.cells.index import CellIndex
from otnas.spaces import Space, SpaceCells
from otnas.spaces.base import group_rows
from otnas_fast import Architecture, Cell, CellArray, as_cells

T = TypeVar("T")


class CellPool:
    """N cells of one space; by default those of equal `Space.hash` form a group that counts as one.

    Never changes, so that one pool can serve any number of searches one after another. What
    searches compute for all of its cells (embeddings, path encodings) is kept with it.

    Parameters
    ----------
    space : Space
    cells : SpaceCells, CellArray or iterable of architectures, optional
        All cells of the space by default.
    merge : bool
        Whether cells of equal hash count as one. Otherwise each of them can be asked for, as in
        the literature on tables where they have results of their own.

    Raises
    ------
    ValueError
        If there is no cell, the cells are of another space, or, without `cells`, the space is too
        large to enumerate.
    """

    def __init__(
        self,
        space: Space,
        cells: SpaceCells | CellArray | Iterable[Architecture] | None = None,
        *,
        merge: bool = True,
    ) -> None:
        if cells is None:
            cells = space.enumerate()
        if not isinstance(cells, SpaceCells):
            packed = as_cells(cells, name="cells")
            cells = SpaceCells(packed, space.digests(packed))
        if len(cells) == 0:
            raise ValueError("cells: expected at least one cell, got none")
        if cells.cells.taxonomy != space.taxonomy:
            raise ValueError(
                f"cells: expected cells of space {space.name}, got {cells.cells.taxonomy!r}"
            )
        self.space = space
        self._space_cells = cells
        first, labels = group_rows(cells.digests)
        self.merged = merge
        self.labels: IntArray = labels.astype(np.intp) if merge else np.arange(len(cells))
        self.n_distinct = int(first.size)
        self._features: dict[str, object] = {}

    @property
    def cells(self) -> CellArray:
        """The N cells."""
        return self._space_cells.cells

    @cached_property
    def _index(self) -> CellIndex:
        return CellIndex(self.cells)

    def __len__(self) -> int:
        return len(self._space_cells)

    def __getitem__(self, index: int) -> Cell:
        return self._space_cells[index]

    def locate(self, cell: Cell) -> int:
        """Return the position of this very cell, else of the first of its hash, else -1.

        Members of a group may have results of their own in a table (NAS-Bench-201), hence the
        difference.
        """
        position = self._index.find(cell)
        if position >= 0:
            return position
        return int(self._space_cells.find(self.space.digests([cell]))[0])

    def key(self, position: int) -> bytes | int:
        """Return what cells share that count as one: their digest, or the position of each."""
        return self.digest(position) if self.merged else position

    def digest(self, position: int) -> bytes:
        """Return the hash of a cell as 16 bytes."""
        return bytes(self._space_cells.digests[position])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all hashes in order, 32 hexadecimal digits."""
        data = np.ascontiguousarray(self._space_cells.digests)
        return blake2b(data.tobytes(), digest_size=16).hexdigest()

    def feature(self, name: str, compute: Callable[[CellArray], T]) -> T:
        """Return compute(cells), computed once for every name."""
        if name not in self._features:
            self._features[name] = compute(self.cells)
        return cast(T, self._features[name])

    def __repr__(self) -> str:
        return f"CellPool({len(self)} cells of {self.space.name}, {self.n_distinct} distinct)"
