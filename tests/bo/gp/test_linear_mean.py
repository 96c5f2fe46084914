"""A linear mean of known numbers, against dense formulas."""

import numpy as np
import pytest
from distance_sources import VectorDistances

from otnas.gp import DirectPosterior, GaussianProcess, LaplaceKernel, PoolPosterior
from otnas.gp.linear_mean import LinearMeanKernel

RNG = np.random.default_rng(5)
POINTS = RNG.random((30, 3))
VALUES, DEVIATIONS = RNG.normal(size=(30, 2)), RNG.random((30, 2))


class Source(VectorDistances):
    features = VALUES, DEVIATIONS


def kernel():
    return LinearMeanKernel(LaplaceKernel(Source([POINTS])), Source([POINTS]), ("a", "b"))


def dense(theta):
    distances = np.abs(POINTS[:, None] - POINTS).sum(axis=2)
    lengthscale, variance, *weights = np.exp(theta)
    gram = variance * np.exp(-distances / lengthscale)
    for f, weight in enumerate(weights):
        gram += weight * np.outer(VALUES[:, f], VALUES[:, f])
        gram += weight * np.diag(DEVIATIONS[:, f] ** 2)
    return gram


def test_blocks_are_parts_of_the_dense_gram_matrix():
    k = kernel()
    theta, pool = k.parameters.initial + 0.2, np.arange(30)
    expected = dense(theta)
    rows, cols = np.array([5, 0, 5, 29]), np.array([7, 5, 5])
    np.testing.assert_allclose(k.block(rows, cols, theta), expected[np.ix_(rows, cols)])
    np.testing.assert_allclose(k.block(rows, pool, theta), expected[rows])
    np.testing.assert_allclose(k.diagonal(rows, theta), expected[rows, rows])
    assert k.block(rows[:0], cols, theta).shape == (0, 3)
    assert k.parameters.names[-2:] == ("weight_a", "weight_b")


def test_the_gradient_is_the_difference_quotient():
    k, items = kernel(), np.array([3, 1, 4, 1, 5])
    theta = k.parameters.initial + 0.3
    training = k.training(items)
    np.testing.assert_allclose(training.gram(theta), dense(theta)[np.ix_(items, items)])
    weights = RNG.normal(size=(5, 5))
    weights += weights.T
    gradient = training.gradient(theta, training.gram(theta), weights)
    for q in range(theta.size):
        step = np.zeros(theta.size)
        step[q] = 1e-6
        difference = training.gram(theta + step) - training.gram(theta - step)
        assert gradient[q] == pytest.approx((weights * difference).sum() / 2e-6, rel=1e-5)


@pytest.mark.parametrize("posterior", [PoolPosterior, DirectPosterior])
def test_the_posterior_is_that_of_the_dense_process(posterior):
    process = GaussianProcess(kernel())
    told = np.array([3, 1, 14, 25])
    targets = np.array([0.3, -1.0, 2.0, 1.1])
    process.add(told, targets)
    process.fit()
    theta = process.log_parameters
    gram = dense(theta[:-1])
    noisy = gram[np.ix_(told, told)] + np.exp(theta[-1]) * np.eye(4)
    y = (targets - targets.mean()) / targets.std()
    cross = gram[told]
    mean = cross.T @ np.linalg.solve(noisy, y)
    covariance = gram - cross.T @ np.linalg.solve(noisy, cross)
    found = posterior(process).standardised_moments(np.arange(30))
    np.testing.assert_allclose(found[0], mean, atol=1e-9)
    np.testing.assert_allclose(found[1] ** 2, np.diagonal(covariance), atol=1e-9)


def test_weights_of_a_linear_mean_are_those_of_bayesian_linear_regression():
    """With no other part than noise, the mean is that of ridge regression."""
    source = Source([POINTS])
    source.features = VALUES, np.zeros((30, 2))
    k = LinearMeanKernel(LaplaceKernel(source), source, ("a", "b"))
    process = GaussianProcess(k)
    theta = np.log([1.0, 0.01, 4.0, 4.0, 1.0])
    told, targets = np.arange(12), VALUES[:12] @ [2.0, -1.0]
    process.add(told, targets)
    process.set_log_parameters(np.clip(theta, process.parameters.lower, process.parameters.upper))
    mean, _ = DirectPosterior(process).standardised_moments(np.arange(30))
    y = (targets - targets.mean()) / targets.std()
    z = VALUES[:12]
    weights = np.linalg.solve(z.T @ z + np.eye(2) / 4.0, z.T @ y)
    np.testing.assert_allclose(mean[12:], VALUES[12:] @ weights, atol=0.05)
