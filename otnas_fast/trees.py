"""Tree metrics and the tree-Wasserstein distance.

Notation
--------
w_v : length of the edge from node v to its parent
mu(T_v) : mass of the measure mu on the subtree below and including v
W(mu, nu) = sum_v w_v |mu(T_v) - nu(T_v)|                    Nguyen et al. 2021, Eq. 1
phi(mu)_v = w_v mu(T_v), so that W(mu, nu) = ||phi(mu) - phi(nu)||_1
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._validate import FloatArray, finite_matrix

# Masses are summed in floating point by the caller: totals may differ in the last bits.
_MASS_TOLERANCE = 1e-9


class TreeMetric:
    """A rooted tree with edge lengths: the ground metric of tree-Wasserstein distances.

    Parameters
    ----------
    parents : array_like of int, shape (nodes,)
        Parent of each node, -1 for the root; nodes may come in any order.
    weights : array_like of float, shape (nodes,)
        Length of the edge to the parent, finite and not negative; the root's is not used.

    Raises
    ------
    TypeError, ValueError
        Unless `parents` describes exactly one tree and `weights` fits it.
    """

    def __init__(self, parents: npt.ArrayLike, weights: npt.ArrayLike) -> None:
        parent_array = np.asarray(parents)
        if parent_array.ndim != 1 or (parent_array.size and parent_array.dtype.kind not in "iu"):
            raise TypeError(
                f"parents must be a 1-D array of integers, got dtype {parent_array.dtype} "
                f"and shape {parent_array.shape}"
            )
        weight_array = np.asarray(weights, dtype=np.float64)
        if weight_array.ndim != 1:
            raise ValueError(f"weights must be a 1-D array, got shape {weight_array.shape}")
        self._tree = _core.TreeMetric(parent_array.tolist(), weight_array.tolist())

    @property
    def parents(self) -> npt.NDArray[np.int64]:
        """Parent of each node, shape (nodes,); the root's is -1."""
        return np.array(self._tree.parents, dtype=np.int64)

    @property
    def weights(self) -> FloatArray:
        """Length of the edge to the parent, shape (nodes,)."""
        return np.array(self._tree.weights)

    def embed(self, measures: npt.ArrayLike) -> FloatArray:
        """Return phi of each measure: L1 distances of the results are Wasserstein distances.

        Parameters
        ----------
        measures : array_like, shape (m, nodes)
            Mass on each node, finite; O(m * nodes).

        Returns
        -------
        ndarray, shape (m, nodes)
        """
        return self._tree.embed(finite_matrix(measures, "measures", columns=len(self)))

    def __len__(self) -> int:
        return len(self._tree.parents)

    def __repr__(self) -> str:
        return f"TreeMetric({len(self)} nodes)"

    def __reduce__(self) -> tuple[type[TreeMetric], tuple[list[int], list[float]]]:
        return TreeMetric, (self._tree.parents, self._tree.weights)


def tree_wasserstein(tree: TreeMetric, mu: npt.ArrayLike, nu: npt.ArrayLike) -> float | FloatArray:
    """Return the Wasserstein distance of measures on a tree (Nguyen et al. 2021, Eq. 1).

    Parameters
    ----------
    tree : TreeMetric
    mu, nu : array_like, shape (nodes,) or (m, nodes)
        Masses, finite and not negative, with equal totals; a single measure is compared with every
        row of the other argument.

    Returns
    -------
    float, or ndarray of shape (m,)

    Raises
    ------
    ValueError
        For wrong shapes, negative masses, or totals that differ by more than 1e-9 of the larger.
    """
    if not isinstance(tree, TreeMetric):
        raise TypeError(f"tree must be a TreeMetric, got {type(tree).__name__}")
    masses = []
    for name, measure in (("mu", mu), ("nu", nu)):
        array = finite_matrix(np.atleast_2d(np.asarray(measure)), name, columns=len(tree))
        if (array < 0.0).any():
            raise ValueError(f"{name} must not be negative, its smallest mass is {array.min()}")
        masses.append(array)
    if len({len(array) for array in masses} - {1}) > 1:
        raise ValueError(
            f"mu and nu must have equally many rows, got {len(masses[0])} and {len(masses[1])}"
        )
    totals = [array.sum(axis=1) for array in masses]
    gap = np.abs(totals[0] - totals[1])
    if (gap > _MASS_TOLERANCE * np.maximum(totals[0], totals[1])).any():
        raise ValueError(
            f"mu and nu must have equal total mass, they differ by up to {gap.max():g}"
        )
    distances: FloatArray = np.abs(tree.embed(masses[0]) - tree.embed(masses[1])).sum(axis=1)
    single = np.ndim(mu) == 1 and np.ndim(nu) == 1
    return float(distances[0]) if single else distances
