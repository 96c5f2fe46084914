"""NAS-Bench-101: hashes, the whole space, the sampler, the cache."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import faults
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nasbench101_reference import random_module, slow_module_hash

from otnas import spaces
from otnas.spaces import SpaceCells, nasbench101
from otnas_fast import Cell, CellArray

SHARED = Path(os.environ.get("OTNAS_SHARED") or Path(__file__).parents[3] / ".." / "shared")
OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
SPACE = spaces.NASBench101()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SpaceCells:
    """All cells, enumerated afresh (seconds)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTNAS_DATA", str(tmp_path_factory.mktemp("data")))
        return spaces.NASBench101().enumerate()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_hash_is_the_official_one_for_any_numbering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, ops = random_module(rng)
    cell = Cell(matrix, ops).prune()
    expected = slow_module_hash(cell.matrix.tolist(), cell.ops)
    assert SPACE.hash(Cell(matrix, ops)) == expected
    order = np.concatenate([[0], 1 + rng.permutation(len(ops) - 2), [len(ops) - 1]])
    shuffled = Cell(matrix[np.ix_(order, order)], [ops[i] for i in order])
    assert SPACE.hash(shuffled) == expected


def test_known_cell() -> None:
    cell = SPACE.parse(
        "conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu;"
        "0-1 0-4 0-5 1-2 2-3 2-6 3-5 4-5 5-6"
    )
    assert SPACE.is_valid(cell)
    assert SPACE.hash(cell) == "00005c142e6f48ac74fdcf73e3439874"


def test_whole_space(whole: SpaceCells) -> None:
    assert len(whole) == 423_624
    sizes = np.bincount(np.diff(whole.cells.offsets))
    assert sizes.tolist() == [0, 0, 1, 6, 84, 2441, 62010, 359082]
    check_points = {
        0: "00005c142e6f48ac74fdcf73e3439874",
        1: "0000718c96730a92ea6d5242f8ce77e2",
        1000: "009fff1308941a5fff16bd81ff254007",
        4789: "02e5a0247bbdcf2860b7e96f74961594",
        100_000: "3c886a44a68e948e07adf8eca4903142",
        200_000: "7914772b0a53c7eb91f5913ed159c56e",
        423_623: "ffff76fafa7b0cdf545fd7feee9c8bf9",
    }
    assert {i: str(whole.hashes[i]) for i in check_points} == check_points
    assert (whole.hashes[:-1] < whole.hashes[1:]).all()
    assert whole.index_of(check_points[4789]) == 4789
    assert all(SPACE.is_valid(whole[int(i)]) for i in range(0, len(whole), 5000))


def test_parameter_counts(whole: SpaceCells) -> None:
    counts = spaces.parameter_counts(whole.cells)
    assert counts[4789] == 32_426_634
    path = SHARED / "data" / "nb101_test_accuracy_108.npz"
    if not path.is_file():
        pytest.skip(f"no {path.name}: set OTNAS_SHARED to check the other 423,623")
    with np.load(path) as published:
        assert np.array_equal(counts, published["params"])


def test_threads_change_nothing() -> None:
    from otnas_fast import _core

    packed = _core.enumerate_cells(5, 9, 3, 10_000, 1)
    hashes = _core.module_hashes(packed, 1)
    for threads in (2, 5):
        again = _core.enumerate_cells(5, 9, 3, 10_000, threads)
        assert all(np.array_equal(a, b) for a, b in zip(packed, again, strict=True))
        assert np.array_equal(_core.module_hashes(packed, threads), hashes)


def test_random_has_the_official_law() -> None:
    # 20,000 draws of a plain Python version: 0.0957, 0.2101, 0.2699, 0.3023, 0.1194, 0.0028.
    rng = np.random.default_rng(0)
    cells = [SPACE.random(rng) for _ in range(2000)]
    assert {len(cell) for cell in cells} == {7}
    sizes = Counter(len(cell.prune()) for cell in cells)
    expected = {2: 0.0957, 3: 0.2101, 4: 0.2699, 5: 0.3023, 6: 0.1194}
    for size, share in expected.items():
        assert sizes[size] / 2000 == pytest.approx(share, abs=0.045)
    codes = Counter(op for cell in cells for op in cell.ops[1:-1])
    assert {op: codes[op] / 10_000 for op in OPERATIONS} == pytest.approx(
        dict.fromkeys(OPERATIONS, 1 / 3), abs=0.02
    )


def everything(space: spaces.NASBench101, pruned: CellArray) -> npt.NDArray[np.bool_]:
    return np.ones(len(pruned), dtype=bool)


def test_mutation_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before rejection: each edge 1/7, each operation 1/5."""
    monkeypatch.setattr(spaces.NASBench101, "_within_limits", everything)
    rng = np.random.default_rng(1)
    parent = SPACE.parse(f"{','.join(OPERATIONS[i % 3] for i in range(5))};0-1 1-2 2-3 3-6")
    children = [SPACE.mutate(parent, rng) for _ in range(3000)]
    flips = np.mean([child.matrix != parent.matrix for child in children], axis=0)
    assert flips[np.triu_indices(7, 1)] == pytest.approx(np.full(21, 1 / 7), abs=0.03)
    changes = np.mean([np.array(c.ops) != np.array(parent.ops) for c in children], axis=0)
    assert changes[1:-1] == pytest.approx(np.full(5, 1 / 5), abs=0.03)


def test_small_cells_can_grow() -> None:
    rng = np.random.default_rng(2)
    cell = SPACE.parse("conv3x3-bn-relu;0-1 1-2")
    sizes = {len(SPACE.mutate(cell, rng).prune()) for _ in range(300)}
    assert {2, 3, 4, 5} <= sizes


def test_neighbours_by_hand() -> None:
    cell = SPACE.parse("conv3x3-bn-relu;0-1 1-2")
    texts = {
        "conv3x3-bn-relu;0-1 0-2 1-2",
        "conv1x1-bn-relu;0-1 1-2",
        "maxpool3x3;0-1 1-2",
    }
    assert {SPACE.format(neighbour) for neighbour in SPACE.neighbours(cell)} == texts


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_neighbours_do_not_depend_on_numbering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = SPACE.random(rng)
    order = np.concatenate([[0], 1 + rng.permutation(5), [6]])
    shuffled = Cell(cell.matrix[np.ix_(order, order)], [cell.ops[i] for i in order])
    hashes = [{SPACE.hash(n) for n in SPACE.neighbours(c)} for c in (cell, shuffled)]
    assert hashes[0] == hashes[1]


def test_validity() -> None:
    assert not SPACE.is_valid(SPACE.parse("conv3x3-bn-relu;0-1"))  # no path
    edges = " ".join(f"{u}-{v}" for v in range(1, 5) for u in range(v))
    assert not SPACE.is_valid(SPACE.parse(f"maxpool3x3,maxpool3x3,maxpool3x3;{edges}"))  # 10 edges
    assert SPACE.is_valid(SPACE.parse(f"maxpool3x3,maxpool3x3,maxpool3x3;{edges[4:]}"))
    chain = " ".join(f"{v}-{v + 1}" for v in range(7))
    assert not SPACE.is_valid(SPACE.parse(f"{','.join(['maxpool3x3'] * 6)};{chain}"))  # 8 vertices
    with pytest.raises(ValueError, match=r"rate: expected a number in \(0, 1\], got 0"):
        SPACE.mutate(SPACE.parse(";0-1"), np.random.default_rng(0), rate=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("maxpool3x3", "text: expected the form"),
        ("maxpool3x3;0-1 1", "edges as 'from-to', got '1'"),
        ("maxpool3x3;0-1 1--2", "edges as 'from-to'"),
        ("maxpool3x3;0-3", "expected vertices 0 to 2"),
        ("maxpool3x3;0-1 0-1", "got '0-1' twice"),
        ("maxpool3x3;1-0", "into the input"),
        ("maxpool;0-1", "expected operations .*, got 'maxpool'"),
    ],
)
def test_parse_errors(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SPACE.parse(text)


def test_cache(whole: SpaceCells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTNAS_DATA", str(tmp_path))
    path = tmp_path / "nasbench101-cells.npz"
    nasbench101._save(path, whole)

    def fail(threads: int) -> None:
        raise AssertionError("enumerated again")

    with monkeypatch.context() as patch:
        patch.setattr("otnas_fast._core.enumerate_nasbench101", fail)
        loaded = spaces.NASBench101().enumerate()
    assert np.array_equal(loaded.digests, whole.digests)
    assert np.array_equal(loaded.cells.offsets, whole.cells.offsets)
    assert np.array_equal(loaded.cells.successors, whole.cells.successors)
    assert np.array_equal(loaded.cells.codes, whole.cells.codes)

    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    assert nasbench101._load(path) is None
    path.write_bytes(damaged[:1000])
    assert nasbench101._load(path) is None
    np.savez(path, version=np.array("another"))
    assert nasbench101._load(path) is None
    assert nasbench101._load(tmp_path / "absent.npz") is None
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("after", [0, 1000, 10**6])
def test_a_full_disk_leaves_no_half_cache(whole: SpaceCells, tmp_path: Path, after: int) -> None:
    path = tmp_path / "cells.npz"
    with faults.disk_full(after=after), pytest.raises(OSError, match=r"cells\.npz"):
        nasbench101._save(path, whole)
    assert list(tmp_path.iterdir()) == []
