from itertools import combinations

import numpy as np
import pytest
from helpers import reference_kdpp

from otnas.search.batch import lowest_bounds, most_promising, quality_kdpp, thompson


def quality(mean, covariance, k, rng):
    return quality_kdpp(mean, covariance, k, rng, sampler=reference_kdpp)


RULES = {"quality_kdpp": quality, "thompson": thompson, "lowest_bounds": lowest_bounds}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def posterior(n, rank, seed=0):
    a = np.random.default_rng(seed).standard_normal((n, rank))
    return np.random.default_rng(seed + 1).standard_normal(n), a @ a.T


def test_subset_probabilities_are_equation_5(rng):
    mean, covariance = posterior(6, 6)
    q = np.exp(-mean)
    ensemble = q[:, None] * covariance * q
    subsets = list(combinations(range(6), 3))
    weights = np.array([np.linalg.det(ensemble[np.ix_(s, s)]) for s in subsets])
    counts = dict.fromkeys(subsets, 0)
    n_draws = 4000
    for _ in range(n_draws):
        counts[tuple(sorted(quality(mean, covariance, 3, rng).tolist()))] += 1
    expected = n_draws * weights / weights.sum()
    seen = np.array([counts[s] for s in subsets])
    assert (np.abs(seen - expected) < 5 * np.sqrt(expected) + 3).all()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("rank", [0, 1, 3, 12])
@pytest.mark.parametrize("k", [0, 1, 5, 12])
def test_k_different_positions_whatever_the_rank(rule, rank, k, rng):
    mean, covariance = posterior(12, rank)
    chosen = rule(mean, covariance, k, rng)
    assert chosen.shape == (k,)
    assert np.unique(chosen).size == k
    assert np.issubdtype(chosen.dtype, np.integer)


def test_rank_deficient_draws_are_completed_by_lowest_bound(rng):
    mean = np.array([0.0, 0.0, 5.0, 1.0, 9.0])
    covariance = np.zeros((5, 5))
    covariance[:2, :2] = 1.0  # a duplicate: rank one
    chosen = quality(mean, covariance, 4, rng)
    assert set(chosen[:1]) <= {0, 1}
    assert set(chosen) == {0, 1, 2, 3}


def test_the_sampler_gets_a_positive_semi_definite_matrix(rng):
    seen = []

    def sampler(ensemble, k, rng):
        seen.append(ensemble)
        return reference_kdpp(ensemble, k, rng)

    mean, covariance = posterior(12, 4)
    noise = rng.standard_normal((12, 12)) * 1e-4
    chosen = quality_kdpp(mean, covariance + noise + noise.T, 6, rng, sampler=sampler)
    assert np.unique(chosen).size == 6
    assert np.linalg.eigvalsh(seen[0])[0] > -1e-14
    np.testing.assert_array_equal(seen[0], seen[0].T)


@pytest.mark.parametrize("spread", [1e3, 1e200])
def test_extreme_means_do_not_overflow(spread, rng):
    mean = np.array([-1.0, 0.0, 1.0, 2.0]) * spread
    assert np.unique(quality(mean, np.eye(4), 3, rng)).size == 3


def test_shifting_the_mean_changes_nothing():
    mean, covariance = posterior(12, 12)
    a, b = (quality(m, covariance, 4, np.random.default_rng(7)) for m in (mean, mean - 3000))
    np.testing.assert_array_equal(a, b)


def test_thompson_prefers_what_is_likely_to_be_best(rng):
    mean, covariance = np.array([0.0, 0.1, 8.0]), np.diag([0.01, 0.01, 0.01])
    assert set(thompson(mean, covariance, 2, rng)) == {0, 1}


def test_most_promising():
    bound = np.array([3.0, 1.0, 1.0, 0.0, 1.0])
    np.testing.assert_array_equal(most_promising(bound, 3), [3, 1, 2])
    exclude = np.array([False, True, False, True, False])
    np.testing.assert_array_equal(most_promising(bound, 9, exclude), [2, 4, 0])
    assert most_promising(bound, 0).size == 0
    assert most_promising(bound, 2, np.ones(5, bool)).size == 0
    with pytest.raises(ValueError, match="m: expected"):
        most_promising(bound, -1)
    with pytest.raises(ValueError, match=r"exclude: expected shape \(5,\), got \(2,\)"):
        most_promising(bound, 1, np.zeros(2, bool))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_errors_name_the_argument(rule, rng):
    with pytest.raises(ValueError, match=r"k: expected an integer in \[0, 2\], got 3"):
        rule(np.zeros(2), np.eye(2), 3, rng)
    with pytest.raises(ValueError, match=r"covariance: expected shape \(2, 2\), got \(3, 3\)"):
        rule(np.zeros(2), np.eye(3), 1, rng)
    with pytest.raises(ValueError, match=r"mean: expected shape \(M,\)"):
        rule(np.zeros((2, 2)), np.eye(2), 1, rng)


def test_the_compiled_sampler_is_the_default(rng):
    pytest.importorskip("otnas_fast")
    mean, covariance = posterior(12, 12)
    assert np.unique(quality_kdpp(mean, covariance, 4, rng)).size == 4
