"""Errors, randomness, threads, copies of the k-DPP functions."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from otnas_fast import NumericalError
from otnas_fast.dpp import (
    KDPP,
    kdpp_log_prob,
    kdpp_marginals,
    map_kdpp,
    sample_dpp,
    sample_kdpp,
)

L = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.5]])


def kernel(n, seed=0):
    B = np.random.default_rng(seed).standard_normal((n, n))
    return B @ B.T


KERNEL_ERRORS = [
    ([["a"]], TypeError, "L: expected a matrix of real numbers, got dtype"),
    (np.eye(2, dtype=bool), TypeError, "L: expected a matrix of real numbers, got dtype bool"),
    (np.eye(2) * 1j, TypeError, "L: expected a matrix of real numbers, got dtype complex128"),
    (np.eye(2, dtype=object), TypeError, "got dtype object"),
    (np.ones(3), ValueError, r"L: expected shape \(n, n\), got shape \(3,\)"),
    (
        np.ones((2, 3)),
        ValueError,
        r"L: expected a square matrix, shape \(n, n\), got shape \(2, 3\)",
    ),
    (np.ones((0, 0)), ValueError, r"L: expected at least one entry, got shape \(0, 0\)"),
    (
        [[1.0, np.nan], [np.nan, 1.0]],
        ValueError,
        r"L: expected finite numbers, got nan at \[0, 1\]",
    ),
    ([[1.0, 0.0], [0.0, np.inf]], ValueError, r"L: expected finite numbers, got inf at \[1, 1\]"),
    (
        [[1.0, 0.5], [0.4, 1.0]],
        ValueError,
        "L: expected a symmetric matrix, got one .* by up to 0.1",
    ),
]


@pytest.mark.parametrize(("bad", "error", "message"), KERNEL_ERRORS)
@pytest.mark.parametrize(
    "call",
    [
        KDPP,
        lambda bad: sample_kdpp(bad, 1, rng=0),
        lambda bad: sample_dpp(bad, rng=0),
        lambda bad: map_kdpp(bad, 1),
        lambda bad: kdpp_log_prob(bad, 1, [0]),
        lambda bad: kdpp_marginals(bad, 1),
    ],
    ids=["KDPP", "sample_kdpp", "sample_dpp", "map_kdpp", "kdpp_log_prob", "kdpp_marginals"],
)
def test_kernel_errors(call, bad, error, message):
    with pytest.raises(error, match=message):
        call(bad)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.ones(3), ValueError, r"B: expected shape \(n, r\), got shape \(3,\)"),
        (np.ones((3, 0)), ValueError, r"B: expected at least one entry, got shape \(3, 0\)"),
        ([[np.nan]], ValueError, r"B: expected finite numbers, got nan at \[0, 0\]"),
        ([["a"]], TypeError, "B: expected a matrix of real numbers"),
    ],
)
def test_factor_errors(bad, error, message):
    with pytest.raises(error, match=message):
        KDPP.from_factor(bad)


def test_indefinite():
    with pytest.raises(NumericalError, match=r"indefinite: its smallest eigenvalue is -0\.33"):
        KDPP([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(NumericalError, match="negative"):
        KDPP(-np.eye(3))
    assert KDPP(np.diag([1.0, 0.5, -1e-12])).rank == 2


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        (0, ValueError, "k: expected between 1 and 3, got 0"),
        (4, ValueError, "k: expected between 1 and 3, got 4"),
        (-1, ValueError, "k: expected between 1 and 3, got -1"),
        (True, TypeError, "k: expected an integer, got True"),
        (2.0, TypeError, "k: expected an integer, got 2.0"),
        (None, TypeError, "k: expected an integer, got None"),
        ("2", TypeError, "k: expected an integer, got '2'"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda k: sample_kdpp(L, k, rng=0),
        lambda k: map_kdpp(L, k),
        lambda k: kdpp_log_prob(L, k, [0, 1]),
        lambda k: kdpp_marginals(L, k),
    ],
    ids=["sample_kdpp", "map_kdpp", "kdpp_log_prob", "kdpp_marginals"],
)
def test_k_errors(call, k, error, message):
    with pytest.raises(error, match=message):
        call(k)


def test_rank_too_small():
    for call in (
        lambda kdpp: kdpp.sample(2, rng=0),
        lambda kdpp: kdpp.marginals(2),
        lambda kdpp: kdpp.log_prob(2, [0, 1]),
    ):
        with pytest.raises(NumericalError, match=r"the matrix has rank 1, so no set of k = 2"):
            call(KDPP(np.ones((3, 3))))
    with pytest.raises(NumericalError, match="rank 0"):
        sample_kdpp(np.zeros((2, 2)), 1, rng=0)


@pytest.mark.parametrize(
    ("subset", "error", "message"),
    [
        ([0], ValueError, r"subset: expected shape \(k,\) = \(2,\), got shape \(1,\)"),
        ([[0, 1]], ValueError, r"subset: expected shape .* got shape \(1, 2\)"),
        ([0, 3], ValueError, "subset: expected indices from 0 to 2, got 3"),
        ([-1, 1], ValueError, "subset: expected indices from 0 to 2, got -1"),
        ([1, 1], ValueError, "subset: expected distinct indices, got 1 more than once"),
        ([0.0, 1.0], TypeError, "subset: expected integers, got dtype float64"),
        ([True, False], TypeError, "subset: expected integers, got dtype bool"),
    ],
)
def test_subset_errors(subset, error, message):
    with pytest.raises(error, match=message):
        kdpp_log_prob(L, 2, subset)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rng": 1.0}, TypeError, "rng: expected a numpy.random.Generator.*got float"),
        ({"rng": True}, TypeError, "rng: expected .* got bool"),
        ({"rng": -1}, ValueError, "rng: expected at least 0, got -1"),
        ({"size": -1}, ValueError, "size: expected at least 0, got -1"),
        ({"size": 1.5}, TypeError, "size: expected an integer, got 1.5"),
        ({"size": True}, TypeError, "size: expected an integer, got True"),
        ({"threads": 0}, ValueError, "threads: expected at least 1, got 0"),
        ({"threads": 1.5}, TypeError, "threads: expected an integer, got 1.5"),
    ],
)
def test_draw_argument_errors(arguments, error, message):
    kdpp = KDPP(L)
    with pytest.raises(error, match=message):
        kdpp.sample(2, **arguments)
    with pytest.raises(error, match=message):
        kdpp.sample_dpp(**arguments)


def test_seeds_are_reproducible_and_draws_differ():
    big = kernel(60)
    first = sample_kdpp(big, 5, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, sample_kdpp(big, 5, rng=3))
    np.testing.assert_array_equal(first, sample_kdpp(big, 5, rng=np.int64(3)))
    rng = np.random.default_rng(3)
    kdpp = KDPP(big)
    one_by_one = np.array([kdpp.sample(5, rng=rng) for _ in range(20)])
    assert len(np.unique(one_by_one, axis=0)) == 20
    np.testing.assert_array_equal(one_by_one, KDPP(big).sample(5, rng=3, size=20))
    assert not np.array_equal(kdpp.sample(10), kdpp.sample(10))  # fresh entropy


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    KDPP(L).sample(2)
    sample_dpp(L)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("threads", [2, 7, None])
def test_threads_do_not_change_the_draws(threads):
    kdpp = KDPP(kernel(80))
    expected = kdpp.sample(9, rng=1, size=23, threads=1)
    np.testing.assert_array_equal(kdpp.sample(9, rng=1, size=23, threads=threads), expected)
    serial = kdpp.sample_dpp(rng=1, size=23, threads=1)
    parallel = kdpp.sample_dpp(rng=1, size=23, threads=threads)
    for a, b in zip(serial, parallel, strict=True):
        np.testing.assert_array_equal(a, b)


def test_object_shared_by_threads():
    big = kernel(100)
    expected = KDPP(big).sample(6, rng=0, size=8)
    shared = KDPP(big)
    seeds = np.random.default_rng(0).integers(0, 2**64, 8, dtype=np.uint64)
    with ThreadPoolExecutor(8) as pool:
        draws = list(pool.map(lambda s: shared._ensemble.sample(6, s, 1)[0], seeds[:, None]))
    np.testing.assert_array_equal(draws, expected)


def test_shapes_and_types():
    kdpp = KDPP(L.tolist())
    assert kdpp.sample(2, rng=0).shape == (2,)
    assert kdpp.sample(2, rng=0, size=4).shape == (4, 2)
    assert kdpp.sample(2, rng=0, size=0).shape == (0, 2)
    assert kdpp.sample(2, rng=0).dtype == np.int64
    assert kdpp.sample_dpp(size=0) == []
    assert len(kdpp.sample_dpp(rng=0, size=3)) == 3
    assert sample_kdpp(np.eye(3, dtype=np.float32), 3, rng=0).tolist() == [0, 1, 2]
    assert sample_kdpp(np.eye(3, dtype=int), 3, rng=0).tolist() == [0, 1, 2]
    assert sample_kdpp([[5.0]], 1, rng=0).tolist() == [0]
    assert repr(kdpp) == "KDPP(n=3, rank=3)"
    np.testing.assert_allclose(kdpp.eigenvalues, np.linalg.eigvalsh(L)[::-1], rtol=1e-14)


def test_small_asymmetry_is_averaged_away():
    skewed = L.copy()
    skewed[0, 1] += 1e-10
    mean = (skewed + skewed.T) / 2
    assert kdpp_log_prob(skewed, 2, [0, 1]) == kdpp_log_prob(mean, 2, [0, 1])


def test_input_is_copied():
    mine = L.copy()
    kdpp = KDPP(mine)
    before = kdpp.log_prob(2, [0, 1])
    mine[:] = np.eye(3)
    assert kdpp.log_prob(2, [0, 1]) == before


@pytest.mark.parametrize(
    "kdpp", [KDPP(kernel(20)), KDPP.from_factor(kernel(20)[:, :7])], ids=["kernel", "factor"]
)
def test_pickle_and_copy(kdpp):
    expected = kdpp.sample(4, rng=2, size=5)
    for other in (pickle.loads(pickle.dumps(kdpp)), copy.copy(kdpp), copy.deepcopy(kdpp)):
        np.testing.assert_array_equal(other.sample(4, rng=2, size=5), expected)
        assert other.log_prob(2, [1, 3]) == kdpp.log_prob(2, [1, 3])
