"""Weisfeiler-Lehman distances: L1 between histograms of subtree labels."""

from __future__ import annotations

from typing import Any

from otnas.search.cells.distances.tokens import TokenDistances, TokenSets, histogram
from otnas_fast import Cell


class WeisfeilerLehman(TokenDistances):
    """One distance for each depth 0..h: that of the histograms of vertex labels.

    The label of a vertex at depth 0 is its operation; at depth d + 1 it is the label at depth d
    with the sorted labels of predecessors and of successors (Shervashidze et al. 2011, Algorithm 1,
    for directed graphs). Depth 2 is what NAS-BOWL (Ru et al. 2021) finds best on average.

    The histograms are made here and not by GraKeL, because a Gaussian process adds a few cells at a
    time: GraKeL's Weisfeiler-Lehman relabels all graphs it was fitted on together and cannot extend
    a fit, and it gives inner products where the kernel here, exp(-L1 / l), needs histograms.

    Parameters
    ----------
    depth : int >= 0, h
    """

    def __init__(self, depth: int = 2) -> None:
        self._depth = depth
        self.names = tuple(f"depth{d}" for d in range(depth + 1))
        self.key = f"weisfeiler-lehman-{depth}"
        super().__init__()

    def tokens(self, cell: Cell) -> TokenSets:
        """Return the histogram of labels of each depth."""
        size = len(cell)
        after = [[v for v in range(size) if mask >> v & 1] for mask in cell.successors]
        before = [[u for u in range(size) if v in after[u]] for v in range(size)]
        labels: list[Any] = list(cell.codes)
        histograms = [histogram(labels)]
        for _ in range(self._depth):
            labels = [
                (
                    labels[v],
                    tuple(sorted(labels[u] for u in before[v])),
                    tuple(sorted(labels[u] for u in after[v])),
                )
                for v in range(size)
            ]
            histograms.append(histogram(labels))
        return tuple(histograms)
