"""Optimal transport between the operations of two cells."""

from __future__ import annotations

from math import gcd

import numpy as np

from otnas.arrays import FloatArray
from otnas.search.cells.distances.pairs import PairDistances, Signature
from otnas.search.extras import require
from otnas_fast import CellArray, Taxonomy

FAMILY_COST = 0.2
"""Cost of moving mass between operations of a family; between families it is 1."""


class OptimalTransport(PairDistances):
    """Wasserstein distance of the frequencies of operations, by the network simplex of POT.

    The baseline "OT" of Nguyen et al. (2021), Section 5. Moving mass within a family of operations
    costs 0.2, as in Table 1 of Kandasamy et al. (2018); between families 1 (the
    paper's code has 10,000, which hides every other difference). A cell without operations has its
    mass on a point at distance 1 from all of them.

    A pair of different frequencies takes about 0.1 milliseconds; NAS-Bench-201 has 162 different
    frequencies.

    Parameters
    ----------
    taxonomy : Taxonomy
    """

    names = ("operations",)

    def __init__(self, taxonomy: Taxonomy) -> None:
        super().__init__()
        self.key = "operation-frequencies"
        self._ot = require("ot", "ot")
        self._codes = [taxonomy.codes[op] for op in taxonomy.operations]
        self._cost = operation_costs(taxonomy)

    def signatures(self, cells: CellArray) -> list[Signature]:
        """Return the operation counts divided by their greatest common divisor."""
        pruned = cells.prune()
        matches = pruned.codes[:, np.newaxis] == np.array(self._codes, dtype=np.uint8)
        # Every cell has vertices, so the segments of reduceat are not empty.
        counts = np.add.reduceat(matches.astype(np.int64), pruned.offsets[:-1])
        return [_reduced(row) for row in counts.tolist()]

    def distance(self, a: Signature, b: Signature) -> float:
        """Return the optimal transport cost of two signatures."""
        return float(self._ot.emd2(_measure(a), _measure(b), self._cost))


def operation_costs(taxonomy: Taxonomy) -> FloatArray:
    """Return the costs between operations and, last, the point for "no operation"."""
    family_of = {op: f for f, ops in enumerate(taxonomy.families.values()) for op in ops}
    family = np.array([family_of[op] for op in taxonomy.operations])
    k = family.size
    cost = np.ones((k + 1, k + 1))
    cost[:k, :k] = np.where(family[:, np.newaxis] == family, FAMILY_COST, 1.0)
    np.fill_diagonal(cost, 0.0)
    return cost


def _reduced(counts: list[int]) -> Signature:
    divisor = gcd(*counts)
    return tuple(c // divisor for c in counts) if divisor else tuple(counts)


def _measure(signature: Signature) -> FloatArray:
    counts = np.array([*signature, 0], dtype=np.float64)
    if not counts.any():
        counts[-1] = 1.0
    result: FloatArray = counts / counts.sum()
    return result
