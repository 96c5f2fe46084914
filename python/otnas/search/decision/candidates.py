"""The candidates that a batch rule chooses from, with their posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otnas.arrays import FloatArray
from otnas.search.decision.improvement import BelowBest, BeyondFront, Improvement


@dataclass(frozen=True)
class Candidates:
    """Joint posterior of M candidates in standardised units, the most promising first.

    Attributes
    ----------
    mean : array (M,), mu
    covariance : array (M, M), Sigma
    prior : array (M, M)
        Prior covariance, given by the kernel.
    targets : array (n,)
        Standardised targets of the observations.
    best : float
        f*, the lowest posterior mean of an observed item.
    noise : float
        sigma^2, variance of the noise of an observation.
    beyond : BeyondFront, optional
        The improvement of a front, where it replaces that of the best value.
    """

    mean: FloatArray
    covariance: FloatArray
    prior: FloatArray
    targets: FloatArray
    best: float
    noise: float
    beyond: BeyondFront | None = None

    @property
    def improvement(self) -> Improvement:
        """The improvement to maximise."""
        return BelowBest(self.best) if self.beyond is None else self.beyond

    @property
    def gap(self) -> FloatArray:
        """Means as a rule may rank them, shape (M,): mu, or mu - F(c) with a front."""
        return self.improvement.gap(self.mean)

    @property
    def std(self) -> FloatArray:
        """Marginal standard deviations, shape (M,)."""
        # Rounding can leave the variance of a known candidate slightly below zero.
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))

    @property
    def distances(self) -> FloatArray:
        """-log of the prior correlations, (M, M): of a Laplace kernel, sum_b D_b / l_b."""
        scale = np.sqrt(np.maximum(np.diagonal(self.prior), 0.0))
        product = np.outer(scale, scale)
        correlation = np.divide(self.prior, product, out=np.ones_like(product), where=product > 0)
        result: FloatArray = -np.log(np.clip(correlation, np.finfo(np.float64).tiny, 1.0))
        return result

    def __len__(self) -> int:
        return int(self.mean.size)


def condition_on(
    mean: FloatArray, covariance: FloatArray, position: int, value: float | None, noise: float
) -> tuple[FloatArray, FloatArray]:
    """Return the posterior after one more observation, docs/maths.md Eq. (4).

        mu' = mu + s (v - mu_i) / (s_i + sigma^2),    Sigma' = Sigma - s s^T / (s_i + sigma^2)

    with s the i-th column of Sigma. O(M^2).

    Parameters
    ----------
    mean, covariance : arrays (M,), (M, M)
    position : int, i
    value : float or None
        v; None observes mu_i, which leaves the mean as it was.
    noise : float > 0, sigma^2
    """
    column = covariance[:, position]
    # Rounding can leave the variance of a known candidate slightly below zero.
    total = max(float(column[position]), 0.0) + noise
    conditioned = covariance - np.outer(column, column) / total
    if value is None:
        return mean, conditioned
    return mean + column * ((value - mean[position]) / total), conditioned
