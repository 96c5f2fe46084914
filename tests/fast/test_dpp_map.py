"""Greedy MAP inference against determinants computed anew at every step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast import NumericalError
from otnas_fast.dpp import map_kdpp


def greedy(L, k):
    chosen = []
    for _ in range(k):
        left = [i for i in range(len(L)) if i not in chosen]
        chosen.append(max(left, key=lambda i: np.linalg.det(L[np.ix_([*chosen, i], [*chosen, i])])))
    return chosen


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_greedy_steps(n, seed):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((n, n + 2))
    k = int(rng.integers(1, n + 1))
    L = B @ B.T
    found = map_kdpp(L, k)
    assert found.dtype == np.int64
    assert found.tolist() == greedy(L, k)
    np.testing.assert_array_equal(map_kdpp(L, 1 + k // 2), found[: 1 + k // 2])


def test_ties_go_to_the_lowest_index():
    assert map_kdpp(np.eye(5), 5).tolist() == [0, 1, 2, 3, 4]


def test_large_set_does_not_repeat():
    x = np.linspace(0, 1, 300)
    found = map_kdpp(np.exp(-np.abs(x[:, None] - x)), 300)
    assert sorted(found.tolist()) == list(range(300))


def test_rank_too_small():
    L = np.ones((4, 4))
    assert map_kdpp(L, 1).tolist() == [0]
    with pytest.raises(NumericalError, match=r"rank too small.*k = 2.*after 1 items"):
        map_kdpp(L, 2)
    with pytest.raises(NumericalError, match="rank too small"):
        map_kdpp(np.zeros((2, 2)), 1)


def test_indefinite():
    with pytest.raises(NumericalError, match="indefinite"):
        map_kdpp([[1.0, 2.0], [2.0, 1.0]], 2)
    with pytest.raises(NumericalError, match="indefinite"):
        map_kdpp(np.diag([1.0, -1.0]), 1)
