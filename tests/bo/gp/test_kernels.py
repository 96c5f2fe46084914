import numpy as np
import pytest
from distance_sources import ArrayDistances, VectorDistances
from small_pools import laplace_kernel

from otnas.gp.distances import typical_distances
from otnas.gp.gram_kernels import PrecomputedKernel
from otnas.gp.kernels import LaplaceKernel
from otnas.gp.parameters import LogParameters


def precomputed(n=60):
    x = np.random.default_rng(3).random((n, 3))
    return PrecomputedKernel(x @ x.T)


KERNELS = {
    "laplace": laplace_kernel,
    "laplace-one-block": lambda: laplace_kernel(n_blocks=1),
    "precomputed": precomputed,
}


@pytest.fixture(params=KERNELS)
def kernel(request):
    return KERNELS[request.param]()


def test_blocks_are_parts_of_one_psd_matrix(kernel):
    theta = kernel.parameters.initial
    pool = np.arange(kernel.n_items)
    full = kernel.block(pool, pool, theta)
    rows, cols = np.array([5, 0, 5]), np.array([7, 2])
    np.testing.assert_allclose(kernel.block(rows, cols, theta), full[np.ix_(rows, cols)])
    np.testing.assert_allclose(kernel.diagonal(rows, theta), full[rows, rows])
    np.testing.assert_allclose(full, full.T)
    assert np.linalg.eigvalsh(full)[0] > -1e-10
    assert kernel.block(rows[:0], cols, theta).shape == (0, 2)


def test_training_gram_is_the_block_and_its_gradient_the_difference_quotient(kernel):
    rng = np.random.default_rng(1)
    items = np.array([3, 1, 4, 1, 5])
    theta = kernel.parameters.initial + 0.3
    training = kernel.training(items)
    gram = training.gram(theta)
    np.testing.assert_allclose(gram, kernel.block(items, items, theta))
    weights = rng.standard_normal((5, 5))
    weights += weights.T
    gradient = training.gradient(theta, gram, weights)
    step = 1e-6
    for q in range(theta.size):
        shift = np.zeros(theta.size)
        shift[q] = step
        difference = training.gram(theta + shift) - training.gram(theta - shift)
        assert gradient[q] == pytest.approx((weights * difference).sum() / (2 * step), rel=1e-6)


def test_the_scale_of_a_precomputed_gram_is_free():
    gram = np.eye(4) * 1e6
    kernel = PrecomputedKernel(gram)
    np.testing.assert_allclose(kernel.diagonal(np.arange(4), kernel.parameters.initial), 1.0)
    np.testing.assert_array_equal(gram, np.eye(4) * 1e6)


def test_laplace_is_equation_2():
    d = np.array([[[0.0, 2.0], [2.0, 0.0]], [[0.0, 3.0], [3.0, 0.0]]])
    kernel = LaplaceKernel(ArrayDistances(d), names=["ops", "in"])
    assert kernel.parameters.names == ("lengthscale_ops", "lengthscale_in", "variance")
    theta = np.log([4.0, 6.0, 2.0])
    value = kernel.block(np.array([0]), np.array([1]), theta)
    assert value[0, 0] == pytest.approx(2.0 * np.exp(-0.5 - 0.5))


def test_lengthscale_prior_follows_the_distance_scale():
    rng = np.random.default_rng(0)
    v = rng.random((40, 3))
    small, large = (LaplaceKernel(VectorDistances([v, s * v])).parameters for s in (1.0, 50.0))
    assert large.initial[1] - small.initial[1] == pytest.approx(np.log(50.0))
    np.testing.assert_allclose(small.initial[0], large.initial[0])


def test_a_fast_path_of_the_source_is_used_for_blocks():
    class Source(ArrayDistances):
        def laplace(self, rows, cols, lengthscales, variance):
            self.seen = lengthscales, variance
            return np.full((rows.size, cols.size), 7.0)

    source = Source(1.0 - np.eye(3))
    kernel = LaplaceKernel(source)
    np.testing.assert_array_equal(
        kernel.block(np.array([0]), np.array([1, 2]), np.log([2.0, 3.0])), [[7.0, 7.0]]
    )
    np.testing.assert_allclose(source.seen[0], [2.0])
    assert source.seen[1] == pytest.approx(3.0)


def test_a_pool_without_distances_has_scale_one():
    np.testing.assert_array_equal(typical_distances(ArrayDistances(np.zeros((4, 4)))), [1.0])
    np.testing.assert_array_equal(typical_distances(ArrayDistances(np.zeros((1, 1)))), [1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PrecomputedKernel(np.zeros((2, 3))), r"gram: expected shape .*\(2, 3\)"),
        (lambda: PrecomputedKernel([[1.0, 0.5], [0.1, 1.0]]), "gram: expected a symmetric"),
        (lambda: PrecomputedKernel([[np.inf]]), "gram: expected finite"),
        (lambda: PrecomputedKernel([[-1.0]]), "gram: expected a non-negative diagonal"),
        (lambda: LaplaceKernel(ArrayDistances([[0.0]]), names=["a", "b"]), "names: expected 1"),
        (lambda: LaplaceKernel(ArrayDistances([[0.0]]), scales=[0.0]), "scales: expected 1"),
        (
            lambda: LogParameters(("a",), *(np.array([v]) for v in (5.0, 0.0, 1.0, 0.0, 1.0))),
            "initial: expected values from",
        ),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
