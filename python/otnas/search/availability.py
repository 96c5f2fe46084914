"""Which pool items may still be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
        Equal numbers mark items that count as one; by default, every item is its own group.
    allowed : bool array (N,), optional
        Items that may ever be asked for, such as those within a budget.

    Attributes
    ----------
    labels : int array (N,), optional
        Group of each item, numbered from 0; None if every item is its own group.

    Raises
    ------
    ValueError
        If `groups` has another shape.
    TypeError
        If `groups` does not hold integers.
    """

    def __init__(
        self, n_items: int, groups: ArrayLike | None = None, allowed: BoolArray | None = None
    ) -> None:
        self._allowed = np.ones(n_items, dtype=np.bool_) if allowed is None else allowed
        self._mask = self._allowed.copy()
        self.labels: IntArray | None = None
        self._n_left = int(np.count_nonzero(self._mask))
        if groups is None:
            return
        array = np.asarray(groups)
        if array.shape != (n_items,):
            raise ValueError(f"groups: expected shape ({n_items},), got {array.shape}")
        if not np.issubdtype(array.dtype, np.integer):
            raise TypeError(f"groups: expected integers, got dtype {array.dtype}")
        _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
        self.labels = inverse.astype(np.intp)
        # Members of group g are order[starts[g] : starts[g + 1]].
        self._order = np.argsort(self.labels, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._n_left = self.n_groups(np.flatnonzero(self._mask))

    @property
    def mask(self) -> BoolArray:
        """True for the items that are left, shape (N,); read only."""
        view = self._mask.view()
        view.flags.writeable = False
        return view

    @property
    def n_left(self) -> int:
        """Number of items that can be asked for: one per group left, within the budget."""
        return self._n_left

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all changes since."""
        n_left, mask = self._n_left, self._mask.copy()

        def undo() -> None:
            self._n_left, self._mask = n_left, mask

        return undo

    def exclude(self, item: int) -> None:
        """Exclude an item and its whole group; do nothing if they are excluded already."""
        group = self._group(item)
        if self._mask[group].any():
            self._n_left -= 1
            self._mask[group] = False

    def release(self, item: int) -> None:
        """Undo `exclude`."""
        group = self._group(item)
        if not self._mask[group].any() and self._allowed[group].any():
            self._n_left += 1
            self._mask[group] = self._allowed[group]

    def random_order(self, rng: np.random.Generator) -> Iterator[int]:
        """Yield the items left in random order, eventually all; the first may repeat."""
        for _ in range(20):
            # Cheaper than listing the items left, which are nearly all.
            item = int(rng.integers(self._mask.size))
            if self._mask[item]:
                yield item
        yield from rng.permutation(np.flatnonzero(self._mask)).tolist()

    def _group(self, item: int) -> IntArray | int:
        if self.labels is None:
            return item
        group = self.labels[item]
        members: IntArray = self._order[self._starts[group] : self._starts[group + 1]]
        return members

    def n_groups(self, items: IntArray) -> int:
        """Return how many groups different items belong to."""
        return int(items.size if self.labels is None else np.unique(self.labels[items]).size)
