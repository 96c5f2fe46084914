"""One decision of a search with a Gaussian process, whatever its items are.

`BayesianSearch` and `PoolSearch` know what may be chosen and the posterior of it; which acquisition
function has its turn, and how candidates of a batch are ranked, is said here.
"""

from __future__ import annotations

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.acquisition import best_improvements, log_expected_improvement
from otnas.search.gp_settings import BatchSettings, GPSettings
from otnas.search.rules import Rule


def confidence_bound(
    settings: GPSettings, mean: FloatArray, std: FloatArray, weight: float
) -> FloatArray:
    """Return mean - weight std, low is promising; the paper's code has the variance for std."""
    spread = std * std if settings.reproduce_variance_bound else std
    return mean - weight * spread


def best_of(
    settings: GPSettings, n_seen: int, mean: FloatArray, std: FloatArray, best: float
) -> IntArray:
    """Return the positions of the best acquisition value, all that tie.

    Parameters
    ----------
    settings : GPSettings
    n_seen : int
        How many were told or are pending: "ei-lcb" takes the bound where that is odd.
    mean, std : arrays (k,), posterior of what may be chosen
    best : float, f*
    """
    by_turns = settings.acquisition == "ei-lcb" and n_seen % 2 == 1
    if settings.acquisition == "lcb" or by_turns:
        bound = confidence_bound(settings, mean, std, settings.kappa)
        return np.flatnonzero(bound == bound.min())
    return best_improvements(mean, std, best)


def promise(
    rule: Rule, settings: BatchSettings, mean: FloatArray, std: FloatArray, best: float
) -> FloatArray:
    """Return by what the candidates of a batch rule are ranked, low is promising, shape (k,)."""
    if rule.by_bound or settings.acquisition == "lcb":
        return confidence_bound(settings, mean, std, settings.ranking_weight)
    return -log_expected_improvement(mean, std, best)
