"""Draws, log-probabilities and marginals against the enumeration of all subsets, n <= 8."""

from itertools import combinations

import numpy as np
import pytest
from dpp_laws import KERNELS, duplicated_rows, frequencies_p_value, gram, law
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast import NumericalError, _core
from otnas_fast.dpp import KDPP, kdpp_log_prob, kdpp_marginals, sample_dpp, sample_kdpp

DRAWS = 100_000
SIGNIFICANCE = 1e-4


every_kernel = pytest.mark.parametrize(("L", "k"), KERNELS.values(), ids=KERNELS.keys())


@every_kernel
@pytest.mark.parametrize("lapack", [True, False], ids=["lapack", "eigen"])
def test_draws_follow_the_determinants(L, k, lapack):
    subsets, probabilities = law(L, k)
    rng = np.random.default_rng(2024)
    seeds = rng.integers(0, 2**64, DRAWS, dtype=np.uint64)
    draws = _core.LEnsemble.from_kernel(L, lapack).sample(k, seeds, 2)
    assert (np.diff(draws) > 0).all()
    codes = {sum(1 << i for i in s): at for at, s in enumerate(subsets)}
    drawn, counts = np.unique((1 << draws).sum(axis=1), return_counts=True)
    table = np.zeros(len(subsets))
    table[[codes[code] for code in drawn]] = counts
    assert frequencies_p_value(table, probabilities) > SIGNIFICANCE


@every_kernel
def test_log_prob_and_marginals_are_exact(L, k):
    subsets, probabilities = law(L, k)
    kdpp = KDPP(L)
    ours = np.exp([kdpp.log_prob(k, s) for s in subsets])
    np.testing.assert_allclose(ours, probabilities, rtol=1e-9, atol=1e-12)
    assert ours.sum() == pytest.approx(1, abs=1e-9)
    marginals = kdpp.marginals(k)
    expected = [
        sum(p for s, p in zip(subsets, probabilities, strict=True) if i in s) for i in range(len(L))
    ]
    np.testing.assert_allclose(marginals, expected, rtol=1e-9, atol=1e-12)
    assert marginals.sum() == pytest.approx(k, abs=1e-9)
    assert kdpp_log_prob(L, k, subsets[0][::-1]) == kdpp.log_prob(k, subsets[0])
    np.testing.assert_array_equal(kdpp_marginals(L, k), marginals)


@pytest.mark.parametrize("r", [2, 4, 6, 9])
def test_dual_form_equals_primal(r):
    B = np.random.default_rng(r).standard_normal((6, r))
    primal, dual = KDPP(B @ B.T), KDPP.from_factor(B)
    assert dual.rank == primal.rank == min(6, r)
    np.testing.assert_allclose(dual.eigenvalues, primal.eigenvalues, rtol=1e-12)
    for k in range(1, dual.rank + 1):
        np.testing.assert_allclose(dual.marginals(k), primal.marginals(k), atol=1e-11)
        subset = range(k)
        assert dual.log_prob(k, subset) == pytest.approx(primal.log_prob(k, subset), abs=1e-10)
        # A draw depends on the basis only through its projection, so even the sets agree.
        np.testing.assert_array_equal(
            dual.sample(k, rng=1, size=50), primal.sample(k, rng=1, size=50)
        )


def test_dpp_of_any_size():
    L = 2 * gram(4, 4, 8)
    draws = sample_dpp(L, rng=11, size=DRAWS)
    counts = np.bincount([int((1 << d).sum()) for d in draws], minlength=16)
    subsets = [[i for i in range(4) if code >> i & 1] for code in range(16)]
    weights = np.array([np.linalg.det(L[np.ix_(s, s)]) if s else 1.0 for s in subsets])
    probabilities = weights / np.linalg.det(np.eye(4) + L)
    assert frequencies_p_value(counts, probabilities) > SIGNIFICANCE
    one = sample_dpp(L, rng=11)
    assert one.dtype == np.int64
    np.testing.assert_array_equal(one, draws[0])


def test_dpp_may_be_empty():
    empty = KDPP(np.zeros((3, 3))).sample_dpp(rng=0)
    assert empty.shape == (0,)
    assert empty.dtype == np.int64


def test_singular_sets_are_never_drawn():
    L = duplicated_rows()
    kdpp = KDPP(L)
    assert kdpp.rank == 5
    draws = kdpp.sample(5, rng=3, size=2000)
    twins = [{0, 1}, {4, 5}, {4, 6}, {5, 6}]
    assert not any(pair <= set(draw) for draw in draws.tolist() for pair in twins)
    assert kdpp.log_prob(2, [4, 6]) == -np.inf
    with pytest.raises(NumericalError, match=r"rank 5.*k = 6"):
        kdpp.sample(6, rng=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(-8, 8))
def test_probabilities_sum_to_one(n, r, seed, exponent):
    L = gram(n, r, seed, 10.0**exponent)
    kdpp = KDPP(L)
    k = 1 + seed % kdpp.rank
    total = sum(np.exp(kdpp.log_prob(k, s)) for s in combinations(range(n), k))
    assert total == pytest.approx(1, abs=1e-6)
    marginals = kdpp.marginals(k)
    assert ((marginals >= 0) & (marginals <= 1)).all()
    assert marginals.sum() == pytest.approx(k, abs=1e-9)
    draw = kdpp.sample(k, rng=seed)
    assert len(set(draw.tolist())) == k
    assert kdpp.log_prob(k, draw) > -np.inf


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_permuting_items_permutes_the_marginals(n, seed):
    L = gram(n, n, seed)
    order = np.random.default_rng(seed).permutation(n)
    k = 1 + seed % (n - 1)
    np.testing.assert_allclose(
        kdpp_marginals(L[np.ix_(order, order)], k), kdpp_marginals(L, k)[order], atol=1e-8
    )


def test_scaling_the_kernel_changes_nothing():
    L = gram(6, 6, 1)
    for scale in (2.0**-900, 2.0**900):
        np.testing.assert_array_equal(
            sample_kdpp(scale * L, 3, rng=5, size=20), sample_kdpp(L, 3, rng=5, size=20)
        )
