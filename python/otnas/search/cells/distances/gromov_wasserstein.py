"""Gromov-Wasserstein distance of the graphs of two cells."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray
from otnas.search.cells.distances.pairs import PairDistances, Signature
from otnas.search.extras import require
from otnas_fast import CellArray, Taxonomy

TOLERANCE = 1e-6
"""POT's 1e-9 takes thousands of iterations on some pairs, for changes below 1e-3."""


class GromovWasserstein(PairDistances):
    """Gromov-Wasserstein discrepancy of adjacency matrices with uniform masses, by POT.

    This is the baseline "GW" of Nguyen et al. (2021), Section 5. It uses the squared loss and, as
    the structure, the adjacency matrix (here of the pruned cell); operations are ignored.

    It is the local minimum that conditional gradient finds from the product coupling, and it is not
    negative definite: the Gram matrix may be indefinite, which the Gaussian process corrects by
    jitter.

    A pair of different graphs takes one to three milliseconds. NAS-Bench-201 has 14 graphs; in a
    space of many, an ask with 100 new mutations and n cells told takes up to 100 n pairs, so 150
    queries take tens of minutes.

    Parameters
    ----------
    taxonomy : Taxonomy
    """

    names = ("structure",)
    sample_size = 16

    def __init__(self, taxonomy: Taxonomy) -> None:
        super().__init__()
        self.key = "graphs"
        self._gromov = require("ot.gromov", "gw")
        self._any_operation = taxonomy.codes[taxonomy.operations[0]]

    def signatures(self, cells: CellArray) -> list[Signature]:
        """Return the successor masks of the canonical form of each graph without operations."""
        pruned = cells.prune()
        codes = np.full_like(pruned.codes, self._any_operation)
        begin, end = pruned.offsets[:-1], pruned.offsets[1:] - 1
        codes[begin], codes[end] = pruned.codes[begin], pruned.codes[end]
        plain = CellArray(pruned.offsets, pruned.successors, codes, pruned.taxonomy).canonical()
        masks, bounds = plain.successors.tolist(), plain.offsets.tolist()
        return [tuple(masks[bounds[i] : bounds[i + 1]]) for i in range(len(cells))]

    def distance(self, a: Signature, b: Signature) -> float:
        """Return the discrepancy of two graphs."""
        x, y = _adjacency(a), _adjacency(b)
        p, q = np.full(len(x), 1.0 / len(x)), np.full(len(y), 1.0 / len(y))
        value = self._gromov.gromov_wasserstein2(
            x, y, p, q, "square_loss", symmetric=False, tol_rel=TOLERANCE, tol_abs=TOLERANCE
        )
        return float(value)


def _adjacency(signature: Signature) -> FloatArray:
    masks = np.array(signature, dtype=np.int64)
    return ((masks[:, np.newaxis] >> np.arange(masks.size)) & 1).astype(np.float64)
