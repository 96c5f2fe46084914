"""All cells of a search space; module hashes and parameter counts of NAS-Bench-101."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast.cells import Architecture, CellArray, as_cells
from otnas_fast.taxonomy import NASBENCH101, Taxonomy, check_taxonomy

MAX_ENUMERATED_VERTICES: int = _core.MAX_ENUMERATED_VERTICES
"""The largest number of vertices of the cells that `enumerate_cells` lists."""

Digests = npt.NDArray[np.uint8]
"""Module hashes, shape (n, 16)."""


def enumerate_cells(
    taxonomy: Taxonomy,
    max_vertices: int,
    max_edges: int,
    *,
    max_cells: int = 1_000_000,
    threads: int | None = None,
) -> CellArray:
    """List all pruned cells up to isomorphism.

    Parameters
    ----------
    taxonomy : Taxonomy
        Absent operations are not used.
    max_vertices, max_edges : int
        Limits of a cell: 2 to 7 vertices, at least 1 edge.
    max_cells : int
        The largest number of cells to list.
    threads : int, optional
        By default, all that the process may use; the result does not depend on it.

    Raises
    ------
    TypeError, ValueError
        For limits out of range, and if there are more than `max_cells` cells.

    Examples
    --------
    >>> taxonomy = Taxonomy({"conv": ["conv3", "conv5"]})
    >>> len(enumerate_cells(taxonomy, max_vertices=4, max_edges=4))
    24
    """
    operations = len(check_taxonomy(taxonomy).operations)
    packed = _core.enumerate_cells(
        check.integer(max_vertices, "max_vertices", minimum=2, maximum=MAX_ENUMERATED_VERTICES),
        check.integer(max_edges, "max_edges", minimum=1, maximum=2**31 - 1),
        operations,
        check.integer(max_cells, "max_cells", minimum=1, maximum=2**62),
        check.threads(threads),
    )
    return CellArray(*packed, taxonomy)


def enumerate_nasbench101(*, threads: int | None = None) -> tuple[CellArray, Digests]:
    """List the 423,624 cells of NAS-Bench-101 by ascending module hash.

    Returns
    -------
    cells : CellArray
        The cells, with their vertices numbered as the benchmark trained them.
    hashes : ndarray of uint8, shape (423624, 16)
        The module hash of each cell.

    Examples
    --------
    >>> cells, digests = enumerate_nasbench101()  # doctest: +SKIP
    """
    packed, hashes = _core.enumerate_nasbench101(check.threads(threads))
    return CellArray(*packed, NASBENCH101), hashes


def module_hashes(
    cells: CellArray | Iterable[Architecture], *, threads: int | None = None
) -> Digests:
    """Return the module hashes of NAS-Bench-101 cells (Ying et al. 2019), shape (n, 16).

    Examples
    --------
    >>> from otnas_fast import NASBENCH101, Cell
    >>> module_hashes([Cell([[0, 1], [0, 0]], ["input", "output"], NASBENCH101)])[0].tobytes().hex()
    '043721b9c7fe8c5fad811d47d83132ec'
    """
    packed = as_cells(cells, NASBENCH101, name="cells")
    return _core.module_hashes(packed._packed, check.threads(threads))


def parameter_counts(cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
    """Count the trainable parameters of the networks of NAS-Bench-101 cells, shape (n,).

    A network has a stem of 128 channels and three stacks of three cells; the channels double from
    stack to stack (Ying et al. 2019, Section 2). Cells are pruned first. Where channels do not
    divide evenly among the vertices that lead into the output, earlier vertices get one more, so
    isomorphic cells can differ slightly.

    Examples
    --------
    >>> from otnas_fast import NASBENCH101, Cell
    >>> parameter_counts([Cell([[0, 1], [0, 0]], ["input", "output"], NASBENCH101)])
    array([882570])
    """
    return _core.parameter_counts(as_cells(cells, NASBENCH101, name="cells")._packed)
