"""Edit distance of cells whose vertices are matched by number."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from otnas.search.cells.distances.tokens import TokenDistances, TokenSets
from otnas_fast import Cell


class EditDistance(TokenDistances):
    """Number of different entries of the adjacency matrices plus number of different operations.

    The baseline "edit" of Nguyen et al. (2021), Section 5. As there, cells are compared unpruned,
    and isomorphic cells may differ. Interior vertices match by number and the outputs
    match each other; a vertex that only one cell has counts as a different operation.
    """

    names = ("edit",)
    key = "edit"
    pruned = False
    weight = 0.5

    def tokens(self, cell: Cell) -> TokenSets:
        """Return two tokens for each edge and two for each vertex, one of them its name."""
        last = len(cell) - 1
        found: set[Hashable] = set()
        for u, v in np.argwhere(cell.matrix).tolist():
            edge = (u, -1 if v == last else v)
            found |= {("edge", 0, *edge), ("edge", 1, *edge)}
        for vertex in range(1, last):
            found |= {("vertex", vertex), ("operation", vertex, cell.codes[vertex])}
        return (frozenset(found),)
