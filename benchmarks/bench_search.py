"""Whole searches of NAS-Bench-201 on a made-up error, one thread."""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from otnas.search import CellPool, methods
from otnas.spaces import NASBench201
from otnas_fast import embed


@pytest.fixture(scope="module")
def pool() -> CellPool:
    """All cells, with what does not belong to a search computed."""
    pool = CellPool(NASBench201())
    pool.locate(pool[0])
    return pool


@pytest.fixture(scope="module")
def errors(pool: CellPool) -> np.ndarray:
    """Percent: a random linear function of the embedding, which a kernel can learn."""
    vectors = embed(pool.cells, ngram=2).to_array()
    values = vectors @ np.random.default_rng(0).random(vectors.shape[1])
    return 5.0 + 90.0 * (values - values.min()) / np.ptp(values)


def search(
    name: str,
    pool: CellPool,
    errors: np.ndarray,
    initial: int,
    batch: int,
    queries: int,
    settings: dict[str, object] | None = None,
) -> float:
    """Return the lowest error found."""
    run = methods.make(name, pool.space, seed=0, pool=pool, initial=initial, settings=settings)
    done = 0
    while done < queries:
        cells = run.ask(initial if done == 0 else batch)
        run.tell(cells, errors[[pool.locate(cell) for cell in cells]])
        done += len(cells)
    return run.best[1]


@pytest.mark.benchmark(group="NAS-Bench-201, 20 + 130 queries one by one")
@pytest.mark.parametrize("name", ["random", "evolution", "local-search", "tw", "tw-2g", "path"])
def test_sequential(
    benchmark: BenchmarkFixture, name: str, pool: CellPool, errors: np.ndarray
) -> None:
    benchmark.extra_info |= {"n": len(pool), "threads": 1}
    best = benchmark.pedantic(search, args=(name, pool, errors, 20, 1, 150), rounds=3)
    assert best <= np.quantile(errors, 0.03)


@pytest.mark.benchmark(group="NAS-Bench-201, 50 + 50 x 5 queries")
@pytest.mark.parametrize("rule", ["kdpp-quality", "map", "thompson", "bucb", "penalise"])
def test_batches(
    benchmark: BenchmarkFixture, rule: str, pool: CellPool, errors: np.ndarray
) -> None:
    benchmark.extra_info |= {"n": len(pool), "threads": 1, "batch": 5}
    best = benchmark.pedantic(search, args=(f"{rule}:tw-2g", pool, errors, 50, 5, 300), rounds=3)
    assert best <= np.quantile(errors, 0.01)
