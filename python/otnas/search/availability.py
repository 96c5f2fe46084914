"""Which pool items may still be asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import BoolArray, IntArray


class Availability:
    """The items not excluded yet, where excluding an item excludes its whole group.

    Parameters
    ----------
    n_items : int
        Pool size N.
    groups : int array (N,), optional
        Equal numbers mark items that count as one; every item is its own group by default.

    Raises
    ------
    ValueError
        If `groups` has another shape.
    TypeError
        If `groups` does not hold integers.
    """

    def __init__(self, n_items: int, groups: ArrayLike | None = None) -> None:
        self._mask = np.ones(n_items, dtype=np.bool_)
        self._labels: IntArray | None = None
        self._n_left = n_items
        if groups is None:
            return
        array = np.asarray(groups)
        if array.shape != (n_items,):
            raise ValueError(f"groups: expected shape ({n_items},), got {array.shape}")
        if not np.issubdtype(array.dtype, np.integer):
            raise TypeError(f"groups: expected integers, got dtype {array.dtype}")
        _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
        self._labels = inverse.astype(np.intp)
        # Members of group g are order[starts[g] : starts[g + 1]].
        self._order = np.argsort(self._labels, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._n_left = counts.size

    @property
    def mask(self) -> BoolArray:
        """True for the items that are left, shape (N,); read only."""
        view = self._mask.view()
        view.flags.writeable = False
        return view

    @property
    def n_left(self) -> int:
        """How many items can be asked for: one of each group left."""
        return self._n_left

    def copy(self) -> Availability:
        """Return an independent copy."""
        other = object.__new__(Availability)
        other.__dict__.update(self.__dict__)
        other._mask = self._mask.copy()
        return other

    def exclude(self, items: IntArray) -> None:
        """Exclude these items and everything in their groups; excluded items are ignored."""
        for item in items:
            if not self._mask[item]:
                continue
            self._n_left -= 1
            if self._labels is None:
                self._mask[item] = False
            else:
                group = self._labels[item]
                self._mask[self._order[self._starts[group] : self._starts[group + 1]]] = False

    def one_per_group(self, items: IntArray) -> IntArray:
        """Return the first of `items` from each group, in their order."""
        if self._labels is None:
            return items
        _, first = np.unique(self._labels[items], return_index=True)
        return items[np.sort(first)]
