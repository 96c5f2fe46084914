"""Batches by Thompson sampling."""

from __future__ import annotations

import numpy as np

from otnas.arrays import IntArray
from otnas.search.batch import thompson
from otnas.search.candidates import Candidates
from otnas.search.gp_settings import BatchSettings


def joint_thompson(
    candidates: Candidates, k: int, settings: BatchSettings, rng: np.random.Generator
) -> IntArray:
    """Return the minimisers of k draws of the joint posterior (Hernandez-Lobato et al. 2017).

    Draws are of all M candidates together, with their covariances; a draw skips the minimisers of
    earlier ones. O(M^3).
    """
    return thompson(candidates.mean, candidates.covariance, k, rng)
