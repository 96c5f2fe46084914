"""Elementary symmetric polynomials against exact arithmetic."""

from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast.dpp import KDPP, log_elementary_symmetric


def exact_logs(values, k):
    """log e_0..e_k by rational arithmetic."""
    e = [Fraction(1)] + [Fraction(0)] * k
    for value in map(Fraction, values):
        for degree in range(k, 0, -1):
            e[degree] += value * e[degree - 1]
    with mpmath.workdps(40):
        return [float(mpmath.log(mpmath.mpf(x.numerator) / x.denominator)) if x else -np.inf
                for x in e]  # fmt: skip


def test_values_over_many_orders_of_magnitude():
    values = 10.0 ** np.random.default_rng(0).uniform(-150, 150, 60)
    np.testing.assert_allclose(
        log_elementary_symmetric(values, 60), exact_logs(values, 60), rtol=1e-14, atol=1e-13
    )


def test_known_values():
    np.testing.assert_allclose(
        np.exp(log_elementary_symmetric(np.ones(50), 50)), [comb(50, k) for k in range(51)]
    )
    assert log_elementary_symmetric([2.0, 0.0, 3], 3).tolist() == pytest.approx(
        [0.0, np.log(5), np.log(6), -np.inf]
    )
    assert log_elementary_symmetric([], 0).tolist() == [0.0]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1e300, allow_subnormal=False), max_size=12))
def test_agrees_with_rational_arithmetic(values):
    k = len(values)
    np.testing.assert_allclose(
        log_elementary_symmetric(values, k), exact_logs(values, k), rtol=1e-13, atol=1e-13
    )


@pytest.fixture(scope="module")
def large():
    """n = 5000 eigenvalues over 12 orders of magnitude, and e_0..e_200 to 40 digits."""
    values = 10.0 ** np.linspace(6, -6, 5000)
    # Integers scaled by 2^200 are exact enough and far faster than rationals.
    one = 1 << 200
    scaled = [int(mpmath.floor(mpmath.mpf(v) * 2**60)) for v in values]
    exact = [one] + [0] * 200
    for value in scaled:
        for degree in range(200, 0, -1):
            exact[degree] += (value * exact[degree - 1]) >> 60
    with mpmath.workdps(40):
        logs = [float(mpmath.log(mpmath.mpf(x) / one)) for x in exact]
    return values, logs


def test_large_recursion(large):
    values, logs = large
    ours = log_elementary_symmetric(values, 200)
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(ours, logs, rtol=1e-11)


@pytest.mark.parametrize("k", [1, 10, 200])
def test_kdpp_of_500_eigenvalues(k):
    values = 10.0 ** np.linspace(6, -6, 500)
    # Over 12 orders of magnitude; L diagonal, so that every answer is known.
    kdpp = KDPP(np.diag(values))
    assert kdpp.rank == 500
    expected = log_elementary_symmetric(values, k)[k]
    draw = kdpp.sample(k, rng=1)
    log_prob = kdpp.log_prob(k, draw)
    assert log_prob == pytest.approx(np.log(values[draw]).sum() - expected, abs=1e-9)
    assert np.isfinite(log_prob)
    marginals = kdpp.marginals(k)
    assert marginals.sum() == pytest.approx(k, rel=1e-11)
    # P(i in S) = lambda_i e_{k-1}(without i) / e_k, to high relative accuracy even when tiny
    for item in (0, 250, 499):
        others = np.delete(values, item)
        exact = np.log(values[item]) + log_elementary_symmetric(others, k - 1)[-1] - expected
        assert np.log(marginals[item]) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize(
    ("values", "k", "error", "message"),
    [
        ([1.0, -1.0], 1, ValueError, r"values: expected finite numbers >= 0, got -1\.0"),
        ([1.0, np.nan], 1, ValueError, "values: expected finite numbers >= 0, got nan"),
        ([1.0, np.inf], 1, ValueError, "values: expected finite numbers >= 0, got inf"),
        ([[1.0]], 1, ValueError, r"values: expected shape \(n,\), got shape \(1, 1\)"),
        (["a"], 1, TypeError, "values: expected real numbers, got dtype"),
        ([1 + 1j], 1, TypeError, "values: expected real numbers, got dtype complex128"),
        ([1.0], 2, ValueError, "k: expected between 0 and 1, got 2"),
        ([1.0], -1, ValueError, "k: expected between 0 and 1, got -1"),
        ([1.0], True, TypeError, "k: expected an integer, got True"),
        ([1.0], 1.0, TypeError, "k: expected an integer, got 1.0"),
    ],
)
def test_errors(values, k, error, message):
    with pytest.raises(error, match=message):
        log_elementary_symmetric(values, k)
