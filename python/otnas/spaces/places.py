"""Choices at one place as vectors whose L1 distance is a tree-Wasserstein distance.

Notation
--------
v : the choice at the place; a point mass on the place's own tree (docs/maths.md)
alpha : share of a choice's depth that lies below its family, as in `otnas_fast.Taxonomy`

Two choices are at most 1 apart. Unordered choices are leaves of a star at depth 1/2, those of a
family below a common vertex: they are alpha apart within the family and 1 apart otherwise. Ordered
choices lie on a chain of length 1. If the place may not apply, its absence is one more leaf, 1 away
from everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from otnas.arrays import FloatArray

ABSENT = -1
"""Stands for "this place does not apply" among the numbers of choices."""


def star(
    chosen: npt.NDArray[np.int64], families: Sequence[int], alpha: float, *, absent: bool = False
) -> FloatArray:
    """Return vectors of unordered choices, shape (n, d).

    Parameters
    ----------
    chosen : ndarray of int64, shape (n,)
        Number of each choice, 0 to k - 1, or `ABSENT`.
    families : sequence of int, length k
        Number of each choice's family; a choice without a family has its own number.
    alpha : float in (0, 1)
        Distance of two choices of one family.
    absent : bool, default False
        Whether the place may not apply.

    Examples
    --------
    >>> import numpy as np
    >>> vectors = star(np.array([0, 1, 2]), families=[0, 0, 1], alpha=0.1)
    >>> np.abs(vectors[:, None] - vectors).sum(axis=2).round(3)
    array([[0. , 0.1, 1. ],
           [0.1, 0. , 1. ],
           [1. , 1. , 0. ]])
    """
    _, group = np.unique(np.asarray(families, dtype=np.int64), return_inverse=True)
    group = group.reshape(-1)
    shared = np.flatnonzero(np.bincount(group) > 1)
    here = (chosen != ABSENT)[:, None]
    of_choice = here & (chosen[:, None] == np.arange(len(group)))
    in_family = here & (group[chosen][:, None] == shared)
    depth = np.where(np.isin(group, shared), alpha, 1.0) / 2
    parts = [of_choice * depth, in_family * ((1.0 - alpha) / 2)]
    if absent:
        parts.append(np.where(here, 0.0, 0.5))
    return np.concatenate(parts, axis=1)


def chain(position: FloatArray, *, absent: bool = False) -> FloatArray:
    """Return vectors of ordered choices, shape (n, 1), or (n, 3) where the place may not apply.

    Parameters
    ----------
    position : ndarray, shape (n,)
        Where each choice lies in [0, 1]; NaN where the place does not apply.
    absent : bool, default False
        Whether the place may not apply. Its tree then has three edges of length 1/2: from the root,
        which stands for absence, to a vertex, and from there to two leaves. A choice at u
        has the mass u on one leaf and 1 - u on the other: two choices are still ``|u - v|`` apart,
        and 1 from the root.

    Examples
    --------
    >>> import numpy as np
    >>> vectors = chain(np.array([0.25, 1.0, np.nan]), absent=True)
    >>> np.abs(vectors[:, None] - vectors).sum(axis=2)
    array([[0.  , 0.75, 1.  ],
           [0.75, 0.  , 1.  ],
           [1.  , 1.  , 0.  ]])
    """
    if not absent:
        return position[:, None].astype(np.float64)
    here = ~np.isnan(position)
    u = np.where(here, position, 0.0)
    return np.stack([u, here - u, here.astype(np.float64)], axis=1) / 2
