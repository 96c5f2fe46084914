"""The interface of a distance to a Gaussian process over a growing list of cells.

Notation
--------
B : number of distances between two cells, as in `otnas.gp.distances`; "item" i is the i-th cell
appended and not truncated since.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.distances import typical_distances
from otnas.search.cells.pool import CellPool
from otnas.spaces import SearchSpace
from otnas_fast import Cell, as_cells

T = TypeVar("T", bound=Hashable)


class TypicalSample:
    """The cells on which typical distances, and hence the priors of lengthscales, are measured.

    They are evenly spaced cells of the pool, or random cells of the space from a fixed generator,
    so they depend on neither seed nor method.
    """

    def __init__(self, space: SearchSpace[Any], pool: CellPool | None, size: int) -> None:
        if pool is not None:
            spaced = np.linspace(0, len(pool) - 1, min(len(pool), size)).astype(np.intp)
            self.cells: Any = packed([pool[i] for i in np.unique(spaced).tolist()])
        else:
            rng = np.random.default_rng(0)
            self.cells = packed([space.random(rng) for _ in range(size)])


def packed(cells: Sequence[Any]) -> Any:
    """Return cells as a CellArray, and other architectures unchanged."""
    return as_cells(cells) if cells and isinstance(cells[0], Cell) else cells


class CellDistances(ABC):
    """B distances between the cells of a growing list; a `DistanceBlocks`.

    Attributes
    ----------
    names : tuple of B str
    sample_size : int
        Number of cells on which typical distances are measured.
    largest_pool : int
        Size up to which a whole pool can be appended and compared with a cell quickly.
    """

    names: tuple[str, ...]
    sample_size: int = 256
    largest_pool: int = 50_000

    @property
    def n_blocks(self) -> int:
        """Number of distances B."""
        return len(self.names)

    @property
    @abstractmethod
    def n_items(self) -> int:
        """Number of cells in the list."""

    @abstractmethod
    def append(self, cells: Any) -> None:
        """Append cells, as returned by `packed`, to the list."""

    @abstractmethod
    def append_pool(self, pool: CellPool) -> IntArray:
        """Append the cells of a pool to the list, those at distance 0 only once.

        Computed values are stored with the pool.

        Returns
        -------
        int array (N,)
            Item of each cell. (Of NAS-Bench-201's 15,625 cells, TW-2G separates 8,401.)
        """

    @abstractmethod
    def truncate(self, n: int) -> None:
        """Keep only the first n cells."""

    @abstractmethod
    def block(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return the distances, shape (B, len(rows), len(cols))."""

    def scales(self, sample: TypicalSample) -> FloatArray:
        """Return the typical distances of an empty list, shape (B,)."""
        self.append(sample.cells)
        typical = typical_distances(self)
        self.truncate(0)
        return typical


def distinct(things: Sequence[T]) -> tuple[list[T], IntArray]:
    """Return the unique ones of n hashable things, and the position of each thing in them, (n,)."""
    position: dict[T, int] = {}
    labels = [position.setdefault(thing, len(position)) for thing in things]
    return list(position), np.array(labels, dtype=np.intp)
