"""Selection of the lowest values, with ties in order of index."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray


def lowest(values: FloatArray, m: int) -> IntArray:
    """Return the positions of the m lowest values, the lowest first; all if there are fewer.

    O(N + m log m). Ties are in order of index.
    """
    if m <= 0 or values.size == 0:
        return np.empty(0, dtype=np.intp)
    positions = np.arange(values.size)
    if m < values.size:
        # Everything up to the m-th value, ties included, so that ties resolve by index.
        positions = np.flatnonzero(values <= np.partition(values, m - 1)[m - 1])
    return positions[np.argsort(values[positions], kind="stable")[:m]]


def lowest_of_groups(values: FloatArray, m: int, groups: IntArray | None) -> IntArray:
    """Return up to m positions of lowest values, one of each group; see `lowest`."""
    if groups is None:
        return lowest(values, m)
    width = m
    while True:
        best = lowest(values, width)
        _, first = np.unique(groups[best], return_index=True)
        if first.size >= m or width >= values.size:
            return best[np.sort(first)[:m]]
        width *= 2
