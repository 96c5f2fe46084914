"""NAS-Bench-101: 423,624 cells of up to 7 vertices and 9 edges (Ying et al. 2019)."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path

import numpy as np

from otnas.identities import Digests
from otnas.spaces.base import SpaceCells
from otnas.spaces.dag import DagSpace
from otnas.storage import ARCHIVE_ERRORS, data_folder, written_atomically
from otnas_fast import NASBENCH101, Cell, CellArray
from otnas_fast.enumeration import enumerate_nasbench101, module_hashes

CELLS = 423_624
_CACHE_VERSION = "otnas nasbench101 cells 1"


class NASBench101(DagSpace):
    """The cells of NAS-Bench-101, named by the benchmark's own module hash.

    A cell is valid if, once pruned, it connects input and output with at most 7 vertices and 9
    edges. `random` is the benchmark's sampler: 7 vertices, every edge with probability 1/2, uniform
    operations, repeated until valid. `mutate` is the mutation of its regularised evolution.
    `uniform` draws uniformly from the cells of the benchmark, unlike the sampler: once pruned, only
    about one in a hundred of its cells has all 7 vertices, but 85 % of the benchmark's cells do.

    Notes
    -----
    `hash` is the 32-digit MD5 under which the benchmark's files list the cell. It does not
    show with which isomorphic numbering a network was trained.

    Examples
    --------
    >>> import numpy as np
    >>> space = NASBench101()
    >>> cell = space.random(np.random.default_rng(0))
    >>> space.is_valid(cell), space.parse(space.format(cell)) == cell
    (True, True)
    """

    def __init__(self) -> None:
        super().__init__(NASBENCH101, 7, 9, edge_probability=0.5, name="nasbench101")

    def uniform(self, rng: np.random.Generator) -> Cell:
        """Draw one of the 423,624 cells uniformly; the space is enumerated first."""
        space = self.enumerate()
        return space[int(rng.integers(len(space)))]

    def enumerate(self) -> SpaceCells:
        """Return all 423,624 cells by ascending hash, in the numbering that was trained.

        They are computed once (in seconds, on all threads) and kept as ``nasbench101-cells.npz`` in
        `otnas.storage.data_folder`; a file that is damaged or of another version is written anew,
        and a folder that is not writable causes a warning.
        """
        return self._enumerated

    @cached_property
    def _enumerated(self) -> SpaceCells:
        path = data_folder() / "nasbench101-cells.npz"
        space = _load(path)
        if space is None:
            space = SpaceCells(*enumerate_nasbench101())
            try:
                _save(path, space)
            except OSError as error:
                message = f"the enumerated cells could not be kept in {path}: {error}"
                warnings.warn(message, RuntimeWarning, stacklevel=3)
        return space

    def _digests(self, cells: CellArray) -> Digests:
        return module_hashes(cells)


def _save(path: Path, space: SpaceCells) -> None:
    """Write sizes (n,), successors and codes of all vertices, digests (n, 16); 13 MB."""
    with written_atomically(path) as file:
        np.savez(
            file,
            version=np.array(_CACHE_VERSION),
            sizes=np.diff(space.cells.offsets).astype(np.uint8),
            successors=space.cells.successors.astype(np.uint8),  # 7 vertices: 7 bits
            codes=space.cells.codes,
            digests=space.digests,
        )


def _load(path: Path) -> SpaceCells | None:
    """Return what `_save` wrote, or None if it is not there or not right (the zip has CRCs)."""
    try:
        # Opened here: NumPy leaves a file open that turns out to be no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["version"]) != _CACHE_VERSION:
                return None
            sizes, successors = arrays["sizes"], arrays["successors"]
            codes, digests = arrays["codes"], arrays["digests"]
    except (*ARCHIVE_ERRORS, TypeError):  # TypeError: one array instead of an archive
        return None
    if sizes.shape != (CELLS,) or digests.shape != (CELLS, 16) or digests.dtype != np.uint8:
        return None
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    try:
        cells = CellArray(offsets, successors.astype(np.uint32), codes, NASBENCH101)
    except (ValueError, TypeError):
        return None
    return SpaceCells(cells, digests)
