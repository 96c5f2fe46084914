"""Gram matrices and embeddings: invariants, slices, threads, caller's arrays, errors."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otnas_fast as of
from cells import SPACES, random_cell, random_nb201

SCALES = (0.7, 0.2, 0.3)


def cells_of(space: str, count: int, seed: int = 0) -> list[of.Cell]:
    rng = np.random.default_rng(seed)
    if space == "nasbench201":
        return [random_nb201(rng) for _ in range(count)]
    return [random_cell(rng, SPACES[space], 7) for _ in range(count)]


@pytest.mark.parametrize("ngram", [1, 2])
@pytest.mark.parametrize("space", SPACES)
def test_gram_is_the_kernel_of_the_distances(space, ngram):
    cells = cells_of(space, 70)
    d = of.distances(cells, ngram=ngram)
    expected = 1.7 * np.exp(-np.tensordot(1 / np.array(SCALES), d, 1))
    got = of.gram(cells, ngram=ngram, lengthscales=SCALES, variance=1.7)
    np.testing.assert_allclose(got, expected, rtol=1e-13)


@pytest.mark.parametrize("space", SPACES)
def test_gram_invariants(space):
    cells = cells_of(space, 150)
    k = of.gram(cells, variance=2.5)
    n = len(cells)
    assert k.shape == (n, n)
    np.testing.assert_array_equal(k, k.T)
    np.testing.assert_array_equal(np.diag(k), 2.5)
    assert k.min() > 0.0
    assert k.max() == 2.5
    assert np.linalg.eigvalsh(k)[0] >= -1e-10 * n
    order = np.random.default_rng(1).permutation(n)
    shuffled = of.gram([cells[i] for i in order], variance=2.5)
    np.testing.assert_array_equal(shuffled, k[np.ix_(order, order)])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(0, 70),
    m=st.integers(0, 70),
    dims=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    kind=st.sampled_from(["measures", "signed", "repeats"]),
)
def test_any_embedding_agrees_with_the_obvious_computation(seed, n, m, dims, kind):
    rng = np.random.default_rng(seed)
    blocks = {}
    for b, d in enumerate(dims):
        x = rng.normal(size=(n + m, d)) if kind == "signed" else rng.random((n + m, d))
        if kind == "repeats":
            x = np.round(x)
        blocks[f"b{b}"] = x * (rng.random((n + m, d)) < 0.7)
    both = of.Embedding(blocks)
    a, b = both[:n], both[n:]
    lengthscales = rng.uniform(0.1, 3, len(dims))
    expected = np.array([np.abs(x[:n, None] - x[None, n:]).sum(axis=2) for x in blocks.values()])
    got = of.distances(a, b)
    np.testing.assert_allclose(got, expected.reshape(got.shape), rtol=0, atol=1e-13)
    exponent = np.tensordot(1 / lengthscales, got, 1)
    np.testing.assert_allclose(
        of.gram(a, b, lengthscales=lengthscales), np.exp(-exponent), rtol=1e-12, atol=1e-300
    )
    np.testing.assert_array_equal(of.gram(both)[:n, n:], of.gram(both)[n:, :n].T)


def test_kernel_of_far_away_items_underflows_to_zero_and_stays_finite():
    x = np.array([[0.0], [1.0], [700.0], [708.5], [1e6], [1e300]])
    k = of.gram(of.Embedding({"x": x}), lengthscales=1.0)
    np.testing.assert_allclose(k[0], np.exp(-x[:, 0]), rtol=1e-14, atol=1e-306)
    assert k[0, -1] == 0.0
    assert np.isfinite(k).all()


@pytest.mark.parametrize("space", SPACES)
def test_blocks_equal_slices_of_the_whole(space):
    cells = cells_of(space, 90)
    whole = of.gram(cells)
    np.testing.assert_array_equal(of.gram(cells[:33], cells[33:]), whole[:33, 33:])
    e = of.embed(cells)
    np.testing.assert_array_equal(of.gram(e[10:20], e), whole[10:20])
    np.testing.assert_array_equal(of.gram(e[[5]], e[[80, 2]]), whole[5:6, [80, 2]])
    blocks = list(of.gram_blocks(e, block_rows=37))
    assert [rows for rows, _ in blocks] == [slice(0, 37), slice(37, 74), slice(74, 90)]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), whole)
    d = of.distances(cells)
    np.testing.assert_array_equal(of.distances(cells[:33], cells[33:]), d[:, :33, 33:])


@pytest.mark.parametrize("count", [1, 31, 32, 33, 257])
def test_threads_change_nothing(count):
    rng = np.random.default_rng(count)
    for e in (
        of.embed(cells_of("nasbench201", count)),
        of.Embedding({"x": rng.random((count, 20))}),
        of.Embedding({"x": rng.normal(size=(count, 3))}),
    ):
        one = of.gram(e, threads=1)
        distances = of.distances(e, threads=1)
        for threads in (2, 7):
            np.testing.assert_array_equal(of.gram(e, threads=threads), one)
            np.testing.assert_array_equal(of.distances(e, threads=threads), distances)


def test_float32_is_the_rounded_float64():
    cells = cells_of("nasbench101", 50)
    k = of.gram(cells, dtype=np.float32)
    assert k.dtype == np.float32
    np.testing.assert_array_equal(k, of.gram(cells).astype(np.float32))
    d = of.distances(cells, dtype="float32")
    np.testing.assert_array_equal(d, of.distances(cells).astype(np.float32))


def test_into_the_callers_array():
    cells = cells_of("nasbench201", 40)
    whole = of.gram(cells)
    big = np.full((50, 60), -1.0)
    view = big[3:43, 5:45]
    assert of.gram(cells, out=view) is view
    np.testing.assert_array_equal(view, whole)
    assert (big[:3] == -1).all()
    assert (big[:, :5] == -1).all()
    assert (big[:, 45:] == -1).all()
    stack = np.empty((3, 40, 40))
    assert of.distances(cells, out=stack) is stack
    np.testing.assert_array_equal(stack, of.distances(cells))


def test_empty_input_keeps_its_shape():
    cells = cells_of("nasbench201", 3)
    assert of.gram([]).shape == (0, 0)
    assert of.gram([], cells).shape == (0, 3)
    assert of.gram(cells, []).shape == (3, 0)
    assert of.distances([]).shape == (3, 0, 0)
    assert of.distances(cells, []).shape == (3, 3, 0)
    assert len(of.embed([])) == 0
    assert list(of.gram_blocks([])) == []


def test_embedding_container():
    cells = cells_of("nasbench101", 30)
    e = of.embed(cells)
    assert len(e) == 30
    assert e.to_array().shape == (30, sum(e.block_sizes))
    assert len(e.vectors) <= 30
    assert e.block("indegree").shape == (30, 18)
    joined = of.Embedding.concatenate([e[:10], e[10:12], e[12:]])
    np.testing.assert_array_equal(joined.to_array(), e.to_array())
    np.testing.assert_array_equal(e[3].to_array(), e.to_array()[3:4])
    np.testing.assert_array_equal(e[np.arange(30) % 2 == 0].to_array(), e.to_array()[::2])
    again = pickle.loads(pickle.dumps(e))
    np.testing.assert_array_equal(of.gram(again, e), of.gram(e))


def test_embeddings_of_different_depth_share_a_grid():
    rng = np.random.default_rng(5)
    custom = SPACES["custom"]
    shallow = [random_cell(rng, custom, 4) for _ in range(10)]
    deep = [
        of.Cell(np.eye(12, k=1, dtype=int), ["input", *["c3"] * 10, "output"], custom),
        *(random_cell(rng, custom, 12) for _ in range(10)),
    ]
    separate = of.distances(of.embed(shallow), of.embed(deep))
    together = of.distances(shallow + deep)[:, :10, 10:]
    np.testing.assert_allclose(separate, together, rtol=0, atol=1e-14)
    joined = of.Embedding.concatenate([of.embed(shallow), of.embed(deep)])
    np.testing.assert_allclose(of.gram(joined), of.gram(shallow + deep), rtol=1e-12)


def nb201_embedding(count=4):
    return of.embed(cells_of("nasbench201", count))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"lengthscales": (1.0, 1.0)}, ValueError, "expected one for each"),
        ({"lengthscales": (1.0, 0.0, 1.0)}, ValueError, r"lengthscales\[1\] \(indegree\)"),
        ({"lengthscales": (1.0, 1.0, -1.0)}, ValueError, r"lengthscales\[2\]"),
        ({"lengthscales": np.nan}, ValueError, "lengthscales"),
        ({"lengthscales": (1.0, np.inf, 1.0)}, ValueError, "lengthscales"),
        ({"lengthscales": "abc"}, TypeError, "lengthscales"),
        ({"variance": 0.0}, ValueError, "variance"),
        ({"variance": np.nan}, ValueError, "variance"),
        ({"dtype": np.int64}, TypeError, "dtype"),
        ({"dtype": "nonsense"}, TypeError, "dtype"),
        ({"threads": 0}, ValueError, "threads"),
        ({"threads": 1.5}, TypeError, "threads"),
        ({"threads": True}, TypeError, "threads"),
        ({"ngram": 3}, ValueError, "ngram"),
        ({"ngram": 1}, ValueError, "with ngram=1, got ngram=2"),
        ({"taxonomy": of.NASBENCH101}, ValueError, "a: expected an Embedding of"),
        ({"out": [[0.0]]}, TypeError, "out: expected a NumPy array"),
        ({"out": np.empty((4, 4), dtype=np.float32)}, TypeError, "out: expected dtype float64"),
        ({"out": np.empty((4, 5))}, ValueError, "shape"),
        ({"out": np.empty((4, 8))[:, ::2]}, ValueError, "contiguous rows"),
        ({"out": np.empty((4, 4)).T}, ValueError, "contiguous rows"),
        ({"out": np.broadcast_to(np.empty(4), (4, 4))}, ValueError, "written to"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        of.gram(nb201_embedding(), **arguments)


def test_overlapping_out_is_refused():
    rolling = np.lib.stride_tricks.as_strided(np.empty(30), (4, 4), (8 * 3, 8))
    with pytest.raises(ValueError, match="do not overlap"):
        of.gram(nb201_embedding(), out=rolling)
    e = of.Embedding({"x": np.random.default_rng(0).random((4, 4))})
    with pytest.raises(ValueError, match="read-only"):
        of.gram(e, out=e.vectors)
    stacked = np.lib.stride_tricks.as_strided(np.empty(60), (3, 4, 4), (8 * 4, 8 * 4, 8))
    with pytest.raises(ValueError, match="blocks that do not overlap"):
        of.distances(nb201_embedding(), out=stacked)


def test_mixed_kinds_are_refused():
    nb201 = nb201_embedding()
    with pytest.raises(ValueError, match="expected one search space"):
        of.gram(nb201, of.embed(cells_of("nasbench101", 3)))
    with pytest.raises(ValueError, match="expected one ngram"):
        of.gram(nb201, of.embed(cells_of("nasbench201", 3), ngram=1))
    with pytest.raises(ValueError, match="expected equal blocks"):
        of.gram(nb201, of.Embedding({"x": np.ones((2, 2))}))
    with pytest.raises(ValueError, match="expected equal block sizes"):
        of.gram(of.Embedding({"x": np.ones((2, 2))}), of.Embedding({"x": np.ones((2, 3))}))
    with pytest.raises(ValueError, match="embeddings: expected"):
        of.Embedding.concatenate([nb201, of.embed(cells_of("nasbench101", 3))])
    with pytest.raises(ValueError, match="at least one"):
        of.Embedding.concatenate([])


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        ({}, TypeError, "non-empty dict"),
        ({"x": np.ones(3)}, ValueError, r"blocks\['x'\].*2-D"),
        ({"x": [["a"]]}, TypeError, r"blocks\['x'\]"),
        ({"x": np.array([[np.nan]])}, ValueError, "finite"),
        ({"x": np.ones((2, 1)), "y": np.ones((3, 1))}, ValueError, "equally many rows"),
    ],
)
def test_bad_embeddings_are_refused(blocks, error, message):
    with pytest.raises(error, match=message):
        of.Embedding(blocks)


def test_groups_are_the_items_with_equal_vectors():
    cells = cells_of("nasbench101", 60)
    for measures in ("tw-2g", "tw-path"):
        e = of.embed(cells, measures=measures)
        first, labels = e.groups()
        rows = e.to_array()
        np.testing.assert_array_equal(rows[first[labels]], rows)
        assert len({row.tobytes() for row in rows}) == len(first)
        assert all(first[label] == np.flatnonzero(labels == label)[0] for label in set(labels))
