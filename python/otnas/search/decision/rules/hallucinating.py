"""Batches chosen one by one with hallucinated observations.

Notation
--------
mu, Sigma, f*, sigma^2 : see `Candidates`; they change as hallucinations are added, by
`candidates.condition_on`.
a(mu, s) : acquisition value, which is maximised. With known costs it is the expected hypervolume
    improvement, and hallucinated observations belong to the front.

Believing in mu leaves mu as it is and shrinks Sigma, so acquisition values only fall: for GP-BUCB
and the Kriging believer a candidate outside the M promising ones can only be missed if a chosen
one ends below the M-th.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otnas import checks
from otnas.arrays import IntArray
from otnas.search.decision.candidates import Candidates, condition_on
from otnas.search.decision.rules.base import Rule


@dataclass(frozen=True)
class BUCB(Rule):
    """`bucb`: GP-BUCB (Desautels, Krause & Burdick 2014, Eq. 8).

    It takes the candidate of lowest mu - sqrt(beta) sigma, k times.

    Attributes
    ----------
    beta : float >= 0
        Weight of the variance. Desautels et al. (2014) prove bounds for a beta that grows with the
        logarithm of the round, and in Section 6 use smaller ones; 4 is two standard deviations.
    """

    beta: float = 4.0

    summary = "GP-BUCB"
    by_bound = True

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least(self, beta=0.0)

    @property
    def bound_weight(self) -> float:
        """Weight of the standard deviation in the bound, sqrt(beta)."""
        return math.sqrt(self.beta)

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        mean, covariance = candidates.gap, candidates.covariance
        chosen: list[int] = []
        for _ in range(k):
            spread = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
            bound = mean - self.bound_weight * spread
            bound[chosen] = np.inf
            chosen.append(int(bound.argmin()))
            mean, covariance = condition_on(mean, covariance, chosen[-1], None, candidates.noise)
        return np.array(chosen, dtype=np.intp)


@dataclass(frozen=True)
class KrigingBeliever(Rule):
    """`believer`: tell mu, maximise EI (Ginsbourger et al. 2010, Algorithm 1)."""

    summary = "Kriging believer"

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        return _by_improvement(candidates, k, None)


@dataclass(frozen=True)
class ConstantLiar(Rule):
    """`liar`: tell a lie, maximise EI (Ginsbourger et al. 2010, Algorithm 2).

    Attributes
    ----------
    lie : {"min", "mean", "max"}
        Statistic of the targets so far that is told for every chosen candidate. The default is
        "min", which Ginsbourger et al. (2010), Section 4.3, find best.
    """

    lie: str = "min"

    summary = "constant liar"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.choice("lie", self.lie, ("min", "mean", "max"))

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        y = candidates.targets
        lies = {"min": y.min(), "mean": y.mean(), "max": y.max()}
        return _by_improvement(candidates, k, float(lies[self.lie]))


@dataclass(frozen=True)
class TopK(Rule):
    """`top-k`: the k candidates of best acquisition value, no diversity."""

    summary = "best k by the acquisition function"

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return the first k positions: candidates come in that order."""
        return np.arange(k)


def _by_improvement(candidates: Candidates, k: int, lie: float | None) -> IntArray:
    mean, covariance = candidates.mean, candidates.covariance
    improvement = candidates.improvement
    chosen: list[int] = []
    for _ in range(k):
        std = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
        left = np.setdiff1d(np.arange(mean.size), chosen)
        value = improvement.log(mean[left], std[left], left)
        # Without a chance of improvement anywhere, the lowest mean.
        hopeless = bool(np.isneginf(value).all())
        chosen.append(int(left[mean[left].argmin() if hopeless else value.argmax()]))
        told = float(mean[chosen[-1]]) if lie is None else lie
        mean, covariance = condition_on(mean, covariance, chosen[-1], lie, candidates.noise)
        improvement = improvement.after(chosen[-1], told)
    return np.array(chosen, dtype=np.intp)
