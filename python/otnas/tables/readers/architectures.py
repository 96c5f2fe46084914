"""Architectures as texts in tables of other origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import identities, spaces
from otnas.identities import Keys
from otnas.nested import parse_json
from otnas.spaces import Space
from otnas.tables import keys as key_arrays
from otnas_fast import Cell, CellArray


@dataclass(frozen=True)
class Parsed:
    """The architectures of a column.

    Attributes
    ----------
    cells : CellArray
        Those that are of the space, in order.
    keys : Keys, shape (len(cells), 2)
    unknown : list of int
        Positions of the others.
    """

    cells: CellArray
    keys: Keys
    unknown: list[int]


def space_name(space: str | Space) -> str:
    """Return the name under which tables have the space."""
    return (spaces.get(space) if isinstance(space, str) else space).name


def parse(texts: Sequence[Any], space: str | Space) -> Parsed:
    """Read architectures of a space.

    Parameters
    ----------
    texts : sequence
        Module hashes (NAS-Bench-101: all of them or none), what `Space.format` writes, or JSON
        ``{"matrix": [[0, 1], [0, 0]], "ops": ["input", "output"]}`` or ``[matrix, ops]``. Anything
        else, and cells outside the space, is unknown.
    space : str or Space

    Raises
    ------
    ValueError
        If there is no such space.
    """
    space = spaces.get(space) if isinstance(space, str) else space
    if space.name == "nasbench101" and any(map(_is_hash, texts)):
        return _parse_hashes(texts, space)
    cells: list[Cell] = []
    unknown: list[int] = []
    for position, text in enumerate(texts):
        try:
            cell = _parse_one(text, space)
            if not space.is_valid(cell):
                raise ValueError("not in the space")
            cells.append(cell)
        except (ValueError, TypeError, KeyError):
            unknown.append(position)
    packed = _packed(cells, space)
    return Parsed(packed, key_arrays.of_cells(space.name, packed), unknown)


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and identities.HEX.fullmatch(text) is not None


def _parse_hashes(texts: Sequence[Any], space: Space) -> Parsed:
    """Look module hashes up among all cells of the space."""
    everything = space.enumerate()
    hashed = np.array([_is_hash(text) for text in texts])
    keys = identities.from_hex([text for text in texts if _is_hash(text)])
    found = np.full(len(texts), -1, dtype=np.int64)
    found[hashed] = everything.find(identities.to_digests(keys))
    known = found >= 0
    return Parsed(
        everything.cells[found[known]], keys[known[hashed]], np.flatnonzero(~known).tolist()
    )


def _parse_one(text: Any, space: Space) -> Cell:
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {type(text).__name__}")
    if not text.lstrip().startswith(("[", "{")):
        return space.parse(text)
    data = parse_json(text)
    matrix, ops = (data["matrix"], data["ops"]) if isinstance(data, dict) else data
    return Cell(matrix, ops, space.taxonomy)


def _packed(cells: list[Cell], space: Space) -> CellArray:
    if cells:
        return CellArray.from_cells(cells)
    none = np.zeros(0, dtype=np.uint32)
    return CellArray(np.zeros(1, np.int64), none, none.astype(np.uint8), space.taxonomy)
