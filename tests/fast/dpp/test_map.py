"""Greedy MAP inference against determinants computed anew at every step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas_fast import NumericalError
from otnas_fast.dpp import FactorKernel, LaplaceKernel, MatrixKernel, map_kdpp


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


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_lazy_steps_by_blocks_with_quality(n, seed):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((n, n + 2))
    quality = rng.uniform(0.1, 2.0, n)
    k = int(rng.integers(1, n + 1))
    L = quality[:, None] * (B @ B.T) * quality
    assert map_kdpp(FactorKernel(B), k, quality=quality).tolist() == greedy(L, k)


@pytest.mark.parametrize("d", [1, 3, 20])
def test_lazy_equals_eager(d):
    X = np.random.default_rng(d).standard_normal((2500, d))
    X[100:110] = X[0]
    kernel = LaplaceKernel(X, 2.0)
    L = kernel.block(slice(None), slice(None))
    np.testing.assert_array_equal(map_kdpp(kernel, 60), map_kdpp(L, 60))


def test_stops_by_gain():
    B = np.diag([3.0, 1.0, 2.0, 0.0])
    assert map_kdpp(FactorKernel(B), 4, min_gain=1.5).tolist() == [0, 2]
    assert map_kdpp(B @ B.T, 4, min_gain=1e-9).tolist() == [0, 2, 1]
    with pytest.raises(NumericalError, match=r"rank too small.*k = 4.*after 3 items"):
        map_kdpp(FactorKernel(B), 4)
    with pytest.raises(ValueError, match="min_gain: expected a positive"):
        map_kdpp(FactorKernel(B), 4, min_gain=0.0)


def test_ties_of_many_items_go_to_the_lowest_index():
    X = 100.0 * np.arange(3000.0)[:, None]
    assert map_kdpp(LaplaceKernel(X), 5).tolist() == [0, 1, 2, 3, 4]


def test_indefinite_blocks():
    class Wrong(MatrixKernel):
        def diagonal(self):
            return np.ones(2)

    with pytest.raises(NumericalError, match="indefinite"):
        map_kdpp(Wrong([[1.0, 2.0], [2.0, 1.0]]), 2, min_gain=1e-9)
