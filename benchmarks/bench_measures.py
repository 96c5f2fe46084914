"""One new row against a whole space, by prepared embedding, against SciPy on the dense vectors.

SciPy gets a part of NAS-Bench-101, for the dense vectors of all of it (1,516 coordinates) would
take 5 GB. Every answer is checked.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.spatial.distance import cdist

import otnas_fast as of
from cells import all_nb201
from measure import best_time, ratio
from otnas import spaces
from otnas.gp import EmbeddingDistances
from targets import Targets

SCIPY_CELLS = 20_000
LIMIT_MB = 500


@pytest.fixture(scope="module")
def nasbench201() -> of.Embedding:
    return of.embed(all_nb201())


@pytest.fixture(scope="module")
def nasbench101() -> of.Embedding:
    """All cells, all six blocks."""
    return of.embed(spaces.get("nasbench101").enumerate().cells, measures="tw-path")


def by_scipy(blocks: list[np.ndarray], row: int) -> np.ndarray:
    return np.array([cdist(x[row : row + 1], x, "cityblock") for x in blocks])


def dense_blocks(embedding: of.Embedding) -> list[np.ndarray]:
    return [embedding.block(name) for name in embedding.block_names]


@pytest.mark.parametrize("measures", ["tw-2g", "tw-path"])
@pytest.mark.parametrize("method", ["prepared", "gram, prepared", "distances", "scipy cdist"])
@pytest.mark.benchmark(group="row")
def test_row_of_nasbench201(benchmark: BenchmarkFixture, measures: str, method: str) -> None:
    e = of.embed(all_nb201(), measures=measures)
    prepared, row, blocks = of.PreparedEmbedding(e), 4321, dense_blocks(e)
    run = {
        "prepared": lambda: prepared.distances(e[[row]], threads=1),
        "gram, prepared": lambda: prepared.gram(e[[row]], lengthscales=1.0, threads=1),
        "distances": lambda: of.distances(e[[row]], e, threads=1),
        "scipy cdist": lambda: by_scipy(blocks, row),
    }[method]
    benchmark.group = f"one row against NAS-Bench-201, {measures}"
    benchmark.extra_info.update(n=len(e), threads=1)
    expected = by_scipy(blocks, row)
    if method == "gram, prepared":
        expected = np.exp(-expected.sum(axis=0))
    np.testing.assert_allclose(benchmark(run), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["prepared", "gram, prepared", "scipy cdist"])
@pytest.mark.benchmark(group="row")
def test_row_of_nasbench101(
    benchmark: BenchmarkFixture, nasbench101: of.Embedding, method: str
) -> None:
    """As many cells for both, so that the times compare."""
    step = len(nasbench101) // SCIPY_CELLS
    e = nasbench101[::step]
    prepared, blocks = of.PreparedEmbedding(e), dense_blocks(e)
    run = {
        "prepared": lambda: prepared.distances(e[[7]], threads=1),
        "gram, prepared": lambda: prepared.gram(e[[7]], lengthscales=1.0, threads=1),
        "scipy cdist": lambda: by_scipy(blocks, 7),
    }[method]
    benchmark.group = f"one row against {len(e):,} cells of NAS-Bench-101, tw-path"
    benchmark.extra_info.update(n=len(e), threads=1)
    expected = by_scipy(blocks, 7)
    if method == "gram, prepared":
        expected = np.exp(-expected.sum(axis=0))
    np.testing.assert_allclose(benchmark(run), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.benchmark(group="embed all of NAS-Bench-101, tw-path")
@pytest.mark.parametrize("threads", [1, 2])
def test_embed(benchmark: BenchmarkFixture, threads: int) -> None:
    cells = spaces.get("nasbench101").enumerate().cells
    benchmark.extra_info.update(n=len(cells), threads=threads)
    run = {"measures": "tw-path", "threads": threads}
    embedding = benchmark.pedantic(of.embed, (cells,), run, rounds=1)
    assert embedding.block_sizes[3:5] == (727, 727)


@pytest.mark.benchmark(group="targets")
def test_target_nasbench201(
    benchmark: BenchmarkFixture, targets: Targets, nasbench201: of.Embedding
) -> None:
    """A row of distances, as the Gaussian process asks for it: 0.3 ms."""
    source = EmbeddingDistances(nasbench201)
    everything = np.arange(source.n_items)
    row = np.array([77])
    result = benchmark(source.block, row, everything)
    blocks = dense_blocks(nasbench201)
    np.testing.assert_allclose(result, by_scipy(blocks, 77), rtol=0, atol=1e-12)
    speedup = 1 / ratio(
        lambda: source.block(row, everything), lambda: by_scipy(blocks, 77), rounds=9
    )
    best = best_time(benchmark)
    benchmark.extra_info.update(n=len(nasbench201), threads=1, speedup=speedup)
    what = f"row of 15,625 cells, {speedup:.0f} times SciPy's speed"
    targets.at_most(what, best * 1e3, 0.3, "ms")


@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("what", ["distances", "gram"])
def test_target_nasbench101(
    benchmark: BenchmarkFixture, targets: Targets, nasbench101: of.Embedding, what: str
) -> None:
    """A row of all 423,624 cells with six blocks: 25 ms; embedding and index 500 MB."""
    prepared = of.PreparedEmbedding(nasbench101)
    row = nasbench101[[1234]]
    result = benchmark.pedantic(
        getattr(prepared, what), (row,), {"threads": 1}, rounds=9, warmup_rounds=2
    )
    some = np.arange(0, len(nasbench101), 1000)
    expected = getattr(of, what)(row, nasbench101[some])
    np.testing.assert_allclose(result[..., some], expected, rtol=1e-12, atol=1e-12)
    best = best_time(benchmark)
    held = (nasbench101.nbytes + prepared.nbytes) / 1e6
    benchmark.extra_info.update(n=len(nasbench101), threads=1, megabytes=held)
    targets.at_most(f"row of 423,624 cells ({what})", best * 1e3, 25, "ms")
    targets.at_most(f"row of 423,624 cells ({what}), embedding and index", held, LIMIT_MB, "MB")
