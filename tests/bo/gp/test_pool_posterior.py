import numpy as np
import pytest
from small_pools import direct_posterior, laplace_kernel

import otnas.gp.pool_posterior as module
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.process import GaussianProcess
from otnas.search.decision import transforms
from otnas.search.decision.acquisition import best_improvements, log_expected_improvement


def assert_direct(posterior, pending=(), atol=1e-9):
    process = posterior.process
    pool = np.arange(process.kernel.n_items)
    mean, covariance = direct_posterior(process, pool, pending)
    np.testing.assert_allclose(posterior.standardised_mean, mean, atol=atol)
    np.testing.assert_allclose(
        posterior.standardised_std**2, np.maximum(np.diagonal(covariance), 0), atol=atol
    )
    subset = np.array([3, 17, 3, 40])
    np.testing.assert_allclose(
        posterior.standardised_covariance(subset), covariance[np.ix_(subset, subset)], atol=atol
    )
    np.testing.assert_allclose(
        posterior.mean, process.offset + process.scale * mean, atol=atol * process.scale
    )
    np.testing.assert_allclose(posterior.std, process.scale * posterior.standardised_std)
    np.testing.assert_allclose(
        posterior.covariance(subset),
        process.scale**2 * posterior.standardised_covariance(subset),
    )


@pytest.fixture
def process():
    return GaussianProcess(laplace_kernel(n_items=80, n_duplicates=10))


def test_follows_every_change(process):
    rng = np.random.default_rng(0)
    posterior = PoolPosterior(process)
    items = rng.permutation(80)
    values = 5 + rng.standard_normal(80)
    process.add(items[:1], values[:1])
    assert_direct(posterior)
    process.add(items[1:20], values[1:20])
    assert_direct(posterior)
    for i in range(20, 45):
        process.add(items[i : i + 1], values[i : i + 1])
        _ = posterior.mean
    assert_direct(posterior)
    process.fit()
    assert_direct(posterior)
    process.set_pending(items[45:50])
    assert_direct(posterior, items[45:50])
    process.add(items[[45, 48]], values[[45, 48]])
    assert_direct(posterior, items[[46, 47, 49]])
    process.set_pending([])
    assert_direct(posterior)
    process.set_targets(process.targets**2)
    assert_direct(posterior)


@pytest.mark.parametrize("name", ["LogWinsorised", "Log", "Identity"])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_mean_follows_transformed_targets(process, name, offset):
    """Ceilings that move, join and vanish; frames that change; failures."""
    transform = getattr(transforms, name)()
    rng = np.random.default_rng(1)
    values = offset + np.exp(2 * rng.standard_normal(60))
    values[[7, 20, 41]] = np.inf
    values[30:] /= 10 if offset == 0 else 1
    values[50] = 1e12
    posterior = PoolPosterior(process)
    for i in range(60):
        targets = transform(values[: i + 1])
        process.add([i], targets[-1:])
        process.set_targets(targets)
        if i in (11, 55):
            process.set_pending([70, 71])
        mean, _ = direct_posterior(process, np.arange(80))
        np.testing.assert_allclose(posterior.standardised_mean, mean, atol=1e-9)


def test_an_observation_reads_the_rows_of_the_mean_once(process):
    posterior = PoolPosterior(process)
    process.add([1, 2, 3], [0.0, 1.0, 2.0])
    _ = posterior.mean
    posterior._a.extend(0, 3)[:] = np.nan  # a second pass over old rows would show
    process.set_pending([])
    process.set_targets([0.0, 1.0, 5.0])
    assert np.isfinite(posterior.mean).all()


def test_told_in_the_order_asked_recomputes_no_row(process, monkeypatch):
    posterior = PoolPosterior(process)
    process.add([1, 2], [0.0, 1.0])
    process.set_pending([3, 4])
    before = posterior.standardised_std
    blocks = []
    block = process.kernel.block
    monkeypatch.setattr(
        process.kernel, "block", lambda r, c, t: (blocks.append(c.size), block(r, c, t))[1]
    )
    process.add([3, 4], [2.0, 0.5])
    np.testing.assert_array_equal(posterior.standardised_std, before)
    assert blocks == []
    assert_direct(posterior)


def test_blocks_of_columns_make_no_difference(process, monkeypatch):
    monkeypatch.setattr(module, "_GROUP_ROWS", (1, 2))
    monkeypatch.setattr(module, "_BLOCK_ELEMENTS", 1)
    kernel = laplace_kernel(n_items=600)
    process = GaussianProcess(kernel)
    process.add([1, 2, 3], [0.0, 1.0, 5.0])
    assert_direct(PoolPosterior(process))


def test_without_observations_it_is_the_prior(process):
    posterior = PoolPosterior(process)
    np.testing.assert_array_equal(posterior.mean, np.zeros(80))
    np.testing.assert_allclose(posterior.std, 1.0)


def test_single_precision_is_close_and_stays_single(process):
    rng = np.random.default_rng(0)
    posterior = PoolPosterior(process, dtype=np.float32)
    for i in range(60):
        process.add([i], [rng.standard_normal()])
        _ = posterior.mean
    assert_direct(posterior, atol=1e-4)
    assert posterior._a.take(1, np.array([0])).dtype == np.float64
    assert posterior._a.dtype == posterior._a.extend(0, 1).dtype == np.float32
    with pytest.raises(ValueError, match="dtype: expected float32, float64 or None, got int64"):
        PoolPosterior(process, dtype=np.int64)


def test_smallest_noise_with_every_item_observed_twice():
    process = GaussianProcess(laplace_kernel(n_items=50, n_duplicates=25))
    theta = process.log_parameters
    theta[-1] = np.log(1e-6)
    process.set_log_parameters(theta)
    posterior = PoolPosterior(process)
    for _ in range(2):
        process.add(np.arange(50), np.arange(50.0))
    assert np.isfinite(posterior.mean).all()
    assert (posterior.std < 0.01 * process.scale).all()


def test_single_precision_keeps_the_smallest_noise_apart():
    """Items all but known: variances of 1e-6 keep a digit, and the choice is that of double."""
    kernel = laplace_kernel(n_items=400, n_duplicates=150, width=2)
    process = GaussianProcess(kernel)
    theta = process.log_parameters
    theta[-1] = np.log(1e-6)
    process.set_log_parameters(theta)
    single, double = PoolPosterior(process, dtype=np.float32), PoolPosterior(process)
    rng = np.random.default_rng(0)
    values = np.sin(5 * kernel.block(np.array([3]), np.arange(400), theta[:-1])[0])
    process.add(np.arange(120), values[:120])
    for item in rng.permutation(np.arange(120, 300)).tolist():
        process.add([item], values[[item]])
        _ = single.mean
    pool = np.arange(400)
    mean, covariance = direct_posterior(process, pool)
    variance = np.diagonal(covariance)
    assert variance.min() < 1.1e-6
    np.testing.assert_allclose(single.standardised_std**2, variance, atol=2e-7)
    np.testing.assert_allclose(single.standardised_mean, mean, atol=1e-4)
    left = np.setdiff1d(pool, process.items)
    best = float(double.standardised_mean[process.items].min())
    exact = log_expected_improvement(mean[left], np.sqrt(variance[left]), best)
    chosen = best_improvements(single.standardised_mean[left], single.standardised_std[left], best)
    assert exact.max() - exact[chosen].min() < 1e-3
