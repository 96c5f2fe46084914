import numpy as np
import pytest
from small_pools import direct_posterior, laplace_kernel, predict

from otnas.gp.cholesky import cholesky_with_jitter, extend_cholesky, inverse_from_cholesky
from otnas.gp.fit import log_prior
from otnas.gp.gram_kernels import PrecomputedKernel
from otnas.gp.process import GaussianProcess


def process_with(n, kernel=None, seed=1, targets=None):
    kernel = laplace_kernel() if kernel is None else kernel
    rng = np.random.default_rng(seed)
    process = GaussianProcess(kernel)
    items = rng.choice(kernel.n_items, n, replace=n > kernel.n_items)
    process.add(items, rng.standard_normal(n) if targets is None else targets)
    return process


@pytest.mark.parametrize("shift", [-0.7, 0.0, 0.9])
def test_likelihood_gradient_is_the_difference_quotient(shift):
    process = process_with(25)
    theta = process.log_parameters + shift
    value, gradient = process.log_marginal_likelihood(theta)
    assert np.isfinite(value)
    step = 1e-5
    for q in range(theta.size):
        e = step * np.eye(theta.size)[q]
        high, low = (process.log_marginal_likelihood(theta + s * e)[0] for s in (1, -1))
        assert gradient[q] == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-6)


def test_likelihood_is_equation_3():
    process = process_with(12)
    theta = process.log_parameters
    x, y = process.items, process.standardised_targets
    k_y = process.kernel.block(x, x, theta[:-1]) + np.exp(theta[-1]) * np.eye(12)
    expected = (
        -0.5 * y @ np.linalg.solve(k_y, y) - 0.5 * np.linalg.slogdet(k_y)[1] - 6 * np.log(2 * np.pi)
    )
    assert process.log_marginal_likelihood()[0] == pytest.approx(expected, rel=1e-10)


def test_adding_one_by_one_equals_adding_at_once():
    kernel = laplace_kernel()
    rng = np.random.default_rng(2)
    items, targets = rng.permutation(60)[:30], rng.standard_normal(30)
    once, stepwise = GaussianProcess(kernel), GaussianProcess(kernel)
    once.add(items, targets)
    for i, t in zip(items, targets, strict=True):
        stepwise.add([i], [t])
    assert stepwise.generation == 0
    np.testing.assert_allclose(stepwise.lower, once.lower, atol=1e-12)
    np.testing.assert_allclose(stepwise.whitened_targets, once.whitened_targets, atol=1e-11)


def test_matches_scikit_learn_on_a_fixed_kernel():
    sklearn = pytest.importorskip("sklearn.gaussian_process")
    kernels = pytest.importorskip("sklearn.gaussian_process.kernels")
    x = np.random.default_rng(5).random((50, 2))
    rbf = kernels.RBF(0.4)
    process = GaussianProcess(PrecomputedKernel(rbf(x)))
    process.set_log_parameters(np.log([1.0, 0.05]))
    train, test = np.arange(30), np.arange(30, 50)
    targets = 10 + np.sin(6 * x[:30, 0]) + x[:30, 1]
    process.add(train, targets)
    peer = sklearn.GaussianProcessRegressor(rbf, alpha=0.05, optimizer=None, normalize_y=True)
    peer.fit(x[train], targets)
    mean, covariance = predict(process, test)
    expected_mean, expected_covariance = peer.predict(x[test], return_cov=True)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-9)
    np.testing.assert_allclose(covariance, expected_covariance, atol=1e-9)
    assert process.log_marginal_likelihood()[0] == pytest.approx(
        peer.log_marginal_likelihood_value_, rel=1e-9
    )


def test_fit_improves_the_posterior_and_recovers_the_noise():
    kernel = laplace_kernel(n_items=200, n_blocks=2, width=2)
    rng = np.random.default_rng(4)
    process = GaussianProcess(kernel)
    pool = np.arange(200)
    gram = kernel.block(pool, pool, kernel.parameters.initial)
    truth = np.linalg.cholesky(gram + 1e-10 * np.eye(200)) @ rng.standard_normal(200)
    process.add(pool, truth + 0.3 * rng.standard_normal(200))

    def objective():
        return (
            process.log_marginal_likelihood()[0]
            + log_prior(process.parameters, process.log_parameters)[0]
        )

    before = objective()
    process.fit()
    after = objective()
    assert after > before
    noise = np.exp(process.log_parameters[-1]) * process.scale**2
    assert 0.03 < noise < 0.27  # the truth is 0.09
    process.fit()
    assert objective() >= after - 1e-9


def test_pending_items_leave_the_mean_and_shrink_the_covariance():
    process = process_with(10)
    items = np.arange(20)
    mean, covariance = predict(process, items)
    process.set_pending([50, 51])
    pending_mean, pending_covariance = predict(process, items)
    np.testing.assert_allclose(pending_mean, mean, atol=1e-12)
    assert (np.diagonal(pending_covariance) <= np.diagonal(covariance) + 1e-12).all()
    expected_mean, expected = direct_posterior(process, items, [50, 51])
    np.testing.assert_allclose(pending_covariance / process.scale**2, expected, atol=1e-9)
    np.testing.assert_allclose(
        (pending_mean - process.offset) / process.scale, expected_mean, atol=1e-9
    )
    # Pending items at their own mean as targets would give the same mean.
    believer = (predict(process, [50, 51])[0] - process.offset) / process.scale
    y = np.concatenate([process.standardised_targets, believer])
    cross = process.kernel.block(process.rows, items, process.log_parameters[:-1])
    believed = cross.T @ np.linalg.solve(process.lower @ process.lower.T, y)
    np.testing.assert_allclose(believed, expected_mean, atol=1e-9)


def test_told_out_of_order_drops_only_what_it_must():
    process = process_with(10)
    process.set_pending([50, 51, 52])
    process.add([52], [0.0])
    np.testing.assert_array_equal(process.rows[10:], [52, 50, 51])
    items = np.arange(20)
    _, expected = direct_posterior(process, items, [50, 51])
    np.testing.assert_allclose(predict(process, items)[1] / process.scale**2, expected, atol=1e-9)
    assert process.generation == 0


@pytest.mark.parametrize(
    "targets",
    [[3.0], [3.0, 3.0], [0.0] * 8, [1e300, -1e300, 0.0], [1e-300, 2e-300], [1e9] + [0.1] * 20],
)
def test_fits_whatever_it_is_given(targets):
    kernel = laplace_kernel(n_items=30, n_duplicates=15)
    process = process_with(len(targets), kernel, targets=targets)
    process.fit()
    mean, covariance = predict(process, np.arange(30))
    assert np.isfinite(mean).all()
    assert not np.isnan(covariance).any()


def test_identical_items_and_repeated_observations():
    kernel = PrecomputedKernel(np.ones((5, 5)))
    process = GaussianProcess(kernel)
    process.add([0, 1, 2, 3, 4, 0, 0], np.arange(7.0))
    process.fit()
    mean, _ = predict(process, [4])
    assert mean[0] == pytest.approx(3.0, abs=0.1)


def test_a_zero_or_indefinite_kernel_gets_jitter():
    for gram in (np.zeros((6, 6)), 1.9 * np.eye(6) - 0.9):
        process = process_with(6, PrecomputedKernel(gram))
        process.fit()
        assert np.isfinite(predict(process, np.arange(6))[0]).all()


def test_jitter_policy():
    rng = np.random.default_rng(0)
    a = rng.random((6, 3))
    lower, jitter = cholesky_with_jitter(a @ a.T)
    assert jitter <= 1e-8
    np.testing.assert_allclose(lower @ lower.T, a @ a.T, atol=1e-7)
    with pytest.raises(FloatingPointError, match="kernel returned"):
        cholesky_with_jitter(np.array([[np.nan]]))


def test_extension_reports_an_indefinite_corner():
    lower = np.eye(2, order="F")
    assert extend_cholesky(lower, np.array([[1.0, 1.0]]), np.array([[1.0]])) is None
    extended = extend_cholesky(lower, np.array([[1.0, 1.0]]), np.array([[3.0]]))
    np.testing.assert_allclose(extended, [[1, 0, 0], [0, 1, 0], [1, 1, 1]])
    inverse = inverse_from_cholesky(extended)
    np.testing.assert_allclose(inverse @ extended @ extended.T, np.eye(3), atol=1e-12)


def test_without_observations_the_prior_is_returned():
    process = GaussianProcess(laplace_kernel())
    process.fit()
    mean, covariance = predict(process, [1, 2])
    np.testing.assert_array_equal(mean, [0.0, 0.0])
    np.testing.assert_allclose(np.diagonal(covariance), 1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: p.add([0], [np.nan]), ValueError, "targets: expected finite values, got nan"),
        (lambda p: p.add([0, 1], [1.0]), ValueError, r"targets: expected shape \(2,\)"),
        (lambda p: p.add([60], [1.0]), IndexError, r"items: .* \[0, 60\), got 60"),
        (lambda p: p.add([0.5], [1.0]), TypeError, "items: expected integers"),
        (lambda p: p.add([[0]], [1.0]), ValueError, "items: expected a 1-D array"),
        (lambda p: p.set_log_parameters([0.0]), ValueError, r"log_parameters: expected shape"),
        (lambda p: p.set_log_parameters([99.0] * 5), ValueError, "log_parameters: .*between"),
        (lambda p: GaussianProcess(p.kernel, noise_floor=0.0), ValueError, "noise_floor"),
    ],
)
def test_errors_name_the_argument(call, error, message):
    process = process_with(3)
    with pytest.raises(error, match=message):
        call(process)
