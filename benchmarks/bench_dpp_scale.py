"""DPPs at sizes where the matrix is large or not formed at all, and what peers take.

Peak memory is that of the process so far.
"""

import resource
import time
import warnings

import numpy as np
import pytest

from measure import best_time, ratio
from otnas_fast import KDPP, Embedding, KernelKDPP, embed, gram, map_kdpp, sample_kdpp
from otnas_fast.dpp import FactorKernel, LaplaceKernel, MatrixKernel

pytestmark = pytest.mark.filterwarnings("default")


def peak_gigabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def check_draw(draw, k, block):
    """Are there k different items, of a positive determinant? The block is their kernel matrix."""
    assert len(set(draw.tolist())) == k
    assert np.linalg.slogdet(block)[0] == 1


def planar(n):
    x = np.random.default_rng(n).uniform(0, 10, (n, 2))
    return x, LaplaceKernel(x).block(slice(None), slice(None))


@pytest.mark.parametrize(("n", "share", "rounds"), [(1000, 0.5, 9), (5000, 0.4, 1)])
@pytest.mark.benchmark(group="first draw")
def test_target_first_draw(benchmark, targets, n, share, rounds):
    _, L = planar(n)
    seeds = iter(range(10**6))
    measured = ratio(lambda: sample_kdpp(L, 10, rng=next(seeds)), lambda: np.linalg.eigh(L), rounds)
    benchmark.extra_info.update(n=n, k=10, ratio=measured)
    draw = benchmark.pedantic(sample_kdpp, (L, 10), {"rng": 0}, rounds=3)
    check_draw(draw, 10, L[np.ix_(draw, draw)])
    targets.at_most(f"first draw, n={n}, k=10", measured, share, "of eigh's time")


@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
@pytest.mark.benchmark(group="no matrix")
def test_target_nasbench101(benchmark, targets, measures):
    from otnas.spaces import NASBench101

    cells = embed(NASBench101().enumerate().cells, measures=measures)
    kdpp = KernelKDPP(cells)
    start = time.perf_counter()
    draw = kdpp.sample(20, rng=0)
    first = time.perf_counter() - start
    check_draw(draw, 20, gram(cells[draw]))
    benchmark.pedantic(kdpp.sample, (20,), {"rng": 1}, rounds=5)
    estimate, error = kdpp.log_normaliser(20, rng=0)
    benchmark.extra_info.update(n=len(cells), k=20, first=first, gigabytes=peak_gigabytes())
    assert 0 < error < 0.1 * abs(estimate)
    what = f"k-DPP of {len(cells):,} cells, {measures}"
    targets.at_most(f"{what}, first draw", first, 60, "s")
    targets.at_most(f"{what}, peak so far", peak_gigabytes(), 2, "GB")


@pytest.mark.benchmark(group="factor")
def test_target_factor(benchmark, targets):
    B = np.random.default_rng(0).standard_normal((1_000_000, 50))
    start = time.perf_counter()
    kdpp = KDPP.from_factor(B)
    draw = kdpp.sample(10, rng=0)
    first = time.perf_counter() - start
    benchmark(kdpp.sample, 10, rng=np.random.default_rng(1))
    further = best_time(benchmark)
    benchmark.extra_info.update(n=len(B), r=50, k=10, first=first, gigabytes=peak_gigabytes())
    check_draw(draw, 10, B[draw] @ B[draw].T)
    what = f"k-DPP of {len(B):,} items by a factor of rank 50"
    targets.at_most(f"{what}, first draw", first, 2, "s")
    targets.at_most(f"{what}, further", further * 1e3, 10, "ms")


@pytest.mark.parametrize("kind", ["laplace", "linear"])
@pytest.mark.benchmark(group="greedy")
def test_target_greedy(benchmark, targets, kind):
    X = np.random.default_rng(0).standard_normal((1_000_000, 64))
    kernel = LaplaceKernel(X, 64.0) if kind == "laplace" else FactorKernel(X)
    k = 100 if kind == "laplace" else 64  # the rank of the linear kernel
    items = benchmark.pedantic(map_kdpp, (kernel, k), rounds=1)
    benchmark.extra_info.update(n=len(X), k=k, gigabytes=peak_gigabytes())
    check_draw(items, k, kernel.block(items, items))
    what = f"greedy, {kind}, {len(X):,} items"
    targets.at_most(what, best_time(benchmark), 10, "s")
    targets.at_most(f"{what}, peak so far", peak_gigabytes(), 2, "GB")


def eager_greedy(L, k):
    """Greedy MAP by NumPy, as everybody writes it."""
    rest, C, chosen = np.diag(L).copy(), np.zeros((k, len(L))), []
    for t in range(k):
        j = int(rest.argmax())
        chosen.append(j)
        C[t] = (L[j] - C[:t, j] @ C[:t]) / np.sqrt(rest[j])
        rest -= C[t] ** 2
        rest[j] = -np.inf
    return chosen


@pytest.mark.benchmark(group="greedy")
def test_greedy_numpy(benchmark):
    _, L = planar(5000)
    kernel = MatrixKernel(L)
    assert map_kdpp(kernel, 50).tolist() == eager_greedy(L, 50)
    measured = ratio(lambda: map_kdpp(kernel, 50), lambda: eager_greedy(L, 50), 5)
    benchmark.extra_info.update(n=5000, k=50, ratio=measured)
    benchmark.pedantic(map_kdpp, (kernel, 50), rounds=3)


@pytest.mark.benchmark(group="greedy")
def test_greedy_qc_selector(benchmark):
    """The farthest-point choice of qc-selector, which has no determinants; both from the matrix."""
    selector = pytest.importorskip("selector.methods.distance")
    _, L = planar(5000)
    distances = -np.log(L)
    kernel = MatrixKernel(L)

    def theirs():
        return selector.MaxMin().select(distances, 50)

    measured = ratio(lambda: map_kdpp(kernel, 50), theirs, 3)
    volumes = [np.linalg.slogdet(L[np.ix_(s, s)])[1] for s in (map_kdpp(kernel, 50), theirs())]
    benchmark.extra_info.update(n=5000, k=50, ratio=measured)
    benchmark.pedantic(map_kdpp, (kernel, 50), rounds=3)
    assert abs(volumes[0] - volumes[1]) < 0.1  # where items are many, both spread well


@pytest.mark.parametrize("mode", ["vfx", "alpha"])
@pytest.mark.benchmark(group="intermediate")
def test_intermediate_sampling_dppy(benchmark, mode):
    """DPPy's own samplers that do not form the matrix, first draw and all."""
    x, _ = planar(2000)  # at 5,000 one draw of theirs takes minutes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        finite_dpp = pytest.importorskip("dppy.finite_dpps").FiniteDPP
    from sklearn.gaussian_process.kernels import RBF

    def theirs():
        dpp = finite_dpp("likelihood", L_eval_X_data=(RBF(1.0), x))
        return dpp.sample_exact_k_dpp(10, mode=mode, random_state=0, verbose=False)

    from otnas_fast.dpp import FunctionKernel

    def ours():
        return KernelKDPP(FunctionKernel(RBF(1.0), x)).sample(10, rng=0)

    for draw in (ours(), np.array(theirs())):
        check_draw(draw, 10, RBF(1.0)(x[draw]))
    measured = ratio(ours, theirs, 3)
    benchmark.extra_info.update(n=2000, k=10, ratio=measured)
    benchmark.pedantic(ours, rounds=1)


@pytest.mark.benchmark(group="law")
def test_million_draws(benchmark):
    """The law at 10^6 draws; the tests have 10^5 and fewer."""
    from itertools import combinations

    from scipy.stats import chi2

    Q = np.linalg.qr(np.random.default_rng(3).standard_normal((6, 6)))[0]
    L = (Q * [1.0, 0.3, 1e-3, 1e-6, 1e-9, 1e-12]) @ Q.T
    L = (L + L.T) / 2
    benchmark.extra_info.update(n=6, k=3, draws=10**6)
    draws = benchmark.pedantic(KDPP(L).sample, (3,), {"rng": 0, "size": 10**6}, rounds=1)
    subsets = list(combinations(range(6), 3))
    p = np.array([np.linalg.det(L[np.ix_(s, s)]) for s in subsets]).clip(0)
    p /= p.sum()
    codes = np.array([sum(1 << i for i in s) for s in subsets])
    counts = (np.bincount((1 << draws).sum(axis=1), minlength=64))[codes]
    enough = p * 10**6 >= 5
    statistic = ((counts - 10**6 * p) ** 2 / (10**6 * p))[enough].sum()
    assert chi2.sf(statistic, enough.sum() - 1) > 1e-4


def test_embedding_of_vectors_is_a_kernel(benchmark):
    X = np.random.default_rng(0).uniform(size=(100_000, 2))
    kdpp = KernelKDPP(Embedding({"x": X}))
    draw = benchmark.pedantic(kdpp.sample, (5,), {"rng": 0}, rounds=1)
    benchmark.extra_info.update(n=len(X), k=5)
    assert len(set(draw.tolist())) == 5
