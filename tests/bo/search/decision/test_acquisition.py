import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from otnas.search.decision.acquisition import (
    best_improvements,
    log_expected_improvement,
    log_h,
)


@pytest.mark.parametrize(("mean", "std", "best"), [(0.0, 1.0, 0.5), (3.0, 0.7, 1.0), (-2, 2, 0)])
def test_expected_improvement_is_the_integral(mean, std, best):
    def integrand(f):
        return (best - f) * norm.pdf(f, mean, std)

    expected, _ = quad(integrand, min(mean, best) - 12 * std, best, epsabs=1e-13)
    assert log_expected_improvement([mean], [std], best)[0] == pytest.approx(np.log(expected))


def test_log_h_against_high_precision():
    mpmath = pytest.importorskip("mpmath")
    z = -np.concatenate([np.linspace(-6, 60, 300), [1 - 1e-12, 1, 1 + 1e-12, 39.999, 40.001, 1e3]])
    with mpmath.workdps(60):
        expected = [
            mpmath.log(mpmath.npdf(x) + x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2)
            for x in map(mpmath.mpf, z)
        ]
    np.testing.assert_allclose(log_h(z), np.array(expected, dtype=float), rtol=1e-12)


def test_log_h_far_out_follows_its_asymptote_and_is_monotone():
    z = -np.geomspace(50, 1e6, 50)
    asymptote = -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - 2 * np.log(-z) - 3 / z**2
    np.testing.assert_allclose(log_h(z), asymptote, rtol=1e-8)
    grid = np.concatenate([-np.geomspace(1e6, 1e-3, 4000), np.linspace(0, 10, 100)])
    assert (np.diff(log_h(grid)) > 0).all()


def test_zero_and_tiny_standard_deviations():
    mean, std = np.array([0.0, 2.0, 1.0, 2.0, 0.0]), np.array([0.0, 0.0, 0.0, 1e-320, 1e-320])
    logs = log_expected_improvement(mean, std, 1.0)
    np.testing.assert_array_equal(logs[:3], [0.0, -np.inf, -np.inf])
    assert np.isfinite(logs[3:]).all()
    assert logs[4] == pytest.approx(0.0)


@pytest.mark.parametrize("best", [-1e9, -300.0, -40.0, -3.0, 0.0, 2.0, 1e9])
@pytest.mark.parametrize("zero_std", [False, True])
def test_best_improvements_are_the_maxima(best, zero_std):
    rng = np.random.default_rng(0)
    for _ in range(20):
        mean, std = rng.standard_normal(50), np.exp(rng.normal(-2, 1.5, 50))
        mean[40:], std[40:] = mean[:10], std[:10]  # ties
        if zero_std:
            std[rng.integers(0, 50, 10)] = 0.0
        value = log_expected_improvement(mean, std, best)
        np.testing.assert_array_equal(
            best_improvements(mean, std, best), np.flatnonzero(value == value.max())
        )
    np.testing.assert_array_equal(best_improvements(np.zeros(3), np.zeros(3), 0.0), [0, 1, 2])


@pytest.mark.parametrize("function", [best_improvements, log_expected_improvement])
def test_errors_name_the_argument(function):
    with pytest.raises(ValueError, match=r"std: expected the shape of mean \(1,\), got \(2,\)"):
        function([0.0], [1.0, 1.0], 0.0)
    with pytest.raises(ValueError, match=r"std: expected values >= 0, got -1.0"):
        function([0.0], [-1.0], 0.0)


def test_empty_input_keeps_its_shape():
    assert log_expected_improvement([], [], 0.0).shape == (0,)
