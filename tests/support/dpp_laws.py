"""The laws of DPPs by enumeration of all subsets, and small kernels to try them on."""

from itertools import combinations

import numpy as np
from scipy.stats import chi2


def determinant(L, subset):
    return np.linalg.det(L[np.ix_(subset, subset)]) if len(subset) else 1.0


def law(L, k):
    """All k-subsets and their probabilities det(L_S) / sum."""
    subsets = list(combinations(range(len(L)), k))
    weights = np.array([np.linalg.det(L[np.ix_(s, s)]) for s in subsets]).clip(0)
    return subsets, weights / weights.sum()


def frequencies_p_value(counts, probabilities):
    """Chi-square p-value; cells expecting fewer than 5 are pooled."""
    expected = probabilities * counts.sum()
    small = expected < 5
    observed = np.append(counts[~small], counts[small].sum())
    expected = np.append(expected[~small], expected[small].sum())
    if expected[-1] < 5:  # too little even together: next to none may have been drawn
        assert observed[-1] <= 25
        observed, expected = observed[:-1], expected[:-1]
    if len(observed) == 1:
        return 1.0
    statistic = ((observed - expected) ** 2 / expected).sum()
    return chi2.sf(statistic, len(observed) - 1)


def dpp_law(L):
    """All subsets and their probabilities det(L_S) / det(I + L)."""
    subsets = [s for k in range(len(L) + 1) for s in combinations(range(len(L)), k)]
    weights = np.array([determinant(L, s) for s in subsets]).clip(0)
    return subsets, weights / weights.sum()


def draws_p_value(draws, subsets, probabilities):
    """Chi-square p-value of draws, each a sequence of items, against a law."""
    place = {tuple(s): i for i, s in enumerate(subsets)}
    found = [place[tuple(np.asarray(draw).tolist())] for draw in draws]
    return frequencies_p_value(np.bincount(found, minlength=len(subsets)), probabilities)


def given(subsets, probabilities, include=(), exclude=()):
    """The law of the other items, given what is known."""
    law = {}
    for subset, probability in zip(subsets, probabilities, strict=True):
        if set(include) <= set(subset) and not set(exclude) & set(subset):
            rest = tuple(i for i in subset if i not in include)
            law[rest] = law.get(rest, 0.0) + probability
    total = sum(law.values())
    return list(law), np.array(list(law.values())) / total


def inclusion(subsets, probabilities, items):
    return sum(p for s, p in zip(subsets, probabilities, strict=True) if set(items) <= set(s))


def gram(n, r, seed, scale=1.0):
    B = np.random.default_rng(seed).standard_normal((n, r)) * scale
    return B @ B.T


def near_singular():
    rng = np.random.default_rng(3)
    Q = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    L = (Q * [1.0, 0.3, 1e-3, 1e-6, 1e-9, 1e-12]) @ Q.T
    return (L + L.T) / 2


def duplicated_rows():
    # Equal architectures have equal rows: rank 5 of 8.
    return gram(5, 5, 4)[np.ix_([0, 0, 1, 2, 3, 3, 3, 4], [0, 0, 1, 2, 3, 3, 3, 4])]


def quality_covariance():
    x = np.linspace(0, 1, 8)
    K = np.exp(-np.abs(x[:, None] - x))
    quality = np.exp(np.random.default_rng(5).normal(0, 2, 8))
    return quality[:, None] * K * quality


KERNELS = {
    "random": (gram(7, 7, 1), 3),
    "k = 1": (gram(7, 7, 1), 1),
    "k = n": (gram(5, 5, 1), 5),
    "k = rank": (gram(7, 3, 2), 3),
    "near singular": (near_singular(), 3),
    "identity": (np.eye(6), 3),
    "diagonal with ties": (np.diag([3.0, 3.0, 1.0, 1.0, 1.0, 0.1]), 2),
    "equal blocks": (np.kron(np.eye(3), [[1.0, 0.6], [0.6, 1.0]]), 3),
    "Kronecker": (np.kron(gram(2, 2, 6), np.full((3, 3), 0.5) + np.eye(3)), 3),
    "duplicated rows": (duplicated_rows(), 3),
    "quality": (quality_covariance(), 4),
}
