"""k-DPP batches (Nguyen et al. 2021, Section 4; docs/maths.md, Section 6).

Notation
--------
mu, Sigma : posterior mean (M,) and covariance (M, M) of the candidates, standardised units.
gamma : sharpness of the quality, 1 in the paper.
q_i = exp(-gamma mu_i) : quality of a candidate; errors are minimised. With known costs, mu_i is
    `Candidates.gap`, how far the mean is above the front.

    L_ij = q_i Sigma_ij q_j,    P(S) proportional to det(L_S), |S| = k        (docs/maths.md Eq. 5)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.search.decision.candidates import Candidates
from otnas.search.decision.rules.base import Rule, completed
from otnas_fast import NumericalError, map_kdpp, sample_kdpp

# Eigenvalues below this share of the largest are rounding: duplicates have exact zeros.
_RANK_TOLERANCE = 1e-11
# M / k of all rules here, and the least M of `map` and `kdpp`; see docs/results_batches.md.
_PROMISING_PER_CHOICE = 4
_LEAST_PROMISING = 50


@dataclass(frozen=True)
class KDPP(Rule):
    """`kdpp`: an exact draw of the k-DPP of the posterior covariance, quality 1.

    If L has numerical rank r < k (duplicates among the candidates, or candidates whose value is
    known), r are chosen by the r-DPP and the rest are the other candidates of lowest mu - s, as in
    all rules here. Candidates are ranked by the confidence bound. By default M = max(50, 4 k) for a
    batch of k (our choice); the paper uses all of 100 mutations.
    """

    summary = "k-DPP"
    by_bound = True
    for_one = False

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        ensemble, rank = semidefinite_part(self._ensemble(candidates))
        return completed(self._positions(ensemble, min(k, rank), rng), candidates, k)

    def _ensemble(self, candidates: Candidates) -> FloatArray:
        return candidates.covariance

    def _positions(self, ensemble: FloatArray, k: int, rng: np.random.Generator) -> IntArray:
        if k == 0:
            return np.empty(0, dtype=np.intp)
        return np.asarray(sample_kdpp(ensemble, k, rng=rng), dtype=np.intp)

    def _default_n_candidates(self, k: int) -> int:
        return max(_LEAST_PROMISING, _PROMISING_PER_CHOICE * k)


@dataclass(frozen=True)
class GreedyMAP(KDPP):
    """`map`: the greedy maximiser of det(L_S), L of Eq. (5) (Chen, Zhang & Zhou 2018).

    Attributes
    ----------
    sharpness : float >= 0
        gamma of the quality exp(-gamma mu), docs/maths.md Eq. (5); 0 leaves the quality out. As it
        grows, the draw tends to the k candidates of lowest mu, where they are linearly independent.
        1 in the paper, and here for `map`, where no other was clearly better; 2 for
        `kdpp-quality`, ours, see docs/results_batches.md.
    """

    sharpness: float = 1.0

    summary = "greedy MAP of the quality k-DPP"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least(self, sharpness=0.0)

    def _ensemble(self, candidates: Candidates) -> FloatArray:
        return quality_ensemble(candidates.gap, candidates.covariance, self.sharpness)

    def _positions(self, ensemble: FloatArray, k: int, rng: np.random.Generator) -> IntArray:
        while k > 0:
            try:
                return np.asarray(map_kdpp(ensemble, k), dtype=np.intp)
            except NumericalError:
                k -= 1
        return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class QualityKDPP(GreedyMAP):
    """`kdpp-quality`: an exact draw of the quality k-DPP, Eq. (5); M = 4 k and gamma = 2.

    Attributes
    ----------
    reproduce_diagonal_l : bool
        Whether to use the ensemble of the paper's published code, whose element-wise product keeps
        only the diagonal q_i^2 Sigma_ii and so has no diversity at all.
    """

    sharpness: float = 2.0
    reproduce_diagonal_l: bool = False

    summary = "quality k-DPP"

    def _ensemble(self, candidates: Candidates) -> FloatArray:
        covariance = candidates.covariance
        if self.reproduce_diagonal_l:
            covariance = np.diag(np.maximum(np.diagonal(covariance), 0.0))
        return quality_ensemble(candidates.gap, covariance, self.sharpness)

    def _positions(self, ensemble: FloatArray, k: int, rng: np.random.Generator) -> IntArray:
        return KDPP._positions(self, ensemble, k, rng)

    def _default_n_candidates(self, k: int) -> int:
        return _PROMISING_PER_CHOICE * k


def quality_ensemble(mean: FloatArray, covariance: FloatArray, sharpness: float) -> FloatArray:
    """Return L with q divided by its largest value, which changes no probability or argmax."""
    quality = np.exp(sharpness * (mean.min() - mean))
    ensemble: FloatArray = quality[:, np.newaxis] * covariance * quality
    return ensemble


def semidefinite_part(ensemble: FloatArray) -> tuple[FloatArray, int]:
    """Return the rescaled semi-definite part of L, and its numerical rank.

    Where little is left to learn, Sigma is a small difference of large numbers and rounding makes
    it indefinite. The scale of L is arbitrary, and the one used suits any absolute tolerance.
    """
    eigenvalues, vectors = np.linalg.eigh(ensemble)
    largest = float(eigenvalues[-1])
    kept = eigenvalues > max(_RANK_TOLERANCE * largest, 0.0)
    rank = int(kept.sum())
    if rank == 0:
        return np.zeros_like(ensemble), 0
    root = vectors[:, kept] * np.sqrt(eigenvalues[kept] / largest)
    return root @ root.T, rank
