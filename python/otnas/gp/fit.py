"""Maximum-a-posteriori hyperparameters of an exact Gaussian process.

Notation
--------
y : standardised targets (n,); K_y = K + sigma^2 I = L L^T (n, n); alpha = K_y^-1 y.
theta : the kernel's p hyperparameters, then the noise variance sigma^2.

    log p(y) = -1/2 y^T alpha - sum_i log L_ii - n/2 log 2 pi                  (docs/maths.md Eq. 3)
    dlog p(y)/dlog theta_q = sum_ij W_ij dK_y,ij/dlog theta_q,
    W = 1/2 (alpha alpha^T - K_y^-1)                      (Rasmussen & Williams 2006, Eq. 5.9)

The objective also contains the log-normal priors, -1/2 ((log theta_q - m_q) / s_q)^2 each, so the
maximum is the posterior mode in log theta.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

from otnas.arrays import FloatArray
from otnas.gp.cholesky import cholesky_with_jitter, inverse_from_cholesky, solve_lower
from otnas.gp.kernels import TrainingGram
from otnas.gp.parameters import LogParameters

_LOG_2PI = math.log(2.0 * math.pi)


def log_marginal_likelihood(
    training: TrainingGram, targets: FloatArray, log_parameters: FloatArray
) -> tuple[float, FloatArray]:
    """Return log p(y), docs/maths.md Eq. (3), and its gradient in log theta, shape (p + 1,).

    O(n^3) time, O(n^2) memory.
    """
    n = targets.size
    kernel_parameters, noise = log_parameters[:-1], math.exp(log_parameters[-1])
    gram = training.gram(kernel_parameters)
    noisy = gram.copy()
    noisy[np.arange(n), np.arange(n)] += noise
    lower, _ = cholesky_with_jitter(noisy)
    whitened = solve_lower(lower, targets)
    alpha = solve_lower(lower, whitened, transposed=True)
    value = (
        -0.5 * float(whitened @ whitened)
        - float(np.log(np.diagonal(lower)).sum())
        - 0.5 * n * _LOG_2PI
    )
    weights = inverse_from_cholesky(lower)
    np.subtract(np.outer(alpha, alpha), weights, out=weights)
    weights *= 0.5
    gradient = np.append(
        training.gradient(kernel_parameters, gram, weights), noise * np.trace(weights)
    )
    return value, gradient


def log_prior(parameters: LogParameters, log_parameters: FloatArray) -> tuple[float, FloatArray]:
    """Return the log prior density up to a constant and its gradient, shape (p + 1,)."""
    z = (log_parameters - parameters.prior_mean) / parameters.prior_std
    return -0.5 * float(z @ z), -z / parameters.prior_std


def maximise_posterior(
    training: TrainingGram,
    targets: FloatArray,
    parameters: LogParameters,
    starts: FloatArray,
) -> FloatArray:
    """Return the best log hyperparameters that L-BFGS-B finds from `starts`, shape (p + 1,).

    The result is never worse than any start, and no valid input raises: a Gram matrix without
    a Cholesky factor gets jitter.

    Parameters
    ----------
    training : TrainingGram
    targets : array (n,), standardised
    parameters : LogParameters
        The kernel's hyperparameters, then the noise variance.
    starts : array (n_starts, p + 1)
        Starting points in log space, clipped to the bounds.
    """

    def objective(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        likelihood, slope = log_marginal_likelihood(training, targets, log_parameters)
        prior, prior_slope = log_prior(parameters, log_parameters)
        return -(likelihood + prior), -(slope + prior_slope)

    bounds = list(zip(parameters.lower, parameters.upper, strict=True))
    best, best_value = np.clip(starts[0], parameters.lower, parameters.upper), math.inf
    for start in starts:
        result = minimize(
            objective,
            np.clip(start, parameters.lower, parameters.upper),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            # An error of 0.01 in a log hyperparameter changes no decision.
            options={"maxiter": 50, "ftol": 1e-6, "gtol": 1e-3},
        )
        if result.fun < best_value:
            best, best_value = np.asarray(result.x, dtype=np.float64), float(result.fun)
    clipped: FloatArray = np.clip(best, parameters.lower, parameters.upper)
    return clipped
