"""Gram matrices by n and threads, against SciPy, scikit-learn and a mere fill of the same memory.

Groups hold alternatives; every answer is checked. The last tests state targets as ratios
measured in this very run, the two sides taking turns.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import laplacian_kernel

import otnas_fast as of
from cells import all_nb201
from measure import ratio
from targets import Targets

SIZES = [500, 2000, 4000]


@pytest.fixture(scope="module")
def space() -> of.Embedding:
    """All NAS-Bench-201 cells."""
    return of.embed(all_nb201())


def sample(space: of.Embedding, n: int) -> of.Embedding:
    return space[np.random.default_rng(n).choice(len(space), n, replace=False)]


def by_scipy(vectors: np.ndarray) -> np.ndarray:
    return np.exp(-cdist(vectors, vectors, "cityblock"))


METHODS = ["otnas, 1 thread", "otnas, 2 threads", "scipy cdist", "scikit-learn", "fill"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="Gram")
def test_gram(benchmark: BenchmarkFixture, space: of.Embedding, n: int, method: str) -> None:
    e = sample(space, n)
    vectors = e.to_array()
    threads = 2 if "2" in method else 1
    benchmark.group = f"Gram, n = {n}"
    benchmark.extra_info.update(n=n, distinct=len(e.vectors), d=vectors.shape[1], threads=threads)
    run = {
        "otnas": lambda: of.gram(e, lengthscales=1.0, threads=threads),
        "scipy cdist": lambda: by_scipy(vectors),
        "scikit-learn": lambda: laplacian_kernel(vectors, gamma=1.0),
        "fill": lambda: np.ones((n, n)),
    }[method.split(",")[0]]
    result = benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    expected = np.ones(n) if method == "fill" else by_scipy(vectors[:1])[0]
    if method != "fill":
        expected = np.exp(-np.abs(vectors - vectors[0]).sum(axis=1))
    np.testing.assert_allclose(result[0], expected, rtol=1e-12)


@pytest.mark.benchmark(group="embed all of NAS-Bench-201")
@pytest.mark.parametrize("threads", [1, 2])
def test_embed(benchmark: BenchmarkFixture, threads: int) -> None:
    cells = of.as_cells(all_nb201())
    benchmark.extra_info.update(n=len(cells), threads=threads)
    embedding = benchmark(of.embed, cells, threads=threads)
    assert len(embedding.vectors) == 8401


@pytest.mark.benchmark(group="targets")
def test_target_whole_space(
    benchmark: BenchmarkFixture, targets: Targets, space: of.Embedding
) -> None:
    n = len(space)
    measured = ratio(lambda: of.gram(space, threads=2), lambda: np.ones((n, n)), rounds=3)
    gram = benchmark.pedantic(of.gram, (space,), {"threads": 2}, rounds=1)
    benchmark.extra_info.update(n=n, threads=2, ratio=measured)
    np.testing.assert_array_equal(gram[::1500], of.gram(space[::1500], space))
    targets.at_most("whole NAS-Bench-201 Gram, 2 threads", measured, 1.5, "of np.ones' time")


@pytest.mark.parametrize("vectors", ["NAS-Bench-201", "all distinct"])
@pytest.mark.benchmark(group="targets")
def test_target_scikit_learn(
    benchmark: BenchmarkFixture, targets: Targets, space: of.Embedding, vectors: str
) -> None:
    """The target is 6 on cells; without repeated vectors there is less to save."""
    n = 4000
    e = sample(space, n)
    if vectors == "all distinct":
        e = of.Embedding({"x": np.random.default_rng(0).random((n, sum(e.block_sizes)))})
    x = e.to_array()
    measured = 1 / ratio(
        lambda: of.gram(e, lengthscales=1.0, threads=1),
        lambda: laplacian_kernel(x, gamma=1.0),
        rounds=7,
    )
    gram = benchmark.pedantic(of.gram, (e,), {"lengthscales": 1.0, "threads": 1}, rounds=1)
    benchmark.extra_info.update(n=n, threads=1, speedup=measured)
    np.testing.assert_allclose(gram, laplacian_kernel(x, gamma=1.0), rtol=1e-12)
    least = 6.0 if vectors == "NAS-Bench-201" else 3.0
    what = f"Gram of {n} vectors ({vectors}), 1 thread"
    targets.at_least(what, measured, least, "x scikit-learn")
