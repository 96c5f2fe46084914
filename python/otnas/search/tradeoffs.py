"""Known costs for a decision: axes, reference point, and the items that have costs."""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.costs import KnownCosts
from otnas.search.decision.decide import Tradeoff

# Share of a cost's range by which the reference point lies above its highest value.
_BEYOND = 0.1


def check(costs: KnownCosts | None, *, log_costs: bool) -> None:
    """Raise ValueError if there are no costs, or a logarithm that is needed does not exist."""
    if costs is None:
        raise ValueError("objective: expected costs beside 'pareto', got none")
    if log_costs and costs.table is not None:
        _logarithms(costs.table)
    if log_costs:
        _logarithms(np.array([costs.reference.get(name, 1.0) for name in costs.names]))


def tradeoff(
    costs: KnownCosts,
    items: IntArray,
    known: FloatArray,
    offered: FloatArray,
    reference_target: float | None,
    *,
    log_costs: bool,
) -> Tradeoff:
    """Return the trade-off that a decision needs.

    Parameters
    ----------
    costs : KnownCosts
    items : int array (n,)
        Observed and pending items.
    known : array (n, m)
        Their costs, NaN for those that are to be left out.
    offered : array (N, m)
    reference_target : float, optional
    log_costs : bool

    Raises
    ------
    ValueError
        If logarithms are wanted of costs that are not positive.
    """
    told = np.flatnonzero(~np.isnan(known).any(axis=1))
    items, known = items[told], known[told]
    inside = np.vstack([known[costs.within_budget(known)], offered])
    ends = np.array([costs.reference.get(name, np.nan) for name in costs.names])
    if log_costs:
        known, offered, inside, ends = map(_logarithms, (known, offered, inside, ends))
    highest = inside.max(axis=0)
    default = highest + _BEYOND * _or_one(highest - inside.min(axis=0))
    ends = np.where(np.isnan(ends), default, ends)
    return Tradeoff(items, known, offered, ends, reference_target)


def _or_one(spread: FloatArray) -> FloatArray:
    return np.where(spread > 0, spread, 1.0)


def _logarithms(costs: FloatArray) -> FloatArray:
    if (costs <= 0).any():
        raise ValueError(
            f"log_costs: expected costs > 0 for logarithmic axes, got {costs[costs <= 0][0]}"
        )
    return np.log(costs)
