"""What a search space offers, and its cells laid out as arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from otnas_fast import Architecture, Cell, CellArray, Taxonomy, as_cells

Digests: TypeAlias = npt.NDArray[np.uint8]
"""Hashes of n cells as bytes, shape (n, 16)."""

DIGEST_SIZE = 16


class Space(ABC):
    """A search space of neural architectures.

    Everything downstream (kernels, searches, tables) uses this interface only. A space never
    changes after it is made, and all chance comes from the generator passed in.

    Attributes
    ----------
    name : str
        Shown in messages and results.
    taxonomy : Taxonomy
        The operations; every cell of the space carries it.
    """

    name: str
    taxonomy: Taxonomy

    @abstractmethod
    def random(self, rng: np.random.Generator) -> Cell:
        """Draw a valid cell."""

    @abstractmethod
    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Draw a valid cell near `cell`.

        Raises
        ------
        TypeError, ValueError
            If `cell` is not a valid cell of this space.
        """

    @abstractmethod
    def neighbours(self, cell: Cell) -> list[Cell]:
        """All cells one step from `cell`: valid, no two with the same `hash`, without itself.

        Raises
        ------
        TypeError, ValueError
            If `cell` is not a valid cell of this space.
        """

    @abstractmethod
    def is_valid(self, cell: Cell) -> bool:
        """Whether the cell belongs to this space."""

    @abstractmethod
    def format(self, cell: Cell) -> str:
        """Write the cell as text that `parse` reads back to an equal cell."""

    @abstractmethod
    def parse(self, text: str) -> Cell:
        """Read what `format` writes.

        Raises
        ------
        ValueError
            If the text has another form or names an unknown operation.
        """

    @abstractmethod
    def enumerate(self) -> SpaceCells:
        """All cells of the space in a fixed order.

        Raises
        ------
        ValueError
            If the space is too large.
        """

    @abstractmethod
    def _digests(self, cells: CellArray) -> Digests:
        """`digests` of cells known to carry this taxonomy."""

    def digests(self, cells: CellArray | Iterable[Architecture]) -> Digests:
        """Hashes of many cells as bytes, shape (n, 16); see `hash`."""
        packed = as_cells(cells, name="cells")
        if len(packed) and packed.taxonomy != self.taxonomy:
            raise ValueError(f"cells must be of space {self.name}, got {packed.taxonomy!r}")
        return self._digests(packed) if len(packed) else np.empty((0, DIGEST_SIZE), np.uint8)

    def hash(self, cell: Cell) -> str:
        """32 hexadecimal digits, equal for cells that are the same architecture to this space."""
        self._require_cell(cell)
        return self._digests(as_cells([cell])).tobytes().hex()

    def unique(
        self, cells: CellArray | Iterable[Architecture]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Group cells that are the same architecture.

        Returns
        -------
        first : ndarray of int64, shape (g,)
            Position of the first cell of every group, ascending.
        labels : ndarray of int64, shape (n,)
            Group of every cell: ``cells[first[labels[i]]]`` has the hash of ``cells[i]``.
        """
        return group_rows(self.digests(cells))

    def _require_cell(self, cell: object) -> None:
        if not isinstance(cell, Cell):
            raise TypeError(f"cell must be a Cell, got {type(cell).__name__}")
        if cell.taxonomy != self.taxonomy:
            raise ValueError(f"cell must be of space {self.name}, got one of {cell.taxonomy!r}")

    def _require_valid(self, cell: object) -> None:
        self._require_cell(cell)
        if not self.is_valid(cell):  # type: ignore[arg-type]
            raise ValueError(f"cell must be a valid cell of space {self.name}, got {cell!r}")

    def __repr__(self) -> str:
        return f"<space {self.name}: {' '.join(self.taxonomy.operations)}>"


class SpaceCells(Sequence[Cell]):
    """The cells of a space, as arrays.

    ``len``, indexing and iteration give `Cell` objects; a slice, a mask or an index array gives a
    `CellArray`. `embed` and the like take `cells`.

    Attributes
    ----------
    cells : CellArray
        n cells.
    digests : ndarray of uint8, shape (n, 16)
        Hash of each.
    """

    def __init__(self, cells: CellArray, digests: Digests) -> None:
        if digests.shape != (len(cells), DIGEST_SIZE):
            raise ValueError(
                f"digests must have shape {(len(cells), DIGEST_SIZE)}, got {digests.shape}"
            )
        self.cells, self.digests = cells, digests

    @cached_property
    def hashes(self) -> npt.NDArray[np.str_]:
        """Hashes as 32 hexadecimal digits, shape (n,)."""
        text = np.frombuffer(self.digests.tobytes().hex().encode(), dtype="S32")
        return text.astype(np.str_)

    @cached_property
    def _sorted(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        keys = as_keys(self.digests)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def find(self, digests: Digests) -> npt.NDArray[np.int64]:
        """Positions of cells by hash.

        Parameters
        ----------
        digests : ndarray of uint8, shape (m, 16)
            As `Space.digests` returns.

        Returns
        -------
        ndarray of int64, shape (m,)
            Position of the first cell with this hash, -1 where there is none. O(m log n).
        """
        keys, order = self._sorted
        if not len(keys):
            return np.full(len(digests), -1, dtype=np.int64)
        wanted = as_keys(digests)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, order[at], -1).astype(np.int64)

    def index_of(self, hash: str) -> int:  # noqa: A002  (the name the interface gives it)
        """Position of the first cell with this hash.

        Raises
        ------
        KeyError
            If there is none.
        """
        try:
            digest = np.frombuffer(bytes.fromhex(hash), dtype=np.uint8)
        except ValueError:
            digest = np.empty(0, dtype=np.uint8)
        if len(digest) != DIGEST_SIZE:
            raise KeyError(f"hash must be 32 hexadecimal digits, got {hash!r}")
        found = int(self.find(digest[None, :])[0])
        if found < 0:
            raise KeyError(f"no cell has hash {hash}")
        return found

    def __len__(self) -> int:
        return len(self.cells)

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


def as_keys(digests: Digests) -> npt.NDArray[Any]:
    """View digests as scalars that sort byte by byte, shape (n,).

    A fixed-length bytes type would drop trailing zeros, a void type does not sort: hence a pair of
    big-endian integers.
    """
    pair = np.dtype([("high", ">u8"), ("low", ">u8")])
    contiguous = np.ascontiguousarray(digests, dtype=np.uint8)
    return contiguous.view(pair).reshape(len(digests))


def group_rows(digests: Digests) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return first positions (ascending) and labels of equal rows; see `Space.unique`."""
    _, first, labels = np.unique(as_keys(digests), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int64), rank[labels].astype(np.int64).reshape(-1)


def text_digests(texts: Iterable[str]) -> Digests:
    """BLAKE2b (16 bytes) of texts, shape (n, 16): the same on every machine and in every run."""
    joined = b"".join(blake2b(text.encode(), digest_size=DIGEST_SIZE).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_SIZE)
