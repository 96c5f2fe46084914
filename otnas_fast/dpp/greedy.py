"""Greedy MAP inference by blocks of a kernel, lazily.

Notation
--------
d_i
    ``det(L_{S+i}) / det(L_S)``, the gain of item i: its squared distance to the span of S.
C : (t, n)
    Column i holds the coordinates of item i in the orthonormal basis of the t chosen items,
    one Cholesky row each: ``d_i = L_ii - |C_i|^2``.

Gains never rise as S grows. An item therefore keeps its old gain as a bound. It is brought up to
date only when this bound is no less than the best gain known (Minoux 1978), with all the rows of C
that it has missed at once. The items chosen are those of the eager algorithm.

References
----------
.. [1] L. Chen, G. Zhang and E. Zhou, "Fast greedy MAP inference for determinantal point process to
   improve recommendation diversity", NeurIPS 2018. Algorithm 1.
.. [2] M. Minoux, "Accelerated greedy algorithms for maximizing submodular set functions", 1978.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._scipy import linalg
from otnas_fast._validate import FloatArray
from otnas_fast.dpp.kernels import Indices, Kernel

TOP = 1024  # items brought up to date to begin with
PART = 16_384  # items of one block of the kernel
INDEFINITE = 1e-8  # share of the largest gain by which one may be negative for rounding


class LazyGains:
    """The gains of all items for the set chosen so far."""

    def __init__(self, kernel: Kernel, k: int) -> None:
        n = len(kernel)
        self._kernel = kernel
        self._gains = np.array(kernel.diagonal(), dtype=np.float64)
        bad = self._gains[~(np.isfinite(self._gains) & (self._gains >= 0.0))]
        if bad.size:
            raise _core.NumericalError(
                f"kernel: expected a positive semi-definite one; its diagonal holds {bad[0]}"
            )
        self._rows = np.zeros(n, dtype=np.int32)  # of C that an item has
        self._C = np.empty((k, n))
        self._triangle = np.zeros((k, k))  # the chosen items' columns of C, transposed
        self.largest = float(self._gains.max())
        self.chosen: list[int] = []

    def best(self) -> tuple[int, float]:
        """Return the item with the largest gain, the lowest index on ties, and its gain."""
        t, n = len(self.chosen), len(self._gains)
        if t and n > TOP:
            self._update(np.sort(np.argpartition(self._gains, n - TOP)[n - TOP :]))
        known = float(self._gains[self._rows == t].max(initial=-np.inf))
        self._update(np.flatnonzero(self._gains >= known))
        # What is still stale has a bound below the best gain.
        item = int(np.where(self._rows == t, self._gains, -np.inf).argmax())
        return item, float(self._gains[item])

    def add(self, item: int) -> None:
        """Choose an item whose gain is up to date."""
        t = len(self.chosen)
        self._triangle[t, :t] = self._C[:t, item]
        self._triangle[t, t] = np.sqrt(self._gains[item])
        self.chosen.append(item)
        self._gains[item] = 0.0

    def _update(self, items: npt.NDArray[np.int64]) -> None:
        """Bring items up to date; those that lack equally many rows are treated together."""
        t = len(self.chosen)
        levels = self._rows[items]
        for level in np.unique(levels[levels < t]):
            same = items[levels == level]
            for start in range(0, len(same), PART):
                self._extend(same[start : start + PART], int(level), t)
        self._gains[self.chosen] = 0.0  # rounding must not bring one back
        worst = float(self._gains[items].min(initial=0.0))
        if not worst >= -INDEFINITE * self.largest:
            raise _core.NumericalError(
                "kernel: expected a positive semi-definite one; it is indefinite or not finite"
            )

    def _extend(self, items: npt.NDArray[np.int64], s: int, t: int) -> None:
        """Compute rows s..t-1 of C for items that have rows 0..s-1."""
        first, last = int(items[0]), int(items[-1])
        dense = last - first + 1 == len(items)
        columns: Indices = slice(first, last + 1) if dense else items  # a slice spares a copy
        new = self._kernel.block(columns, np.array(self.chosen[s:t])).T
        if s:
            new = new - self._triangle[s:t, :s] @ self._C[:s, columns]
        new = linalg.solve_triangular(self._triangle[s:t, s:t], new, lower=True)
        self._C[s:t, columns] = new
        self._gains[columns] -= np.einsum("ij,ij->j", new, new)
        self._rows[columns] = t


def greedy_map(
    kernel: Kernel, k: int, *, min_gain: float | None = None
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Choose up to k items of n, each the one that multiplies the determinant most.

    Returns
    -------
    items : ndarray of int64, shape (m,)
        The items in the order chosen; m < k only if ``min_gain`` is given.
    gains : ndarray of float64, shape (m,)
        The factor by which each multiplied the determinant; the factors never rise.

    Raises
    ------
    NumericalError
        If the kernel is seen to be indefinite; without ``min_gain``, if its rank is below k.
    """
    gains = LazyGains(kernel, k)
    zero = len(kernel) * np.finfo(float).eps * gains.largest
    found: list[float] = []
    while len(found) < k:
        item, gain = gains.best()
        if min_gain is not None and not gain > max(min_gain, zero):
            break
        if not gain > zero:
            raise _core.NumericalError(
                f"rank too small: a set of k = {k} items with positive determinant was asked for, "
                f"but after {len(found)} items nothing independent is left"
            )
        gains.add(item)
        found.append(gain)
    return np.array(gains.chosen, dtype=np.int64), np.array(found)
