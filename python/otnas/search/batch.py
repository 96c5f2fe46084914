"""Batches: which k of the M most promising items to evaluate next.

Notation
--------
mu, Sigma : posterior mean (M,) and covariance (M, M) of the candidates, standardised units.
gamma : sharpness of the quality, 1 in the paper.
q_i = exp(-gamma mu_i) : quality of a candidate; errors are minimised.

    L_ij = q_i Sigma_ij q_j,    P(S) proportional to det(L_S), |S| = k        (docs/maths.md Eq. 5)

A batch rule takes (mu, Sigma, k, rng) and returns k different positions in 0..M-1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import BoolArray, FloatArray, IntArray
from otnas.search.acquisition import lower_confidence_bound

KDPPSampler: TypeAlias = Callable[[FloatArray, int, np.random.Generator], IntArray]

# Eigenvalues below this share of the largest are rounding: duplicates have exact zeros.
_RANK_TOLERANCE = 1e-11


class BatchRule(Protocol):
    """Chooses k of M candidates from their standardised posterior."""

    def __call__(
        self, mean: FloatArray, covariance: FloatArray, k: int, rng: np.random.Generator, /
    ) -> IntArray:
        """Return k different positions in 0..M-1."""
        ...


def quality_kdpp(
    mean: ArrayLike,
    covariance: ArrayLike,
    k: int,
    rng: np.random.Generator,
    *,
    sharpness: float = 1.0,
    sampler: KDPPSampler | None = None,
) -> IntArray:
    """Draw k candidates from the quality k-DPP, docs/maths.md Eq. (5).

    Subtracting the minimum from mu multiplies L by a constant, which changes no probability
    and keeps q in (0, 1]. If L has numerical rank r < k (duplicates among the candidates, or
    candidates whose value is known), r are drawn by the r-DPP and the rest are the remaining
    candidates of lowest mu - sqrt(Sigma_ii).

    Parameters
    ----------
    mean : array (M,), standardised units
    covariance : array (M, M), symmetric positive semi-definite up to rounding
    k : int in [0, M]
    rng : numpy Generator
    sharpness : float >= 0
        gamma; 0 is the plain k-DPP of Sigma. As gamma grows the draw tends to the k candidates of
        lowest mu, where they are linearly independent.
    sampler : callable (L, k, rng) -> (k,), optional
        Exact k-DPP sampler; `otnas_fast.sample_kdpp` by default.

    Returns
    -------
    int array (k,) of different positions

    Raises
    ------
    ValueError
        If shapes disagree, k is not in [0, M], or `sharpness` is negative or not finite.
    """
    mu, sigma = _checked(mean, covariance, k)
    if not (np.isfinite(sharpness) and sharpness >= 0):
        raise ValueError(f"sharpness: expected a finite number >= 0, got {sharpness}")
    if k == 0:
        return np.empty(0, dtype=np.intp)
    ensemble = quality_ensemble(mu, sigma, sharpness)
    eigenvalues, vectors = np.linalg.eigh(ensemble)
    largest = float(eigenvalues[-1])
    kept = eigenvalues > max(_RANK_TOLERANCE * largest, 0.0)
    rank = int(kept.sum())
    drawn = np.empty(0, dtype=np.intp)
    if rank > 0:
        draw = _default_sampler if sampler is None else sampler
        # Where little is left to learn, Sigma is a small difference of large numbers and rounding
        # makes it indefinite. The sampler gets the semi-definite part, in a scale (which is free)
        # that suits any absolute tolerance.
        root = vectors[:, kept] * np.sqrt(eigenvalues[kept] / largest)
        drawn = np.asarray(draw(root @ root.T, min(k, rank), rng), dtype=np.intp)
    return _filled(drawn, mu, sigma, k)


def quality_ensemble(mean: FloatArray, covariance: FloatArray, sharpness: float) -> FloatArray:
    """Return L, with q divided by its largest value: that changes no probability and no argmax."""
    quality = np.exp(sharpness * (mean.min() - mean))
    ensemble: FloatArray = quality[:, np.newaxis] * covariance * quality
    return ensemble


def thompson(mean: ArrayLike, covariance: ArrayLike, k: int, rng: np.random.Generator) -> IntArray:
    """Return the minimisers of k joint posterior draws; each draw skips earlier minimisers.

    Arguments, result and errors as in `quality_kdpp`.
    """
    mu, sigma = _checked(mean, covariance, k)
    eigenvalues, vectors = np.linalg.eigh(sigma)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    draws = mu + rng.standard_normal((k, mu.size)) @ root.T
    chosen: list[int] = []
    for draw in draws:
        draw[chosen] = np.inf
        chosen.append(int(draw.argmin()))
    return np.array(chosen, dtype=np.intp)


def lowest_bounds(
    mean: ArrayLike, covariance: ArrayLike, k: int, rng: np.random.Generator
) -> IntArray:
    """Return the k candidates of lowest mu - sqrt(Sigma_ii); no diversity, `rng` is not used.

    Arguments, result and errors as in `quality_kdpp`.
    """
    mu, sigma = _checked(mean, covariance, k)
    return _filled(np.empty(0, dtype=np.intp), mu, sigma, k)


def most_promising(bound: ArrayLike, m: int, exclude: BoolArray | None = None) -> IntArray:
    """Return the m items of lowest bound, best first; fewer if fewer are left.

    Parameters
    ----------
    bound : array (N,), low is promising (see `lower_confidence_bound`)
    m : int >= 0
    exclude : bool array (N,), optional
        Items never to return.

    Returns
    -------
    int array (min(m, items left),); ties are in order of index

    Raises
    ------
    ValueError
        If `m` is negative or `exclude` has another shape.
    """
    values = np.asarray(bound, dtype=np.float64)
    if m < 0:
        raise ValueError(f"m: expected an integer >= 0, got {m}")
    if exclude is None:
        left = np.arange(values.size)
    elif exclude.shape == values.shape:
        left = np.flatnonzero(~exclude)
    else:
        raise ValueError(f"exclude: expected shape {values.shape}, got {exclude.shape}")
    inside = values[left]
    if m == 0 or left.size == 0:
        return np.empty(0, dtype=np.intp)
    if m < left.size:
        # Everything up to the m-th value, ties included, so that ties resolve by index.
        near = np.flatnonzero(inside <= np.partition(inside, m - 1)[m - 1])
        left, inside = left[near], inside[near]
    return left[np.argsort(inside, kind="stable")[:m]]


def _filled(drawn: IntArray, mean: FloatArray, covariance: FloatArray, k: int) -> IntArray:
    """Return `drawn` completed to k positions by lowest confidence bound."""
    if drawn.size == k:
        return drawn
    std = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    taken = np.zeros(mean.size, dtype=np.bool_)
    taken[drawn] = True
    rest = most_promising(lower_confidence_bound(mean, std, 1.0), k - drawn.size, taken)
    return np.concatenate([drawn, rest])


def _default_sampler(ensemble: FloatArray, k: int, rng: np.random.Generator) -> IntArray:
    from otnas_fast import sample_kdpp

    return np.asarray(sample_kdpp(ensemble, k, rng=rng), dtype=np.intp)


def _checked(mean: ArrayLike, covariance: ArrayLike, k: int) -> tuple[FloatArray, FloatArray]:
    mu = np.asarray(mean, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    if mu.ndim != 1:
        raise ValueError(f"mean: expected shape (M,), got {mu.shape}")
    if sigma.shape != (mu.size, mu.size):
        raise ValueError(f"covariance: expected shape ({mu.size}, {mu.size}), got {sigma.shape}")
    if not 0 <= k <= mu.size:
        raise ValueError(f"k: expected an integer in [0, {mu.size}], got {k}")
    return mu, sigma
