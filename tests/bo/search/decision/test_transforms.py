import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otnas.search.decision.transforms import Identity, Log, LogWinsorised, Winsorised, by_name

ERRORS = st.lists(st.floats(0, 1e300) | st.just(float("inf")), min_size=1, max_size=30)


@pytest.mark.parametrize("transform", [Identity(), Log(), LogWinsorised(), Winsorised()])
@given(values=ERRORS)
def test_targets_are_finite_and_monotone(transform, values):
    array = np.array(values)
    transform.check(array)
    targets = transform(array)
    assert targets.shape == array.shape
    assert np.isfinite(targets).all()
    assert (np.diff(targets[np.argsort(array, kind="stable")]) >= 0).all()


def test_failures_are_the_worst_observed():
    np.testing.assert_array_equal(Identity()([1.0, np.inf, 4.0]), [1, 4, 4])
    np.testing.assert_allclose(Log()([1.0, np.inf, np.e]), [0, 1, 1])
    np.testing.assert_array_equal(LogWinsorised()([np.inf, np.inf]), [0, 0])


def test_winsorised_at_twice_the_distance_of_the_best_from_the_median():
    values = np.exp([0.0, 1.0, 2.0, 3.0, 50.0])
    np.testing.assert_allclose(LogWinsorised()(values), [0, 1, 2, 3, 6])
    np.testing.assert_allclose(LogWinsorised()(np.append(values, np.inf))[5], 6)


def test_no_cap_when_half_the_values_are_the_minimum():
    np.testing.assert_allclose(LogWinsorised()([1.0, 1.0, np.e]), [0, 0, 1])


def test_a_zero_error_is_half_the_smallest_positive_one():
    np.testing.assert_allclose(Log()([0.0, 4.0]), np.log([2.0, 4.0]))
    np.testing.assert_array_equal(Log()([0.0, 0.0]), [0.0, 0.0])


@pytest.mark.parametrize("transform", [Log(), LogWinsorised()])
def test_negative_values_point_to_identity(transform):
    with pytest.raises(
        ValueError, match=r"values: expected errors >= 0 .* got -1.0; the transforms 'winsorised'"
    ):
        transform.check(np.array([1.0, -1.0]))


def test_winsorised_values_of_any_sign():
    values = np.array([-3.0, -2.0, -1.0, 0.0, 50.0, np.inf])
    np.testing.assert_allclose(Winsorised()(values), [-3, -2, -1, 0, 3, 3])  # -1 + 2 * 2


def test_by_default_what_is_maximised_may_have_any_sign():
    assert isinstance(by_name("auto", maximise=False), LogWinsorised)
    assert isinstance(by_name("auto", maximise=True), Winsorised)
    assert isinstance(by_name("log", maximise=True), Log)
