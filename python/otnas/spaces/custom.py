"""A search space of your own: small directed acyclic graphs."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from otnas.identities import Digests, firsts, from_digests, text_digests
from otnas.spaces.base import SpaceCells
from otnas.spaces.dag import DagSpace
from otnas.spaces.text import format_cell
from otnas_fast import CellArray
from otnas_fast.enumeration import MAX_ENUMERATED_VERTICES, enumerate_cells

MAX_ENUMERATED_CELLS = 1_000_000


class CellSpace(DagSpace):
    """Cells of a user's own operations, limited in vertices and edges.

    Parameters
    ----------
    taxonomy : Taxonomy
        The operations, with similar ones in families. Random cells and mutations do not use absent
        operations.
    max_vertices : int
        Number of vertices, input and output included, 2 to 32.
    max_edges : int, optional
        At least 1; by default not limited.
    valid : callable, optional
        ``valid(cell) -> bool`` for pruned cells, in addition to the limits. The result must not
        depend on how vertices are numbered.
    edge_probability : float, optional
        Probability of each edge in random cells before rejection, in (0, 1]; by default 1/2, or
        `max_edges` as a share of all edges if that is smaller.
    name : str, optional
        Shown in messages; by default the taxonomy's.

    Raises
    ------
    TypeError, ValueError
        If a limit is out of range, or an operation name contains ``,`` or ``;``.

    Notes
    -----
    `hash` is a digest of the canonical form's text: the same for isomorphic cells, on every machine
    and in every run, as long as the taxonomy lists the operations in the same order.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast import Taxonomy
    >>> ops = Taxonomy({"conv": ["conv3", "conv5"], "pool": ["max"]})
    >>> space = CellSpace(ops, max_vertices=4, max_edges=5)
    >>> len(space.enumerate())
    82
    """

    def enumerate(self) -> SpaceCells:
        """Return all cells up to isomorphism, by ascending hash.

        Raises
        ------
        ValueError
            If `max_vertices` is above 7, or there are more than a million cells before the
            predicate.
        """
        return self._enumerated

    @cached_property
    def _enumerated(self) -> SpaceCells:
        if self.max_vertices > MAX_ENUMERATED_VERTICES:
            raise ValueError(
                f"space {self.name} is too large to enumerate: max_vertices: expected at most "
                f"{MAX_ENUMERATED_VERTICES}, got {self.max_vertices}"
            )
        try:
            cells = enumerate_cells(
                self.taxonomy, self.max_vertices, self.max_edges, max_cells=MAX_ENUMERATED_CELLS
            )
        except ValueError as error:
            raise ValueError(f"space {self.name} is too large to enumerate: {error}") from None
        cells = cells[np.array(list(self._valid_positions(cells)), dtype=np.int64)]
        digests = self.digests(cells)
        order = firsts(from_digests(digests))
        return SpaceCells(cells[order], digests[order])

    def _digests(self, cells: CellArray) -> Digests:
        return text_digests(format_cell(cell) for cell in cells.canonical())
