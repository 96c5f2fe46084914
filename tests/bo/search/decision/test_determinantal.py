"""What k-DPP rules do where L is singular, indefinite or extreme."""

import numpy as np
import pytest

from otnas.search.decision.candidates import Candidates
from otnas.search.decision.rules.determinantal import GreedyMAP, QualityKDPP, semidefinite_part
from otnas.search.decision.rules.thompson import JointThompson


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def candidates(mean, covariance):
    mean = np.asarray(mean, dtype=float)
    return Candidates(mean, covariance, np.eye(mean.size), np.zeros(1), 0.0, 0.01)


def posterior(n, rank, seed=0):
    a = np.random.default_rng(seed).standard_normal((n, rank))
    return candidates(np.random.default_rng(seed + 1).standard_normal(n), a @ a.T)


@pytest.mark.parametrize("rule", [QualityKDPP(sharpness=1.0), GreedyMAP(), JointThompson()])
@pytest.mark.parametrize("rank", [0, 1, 3, 12])
@pytest.mark.parametrize("k", [1, 5, 12])
def test_k_different_positions_whatever_the_rank(rule, rank, k, rng):
    chosen = rule(posterior(12, rank), k, rng)
    assert chosen.shape == (k,)
    assert np.unique(chosen).size == k
    assert np.issubdtype(chosen.dtype, np.integer)


@pytest.mark.parametrize("rule", [QualityKDPP(sharpness=1.0), GreedyMAP()])
def test_rank_deficient_choices_are_completed_by_lowest_bound(rule, rng):
    covariance = np.zeros((5, 5))
    covariance[:2, :2] = 1.0  # a duplicate: rank one
    chosen = rule(candidates([0.0, 0.0, 5.0, 1.0, 9.0], covariance), 4, rng)
    assert set(chosen[:1]) <= {0, 1}
    assert set(chosen) == {0, 1, 2, 3}


def test_the_semidefinite_part_of_an_indefinite_matrix(rng):
    noise = rng.standard_normal((12, 12)) * 1e-4
    ensemble = posterior(12, 4).covariance + noise + noise.T
    part, rank = semidefinite_part(ensemble)
    np.testing.assert_array_equal(part, part.T)
    values, vectors = np.linalg.eigh(ensemble)
    assert rank == (values > 1e-11 * values[-1]).sum() < 12
    expected = (vectors * np.maximum(values, 0.0)) @ vectors.T / values[-1]
    np.testing.assert_allclose(part, expected, atol=1e-9)
    assert np.linalg.eigvalsh(part)[0] > -1e-14


def test_no_part_of_a_negative_matrix():
    part, rank = semidefinite_part(-np.eye(3))
    assert rank == 0
    np.testing.assert_array_equal(part, np.zeros((3, 3)))


@pytest.mark.parametrize("spread", [1e3, 1e200])
def test_extreme_means_do_not_overflow(spread, rng):
    mean = np.array([-1.0, 0.0, 1.0, 2.0]) * spread
    assert np.unique(QualityKDPP()(candidates(mean, np.eye(4)), 3, rng)).size == 3


def test_shifting_the_mean_changes_nothing():
    some = posterior(12, 12)
    a, b = (
        QualityKDPP()(candidates(mean, some.covariance), 4, np.random.default_rng(7))
        for mean in (some.mean, some.mean - 3000)
    )
    np.testing.assert_array_equal(a, b)


def test_thompson_prefers_what_is_likely_to_be_best(rng):
    chosen = JointThompson()(candidates([0.0, 0.1, 8.0], 0.01 * np.eye(3)), 2, rng)
    assert set(chosen) == {0, 1}
