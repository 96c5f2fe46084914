"""Exact DPP draws by a factorisation of the marginal kernel K.

Items are decided one after another: item i is taken with its probability given the earlier
decisions, which is the i-th pivot of K after elimination of the earlier items; the pivot of an item
left out is lowered by 1. This is an L D L^T factorisation whose pivots are changed on the way, here
by blocks of columns with matrix products between them: O(n^3 / 3).

References
----------
.. [1] J. Poulson, "High-performance sampling of generic determinantal point processes",
   Philosophical Transactions of the Royal Society A 378 (2020).
.. [2] C. Launay, B. Galerne and A. Desolneux, "Exact sampling of determinantal point processes
   without eigendecomposition", Journal of Applied Probability 57 (2020).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._scipy import linalg
from otnas_fast._validate import FloatArray

BLOCK = 64
TOLERANCE = 1e-8  # by which a pivot may lie outside [0, 1] for rounding


def sample_by_factorisation(K: FloatArray, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw from the DPP of the marginal kernel K (n, n), symmetric, eigenvalues in [0, 1].

    Raises
    ------
    NumericalError
        If a pivot shows that K has an eigenvalue outside [0, 1].
    """
    n = len(K)
    work = np.array(K, order="F")
    uniforms = rng.random(n)
    pivots = np.empty(n)
    taken = np.zeros(n, dtype=bool)
    for begin in range(0, n, BLOCK):
        end = min(begin + BLOCK, n)
        # Columns before `begin` hold the unit lower factor by now.
        left = work[begin:end, :begin] * pivots[:begin]
        work[begin:, begin:end] -= work[begin:, :begin] @ left.T
        block = work[begin:end, begin:end]
        for i in range(end - begin):
            pivot = float(block[i, i])
            if not -TOLERANCE <= pivot <= 1.0 + TOLERANCE:
                raise _core.NumericalError(
                    "K: expected eigenvalues between 0 and 1; the probability of item "
                    f"{begin + i} given the items before is {pivot:g}"
                )
            taken[begin + i] = uniforms[begin + i] < pivot
            pivots[begin + i] = pivot = pivot if taken[begin + i] else pivot - 1.0
            column = block[i + 1 :, i] / pivot
            block[i + 1 :, i + 1 :] -= np.multiply.outer(column, block[i + 1 :, i])
            block[i + 1 :, i] = column
        below = linalg.solve_triangular(
            block, work[end:, begin:end].T, lower=True, unit_diagonal=True
        )
        work[end:, begin:end] = below.T / pivots[begin:end]
    return np.flatnonzero(taken)
