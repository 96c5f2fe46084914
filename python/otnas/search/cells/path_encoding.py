"""Path encoding: the words of operations along input-to-output paths (White et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from otnas.arrays import FloatArray
from otnas_fast import Cell, as_cells

MAX_WORDS = 5_000
"""Number of words of one length in one cell beyond which longer words are left out."""


def path_words(cell: Cell) -> frozenset[tuple[int, ...]]:
    """Return the different words of operation codes along the paths of a pruned cell.

    In White et al. (2021), Section 4, each word is one bit; the bit of the empty word is an edge
    from input to output. Dense cells of many vertices have exponentially many paths, which are
    truncated by length, as in the paper's truncated encoding.
    """
    last = len(cell) - 1
    followers = [[v for v in range(last + 1) if mask >> v & 1] for mask in cell.successors]
    words: set[tuple[int, ...]] = set()
    under_way: dict[int, set[tuple[int, ...]]] = {0: {()}}
    while under_way and sum(map(len, under_way.values())) <= MAX_WORDS:
        longer: dict[int, set[tuple[int, ...]]] = {}
        for vertex, prefixes in under_way.items():
            for follower in followers[vertex]:
                if follower == last:
                    words |= prefixes
                else:
                    code = cell.codes[follower]
                    longer.setdefault(follower, set()).update((*p, code) for p in prefixes)
        under_way = longer
    return frozenset(words)


class PathEncoding:
    """Cells as 0/1 vectors, one entry for each word that lies on a path of the known cells.

    Parameters
    ----------
    known : cells, not necessarily pruned
        Their d different words, ordered by length and then by operation codes, are the entries.
    """

    def __init__(self, known: Sequence[Cell]) -> None:
        words = set().union(*_words(known)) if known else set()
        self.words = tuple(sorted(words, key=lambda word: (len(word), word)))
        self._column = {word: i for i, word in enumerate(self.words)}

    def __call__(self, cells: Sequence[Cell]) -> FloatArray:
        """Return the encodings, shape (n, d); unknown words are left out."""
        # Networks need an input, even where no cell has a path.
        out = np.zeros((len(cells), max(len(self.words), 1)))
        for row, words in enumerate(_words(cells)):
            out[row, [self._column[word] for word in words if word in self._column]] = 1.0
        return out


def _words(cells: Sequence[Cell]) -> list[frozenset[tuple[int, ...]]]:
    return [path_words(cell) for cell in as_cells(cells).prune()]
