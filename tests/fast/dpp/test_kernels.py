"""k-DPPs of kernels given by blocks: the law by enumeration, and against the dense class."""

from itertools import combinations

import dpp_laws
import numpy as np
import pytest
from dpp_laws import KERNELS, draws_p_value, gram, inclusion, law
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast import KDPP, Embedding, KernelKDPP, NumericalError, sample_kdpp
from otnas_fast.dpp import (
    ConditionedKernel,
    EmbeddingKernel,
    FactorKernel,
    FunctionKernel,
    LaplaceKernel,
    MatrixKernel,
    QualityKernel,
)

SIGNIFICANCE = 1e-4
every_kernel = pytest.mark.parametrize(("L", "k"), KERNELS.values(), ids=KERNELS.keys())


@every_kernel
@pytest.mark.parametrize("landmarks", [None, 2])
def test_draws_follow_the_determinants(L, k, landmarks):
    if landmarks is not None and k > 2 * landmarks:
        pytest.skip("two landmarks are too few: next to nothing is accepted")
    kdpp = KernelKDPP(MatrixKernel(L), landmarks=landmarks)
    size = 5_000 if landmarks is None else 2_000
    assert draws_p_value(kdpp.sample(k, rng=1, size=size), *law(L, k)) > SIGNIFICANCE


@every_kernel
def test_normalisers_and_probabilities(L, k):
    subsets, probabilities = law(L, k)
    kdpp = KernelKDPP(MatrixKernel(L))
    exact = KDPP(L)._ensemble.log_normaliser(k)
    estimate, error = kdpp.log_normaliser(k, rng=0, trials=500)
    assert abs(estimate - exact) < 4.5 * error + 1e-9
    assert kdpp.log_normaliser_bound(k) >= exact - 1e-9
    likely = subsets[int(np.argmax(probabilities))]
    assert kdpp.log_prob(k, likely, rng=1, trials=500) == pytest.approx(
        np.log(probabilities.max()), abs=0.15
    )
    expected = inclusion(subsets, probabilities, likely[:1])
    ours = kdpp.inclusion_probability(k, likely[:1], rng=1, trials=500)
    assert ours == pytest.approx(expected, rel=0.15)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(1, 8), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_no_small_kdpp_exceeds_the_bound(n, r, seed, landmarks):
    L = gram(n, r, seed)
    k = 1 + seed % min(n, r)
    kdpp = KernelKDPP(MatrixKernel(L), landmarks=landmarks)
    try:
        proposal = kdpp._proposal(k)
    except NumericalError:
        assert landmarks < k  # with no landmarks to spare, the rank is not seen
        return
    rng = np.random.default_rng(seed)
    values = [proposal.weighed(rng)[1] for _ in range(50)]
    assert max(values) <= proposal.log_bound + 1e-7
    assert kdpp.log_normaliser_bound(k) >= KDPP(L)._ensemble.log_normaliser(k) - 1e-7


def test_marginals_at_size():
    x = np.random.default_rng(0).uniform(0, 4, (600, 2))
    quality = np.exp(np.random.default_rng(1).normal(0, 1, 600))
    kernel = QualityKernel(LaplaceKernel(x), quality)
    L = kernel.block(slice(None), slice(None))
    k, size = 5, 1500
    p = KDPP(L).marginals(k)
    counts = np.bincount(KernelKDPP(kernel).sample(k, rng=0, size=size).ravel(), minlength=600)
    z = (counts - size * p) / np.sqrt(size * p * (1 - p))
    assert np.abs(z[size * p > 2]).max() < 4.5
    assert 0.75 < (z**2).mean() < 1.25


@every_kernel
def test_conditioning(L, k):
    if k == 1:
        pytest.skip("nothing is left to draw")
    include = law(L, k)[0][int(np.argmax(law(L, k)[1]))][:1]
    exclude = [next(i for i in range(len(L)) if i not in include)]
    if len(L) == k:
        exclude = []
    expected = dpp_laws.given(*law(L, k), include, exclude)
    rest = KernelKDPP(MatrixKernel(L)).condition(include=include, exclude=exclude)
    assert draws_p_value(rest.sample(k - 1, rng=3, size=1500), *expected) > SIGNIFICANCE


def test_blocks_of_all_kernels():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 3))
    X[3] = X[4]
    laplace = np.exp(-np.abs(X[:, None] - X).sum(axis=2) / 2.0)
    q = rng.uniform(0, 2, 150)
    given_two = laplace - laplace[:, [3, 9]] @ np.linalg.solve(
        laplace[np.ix_([3, 9], [3, 9])], laplace[[3, 9]]
    )
    given_two[[3, 9, 5]] = given_two[:, [3, 9, 5]] = 0.0
    base = LaplaceKernel(X, 2.0)
    cases = [
        (base, laplace),
        (EmbeddingKernel(Embedding({"x": X}), lengthscales=2.0), laplace),
        (
            FunctionKernel(lambda a, b: np.exp(-np.abs(a[:, None] - b).sum(axis=2) / 2.0), X),
            laplace,
        ),
        (MatrixKernel(laplace), laplace),
        (FactorKernel(X), X @ X.T),
        (QualityKernel(base, q), q[:, None] * laplace * q),
        (ConditionedKernel(base, include=[3, 9], exclude=[5]), given_two),
    ]
    some = np.array([9, 3, 4, 4, 100])
    for kernel, expected in cases:
        assert len(kernel) == 150
        np.testing.assert_allclose(kernel.diagonal(), np.diag(expected), atol=1e-12)
        np.testing.assert_allclose(
            kernel.block(some, slice(2, 80)), expected[some][:, 2:80], atol=1e-12
        )
        np.testing.assert_allclose(
            kernel.block(some, some), expected[np.ix_(some, some)], atol=1e-12
        )


@pytest.mark.parametrize("scale", [1e-290, 1e290])
def test_scaled_kernels_give_the_same_draws(scale):
    L = gram(6, 6, 1)
    expected = KernelKDPP(MatrixKernel(L)).sample(3, rng=5, size=20)
    power = 2.0 ** round(np.log2(scale))
    np.testing.assert_array_equal(
        KernelKDPP(MatrixKernel(power * L)).sample(3, rng=5, size=20), expected
    )


def test_single_draws_of_large_matrices_are_by_rejection():
    x = np.sort(np.random.default_rng(1).uniform(0, 10, 520))
    L = np.exp(-np.abs(x[:, None] - x))
    k, size = 2, 1000
    kdpp = KernelKDPP(MatrixKernel(L))
    np.testing.assert_array_equal(sample_kdpp(L, k, rng=3), kdpp.sample(k, rng=3))
    np.testing.assert_array_equal(
        sample_kdpp(L, k, rng=3, method="spectral"), KDPP(L).sample(k, rng=3)
    )
    draws = sample_kdpp(L, k, rng=4, size=size, method="rejection")
    p = KDPP(L).marginals(k)
    # In tens of neighbours, for enough counts in each.
    counts = np.bincount(draws.ravel() // 10, minlength=52)
    expected = size * p.reshape(52, 10).sum(axis=1)
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    low_rank = np.kron(np.eye(4), np.ones((130, 130)))
    assert len(sample_kdpp(low_rank, 4, rng=0)) == 4
    with pytest.raises(NumericalError, match=r"rank 4.*k = 5"):
        sample_kdpp(low_rank, 5, rng=0)
    with pytest.raises(NumericalError, match="indefinite"):
        sample_kdpp(low_rank - 0.1 * np.eye(520), 2, rng=0)
    with pytest.raises(ValueError, match="method: expected"):
        sample_kdpp(L, k, method="vfx")


def test_threads_and_seeds():
    X = np.random.default_rng(2).uniform(size=(20_000, 3))
    draws = [KernelKDPP(LaplaceKernel(X, threads=t)).sample(6, rng=9, size=2) for t in (1, 2, 3)]
    np.testing.assert_array_equal(draws[0], draws[1])
    np.testing.assert_array_equal(draws[0], draws[2])


def test_errors():
    ones = MatrixKernel(np.ones((5, 5)))
    with pytest.raises(NumericalError, match="rank too small"):
        KernelKDPP(ones).sample(2, rng=0)
    with pytest.raises(NumericalError, match="only 1 items have a positive diagonal"):
        KernelKDPP(QualityKernel(ones, [0, 0, 1, 0, 0])).sample(2, rng=0)
    with pytest.raises(NumericalError, match="include has probability 0"):
        KernelKDPP(ones).condition(include=[0, 1])
    with pytest.raises(ValueError, match="quality: expected finite numbers >= 0, got -1"):
        QualityKernel(ones, [1.0, 1, 1, 1, -1])
    with pytest.raises(ValueError, match=r"quality: expected shape \(n,\) = \(5,\)"):
        QualityKernel(ones, [1.0])
    with pytest.raises(TypeError, match="kernel: expected an Embedding or have the members"):
        KernelKDPP(np.eye(3))
    with pytest.raises(ValueError, match=r"function: expected to return shape \(2, 2\)"):
        FunctionKernel(lambda a, b: np.ones(2), np.ones((2, 1))).diagonal()
    with pytest.raises(ValueError, match="k: expected between 1 and 5, got 6"):
        KernelKDPP(ones).sample(6)


def test_pairs_of_many_items():
    # Every pair of a flat kernel alike: the landmarks explain nothing here.
    n = 40
    kdpp = KernelKDPP(MatrixKernel(np.eye(n)), landmarks=3)
    pairs = list(combinations(range(n), 2))
    law_of_pairs = np.full(len(pairs), 1 / len(pairs))
    assert draws_p_value(kdpp.sample(2, rng=0, size=4000), pairs, law_of_pairs) > SIGNIFICANCE
