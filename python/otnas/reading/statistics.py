"""Means with confidence bands, and paired comparisons.

Notation
--------
T : trials, which are independent; Q : queries; B : bootstrap resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from otnas.arrays import FloatArray

LEVEL = 0.95
RESAMPLES = 5000
SEED = 0
"""Seed of the bootstrap: reading the same journals twice gives the same numbers."""

# Differences below this, in percentage points, are rounding.
_TIE = 1e-9


@dataclass(frozen=True)
class Band:
    """Mean of T curves and its confidence band, arrays (Q,); no band (NaN) if T = 1."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    n: int


@dataclass(frozen=True)
class Comparison:
    """Two methods on the same n trials.

    Attributes
    ----------
    n : int
        Trials that both have.
    difference, low, high : float
        Mean of the differences, first minus second, and its bootstrap interval (NaN if n = 1).
    wins, ties, losses : int
        Trials in which the first is lower, equal, higher.
    p_value : float
        Two-sided Wilcoxon signed-rank test without tied trials; 1 if all are tied.
    """

    n: int
    difference: float
    low: float
    high: float
    wins: int
    ties: int
    losses: int
    p_value: float


def bootstrap_mean(curves: FloatArray, *, resamples: int = RESAMPLES) -> Band:
    """Return the mean of curves and its percentile bootstrap band over trials.

    The band is pointwise: at every query, 95 % of such intervals contain the true mean (fewer with
    few trials). Whole trials are drawn with replacement.

    Parameters
    ----------
    curves : array (T, Q)

    Raises
    ------
    ValueError
        If there is no trial.
    """
    curves = np.atleast_2d(np.asarray(curves, dtype=np.float64))
    n = len(curves)
    if n == 0:
        raise ValueError("curves: expected at least one trial, got none")
    mean = curves.mean(axis=0)
    if n == 1:
        nothing = np.full_like(mean, np.nan)
        return Band(mean, nothing, nothing, n)
    # How often each trial is drawn: means are one product of matrices.
    counts = np.random.default_rng(SEED).multinomial(n, np.full(n, 1.0 / n), size=resamples)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(counts @ curves / n, [tail, 1.0 - tail], axis=0)
    return Band(mean, low, high, n)


def compare(first: FloatArray, second: FloatArray) -> Comparison:
    """Compare two methods by their values in the same trials, shape (n,) each; lower is better.

    Raises
    ------
    ValueError
        If shapes differ or there is no trial.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or a.size == 0:
        raise ValueError(f"expected two equal shapes (n,), n >= 1, got {a.shape} and {b.shape}")
    difference = a - b
    difference[np.abs(difference) < _TIE] = 0.0
    band = bootstrap_mean(difference[:, None])
    moved = difference[difference != 0.0]
    p_value = float(stats.wilcoxon(moved).pvalue) if moved.size else 1.0
    return Comparison(
        n=a.size,
        difference=float(band.mean[0]),
        low=float(band.low[0]),
        high=float(band.high[0]),
        wins=int((difference < 0).sum()),
        ties=int((difference == 0).sum()),
        losses=int((difference > 0).sum()),
        p_value=p_value,
    )


def holm(p_values: Sequence[float]) -> FloatArray:
    """Return p values adjusted for their number by Holm's (1979) step-down method."""
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(values.size, 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if values.size else scaled
    return adjusted


def first_at_most(curve: FloatArray, target: float) -> int | None:
    """Return the number of queries, from 1, after which a curve is at most `target`, if ever."""
    below = np.flatnonzero(np.asarray(curve) <= target + _TIE)
    return int(below[0]) + 1 if below.size else None
