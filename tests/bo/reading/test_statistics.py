from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from otnas.reading.statistics import bootstrap_mean, compare, first_at_most, holm

VALUES = st.lists(st.integers(0, 20).map(lambda i: i / 4), min_size=2, max_size=9)


def test_bootstrap_against_a_slow_one():
    curves = np.random.default_rng(0).gamma(2.0, size=(6, 3))
    band = bootstrap_mean(curves, resamples=20_000)
    rng, means = np.random.default_rng(1), []
    for _ in range(20_000):
        means.append(np.mean([curves[rng.integers(6)] for _ in range(6)], axis=0))
    np.testing.assert_allclose(band.mean, curves.mean(axis=0))
    np.testing.assert_allclose(band.low, np.quantile(means, 0.025, axis=0), rtol=0.03)
    np.testing.assert_allclose(band.high, np.quantile(means, 0.975, axis=0), rtol=0.03)


def test_bootstrap_against_all_resamples():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    every = [np.mean(values[list(draw)]) for draw in itertools.product(range(4), repeat=4)]
    band = bootstrap_mean(values[:, None], resamples=50_000)
    assert band.low[0] == pytest.approx(np.quantile(every, 0.025), abs=0.26)
    assert band.high[0] == pytest.approx(np.quantile(every, 0.975), abs=0.26)


def test_the_band_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    trials = rng.normal(1.0, 1.0, size=(40, 500))
    band = bootstrap_mean(trials, resamples=1000)
    assert 0.9 < np.mean((band.low <= 1.0) & (band.high >= 1.0)) < 0.98


def test_one_trial_has_no_band_and_none_has_no_mean():
    band = bootstrap_mean(np.array([[1.0, 2.0]]))
    assert band.n == 1
    assert np.isnan(band.low).all()
    assert np.isnan(band.high).all()
    with pytest.raises(ValueError, match="at least one trial"):
        bootstrap_mean(np.empty((0, 3)))


def exact_signed_rank(difference):
    """The two-sided p value by all assignments of signs."""
    moved = difference[difference != 0]
    ranks = stats.rankdata(np.abs(moved))
    seen = ranks[moved > 0].sum()
    sums = [np.dot(signs, ranks) for signs in itertools.product((0, 1), repeat=moved.size)]
    tail = min(np.mean(np.array(sums) <= seen + 1e-9), np.mean(np.array(sums) >= seen - 1e-9))
    return min(1.0, 2 * tail)


def test_comparison_by_hand():
    first, second = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 2.0, 5.5, 3.5, 8.0])
    result = compare(first, second)
    assert (result.n, result.wins, result.ties, result.losses) == (5, 3, 1, 1)
    assert result.difference == pytest.approx(-1.2)
    assert result.low < -1.2 < result.high
    assert result.p_value == pytest.approx(exact_signed_rank(first - second)) == 0.25


@settings(deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_comparison_against_all_signs(values, shuffler):
    first, second = np.array(values), np.array(shuffler.sample(values, len(values)))
    difference = first - second
    sizes = np.abs(difference[difference != 0])
    result, mirrored = compare(first, second), compare(second, first)
    assert (result.wins, result.losses) == (mirrored.losses, mirrored.wins)
    assert result.p_value == pytest.approx(mirrored.p_value)
    if sizes.size and np.unique(sizes).size == sizes.size:  # else SciPy may approximate
        assert result.p_value == pytest.approx(exact_signed_rank(difference))


def test_comparison_of_equals_and_of_wrong_shapes():
    result = compare(np.ones(4), np.ones(4) + 1e-12)
    assert (result.ties, result.p_value, result.difference) == (4, 1.0, 0.0)
    with pytest.raises(ValueError, match="expected two equal shapes"):
        compare(np.ones(3), np.ones(4))


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, and never falling.
    np.testing.assert_allclose(holm([0.03, 0.01, 0.04, 0.02]), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1.0, 1.0])
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=20), st.floats(0, 5))
def test_first_at_most_against_a_loop(curve, target):
    slow = next((i for i, v in enumerate(curve, start=1) if v <= target + 1e-9), None)
    assert first_at_most(np.array(curve), target) == slow
