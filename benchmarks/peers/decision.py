"""Steps of Bayesian optimisation over a pool, as one writes them down with NumPy and SciPy.

Independent of otnas: what benchmarks compare with, and the slow obvious version in a test. Nothing
is kept from one decision to the next; distances are `cdist` on dense vectors, an array (N, d_b) a
block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.stats import norm

COLUMNS = 20_000
"""Pool items at a time, or the covariances of 400,000 of them would not fit into memory."""


def distances(blocks: Sequence[np.ndarray], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """L1 distances, shape (B, len(rows), len(columns))."""
    return np.array([cdist(x[rows], x[columns], "cityblock") for x in blocks])


def kernel(distances: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """variance * exp(-sum_b D_b / l_b); theta: the lengthscales, the variance, the noise."""
    return theta[-2] * np.exp(-np.tensordot(1.0 / theta[:-2], distances, axes=1))


def posterior(
    blocks: Sequence[np.ndarray], items: np.ndarray, y: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every pool item, from scratch."""
    gram = kernel(distances(blocks, items, items), theta) + theta[-1] * np.eye(len(items))
    factor = cho_factor(gram, lower=True)
    weights = cho_solve(factor, y)
    n = len(blocks[0])
    mean, variance = np.empty(n), np.empty(n)
    for start in range(0, n, COLUMNS):
        columns = np.arange(start, min(start + COLUMNS, n))
        cross = kernel(distances(blocks, items, columns), theta)
        mean[columns] = cross.T @ weights
        variance[columns] = theta[-2] - np.sum(cross * cho_solve(factor, cross), axis=0)
    return mean, np.sqrt(np.maximum(variance, 1e-18))


def expected_improvement(mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
    """E[max(best - f, 0)]."""
    z = (best - mean) / std
    return (best - mean) * norm.cdf(z) + std * norm.pdf(z)


def decide(
    blocks: Sequence[np.ndarray], items: np.ndarray, y: np.ndarray, theta: np.ndarray
) -> int:
    """The item of greatest expected improvement that was not observed."""
    mean, std = posterior(blocks, items, y, theta)
    value = expected_improvement(mean, std, mean[items].min())
    value[items] = -np.inf
    return int(value.argmax())


def refit(
    distances: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    bounds: list[tuple[float, float]],
    prior_mean: np.ndarray,
    prior_std: np.ndarray,
) -> np.ndarray:
    """Mode of log theta by L-BFGS-B, with the textbook gradient.

    Rasmussen & Williams (2006), Eq. 5.9: 1/2 trace((alpha alpha^T - K^-1) dK/dlog theta).
    """
    n = len(y)

    def objective(log_theta: np.ndarray) -> tuple[float, np.ndarray]:
        theta = np.exp(log_theta)
        gram = kernel(distances, theta)
        factor = cho_factor(gram + theta[-1] * np.eye(n), lower=True)
        alpha = cho_solve(factor, y)
        inverse = cho_solve(factor, np.eye(n))
        value = -0.5 * y @ alpha - np.log(np.diag(factor[0])).sum() - n / 2 * np.log(2 * np.pi)
        derivatives = [gram * d / length for d, length in zip(distances, theta, strict=False)]
        derivatives += [gram, theta[-1] * np.eye(n)]
        outer = np.outer(alpha, alpha) - inverse
        slope = np.array([0.5 * np.sum(outer * derivative) for derivative in derivatives])
        z = (log_theta - prior_mean) / prior_std
        return -(value - 0.5 * z @ z), -(slope - z / prior_std)

    options = {"maxiter": 50, "ftol": 1e-6, "gtol": 1e-3}
    result = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(result.x)
