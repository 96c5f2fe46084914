"""The front of a search: items told that no other dominates in value and known costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search.costs import VALUE
from otnas.search.decision import hypervolume
from otnas.search.domain import Domain


@dataclass(frozen=True)
class Front:
    """Items that are not dominated, in ascending order of the first cost.

    Attributes
    ----------
    items : list of k items
        No other item told is at least as good in everything; of equal items, the first is kept.
    values : array (k,)
        Their values, as they were told.
    costs : mapping of names to arrays (k,)
    direction : {"minimise", "maximise"}
        Whether low or high values are better.
    reference : mapping of names to numbers
        The reference point of the search for hypervolumes: "value" and costs.
    """

    items: list[Any]
    values: FloatArray
    costs: Mapping[str, FloatArray]
    direction: str = "minimise"
    reference: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def _points(self) -> FloatArray:
        """Values and costs, all minimised, shape (k, 1 + m)."""
        return np.column_stack([_sign(self.direction) * self.values, *self.costs.values()])

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> float:
        """Return the volume between the front and a reference point, in units of values and costs.

        Parameters
        ----------
        reference : mapping, optional
            "value" and each cost; missing entries are those of the search.

        Raises
        ------
        ValueError
            If a name is unknown, or a number is missing or not finite.
        """
        names = (VALUE, *self.costs)
        for name in reference or {}:
            checks.choice("reference", name, names, "name")
        ends = {**self.reference, **(reference or {})}
        for name in names:
            if name not in ends:
                raise ValueError(f"reference: expected a number for {name!r}, got none")
        value = _sign(self.direction) * ends[VALUE]
        points = self._points
        return hypervolume.Staircase(
            points[:, 1:], points[:, 0], [ends[name] for name in self.costs], value
        ).hypervolume

    @property
    def knee(self) -> Any:
        """The item beyond which a small gain in one objective costs much in the others.

        With values and costs scaled to [0, 1] over the front, it has the least sum: it is furthest
        below the plane that joins the extremes (Das 1999).

        Raises
        ------
        RuntimeError
            If the front is empty.
        """
        if not self.items:
            raise RuntimeError("knee: expected at least one item with a finite value, got none")
        points = self._points
        low, high = points.min(axis=0), points.max(axis=0)
        scaled = (points - low) / np.where(high > low, high - low, 1.0)
        return self.items[int(scaled.sum(axis=1).argmin())]


def front(
    items: Sequence[Any],
    values: FloatArray,
    costs: FloatArray,
    names: Sequence[str],
    direction: str,
    reference: Mapping[str, float],
) -> Front:
    """Return the front of told items without failures and items of unknown costs.

    Parameters
    ----------
    items : sequence of n items
    values : array (n,)
    costs : array (n, m), NaN where unknown
    names : sequence of m names
    direction, reference
        See `Front`.

    Examples
    --------
    >>> found = front(["a", "b", "c"], np.array([3.0, 1.0, 4.0]), np.array([[1.0], [2.0], [2.0]]),
    ...               ["latency"], "minimise", {"value": 5.0, "latency": 4.0})
    >>> found.items, found.hypervolume(), found.knee
    (['a', 'b'], 10.0, 'a')
    """
    points = np.column_stack([_sign(direction) * values, costs])
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    kept = known[hypervolume.non_dominated(points[known])]
    kept = kept[np.argsort(costs[kept, 0], kind="stable")]
    columns = {name: costs[kept, j] for j, name in enumerate(names)}
    return Front([items[i] for i in kept], values[kept], columns, direction, dict(reference))


def hypervolumes(
    values: FloatArray,
    costs: FloatArray,
    names: Sequence[str],
    direction: str,
    reference: Mapping[str, float],
) -> FloatArray:
    """Return the hypervolume of the front after each item told, shape (n,).

    Parameters are those of `front`; the reference has the value and all names.
    """
    ends = [reference[name] for name in names]
    stairs = hypervolume.Staircase(
        np.empty((0, len(ends))), np.empty(0), ends, _sign(direction) * reference[VALUE]
    )
    found, volume = np.empty(len(values)), 0.0
    points = np.column_stack([_sign(direction) * values, costs])
    for i, (value, *cost) in enumerate(points):
        inside = np.isfinite(points[i]).all() and (cost < stairs.reference_costs).all()
        if inside and value < stairs.threshold([cost])[0]:
            stairs = stairs.with_point(np.array(cost), float(value))
            volume = stairs.hypervolume
        found[i] = volume
    return found


def front_of(
    domain: Domain[Any], items: Sequence[Any], values: FloatArray, direction: str
) -> Front:
    """Return the front of items told to a search.

    Raises
    ------
    RuntimeError
        If no costs are known.
    """
    costs = domain.costs
    if costs is None:
        raise RuntimeError("front: expected a search with costs, got one without")
    known = domain.costs_of(items)
    return front(items, values, known, costs.names, direction, costs.reference)


def _sign(direction: str) -> float:
    return -1.0 if direction == "maximise" else 1.0
