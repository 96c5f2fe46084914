"""Expected improvement by its definition."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


def expected_improvement(mean, std, best):
    """E[max(best - f, 0)] = gap Phi(z) + s phi(z) (Jones et al. 1998); max(gap, 0) where s is 0."""
    mean, std = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    gap = best - mean
    z = gap / np.where(std > 0, std, 1.0)
    value = std * norm.pdf(z) + gap * norm.cdf(z)
    return np.where(std > 0, np.maximum(value, 0.0), np.maximum(gap, 0.0))
