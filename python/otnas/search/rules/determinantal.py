"""k-DPP batches (Nguyen et al. 2021, Section 4; docs/maths.md, Section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.search.batch import quality_ensemble, quality_kdpp
from otnas.search.candidates import Candidates
from otnas.search.gp_settings import BatchSettings
from otnas.search.settings import check_at_least
from otnas_fast import NumericalError, map_kdpp

# M / k of all rules here, and the least M of `map` and `kdpp`; see docs/results_batches.md.
_PROMISING_PER_CHOICE = 4
_LEAST_PROMISING = 50


@dataclass(frozen=True)
class KDPPSettings(BatchSettings):
    """Settings of `kdpp`: those of the kernel and the rule.

    Candidates are ranked by the confidence bound. By default M = max(50, 4 k) for a
    batch of k (ours). The paper takes 100 mutations, all of them.
    """

    def _default_promising(self, k: int) -> int:
        return max(_LEAST_PROMISING, _PROMISING_PER_CHOICE * k)


@dataclass(frozen=True)
class MAPSettings(KDPPSettings):
    """Settings of `map`: those of `kdpp`, and

    Attributes
    ----------
    sharpness : float >= 0
        gamma of the quality exp(-gamma mu), docs/maths.md Eq. (5); 0 leaves the quality out. 1 in
        the paper, and here for `map`, where no other was clearly better; 2 for `kdpp-quality`,
        ours, see docs/results_batches.md.
    """  # noqa: D400

    sharpness: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(self, sharpness=0.0)


@dataclass(frozen=True)
class QualityKDPPSettings(MAPSettings):
    """Settings of `kdpp-quality`: those of `map`, but by default M = 4 k and gamma = 2, and

    Attributes
    ----------
    reproduce_diagonal_l : bool
        The ensemble of the paper's published code, whose element-wise product keeps only the
        diagonal q_i^2 Sigma_ii: no diversity at all.
    """  # noqa: D400

    sharpness: float = 2.0
    reproduce_diagonal_l: bool = False

    def _default_promising(self, k: int) -> int:
        return _PROMISING_PER_CHOICE * k


def quality_dpp(
    candidates: Candidates, k: int, settings: QualityKDPPSettings, rng: np.random.Generator
) -> IntArray:
    """Draw from the quality k-DPP, docs/maths.md Eq. (5)."""
    covariance = candidates.covariance
    if settings.reproduce_diagonal_l:
        covariance = np.diag(np.maximum(np.diagonal(covariance), 0.0))
    return quality_kdpp(candidates.mean, covariance, k, rng, sharpness=settings.sharpness)


def plain_dpp(
    candidates: Candidates, k: int, settings: KDPPSettings, rng: np.random.Generator
) -> IntArray:
    """Draw from the k-DPP of the posterior covariance, quality 1."""
    return quality_kdpp(np.zeros(len(candidates)), candidates.covariance, k, rng)


def greedy_map(
    candidates: Candidates, k: int, settings: MAPSettings, rng: np.random.Generator
) -> IntArray:
    """Return the greedy maximiser of det(L_S), L of Eq. (5) (Chen, Zhang & Zhou 2018).

    If the numerical rank of L is r < k, r candidates are the greedy choice and the rest those of
    lowest confidence bound.
    """
    ensemble = quality_ensemble(candidates.mean, candidates.covariance, settings.sharpness)
    chosen = _greedy(ensemble, k)
    if chosen.size < k:
        bound = candidates.mean - settings.kappa * candidates.std
        bound[chosen] = np.inf
        rest = np.argsort(bound, kind="stable")[: k - chosen.size]
        chosen = np.concatenate([chosen, rest])
    return chosen


def _greedy(ensemble: FloatArray, k: int) -> IntArray:
    eigenvalues, vectors = np.linalg.eigh(ensemble)
    kept = eigenvalues > 1e-11 * max(float(eigenvalues[-1]), 0.0)
    rank = int(kept.sum()) if eigenvalues[-1] > 0 else 0
    # Rounding can make L indefinite; the greedy choice is that of its semi-definite part.
    root = vectors[:, kept] * np.sqrt(np.maximum(eigenvalues[kept], 0.0))
    size = min(k, rank)
    while size > 0:
        try:
            return np.asarray(map_kdpp(root @ root.T, size), dtype=np.intp)
        except NumericalError:
            size -= 1
    return np.empty(0, dtype=np.intp)
