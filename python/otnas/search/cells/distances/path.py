"""Distance of path encodings."""

from __future__ import annotations

from otnas.search.cells.distances.tokens import TokenDistances, TokenSets
from otnas.search.cells.path_encoding import path_words
from otnas_fast import Cell


class PathDistance(TokenDistances):
    """Number of words that lie on the paths of one cell only (Hamming distance of the encodings).

    The baseline "path" of Nguyen et al. (2021), Section 5, after White et al. (2021).
    """

    names = ("paths",)
    key = "path-words"

    def tokens(self, cell: Cell) -> TokenSets:
        """Return the words."""
        return (path_words(cell),)
