"""What all search methods share: ``ask``, ``tell`` and the bookkeeping between them.

A method implements `Search._choose`, and `Search._observed` if it keeps state. Everything else
(initial design, duplicates, pending cells, validity, exhaustion) is done here, once.

Two streams of random numbers come from the seed, by `numpy.random.SeedSequence.spawn`. The first
draws the initial design and nothing that depends on the method: with equal seeds, spaces and pools,
all methods start from the same cells. The second belongs to the method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import FloatArray, IntArray
from otnas.search.availability import Availability
from otnas.search.cell_pool import CellPool
from otnas.search.settings import check_integer
from otnas.spaces import Space
from otnas_fast import Cell

MAX_REJECTED = 5_000
"""Draws in a row that were all seen before, after which an open space is taken to be exhausted."""


class Search(ABC):
    """Minimise the error of architectures.

    A search never asks for a cell that it asked for before or was told of, up to `Space.hash`,
    and never for one that its space calls invalid or that is not in its pool. Equal seeds and equal
    calls give equal cells, whatever the process: replaying a journal restores a search.

    Parameters
    ----------
    space : Space
    seed : int >= 0
    pool : CellPool, optional
        The only cells that may be asked for; without one, any cell of the space may be.
    initial : int >= 1
        The first cells are uniform draws, until this many were asked for or told.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind or out of range.
    """

    def __init__(
        self, space: Space, *, seed: int, pool: CellPool | None = None, initial: int = 20
    ) -> None:
        if not isinstance(space, Space):
            raise TypeError(f"space: expected a Space, got {type(space).__name__}")
        check_integer("seed", seed, 0)
        check_integer("initial", initial, 1)
        if pool is not None and not isinstance(pool, CellPool):
            raise TypeError(f"pool: expected a CellPool or None, got {type(pool).__name__}")
        if pool is not None and pool.space.taxonomy != space.taxonomy:
            raise ValueError(f"pool: expected cells of space {space.name}, got {pool!r}")
        self._space, self._pool, self._initial = space, pool, int(initial)
        design, method = np.random.SeedSequence(int(seed)).spawn(2)
        self._design_rng = np.random.default_rng(design)
        self._rng = np.random.default_rng(method)
        self._left = None if pool is None else Availability(len(pool), pool.labels)
        self._seen: set[bytes] = set()
        self._pending: dict[bytes, Cell] = {}
        self._told: list[Cell] = []
        self._told_exactly: set[Cell] = set()
        self._errors: FloatArray = np.empty(0)
        self._predictions: dict[Cell, tuple[float, float]] = {}

    @property
    def space(self) -> Space:
        """The space searched."""
        return self._space

    @property
    def cells(self) -> list[Cell]:
        """Cells told so far, in that order, n of them."""
        return list(self._told)

    @property
    def errors(self) -> FloatArray:
        """Errors told so far in percent, +inf for failures, shape (n,)."""
        return self._errors.copy()

    @property
    def pending(self) -> list[Cell]:
        """Cells asked for but not told, in the order of asking."""
        return list(self._pending.values())

    @property
    def n_left(self) -> int | None:
        """How many cells can still be asked for; None for a space without a pool."""
        return None if self._left is None else self._left.n_left

    @property
    def best(self) -> tuple[Cell, float]:
        """Cell and error of the lowest error told, the first of equals.

        Raises
        ------
        RuntimeError
            If nothing was told yet.
        """
        if not self._told:
            raise RuntimeError("best: expected at least one told cell, got none")
        where = int(self._errors.argmin())
        return self._told[where], float(self._errors[where])

    def ask(self, n: int = 1) -> list[Cell]:
        """Return n different cells to evaluate; they are pending until told.

        Until `initial` cells were asked for or told, and until a finite error was told, they are
        uniform draws.

        Raises
        ------
        TypeError, ValueError
            If n is not an integer >= 1, or a cell of the pool turns out invalid.
        RuntimeError
            If fewer than n cells are left. Nothing becomes pending then.
        """
        check_integer("n", n, 1)
        if self._left is not None and n > self._left.n_left:
            raise RuntimeError(
                f"the pool of {len(self._left.mask)} cells of space {self._space.name} is "
                f"exhausted: expected n <= {self._left.n_left}, got {n}"
            )
        n_drawn = self._n_uniform(n)
        before = (self._seen.copy(), self._pending.copy(), self._left and self._left.copy())
        try:
            chosen = [self._claim(self._draw(self._design_rng)) for _ in range(n_drawn)]
            if n_drawn < n:
                chosen += [self._claim(cell) for cell in self._choose(n - n_drawn)]
        except Exception:
            self._seen, self._pending, self._left = before
            raise
        return chosen

    def tell(self, cells: Iterable[Cell], errors: ArrayLike) -> None:
        """Report errors, lower is better, of cells in any number and order.

        Cells that were never asked for are welcome (earlier experiments), also from outside the
        pool. Different cells of one hash are separate observations of one architecture.

        Parameters
        ----------
        cells : iterable of k cells
        errors : array (k,), percent
            +inf marks a failed training.

        Raises
        ------
        TypeError, ValueError
            If shapes differ, a cell is invalid or told twice, or an error is NaN, -inf or outside
            of what the method accepts. Nothing is recorded then.
        """
        new = list(cells)
        values = np.asarray(errors, dtype=np.float64)
        if values.shape != (len(new),):
            raise ValueError(f"errors: expected shape ({len(new)},), got {values.shape}")
        bad = np.flatnonzero(np.isnan(values) | np.isneginf(values))
        if bad.size:
            raise ValueError(
                f"errors: expected finite numbers or +inf for a failed training, got "
                f"{values[bad[0]]} at position {bad[0]}"
            )
        earlier: set[Cell] = set()
        for i, cell in enumerate(new):
            if not isinstance(cell, Cell):
                raise TypeError(f"cells[{i}]: expected a Cell, got {type(cell).__name__}")
            if not self._space.is_valid(cell):
                raise ValueError(
                    f"cells[{i}]: expected a valid cell of space {self._space.name}, got {cell!r}"
                )
            if cell in self._told_exactly or cell in earlier:
                raise ValueError(f"cells[{i}]: expected a cell not told before, got {cell!r} again")
            earlier.add(cell)
        self._check_errors(values)
        for cell in new:
            digest, position = self._identify(cell)
            self._seen.add(digest)
            self._pending.pop(digest, None)
            if self._left is not None and position >= 0:
                self._left.exclude(np.array([position]))
        self._told += new
        self._told_exactly.update(new)
        self._errors = np.concatenate([self._errors, values])
        self._observed(new, values)

    def predictions(self, cells: Sequence[Cell]) -> tuple[FloatArray, FloatArray] | None:
        """Return the mean and deviation with which cells were chosen, shapes (k,), in percent.

        NaN for cells that were drawn without a model; None if that is all of them, as always for
        methods without a model.
        """
        found = [self._predictions.get(cell, (np.nan, np.nan)) for cell in cells]
        table = np.array(found, dtype=np.float64).reshape(-1, 2)
        return None if np.isnan(table).all() else (table[:, 0], table[:, 1])

    @abstractmethod
    def _choose(self, n: int) -> list[Cell]:
        """Return n different fresh cells (see `_fresh`); some finite error was told."""

    def _n_uniform(self, n: int) -> int:
        """How many of the next n cells are uniform draws."""
        if not np.isfinite(self._errors).any():
            return n
        return min(n, max(0, self._initial - len(self._seen)))

    def _observed(self, cells: list[Cell], errors: FloatArray) -> None:  # noqa: B027
        """Take note of new observations; the cells were recorded already."""

    def _check_errors(self, errors: FloatArray) -> None:  # noqa: B027
        """Raise ValueError if an error (no NaN, no -inf) is outside of what the method accepts."""

    def _draw(self, rng: np.random.Generator, taken: set[bytes] | None = None) -> Cell:
        """Draw a fresh cell: uniform over the pool's cells left, or by `Space.random`.

        Parameters
        ----------
        rng : numpy Generator
        taken : set of digests, optional
            As for `_fresh`.
        """
        if self._pool is not None and self._left is not None:
            mask = self._left.mask
            for _ in range(20):
                # Cheaper than a list of what is left, which is nearly everything.
                position = int(rng.integers(len(mask)))
                if mask[position] and self._fresh(self._pool[position], taken) is not None:
                    return self._pool[position]
            for position in rng.permutation(np.flatnonzero(mask)).tolist():
                if self._fresh(self._pool[position], taken) is not None:
                    return self._pool[position]
        else:
            for _ in range(MAX_REJECTED):
                cell = self._space.random(rng)
                if self._fresh(cell, taken) is not None:
                    return cell
        raise RuntimeError(
            f"space {self._space.name} seems exhausted: {MAX_REJECTED} random cells in a row were "
            f"among the {len(self._seen)} asked for or told"
        )

    def _fresh(self, cell: Cell, taken: set[bytes] | None = None) -> Cell | None:
        """Return the cell as the pool has it, or None if it may not be asked for.

        Parameters
        ----------
        cell : Cell, valid
        taken : set of digests, optional
            Also excluded; gets the digest of the cell returned.
        """
        digest, position = self._identify(cell)
        if digest in self._seen or (taken is not None and digest in taken):
            return None
        if self._pool is not None:
            if position < 0:
                return None
            cell = self._pool[position]
        if taken is not None:
            taken.add(digest)
        return cell

    def _identify(self, cell: Cell) -> tuple[bytes, int]:
        """Return the digest of a cell and its position in the pool (-1 without)."""
        if self._pool is not None:
            position = self._pool.locate(cell)
            if position >= 0:
                return self._pool.digest(position), position
        return self._space.digests([cell])[0].tobytes(), -1

    def _positions(self, cells: Iterable[Cell]) -> IntArray:
        """Positions in the pool, -1 where it has no cell of that hash."""
        return np.array([self._identify(cell)[1] for cell in cells], dtype=np.intp)

    def _claim(self, cell: Cell) -> Cell:
        if not self._space.is_valid(cell):
            raise ValueError(f"pool: expected valid cells of {self._space.name}, got {cell!r}")
        digest, position = self._identify(cell)
        if digest in self._seen:
            raise RuntimeError(f"{type(self).__name__} chose a cell twice: {cell!r}")
        self._seen.add(digest)
        self._pending[digest] = cell
        if self._left is not None:
            self._left.exclude(np.array([position]))
        return cell
