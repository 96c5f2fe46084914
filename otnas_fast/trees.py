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
from otnas_fast import _validate as check
from otnas_fast._validate import FloatArray

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

    Examples
    --------
    >>> tree = TreeMetric(parents=[-1, 0, 0], weights=[0.0, 1.0, 2.0])
    >>> tree.embed([[0.0, 0.5, 0.5]])
    array([[0. , 0.5, 1. ]])
    """

    def __init__(self, parents: npt.ArrayLike, weights: npt.ArrayLike) -> None:
        parent_array = check.real_array(parents, "parents")
        if parent_array.ndim != 1 or (parent_array.size and parent_array.dtype.kind not in "iu"):
            raise TypeError(
                f"parents: expected a 1-D array of integers, got dtype {parent_array.dtype} "
                f"and shape {parent_array.shape}"
            )
        weight_array = check.real_array(weights, "weights")
        if weight_array.ndim != 1:
            raise ValueError(f"weights: expected a 1-D array, got shape {weight_array.shape}")
        nodes = len(parent_array)
        outside = parent_array[(parent_array < -1) | (parent_array >= nodes)]
        if outside.size:
            raise ValueError(
                f"parents: expected nodes from 0 to {nodes - 1}, or -1, got {outside[0]}"
            )
        self._tree = _core.TreeMetric(
            parent_array.tolist(), weight_array.astype(np.float64).tolist()
        )

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
            Infinite where a product of mass and length is above 1.8e308.

        Raises
        ------
        TypeError, ValueError
            For invalid measures, and if a subtree's mass is above 1.8e308.
        """
        matrix = check.finite_matrix(measures, "measures", columns=len(self))
        with np.errstate(over="ignore"):
            if not np.isfinite(np.abs(matrix).sum(axis=1)).all():
                raise ValueError("measures: expected a finite total mass, got one above 1.8e308")
        return self._tree.embed(matrix)

    def __len__(self) -> int:
        return len(self._tree.parents)

    def __repr__(self) -> str:
        return f"TreeMetric({len(self)} nodes)"

    def __reduce__(self) -> tuple[type[TreeMetric], tuple[list[int], list[float]]]:
        return TreeMetric, (self._tree.parents, self._tree.weights)


def tree_wasserstein(tree: TreeMetric, mu: npt.ArrayLike, nu: npt.ArrayLike) -> float | FloatArray:
    """Return the Wasserstein distance between measures on a tree (Nguyen et al. 2021, Eq. 1).

    Parameters
    ----------
    tree : TreeMetric
    mu, nu : array_like, shape (nodes,) or (m, nodes)
        Masses, finite and not negative, with equal totals; a single measure is compared with every
        row of the other argument.

    Returns
    -------
    float, or ndarray of shape (m,)
        Infinite if above 1.8e308.

    Raises
    ------
    ValueError
        For wrong shapes, negative masses, totals that are not finite or that differ by more than
        1e-9 of the larger.

    Examples
    --------
    >>> tree = TreeMetric(parents=[-1, 0, 0], weights=[0.0, 1.0, 2.0])
    >>> tree_wasserstein(tree, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    3.0
    """
    if not isinstance(tree, TreeMetric):
        raise TypeError(f"tree: expected a TreeMetric, got {type(tree).__name__}")
    masses = []
    for name, measure in (("mu", mu), ("nu", nu)):
        given = np.atleast_2d(check.real_array(measure, name))
        array = check.finite_matrix(given, name, columns=len(tree))
        if (array < 0.0).any():
            raise ValueError(f"{name}: expected masses of at least 0, got {array.min()}")
        masses.append(array)
    if len({len(array) for array in masses} - {1}) > 1:
        raise ValueError(
            f"mu, nu: expected equally many rows, got {len(masses[0])} and {len(masses[1])}"
        )
    with np.errstate(over="ignore"):
        totals = [array.sum(axis=1) for array in masses]
    if not np.isfinite(np.concatenate(totals)).all():
        raise ValueError("mu, nu: expected a finite total mass, got one above 1.8e308")
    gap = np.abs(totals[0] - totals[1])
    if (gap > _MASS_TOLERANCE * np.maximum(totals[0], totals[1])).any():
        raise ValueError(
            f"mu, nu: expected equal total masses, got some that differ by up to {gap.max():g}"
        )
    # phi is linear; applied to the difference, it keeps what nearly equal masses differ by.
    with np.errstate(over="ignore"):
        distances: FloatArray = np.abs(tree.embed(masses[0] - masses[1])).sum(axis=1)
    single = np.ndim(mu) == 1 and np.ndim(nu) == 1
    return float(distances[0]) if single else distances
