"""Local penalisation (Gonzalez, Dai, Hennig & Lawrence, 2016).

Notation
--------
x_j : candidates chosen so far, mu_j and s_j their posterior mean and deviation.
d(x, x_j) : distance of the kernel; M = f* : lowest value; L : Lipschitz constant of f.

If f is L-Lipschitz, the minimum cannot lie within (mu_j - M) / L of x_j. With f(x_j) normal, the
probability that x lies outside of that ball is their Eq. (8), here for minimisation,

    phi(x; x_j) = erfc(-z) / 2,    z = (L d(x, x_j) + M - mu_j) / sqrt(2 s_j^2)

and candidate number j + 1 maximises a(x) phi(x; x_1) ... phi(x; x_j).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from otnas.arrays import FloatArray, IntArray
from otnas.search.decision.candidates import Candidates
from otnas.search.decision.rules.base import Rule


@dataclass(frozen=True)
class LocalPenalisation(Rule):
    """`penalise`: local penalisation of the expected improvement.

    Differences from the paper: the Lipschitz constant is the steepest slope of the posterior mean
    between two candidates, because graphs have no gradient; the distance is the kernel's, in
    lengthscales; and pending items are conditioned on instead of penalised.
    """

    summary = "local penalisation"

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        distances, mean, std = candidates.distances, candidates.mean, candidates.std
        lipschitz = steepest_slope(mean, distances)
        log_value = candidates.improvement.log(mean, std, np.arange(mean.size))
        log_value[np.isneginf(log_value)] = -1e300
        chosen: list[int] = []
        for _ in range(k):
            masked = log_value.copy()
            masked[chosen] = -np.inf
            j = int(masked.argmax())
            chosen.append(j)
            log_value = log_value + log_penalty(
                distances[:, j], lipschitz, candidates.best, float(mean[j]), float(std[j])
            )
        return np.array(chosen, dtype=np.intp)


def steepest_slope(mean: FloatArray, distances: FloatArray) -> float:
    """Return max |mu_i - mu_j| / d_ij over pairs that are apart; 1 if the mean is flat."""
    apart = distances > 1e-9
    slopes = np.abs(mean[:, np.newaxis] - mean)[apart] / distances[apart]
    steepest = float(slopes.max(initial=0.0))
    return steepest if steepest > 0 else 1.0


def log_penalty(
    distance: FloatArray, lipschitz: float, best: float, mean: float, std: float
) -> FloatArray:
    """Return log phi(x; x_j), shape (M,); erfc(-z) / 2 = Phi(sqrt(2) z)."""
    # A known candidate has a sharp ball.
    z = (lipschitz * distance + best - mean) / max(std, 1e-12)
    result: FloatArray = np.maximum(log_ndtr(np.maximum(z, -1e150)), -1e299)
    return result
