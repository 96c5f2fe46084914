"""A finite set of architectures that a search may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np

from otnas import identities
from otnas.arrays import IntArray, fingerprint
from otnas.search.cells.index import CellIndex
from otnas.spaces import Enumerated, SearchSpace, Space, SpaceCells
from otnas_fast import CellArray, as_cells

T = TypeVar("T")


class CellPool:
    """N architectures of one space; by default those of equal hash are a group that counts as one.

    A pool never changes, so it can serve any number of searches one after another. It stores what
    searches compute for all of its cells (embeddings, path encodings).

    Parameters
    ----------
    space : SearchSpace
    cells : Enumerated, CellArray or iterable of architectures, optional
        All of the space by default.
    merge : bool
        Whether architectures of equal hash count as one. Otherwise each of them can be asked for,
        as is usual in the literature on tables where each has its own results.

    Raises
    ------
    ValueError
        If there is no cell, the cells are of another space, or, without `cells`, the space is too
        large to enumerate.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> space = NASBench201()
    >>> pool = CellPool(space, [space.parse(text) for text in (
    ...     "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    ...     "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    ... )])
    >>> len(pool), pool.n_distinct
    (2, 1)
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        cells: Enumerated[Any] | CellArray | Iterable[Any] | None = None,
        *,
        merge: bool = True,
    ) -> None:
        self.space = space
        self._all = _enumerated(space, cells)
        if len(self._all) == 0:
            raise ValueError("cells: expected at least one cell, got none")
        first, labels = identities.groups(self._all.digests)
        self.merged = merge
        self.labels: IntArray = labels.astype(np.intp) if merge else np.arange(len(self._all))
        self.n_distinct = int(first.size)
        self._features: dict[str, object] = {}

    @property
    def cells(self) -> Any:
        """The N architectures, as a CellArray or a sequence of the space's architectures."""
        return self._all.cells

    @cached_property
    def _index(self) -> CellIndex | None:
        return CellIndex(self.cells) if isinstance(self._all, SpaceCells) else None

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: int) -> Any:
        return self._all[index]

    def locate(self, cell: Any) -> int:
        """Return the position of an identical cell, else of the first with its hash, else -1.

        Identical cells come first because members of a group may have different results in a table
        (NAS-Bench-201).
        """
        position = -1 if self._index is None else self._index.find(cell)
        if position >= 0:
            return position
        return int(self._all.find(self.space.digests([cell]))[0])

    def key(self, position: int) -> bytes | int:
        """Return the key shared by cells that count as one: the digest, or else the position."""
        return self.digest(position) if self.merged else position

    def digest(self, position: int) -> bytes:
        """Return the hash of a cell as 16 bytes."""
        return bytes(self._all.digests[position])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all hashes in order, 32 hexadecimal digits."""
        return fingerprint(self._all.digests)

    def feature(self, name: str, compute: Callable[[Any], T]) -> T:
        """Return compute(cells), computed once for every name."""
        if name not in self._features:
            self._features[name] = compute(self.cells)
        return cast(T, self._features[name])

    def __repr__(self) -> str:
        return f"CellPool({len(self)} cells of {self.space.name}, {self.n_distinct} distinct)"


def hashable(space: SearchSpace[Any], thing: Any) -> Any:
    """Return an architecture in the form that the space uses, if it cannot be hashed (a dict)."""
    return thing if type(thing).__hash__ is not None else space.parse(space.format(thing))


def _enumerated(space: SearchSpace[Any], cells: Any) -> Enumerated[Any]:
    if cells is None:
        cells = space.enumerate()
    if not isinstance(space, Space):
        if isinstance(cells, Enumerated):
            return cells
        listed = [hashable(space, cell) for cell in cells]
        return Enumerated(listed, space.digests(listed))
    if not isinstance(cells, SpaceCells):
        packed = as_cells(cells, name="cells")
        cells = SpaceCells(packed, space.digests(packed))
    if len(cells) and cells.cells.taxonomy != space.taxonomy:
        raise ValueError(
            f"cells: expected cells of space {space.name}, got {cells.cells.taxonomy!r}"
        )
    return cast(SpaceCells, cells)
