"""The keys under which tables store architectures (`otnas.identities`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from otnas import spaces
from otnas.identities import Keys, digests_of, from_digests
from otnas_fast import CellArray, as_cells


def of_cells(space: str, cells: CellArray) -> Keys:
    """Return the keys under which tables of a space store the cells.

    In NAS-Bench-201 a key is the operations as given, since the benchmark trained isomorphic cells
    separately. In other built-in spaces it is the hash (in NAS-Bench-101 the official module hash),
    so that cells which are the same architecture have one key. In a user's space it is a digest of
    the canonical form.

    Raises
    ------
    ValueError
        If a NAS-Bench-201 cell is not in the form of the benchmark (it may have been pruned).
    """
    if space == "nasbench201":
        return _operations(cells)
    if space in spaces.NAMES:
        return from_digests(spaces.get(space).digests(cells))
    return _canonical_keys(cells)


def _operations(cells: CellArray) -> Keys:
    """Return keys of NAS-Bench-201 cells: the codes of the eight vertices are the key."""
    sizes = np.diff(cells.offsets)
    form = as_cells(["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]).successors
    if not (sizes == len(form)).all() or not (cells.successors.reshape(-1, 8) == form).all():
        raise ValueError(
            "cells: expected the benchmark's form |op~0|+|op~0|op~1|+..., got pruned ones"
        )
    keys = np.zeros((len(cells), 2), dtype=np.uint64)
    keys[:, 0] = np.frombuffer(cells.codes.tobytes(), dtype=">u8")
    return keys


def _canonical_keys(cells: CellArray) -> Keys:
    if len(cells):
        cells = cells.canonical()
    codes, successors = cells.codes.tobytes(), cells.successors.astype("<u4").tobytes()
    return from_digests(
        digests_of(
            codes[i:j] + successors[4 * i : 4 * j] for i, j in pairwise(cells.offsets.tolist())
        )
    )
