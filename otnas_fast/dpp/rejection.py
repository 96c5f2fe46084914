"""Exact DPP and k-DPP draws from a kernel given by blocks: intermediate sampling with rejection.

Notation
--------
L = B B^T
    B : (n, N), rows b_i; never formed. C = B^T B has the eigenvalues of L.
A
    m landmarks; P the projection on the span of their rows.
M
    A positive semi-definite (N, N) matrix; e_k(M) the elementary symmetric polynomial of its
    eigenvalues, so that ``P(S) = det(L_S) / e_k(C)``.
M0
    The reference: near P C P on the span of the landmarks, tau on D further directions.
G
    The gradient of log e_k at M0: pi_m / lambda_m along the m-th eigenvector, and at most
    ``rho = e_{k-1}(M0) / e_k(M0)`` along any direction.
g_i >= b_i^T G b_i
    The score of item i, ``s = sum g_i``, ``p_i = g_i / s``.

A draw takes t items independently by p, with repetition; M is ``sum b_i b_i^T / (t p_i)`` over
them. Two facts make it exact (proofs in docs/maths.md). First, ``E e_k(M) = e_k(C) t! / (t-k)! /
t^k``, and k items drawn from the k-DPP of the t, after accepting them in proportion to e_k(M), are
a draw from the k-DPP of L. Second, e_k^(1/k) is concave, so ``e_k(M) <= U = e_k(M0) (s / k)^k``
whatever was taken: M is accepted with probability e_k(M) / U. The reference decides only how often
this happens.

A DPP has det(I + M) in place of e_k(M), ``G = inv(I + M0)``, and t from a Poisson distribution
whose mean q is tilted to q e^(s / q), since the tangent of log det(I + M) at M0 is at most s / q
for every item.

References
----------
.. [1] M. Derezinski, D. Calandriello and M. Valko, "Exact sampling of determinantal point processes
   with sublinear time preprocessing", NeurIPS 2019.
.. [2] D. Calandriello, M. Derezinski and M. Valko, "Sampling from a k-DPP without looking at all
   items", NeurIPS 2020.
.. [3] L. Garding, "An inequality for hyperbolic polynomials", J. Math. Mech. 8 (1959).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._scipy import lapack, linalg
from otnas_fast._validate import FloatArray
from otnas_fast.dpp.kernels import Kernel

ROWS = 8192  # rows of the kernel computed at once
SUBSAMPLE = 16_384  # items by which the reference is fitted when there are more
SLACK = 1e-9  # added to the scores, relative to rho L_ii: far above rounding
INDEFINITE = 1e-4  # residuals below -rho L_ii times that are no rounding
MOST_ITEMS = 20_000  # of a small DPP, whose decomposition takes minutes
DEPENDENT = 1e-9  # landmarks with a smaller share of their diagonal left are dropped
DIRECTIONS = (0, *(4**i for i in range(8)))  # tried for D


def intermediate_size(k: float) -> int:
    """Return t, the size of the small k-DPPs, of which a fraction of e^(-k^2 / 2t) is accepted."""
    return math.ceil(max(4 * k, k * k // 4))


class Landmarks(NamedTuple):
    """Items whose kernel columns stand for all, and the reference's part in their span."""

    items: npt.NDArray[np.int64]  # (m,)
    root: FloatArray  # (m, m), lower: L[items, items] = root root^T
    values: FloatArray  # eigenvalues of the fit to P C P, descending, all positive
    vectors: FloatArray  # (m, len(values))
    rest: float  # fit to trace of C - P C P


class Taken(NamedTuple):
    """A small ensemble that stands for the large one, before acceptance."""

    items: npt.NDArray[np.int64]  # (t,), with repetition
    ensemble: _core.LEnsemble  # of M, in units of the kernel's scale


def fit_landmarks(kernel: Kernel, scale: float, count: int) -> Landmarks:
    """Choose landmarks by their diagonal entries and fit the reference.

    The choice is random with a fixed seed: it decides how often a draw is accepted, not its law.
    """
    n = len(kernel)
    rng = np.random.default_rng(count)
    diagonal = kernel.diagonal() / scale
    share = diagonal / diagonal.sum()
    possible = int(np.count_nonzero(share))
    count = min(count, possible)
    items = np.sort(rng.choice(n, count, replace=False, p=share)).astype(np.int64)
    block = kernel.block(items, items) / scale
    unit = 1.0 / np.sqrt(np.diagonal(block))
    _, order, rank, _ = lapack.dpstrf(block * unit[:, None] * unit, lower=1, tol=DEPENDENT)
    items = items[np.sort(order[:rank] - 1)]
    root = linalg.cholesky(kernel.block(items, items) / scale, lower=True)

    if n <= SUBSAMPLE:
        rows, weights = np.arange(n), np.ones(n)
    else:
        rows = rng.choice(n, SUBSAMPLE, p=share)
        weights = 1.0 / (SUBSAMPLE * share[rows])
    features = linalg.solve_triangular(root, kernel.block(items, rows) / scale, lower=True)
    values, vectors = np.linalg.eigh((features * weights) @ features.T)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > len(items) * np.finfo(float).eps * values[0]
    rest = float(((diagonal[rows] - np.square(features).sum(axis=0)).clip(0.0) * weights).sum())
    if rest <= n * np.finfo(float).eps * float(diagonal.sum()):
        rest = 0.0
    return Landmarks(items, root, values[kept], vectors[:, kept], rest)


class Proposals:
    """Items taken independently, with probabilities proportional to their scores.

    Parameters
    ----------
    kernel : Kernel over n items
    scale : float
        The kernel is divided by it.
    landmarks : Landmarks
    rho : float
        Upper bound of the gradient at the reference in any direction.
    slopes : array (len(landmarks.values),)
        The gradients along the eigenvectors.

    Raises
    ------
    NumericalError
        If the kernel is seen not to be finite.

    Notes
    -----
    Construction takes one pass over the kernel's columns at the landmarks: O(n m) evaluations and
    O(n m^2) operations; memory O(n) and a block.
    """

    def __init__(
        self, kernel: Kernel, scale: float, landmarks: Landmarks, rho: float, slopes: FloatArray
    ) -> None:
        self._kernel, self._scale = kernel, scale
        self.landmarks = len(landmarks.items)
        # g_i = rho L_ii - |filter L_iA|^2, one product instead of two
        filters = (np.sqrt((rho - slopes).clip(0.0)) * landmarks.vectors).T
        filters = linalg.solve_triangular(landmarks.root, filters.T, lower=True, trans="T")
        scores = rho * (kernel.diagonal() / scale)
        floor = SLACK * scores
        for start in range(0, len(kernel), ROWS):
            rows = slice(start, start + ROWS)
            block = kernel.block(rows, landmarks.items) / scale
            scores[rows] -= np.square(block @ filters).sum(axis=1)
        if (scores < -INDEFINITE / SLACK * floor).any():
            raise _core.NumericalError(
                "kernel: expected a positive semi-definite one, got an indefinite one"
            )
        scores = np.maximum(scores, 0.0) + floor
        if not np.isfinite(scores).all():
            raise _core.NumericalError(
                "kernel: expected finite numbers, a block holds NaN or infinity"
            )
        self._cumulative = np.cumsum(scores)
        self._scores = scores
        self.total = float(self._cumulative[-1])  # s

    def taken(self, t: int, weight: float, rng: np.random.Generator) -> Taken:
        """Take t items and decompose M, the sum of b_i b_i^T / (weight p_i) over them."""
        items = np.searchsorted(self._cumulative, rng.random(t) * self.total, side="right")
        items = np.minimum(items, len(self._cumulative) - 1)
        weights = np.sqrt(self.total / (weight * self._scores[items]))
        block = self._kernel.block(items, items) / self._scale * weights[:, None] * weights
        return Taken(items, _core.LEnsemble.from_kernel(0.5 * (block + block.T)))


class OfSize(Proposals):
    """The proposals for one k: t items, accepted with probability e_k(M) / U.

    Parameters
    ----------
    kernel, scale, landmarks
        As for `Proposals`.
    k : int
        At least 1.

    Raises
    ------
    NumericalError
        If the kernel is seen to have a rank below k, or to be indefinite.
    """

    def __init__(self, kernel: Kernel, scale: float, landmarks: Landmarks, k: int) -> None:
        log_value, log_rho, slopes = _reference(landmarks, k, len(kernel))
        super().__init__(kernel, scale, landmarks, math.exp(log_rho), slopes)
        self.k = k
        self.count = intermediate_size(k)  # t
        self.log_bound = log_value + k * math.log(self.total / k)

    def weighed(self, rng: np.random.Generator) -> tuple[Taken, float, float]:
        """Return the items taken, log e_k(M), and the log of an unbiased estimate of e_k(L)."""
        t, k = self.count, self.k
        small = self.taken(t, t, rng)
        value = small.ensemble.log_normaliser(k) if small.ensemble.rank >= k else -np.inf
        return small, value, value + k * math.log(t) - math.lgamma(t + 1) + math.lgamma(t - k + 1)

    def draw(self, rng: np.random.Generator, trials: int) -> npt.NDArray[np.int64] | None:
        """Draw k items, ascending; return None if none of so many trials was accepted."""
        for _ in range(trials):
            small, value, _ = self.weighed(rng)
            if _accepted(value, self.log_bound, rng):
                return np.sort(small.items[small.ensemble.sample(self.k, _seed(rng), 1)[0]])
        return None


class OfAnySize(Proposals):
    """The proposals of a DPP: a random number of items, accepted in proportion to det(I + L).

    The reference has no further directions: with them the bound would be higher.

    Parameters
    ----------
    kernel, scale, landmarks
        As for `Proposals`.
    """

    def __init__(self, kernel: Kernel, scale: float, landmarks: Landmarks) -> None:
        odds = scale * landmarks.values
        super().__init__(kernel, scale, landmarks, scale, scale / (1.0 + odds))
        if not self.total < 2.0 * math.sqrt(MOST_ITEMS):
            raise _core.NumericalError(
                f"kernel: expected one that small DPPs of at most {MOST_ITEMS} items stand for; "
                "multiply it by a smaller number, or take more landmarks"
            )
        self.count = max(1.0, intermediate_size(self.total))  # q
        self._at_zero = float((np.log1p(odds) - odds / (1.0 + odds)).sum())

    @property
    def log_bound(self) -> float:
        """An upper bound on log det(I + L)."""
        return self._at_zero + self.total

    def weighed(self, rng: np.random.Generator) -> tuple[Taken, float, float]:
        """Return the items taken, log det(I + M) less its bound, and the log of an estimate.

        The estimate of det(I + L) is unbiased.
        """
        q, slope = self.count, self.total / self.count
        t = int(rng.poisson(q * math.exp(slope)))
        small = self.taken(t, q, rng) if t else _nothing()
        log_value = float(np.log1p(self._scale * small.ensemble.eigenvalues).sum())
        estimate = log_value - t * slope + q * math.expm1(slope)
        return small, log_value - self._at_zero - t * slope, estimate

    def draw(self, rng: np.random.Generator, trials: int) -> npt.NDArray[np.int64] | None:
        """Draw a set, ascending; return None if none of so many trials was accepted."""
        for _ in range(trials):
            small, excess, _ = self.weighed(rng)
            if _accepted(excess, 0.0, rng):
                chosen = small.ensemble.sample_any_size(self.kappa(small), _seed(rng), 1)[0]
                return np.sort(small.items[chosen])
        return None

    def kappa(self, small: Taken) -> FloatArray:
        """Return the eigenvalues of the marginal kernel of M."""
        return np.asarray(1.0 / (1.0 + 1.0 / (self._scale * small.ensemble.eigenvalues)))


def _nothing() -> Taken:
    """Return any item, with determinant 0."""
    return Taken(np.zeros(1, dtype=np.int64), _core.LEnsemble.from_kernel(np.zeros((1, 1))))


def _accepted(log_value: float, log_bound: float, rng: np.random.Generator) -> bool:
    if log_value > log_bound + 1e-6:
        raise _core.NumericalError(
            "kernel: expected a positive semi-definite one; blocks contradict each other"
        )
    return math.log1p(-rng.random()) < log_value - log_bound


def _seed(rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    return rng.integers(0, 2**64, size=1, dtype=np.uint64)


def _reference(landmarks: Landmarks, k: int, n: int) -> tuple[float, float, FloatArray]:
    """Return log e_k(M0), log rho and pi_m / lambda_m for the D whose bound is lowest."""
    values, rest = landmarks.values, landmarks.rest
    best = (np.inf, np.inf, 0.0, values)
    for directions in DIRECTIONS if rest else (0,):
        if len(values) + directions < k or directions >= 4 * n:
            continue
        every = np.append(values, np.full(directions, rest / max(directions, 1)))
        every = every[every > 0.0]
        logs = _core.log_elementary_symmetric(every, k)
        log_rho = logs[k - 1] - logs[k]
        taken = _core.selection_probabilities(np.sort(every)[::-1], k)
        within = float(taken[np.argsort(np.argsort(-every))][: len(values)].sum())
        bound = logs[k] + k * math.log((within + math.exp(log_rho) * rest) / k)
        if bound < best[0]:
            best = (bound, logs[k], log_rho, every)
    if best[0] == np.inf:
        raise _core.NumericalError(
            f"rank too small: the kernel has rank {len(values)}, so no set of k = {k} items has a "
            "positive determinant"
        )
    _, log_value, log_rho, every = best
    order = np.argsort(-every, kind="stable")
    taken = np.empty(len(every))
    taken[order] = _core.selection_probabilities(every[order], k)
    return log_value, log_rho, taken[: len(values)] / values
