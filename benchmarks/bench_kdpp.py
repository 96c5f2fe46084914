"""k-DPP draws against DPPy and a NumPy eigendecomposition, by (n, k).

The last tests state targets as ratios measured in this very run, the two sides taking turns.
"""

import warnings

import numpy as np
import pytest

from measure import ratio
from otnas_fast import KDPP, sample_kdpp

# DPPy warns about things that are not ours.
pytestmark = pytest.mark.filterwarnings("default")

SIZES = [(200, 10), (1000, 10), (1000, 50), (2000, 20)]


def kernel(n):
    """Laplace kernel of points in the plane: full rank, eigenvalues over some orders."""
    x = np.random.default_rng(n).uniform(0, 10, (n, 2))
    return np.exp(-np.abs(x[:, None] - x).sum(axis=2))


def describe(benchmark, n, k, threads=1, **more):
    benchmark.extra_info.update(n=n, k=k, threads=threads, **more)


@pytest.fixture(scope="module")
def finite_dpp():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("dppy.finite_dpps").FiniteDPP


def check_draw(L, k, draw):
    draw = np.asarray(draw)
    assert draw.shape == (k,)
    assert len(np.unique(draw)) == k
    assert np.linalg.slogdet(L[np.ix_(draw, draw)])[0] == 1


by_size = pytest.mark.parametrize(("n", "k"), SIZES)


@by_size
@pytest.mark.benchmark(group="first draw")
def test_first_draw_otnas(benchmark, n, k):
    L = kernel(n)
    describe(benchmark, n, k)
    check_draw(L, k, benchmark(sample_kdpp, L, k, rng=0))


@by_size
@pytest.mark.benchmark(group="first draw")
def test_first_draw_eigh(benchmark, n, k):
    """What any sampler that starts from the full decomposition needs at least."""
    L = kernel(n)
    describe(benchmark, n, k)
    eigenvalues, _ = benchmark(np.linalg.eigh, L)
    np.testing.assert_allclose(KDPP(L).eigenvalues[::-1], eigenvalues, rtol=1e-9)


@by_size
@pytest.mark.benchmark(group="first draw")
def test_first_draw_dppy(benchmark, finite_dpp, n, k):
    L = kernel(n)
    describe(benchmark, n, k)
    draw = benchmark.pedantic(
        lambda: finite_dpp("likelihood", L=L).sample_exact_k_dpp(k, random_state=0), rounds=3
    )
    check_draw(L, k, draw)


@by_size
@pytest.mark.benchmark(group="further draw")
def test_further_draw_otnas(benchmark, n, k):
    L = kernel(n)
    kdpp = KDPP(L)
    kdpp.sample(k, rng=0, size=2)
    rng = np.random.default_rng(0)
    describe(benchmark, n, k)
    check_draw(L, k, benchmark(kdpp.sample, k, rng=rng))


@by_size
@pytest.mark.benchmark(group="further draw")
def test_further_draw_dppy(benchmark, finite_dpp, n, k):
    L = kernel(n)
    dpp = finite_dpp("likelihood", L=L)
    rng = np.random.RandomState(0)
    dpp.sample_exact_k_dpp(k, random_state=rng)
    describe(benchmark, n, k)
    check_draw(L, k, benchmark(dpp.sample_exact_k_dpp, k, random_state=rng))


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.benchmark(group="1000 draws")
def test_batch_of_draws(benchmark, threads):
    n, k = 1000, 10
    L = kernel(n)
    kdpp = KDPP(L)
    expected = kdpp.sample(k, rng=1, size=1000, threads=1)
    describe(benchmark, n, k, threads)
    draws = benchmark(kdpp.sample, k, rng=1, size=1000, threads=threads)
    np.testing.assert_array_equal(draws, expected)


@pytest.mark.benchmark(group="targets")
def test_target_first_draw(benchmark, targets):
    n, k = 1000, 10
    L = kernel(n)
    measured = ratio(lambda: sample_kdpp(L, k, rng=0), lambda: np.linalg.eigh(L), 15)
    describe(benchmark, n, k, ratio=measured)
    benchmark.pedantic(sample_kdpp, (L, k), {"rng": 0}, rounds=3)
    targets.at_most(f"first draw, n={n}, k={k}", measured, 0.7, "of eigh's time")


@pytest.mark.parametrize("k", [10, 50])
@pytest.mark.benchmark(group="targets")
def test_target_further_draw(benchmark, targets, finite_dpp, k):
    n = 1000
    L = kernel(n)
    kdpp = KDPP(L)
    kdpp.sample(k, rng=0, size=2)
    rng = np.random.default_rng(0)
    dpp = finite_dpp("likelihood", L=L)
    other_rng = np.random.RandomState(0)
    measured = 1 / ratio(
        lambda: kdpp.sample(k, rng=rng),
        lambda: dpp.sample_exact_k_dpp(k, random_state=other_rng),
        50,
    )
    describe(benchmark, n, k, speedup=measured)
    check_draw(L, k, benchmark(kdpp.sample, k, rng=rng))
    targets.at_least(f"further draw, n={n}, k={k}", measured, 10, "x DPPy")
