"""Spaces of cells, and their cells laid out as arrays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from otnas.identities import DIGEST_SIZE, Digests
from otnas.spaces.interface import Enumerated, SearchSpace
from otnas_fast import Architecture, Cell, CellArray, Taxonomy, as_cells


class Space(SearchSpace[Cell]):
    """A search space whose architectures are cells, as kernels of cells and tables need it.

    Attributes
    ----------
    name : str
        Shown in messages and results.
    taxonomy : Taxonomy
        The operations; every cell of the space carries it.
    """

    taxonomy: Taxonomy

    @abstractmethod
    def enumerate(self) -> SpaceCells:
        """Return all cells of the space in a fixed order.

        Raises
        ------
        ValueError
            If the space is too large.
        """

    @abstractmethod
    def _digests(self, cells: CellArray) -> Digests:
        """`digests` of cells known to carry this taxonomy."""

    def digests(self, cells: CellArray | Iterable[Architecture]) -> Digests:
        """Return the hashes of many cells as bytes, shape (n, 16); see `hash`."""
        packed = as_cells(cells, name="cells")
        if len(packed) and packed.taxonomy != self.taxonomy:
            raise ValueError(f"cells: expected cells of space {self.name}, got {packed.taxonomy!r}")
        return self._digests(packed) if len(packed) else np.empty((0, DIGEST_SIZE), np.uint8)

    def hash(self, cell: Cell) -> str:
        """Return 32 hexadecimal digits, equal for cells that are one architecture to this space."""
        self._require_cell(cell)
        return self._digests(as_cells([cell])).tobytes().hex()

    def _require_cell(self, cell: object) -> None:
        if not isinstance(cell, Cell):
            raise TypeError(f"cell: expected a Cell, got {type(cell).__name__}")
        if cell.taxonomy != self.taxonomy:
            raise ValueError(
                f"cell: expected one of space {self.name}, got one of {cell.taxonomy!r}"
            )

    def _require_valid(self, cell: object) -> None:
        self._require_cell(cell)
        if not self.is_valid(cell):  # type: ignore[arg-type]
            raise ValueError(f"cell: expected a valid cell of space {self.name}, got {cell!r}")

    def __repr__(self) -> str:
        return f"<space {self.name}: {' '.join(self.taxonomy.operations)}>"


class SpaceCells(Enumerated[Cell]):
    """The cells of a space, as arrays.

    ``len``, indexing and iteration give `Cell` objects; a slice, a mask or an index array gives a
    `CellArray`. `embed` and the like take `cells`.

    Attributes
    ----------
    cells : CellArray
        n cells.
    digests : ndarray of uint8, shape (n, 16)
        Hash of each cell.

    Examples
    --------
    >>> from otnas import spaces
    >>> everything = spaces.get("nasbench201").enumerate()
    >>> len(everything.cells), everything.digests.shape
    (15625, (15625, 16))
    """

    cells: CellArray

    def __init__(self, cells: CellArray, digests: Digests) -> None:
        super().__init__(cells, digests)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice | npt.NDArray[Any]) -> CellArray: ...
    def __getitem__(self, index: int | slice | npt.NDArray[Any]) -> Cell | CellArray:
        return self.cells[index]

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __repr__(self) -> str:
        return f"SpaceCells({len(self)} cells of {self.cells.taxonomy.name})"
