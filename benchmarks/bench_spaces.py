"""Spaces: enumeration, and hashing against the obvious Python version.

Run with ``pytest benchmarks/bench_spaces.py --benchmark-only``. Groups hold alternatives; every
answer is checked.
"""

from __future__ import annotations

import numpy as np
import pytest
from nasbench101_reference import slow_module_hash
from pytest_benchmark.fixture import BenchmarkFixture

from otnas.spaces import NASBench101, NASBench201
from otnas_fast import CellArray, _core

HASHED = 2000


@pytest.fixture(scope="module")
def some_cells() -> CellArray:
    """Cells of 7 vertices, evenly spread over the space."""
    space = CellArray(*_core.enumerate_cells(7, 9, 3, 423_624, 2), NASBench101().taxonomy)
    return space[np.linspace(70_000, len(space) - 1, HASHED).astype(np.int64)]


@pytest.mark.benchmark(group="NAS-Bench-101, enumerate 423,624 cells")
@pytest.mark.parametrize("threads", [1, 2])
def test_enumerate_cells(benchmark: BenchmarkFixture, threads: int) -> None:
    benchmark.extra_info |= {"n": 423_624, "threads": threads}
    offsets, _, _ = benchmark.pedantic(
        _core.enumerate_cells, args=(7, 9, 3, 423_624, threads), rounds=3
    )
    assert len(offsets) == 423_625


@pytest.mark.benchmark(group="NAS-Bench-101, enumerate, hash and sort 423,624 cells")
@pytest.mark.parametrize("threads", [1, 2])
def test_enumerate_nasbench101(benchmark: BenchmarkFixture, threads: int) -> None:
    benchmark.extra_info |= {"n": 423_624, "threads": threads}
    _, digests = benchmark.pedantic(_core.enumerate_nasbench101, args=(threads,), rounds=1)
    assert digests[4789].tobytes().hex() == "02e5a0247bbdcf2860b7e96f74961594"


@pytest.mark.benchmark(group=f"module hash of {HASHED} cells of 7 vertices")
@pytest.mark.parametrize("how", ["core, 1 thread", "core, 2 threads", "python"])
def test_module_hash(benchmark: BenchmarkFixture, some_cells: CellArray, how: str) -> None:
    benchmark.extra_info |= {"n": HASHED, "threads": 2 if "2" in how else 1}
    packed = (some_cells.offsets, some_cells.successors, some_cells.codes)
    if how == "python":
        # Conversion to lists is not what is measured.
        modules = [(cell.matrix.tolist(), cell.ops) for cell in some_cells]
        hashes = benchmark(lambda: [slow_module_hash(*module) for module in modules])
    else:
        threads = benchmark.extra_info["threads"]
        digests = benchmark(_core.module_hashes, packed, threads)
        hashes = [row.tobytes().hex() for row in digests]
    assert hashes[::100] == [
        slow_module_hash(cell.matrix.tolist(), cell.ops) for cell in some_cells[::100]
    ]


@pytest.mark.benchmark(group="one cell at a time")
@pytest.mark.parametrize("what", ["random", "mutate", "neighbours", "hash"])
@pytest.mark.parametrize("space", [NASBench101(), NASBench201()], ids=lambda space: space.name)
def test_moves(benchmark: BenchmarkFixture, space: NASBench101 | NASBench201, what: str) -> None:
    rng = np.random.default_rng(0)
    cell = space.random(rng)
    calls = {
        "random": lambda: space.random(rng),
        "mutate": lambda: space.mutate(cell, rng),
        "neighbours": lambda: space.neighbours(cell)[0],
        "hash": lambda: cell if space.hash(cell) else None,
    }
    assert space.is_valid(benchmark(calls[what]))


@pytest.mark.benchmark(group="NAS-Bench-201, unique structures")
def test_unique_structures(benchmark: BenchmarkFixture) -> None:
    cells = NASBench201().enumerate().cells
    benchmark.extra_info |= {"n": len(cells), "threads": 1}
    first, _ = benchmark.pedantic(NASBench201().unique, args=(cells,), rounds=3)
    assert len(first) == 6466
