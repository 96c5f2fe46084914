"""An index of the positions of cells in an array that takes little memory.

A dictionary of 423,624 cells takes 120 MB, two sorted columns of numbers take 5 MB. Keys are 64-bit
numbers made from the vertices of a cell,

    key = sum_v M_v (256 s_v + c_v + 1)    modulo 2^64,

with s_v the successors of vertex v as a bit mask, c_v the number of its operation and M_v odd
random numbers. Different cells may share a key, so the cells found are compared.
"""

from __future__ import annotations

import numpy as np

from otnas.arrays import IntArray
from otnas_fast import Cell, CellArray

_MASK = (1 << 64) - 1


class CellIndex:
    """Positions of cells by their arrays; a look-up takes O(log n).

    Parameters
    ----------
    cells : CellArray of n >= 1 cells
    """

    def __init__(self, cells: CellArray) -> None:
        self._cells = cells
        sizes = np.diff(cells.offsets)
        multipliers = np.random.default_rng(0).integers(
            0, 1 << 63, int(sizes.max()), dtype=np.uint64
        )
        multipliers = 2 * multipliers + np.uint64(1)
        self._multipliers = multipliers.tolist()
        starts = cells.offsets[:-1]
        terms = cells.successors.astype(np.uint64)
        terms *= np.uint64(256)
        terms += cells.codes
        terms += np.uint64(1)
        terms *= multipliers[np.arange(len(terms)) - np.repeat(starts, sizes)]
        keys = np.add.reduceat(terms, starts)
        # Stable: of equal cells, the first is found.
        self._order: IntArray = np.argsort(keys, kind="stable").astype(np.int32)
        self._keys = keys[self._order]

    def find(self, cell: Cell) -> int:
        """Return the position of the first equal cell, or -1."""
        if len(cell) > len(self._multipliers):
            return -1
        vertices = zip(self._multipliers, cell.successors, cell.codes, strict=False)
        key = np.uint64(sum(m * (256 * s + c + 1) for m, s, c in vertices) & _MASK)
        at = int(np.searchsorted(self._keys, key))
        while at < len(self._keys) and self._keys[at] == key:
            position = int(self._order[at])
            if self._cells[position] == cell:
                return position
            at += 1
        return -1
