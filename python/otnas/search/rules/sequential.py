"""Batches made one by one on hallucinated observations.

Notation
--------
mu, Sigma, f*, sigma^2 : see `Candidates`; they change as hallucinations are added, by
`candidates.condition_on`.
a(mu, s) : acquisition value, of which the greatest is taken.

Believing in mu leaves mu as it is and shrinks Sigma, so acquisition values only fall: for GP-BUCB
and the Kriging believer a candidate outside the M promising ones can only be missed if a chosen
one ends below the M-th.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.acquisition import log_expected_improvement
from otnas.search.candidates import Candidates, condition_on
from otnas.search.gp_settings import BatchSettings
from otnas.search.settings import check_at_least, check_choice


@dataclass(frozen=True)
class BUCBSettings(BatchSettings):
    """Settings of `bucb`: those of the kernel and the rule, and

    Attributes
    ----------
    beta : float >= 0
        Weight of the variance, mu - sqrt(beta) sigma. Desautels et al. (2014) prove bounds for a
        beta that grows with the logarithm of the round, and in Section 6 use smaller ones; 4 is two
        standard deviations.
    """  # noqa: D400

    beta: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(self, beta=0.0)

    @property
    def ranking_weight(self) -> float:
        """Weight of the standard deviation in the bound, sqrt(beta)."""
        return math.sqrt(self.beta)


@dataclass(frozen=True)
class LiarSettings(BatchSettings):
    """Settings of `liar`: those of the kernel and the rule, and

    Attributes
    ----------
    lie : {"min", "mean", "max"}
        Which of the targets so far is told for every chosen cell. "min", which Ginsbourger et al.
        (2010), Section 4.3, find best.
    """  # noqa: D400

    lie: str = "min"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "lie", ("min", "mean", "max"))


def bucb(
    candidates: Candidates, k: int, settings: BUCBSettings, rng: np.random.Generator
) -> IntArray:
    """GP-BUCB (Desautels, Krause & Burdick 2014, Eq. 8): lowest mu - sqrt(beta) sigma, k times."""
    mean, covariance = candidates.mean, candidates.covariance
    chosen: list[int] = []
    for _ in range(k):
        variance = np.maximum(np.diagonal(covariance), 0.0)
        spread = variance if settings.reproduce_variance_bound else np.sqrt(variance)
        bound = mean - settings.ranking_weight * spread
        bound[chosen] = np.inf
        chosen.append(int(bound.argmin()))
        mean, covariance = condition_on(mean, covariance, chosen[-1], None, candidates.noise)
    return np.array(chosen, dtype=np.intp)


def believer(
    candidates: Candidates, k: int, settings: BatchSettings, rng: np.random.Generator
) -> IntArray:
    """Kriging believer (Ginsbourger et al. 2010, Algorithm 1): tell mu, maximise EI."""
    return _by_improvement(candidates, k, None)


def liar(
    candidates: Candidates, k: int, settings: LiarSettings, rng: np.random.Generator
) -> IntArray:
    """Constant liar (Ginsbourger et al. 2010, Algorithm 2): tell L, maximise EI."""
    y = candidates.targets
    lies = {"min": y.min(), "mean": y.mean(), "max": y.max()}
    return _by_improvement(candidates, k, float(lies[settings.lie]))


def top_k(
    candidates: Candidates, k: int, settings: BatchSettings, rng: np.random.Generator
) -> IntArray:
    """Return the k candidates of greatest acquisition value: no diversity."""
    return np.argsort(-acquisition_values(candidates, settings), kind="stable")[:k]


def acquisition_values(candidates: Candidates, settings: BatchSettings) -> FloatArray:
    """Return the acquisition values of all candidates, high is promising."""
    std = candidates.std
    if settings.acquisition != "lcb":
        return log_expected_improvement(candidates.mean, std, candidates.best)
    spread = std * std if settings.reproduce_variance_bound else std
    return settings.kappa * spread - candidates.mean


def _by_improvement(candidates: Candidates, k: int, lie: float | None) -> IntArray:
    mean, covariance, best = candidates.mean, candidates.covariance, candidates.best
    chosen: list[int] = []
    for _ in range(k):
        std = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
        left = np.setdiff1d(np.arange(mean.size), chosen)
        value = log_expected_improvement(mean[left], std[left], best)
        # Without a chance of improvement anywhere, the lowest mean.
        hopeless = bool(np.isneginf(value).all())
        chosen.append(int(left[mean[left].argmin() if hopeless else value.argmax()]))
        told = mean[chosen[-1]] if lie is None else lie
        mean, covariance = condition_on(mean, covariance, chosen[-1], lie, candidates.noise)
        best = min(best, float(told))
    return np.array(chosen, dtype=np.intp)
