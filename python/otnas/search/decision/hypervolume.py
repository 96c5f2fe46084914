"""Hypervolume of a front, and its expected improvement where costs are known.

Notation
--------
c(x) : costs of an item, m of them, known; f(x) : its value, normal with mean mu and deviation s.
    All are minimised.
(c_i, f_i) : the p points of a front; (c_ref, f_ref) : reference point.
F(t) = min(f_ref, min of f_i over c_i <= t in all costs) : the staircase below which a value at
    costs t adds to the dominated volume.

A value f at costs c(x) adds the integral of max(F(t) - f, 0) over t from c(x) to c_ref, so that

    EHVI(x) = integral of EI(mu, s; F(t)) dt = sum over levels v of F: V_v(x) EI(mu, s; v)

with EI the expected improvement below a threshold (docs/maths.md Eq. 6) and V_v(x) the volume of
{t from c(x) to c_ref : F(t) = v}. With one cost these are the steps right of c(x); with several,
unions of boxes. This is the case of Yang, Emmerich, Deutz & Back (2019) with only one unknown
objective. Everything is in logarithms, so that candidates far from the front can be told apart.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import BoolArray, FloatArray, IntArray
from otnas.search.decision.acquisition import log_expected_improvement
from otnas.search.decision.ranking import lowest_of_groups

# Size of the largest temporary array.
_CHUNK = 2_000_000
# Candidates looked at first, at least and a wanted one: they tell which others need not be.
_LEADING, _LEADING_EACH = 1000, 4
_ROUNDING = 1e-9


def non_dominated(points: ArrayLike) -> BoolArray:
    """Return which points are not dominated; of equal points, only the first counts.

    Parameters
    ----------
    points : array (n, d), lower is better

    Examples
    --------
    >>> non_dominated([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [2.0, 2.0]]).tolist()
    [True, True, False, False]
    """
    array = checks.numbers("points", points)
    if array.ndim != 2:
        raise ValueError(f"points: expected a 2-D array, got shape {array.shape}")
    # In lexicographic order only earlier points can dominate.
    order = np.lexsort([np.arange(len(array)), *array.T[::-1]])
    kept = np.zeros(len(array), dtype=np.bool_)
    front = np.empty((0, array.shape[1]))
    for i in order:
        if not (front <= array[i]).all(axis=1).any():
            kept[i] = True
            front = np.vstack([front, array[i]])
    return kept


def ranks(points: FloatArray) -> IntArray:
    """Return 0 for points that are not dominated, 1 for those that only these dominate, and so on.

    Parameters
    ----------
    points : array (n, d), lower is better; of equals, all but the first are a rank behind
    """
    result = np.zeros(len(points), dtype=np.intp)
    left = np.arange(len(points))
    while left.size:
        left = left[~non_dominated(points[left])]
        result[left] += 1
    return result


class Staircase:
    """The points that are not dominated and better than the reference in everything.

    Parameters
    ----------
    costs : array (n, m), m >= 1
    values : array (n,)
    reference_costs : array (m,), c_ref
    reference_value : float, f_ref

    Raises
    ------
    ValueError
        If shapes do not agree or a number is not finite.

    Examples
    --------
    >>> front = Staircase([[1.0], [2.0]], [3.0, 1.0], [4.0], 5.0)
    >>> front.hypervolume
    10.0
    >>> front.threshold([[0.5], [1.5], [2.0]]).tolist()
    [5.0, 3.0, 1.0]
    """

    def __init__(
        self,
        costs: ArrayLike,
        values: ArrayLike,
        reference_costs: ArrayLike,
        reference_value: float,
    ) -> None:
        c_ref = checks.numbers("reference_costs", reference_costs)
        if c_ref.ndim != 1 or c_ref.size == 0 or not np.isfinite([*c_ref, reference_value]).all():
            raise ValueError(
                f"reference: expected finite numbers, a value and at least one cost, "
                f"got {reference_costs!r} and {reference_value!r}"
            )
        f = checks.finite_vector("values", values, len(np.atleast_1d(values)))
        c = checks.numbers("costs", costs)
        if c.shape != (f.size, c_ref.size) or not np.isfinite(c).all():
            raise ValueError(
                f"costs: expected finite numbers of shape ({f.size}, {c_ref.size}), got {c}"
            )
        inside = np.flatnonzero((c < c_ref).all(axis=1) & (f < reference_value))
        inside = inside[non_dominated(np.column_stack([c[inside], f[inside]]))]
        self.costs: FloatArray = c[inside]
        self.values: FloatArray = f[inside]
        self.reference_costs, self.reference_value = c_ref, float(reference_value)

    def with_point(self, costs: FloatArray, value: float) -> Staircase:
        """Return the front with one more point."""
        return Staircase(
            np.vstack([self.costs, costs]),
            np.append(self.values, value),
            self.reference_costs,
            self.reference_value,
        )

    @property
    def hypervolume(self) -> float:
        """Volume of the points that the front dominates and that dominate the reference point."""
        lower, upper, level, levels = self._boxes
        gain = self.reference_value - levels[level]
        dominated = gain > 0  # elsewhere a box may have no lower end
        sides = upper[dominated] - lower[dominated]
        return float((sides.prod(axis=1) * gain[dominated]).sum())

    def threshold(self, costs: ArrayLike) -> FloatArray:
        """Return F at costs, array (N, m) -> (N,); f_ref where nothing is as cheap."""
        c = checks.numbers("costs", costs)
        result = np.full(len(c), self.reference_value)
        for i in np.argsort(-self.values, kind="stable"):
            reached = np.ones(len(c), dtype=np.bool_)
            for j, cost in enumerate(self.costs[i]):
                reached &= c[:, j] >= cost
            result[reached] = self.values[i]
        return result

    def log_ehvi(self, mean: FloatArray, std: FloatArray, costs: FloatArray) -> FloatArray:
        """Return log EHVI, -inf where there is nothing to gain.

        Parameters
        ----------
        mean, std : arrays (N,); std >= 0
        costs : array (N, m)
        """
        lower, upper, level, levels = self._boxes
        starts = np.flatnonzero(np.diff(level, prepend=-1))
        result = np.empty(len(mean))
        rows = max(1, _CHUNK // len(level))
        for i in range(0, len(mean), rows):
            part = slice(i, i + rows)
            volume = np.ones((len(mean[part]), len(level)))
            for j in range(lower.shape[1]):
                side = upper[:, j] - np.maximum(lower[:, j], costs[part, j, np.newaxis])
                volume *= np.maximum(side, 0.0, out=side)
            volume = np.add.reduceat(volume, starts, axis=1)
            value = log_expected_improvement(mean[part, np.newaxis], std[part, np.newaxis], levels)
            with np.errstate(divide="ignore"):
                value += np.log(volume)
            top = value.max(axis=1)
            shift = np.where(np.isneginf(top), 0.0, top)
            with np.errstate(divide="ignore"):
                result[part] = shift + np.log(np.exp(value - shift[:, np.newaxis]).sum(axis=1))
        return result

    def greatest(
        self,
        mean: FloatArray,
        std: FloatArray,
        costs: FloatArray,
        m: int = 1,
        groups: IntArray | None = None,
    ) -> FloatArray:
        """Return log EHVI of the m candidates where it is greatest, -inf for most of the others.

        F falls with the costs, so EHVI(x) <= EI(mu, s; F(c(x))) times the volume from c(x) to
        c_ref: this leaves few candidates to evaluate.

        Parameters
        ----------
        mean, std : arrays (N,); std >= 0
        costs : array (N, m)
        m : int >= 1
            Number of candidates of different groups; all ties with the last are added.
        groups : int array (N,), optional
        """
        bound = log_expected_improvement(mean, std, self.threshold(costs))
        with np.errstate(divide="ignore"):
            for j, reference in enumerate(self.reference_costs):
                bound += np.log(np.maximum(reference - costs[:, j], 0.0))
        result = np.full(bound.shape, -np.inf)
        leading = lowest_of_groups(-bound, max(_LEADING, _LEADING_EACH * m), groups)
        if leading.size == 0:
            return result
        exact = self.log_ehvi(mean[leading], std[leading], costs[leading])
        least = float(np.sort(exact)[::-1][min(m, exact.size) - 1])
        near = np.flatnonzero((bound >= least - _ROUNDING) & ~np.isneginf(bound))
        result[near] = self.log_ehvi(mean[near], std[near], costs[near])
        return result

    @cached_property
    def _boxes(self) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
        """Boxes of the costs up to c_ref, on each of which F is constant.

        Lower and upper corners (B, m), number of the level (B,), in order, and all levels of F.
        """
        found = _decomposed(self.costs, self.values, self.reference_costs, self.reference_value)
        corners = np.array([[*lower, *upper] for lower, upper, _ in found])
        levels, level = np.unique([value for *_, value in found], return_inverse=True)
        order = np.argsort(level, kind="stable")
        lower, upper = np.split(corners[order], 2, axis=1)
        return lower, upper, level[order], levels


_Box = tuple[list[float], list[float], float]


def _decomposed(costs: FloatArray, values: FloatArray, end: FloatArray, top: float) -> list[_Box]:
    """Cut space into slabs along the first cost, and each slab along the others."""
    if costs.shape[1] == 0:
        return [([], [], float(values.min(initial=top)))]
    edges = np.unique(costs[:, 0])
    boxes: list[_Box] = []
    for lower, upper in zip([-np.inf, *edges], [*edges, end[0]], strict=True):
        reached = costs[:, 0] <= lower
        rest, heights = costs[reached, 1:], values[reached]
        if rest.shape[1] > 0:
            kept = non_dominated(np.column_stack([rest, heights]))
            rest, heights = rest[kept], heights[kept]
        for low, high, value in _decomposed(rest, heights, end[1:], top):
            boxes.append(([float(lower), *low], [float(upper), *high], value))
    return boxes
