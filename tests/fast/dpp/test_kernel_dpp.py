"""DPPs of kernels given by blocks: the law by enumeration, and against the dense class."""

import dpp_laws
import numpy as np
import pytest
from dpp_laws import KERNELS, dpp_law, draws_p_value, gram, inclusion
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast import DPP, NumericalError
from otnas_fast.dpp import KernelDPP, LaplaceKernel, MatrixKernel, QualityKernel

SIGNIFICANCE = 1e-4
every_kernel = pytest.mark.parametrize("L", [L for L, _ in KERNELS.values()], ids=KERNELS.keys())


@every_kernel
@pytest.mark.parametrize("landmarks", [None, 3])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_draws_follow_the_determinants(L, landmarks, share):
    L = L * (share / L.diagonal().max())
    dpp = KernelDPP(MatrixKernel(L), landmarks=landmarks)
    assert draws_p_value(dpp.sample(rng=1, size=2_000), *dpp_law(L)) > SIGNIFICANCE


@every_kernel
def test_normalisers_and_probabilities(L):
    L = L / L.diagonal().max()
    subsets, probabilities = dpp_law(L)
    dpp, dense = KernelDPP(MatrixKernel(L)), DPP(L)
    exact = np.linalg.slogdet(np.eye(len(L)) + L)[1]
    estimate, error = dpp.log_normaliser(rng=0, trials=500)
    assert abs(estimate - exact) < 4.5 * error + 1e-9
    assert dpp.log_normaliser_bound() >= exact - 1e-9
    size, error = dpp.expected_size(rng=0, trials=500)
    assert abs(size - dense.expected_size) < 4.5 * error + 0.01
    likely = subsets[int(np.argmax(probabilities))]
    assert dpp.log_prob(likely, rng=1, trials=500) == pytest.approx(
        np.log(probabilities.max()), abs=0.1
    )
    pair = [0, len(L) - 1]
    ours = dpp.inclusion_probability(pair, rng=1, trials=500)
    assert ours == pytest.approx(inclusion(subsets, probabilities, pair), rel=0.15, abs=1e-12)
    assert dpp.inclusion_probability([]) == 1.0


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(1, 8), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_no_small_dpp_exceeds_the_bound(n, r, seed, landmarks):
    L = gram(n, r, seed, scale=0.5)
    dpp = KernelDPP(MatrixKernel(L), landmarks=landmarks)
    rng = np.random.default_rng(seed)
    excesses = [dpp._proposal.weighed(rng)[1] for _ in range(50)]
    assert max(excesses) <= 1e-9
    assert dpp.log_normaliser_bound() >= np.linalg.slogdet(np.eye(n) + L)[1] - 1e-9


@every_kernel
def test_conditioning(L):
    L = L / L.diagonal().max()
    include, exclude = [0], [len(L) - 1]
    expected = dpp_laws.given(*dpp_law(L), include, exclude)
    rest = KernelDPP(MatrixKernel(L)).condition(include=include, exclude=exclude)
    assert draws_p_value(rest.sample(rng=3, size=1500), *expected) > SIGNIFICANCE


def test_marginals_at_size():
    x = np.random.default_rng(0).uniform(0, 4, (600, 2))
    kernel = QualityKernel(LaplaceKernel(x), np.exp(np.random.default_rng(1).normal(-2, 0.7, 600)))
    dense, size = DPP(kernel.block(slice(None), slice(None))), 800
    p = dense.marginals()
    draws = KernelDPP(kernel).sample(rng=0, size=size)
    counts = np.bincount(np.concatenate(draws), minlength=600)
    z = (counts - size * p) / np.sqrt(size * p * (1 - p))
    assert np.abs(z[size * p > 2]).max() < 4.5
    assert 0.75 < (z**2).mean() < 1.25
    sizes = np.array([len(draw) for draw in draws])
    error = np.sqrt(dense.size_variance / size)
    assert abs(sizes.mean() - dense.expected_size) < 4.5 * error


def test_arguments():
    nothing = KernelDPP(MatrixKernel(np.zeros((3, 3))))
    assert nothing.sample(rng=0).shape == (0,)
    assert nothing.expected_size() == nothing.log_normaliser() == (0.0, 0.0)
    points = np.random.default_rng(0).uniform(size=(2_000, 2)) * 1000
    with pytest.raises(NumericalError, match="at most some 283 items, got about"):
        KernelDPP(LaplaceKernel(points)).sample(rng=0)
    with pytest.raises(NumericalError, match="got an indefinite one"):
        KernelDPP(MatrixKernel([[1.0, 5.0], [5.0, 1.0]])).sample(rng=0)
    assert KernelDPP(MatrixKernel(np.eye(3) * 1e-300)).sample(rng=0).shape == (0,)
    for scale in (1e13, 1e300):  # rounding hides what is left beside such numbers
        with pytest.raises(NumericalError, match="multiply it by a smaller number"):
            KernelDPP(MatrixKernel(np.eye(3) * scale)).sample(rng=0)
    with pytest.raises(TypeError, match="kernel"):
        KernelDPP(np.eye(3))
    with pytest.raises(ValueError, match="trials"):
        nothing.expected_size(trials=1)
    with pytest.raises(ValueError, match="subset"):
        nothing.log_prob([7])


def test_draws_depend_on_the_seed_only():
    kernel = MatrixKernel(gram(30, 30, 0, scale=0.1))
    first = KernelDPP(kernel).sample(rng=5, size=8)
    again = KernelDPP(kernel).sample(rng=5, size=3)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=False))
