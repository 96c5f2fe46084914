"""Batches by Thompson sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otnas.arrays import IntArray
from otnas.search.decision.candidates import Candidates
from otnas.search.decision.rules.base import Rule


@dataclass(frozen=True)
class JointThompson(Rule):
    """`thompson`: the minimisers of k draws of the posterior (Hernandez-Lobato et al. 2017).

    Each draw is joint over all M candidates, in O(M^3), and skips the minimisers of earlier draws.
    With known costs, the rule takes the candidates where a draw is furthest below the front.
    """

    summary = "joint Thompson sampling"
    by_bound = True

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> IntArray:
        """Return k different positions."""
        eigenvalues, vectors = np.linalg.eigh(candidates.covariance)
        root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
        draws = candidates.gap + rng.standard_normal((k, len(candidates))) @ root.T
        chosen: list[int] = []
        for draw in draws:
            draw[chosen] = np.inf
            chosen.append(int(draw.argmin()))
        return np.array(chosen, dtype=np.intp)
