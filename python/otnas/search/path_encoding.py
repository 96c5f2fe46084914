"""Path encoding: the words of operations along input-to-output paths (White et al. 2021)."""

from __future__ import annotations

from otnas_fast import Cell

MAX_WORDS = 5_000
"""Words of one length under way in one cell, beyond which longer ones are left out."""


def path_words(cell: Cell) -> frozenset[tuple[int, ...]]:
    """Return the different words of operation codes along the paths of a pruned cell.

    White et al. (2021), Section 4, one bit a word; the bit of the empty word is an edge from input
    to output. Dense cells of many vertices have exponentially many paths: theirs are cut off by
    length, as in the paper's truncated encoding.
    """
    last = len(cell) - 1
    followers = [[v for v in range(last + 1) if mask >> v & 1] for mask in cell._successors]
    words: set[tuple[int, ...]] = set()
    under_way: dict[int, set[tuple[int, ...]]] = {0: {()}}
    while under_way and sum(map(len, under_way.values())) <= MAX_WORDS:
        longer: dict[int, set[tuple[int, ...]]] = {}
        for vertex, prefixes in under_way.items():
            for follower in followers[vertex]:
                if follower == last:
                    words |= prefixes
                else:
                    code = cell._codes[follower]
                    longer.setdefault(follower, set()).update((*p, code) for p in prefixes)
        under_way = longer
    return frozenset(words)
