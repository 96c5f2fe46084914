"""Prepared embeddings: the same numbers as the functions, whatever the block, row and dtype."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otnas_fast as of
from cells import CUSTOM, SPACES, random_cell, random_nb201


def cells_of(space: str, count: int, seed: int = 0, vertices: int = 7) -> list[of.Cell]:
    rng = np.random.default_rng(seed)
    if space == "nasbench201":
        return [random_nb201(rng) for _ in range(count)]
    return [random_cell(rng, SPACES[space], vertices) for _ in range(count)]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("measures", ["tw", "tw-2g", "tw-path", "tw-full", "suffix"])
def test_same_as_the_functions(space, measures):
    embedding = of.embed(cells_of(space, 90), measures=measures)
    rows = embedding[5:30]
    prepared = of.PreparedEmbedding(embedding)
    assert len(prepared) == 90
    assert prepared.nbytes > 0
    expected = of.distances(rows, embedding)
    k = of.gram(rows, embedding, variance=1.3)
    for threads in (1, 2, 5):
        np.testing.assert_array_equal(prepared.distances(rows, threads=threads), expected)
        got = prepared.gram(rows, variance=1.3, threads=threads)
        np.testing.assert_allclose(got, k, rtol=1e-13)
        np.testing.assert_array_equal(got, prepared.gram(rows, variance=1.3))
    whole = prepared.gram(embedding)
    np.testing.assert_array_equal(whole, whole.T)
    np.testing.assert_array_equal(np.diag(whole), 1.0)
    np.testing.assert_array_equal(prepared.gram(embedding[[7]]), whole[[7]])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(prepared)).gram(embedding), whole)
    assert repr(prepared).startswith("PreparedEmbedding(Embedding(90 items")


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(0, 70),
    m=st.integers(0, 40),
    dims=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    kind=st.sampled_from(["measures", "signed", "repeats"]),
)
def test_any_embedding_agrees_with_the_obvious_computation(seed, n, m, dims, kind):
    rng = np.random.default_rng(seed)
    blocks = {}
    for b, d in enumerate(dims):
        x = rng.normal(size=(n + m, d)) if kind == "signed" else rng.random((n + m, d))
        blocks[f"b{b}"] = (np.round(x) if kind == "repeats" else x) * (rng.random(x.shape) < 0.7)
    both = of.Embedding(blocks)
    prepared = of.PreparedEmbedding(both[:n])
    rows = both[n:]
    expected = np.array([np.abs(x[n:, None] - x[None, :n]).sum(axis=2) for x in blocks.values()])
    got = prepared.distances(rows)
    np.testing.assert_allclose(got, expected.reshape(got.shape), rtol=0, atol=1e-13)
    scales = rng.uniform(0.1, 3, len(dims))
    exponent = np.tensordot(1 / scales, got, 1)
    np.testing.assert_allclose(
        prepared.gram(rows, lengthscales=scales), np.exp(-exponent), rtol=1e-12, atol=1e-300
    )


def test_float32_and_the_callers_array():
    embedding = of.embed(cells_of("nasbench101", 40), measures="tw-path")
    prepared, rows = of.PreparedEmbedding(embedding), embedding[:7]
    d, k = prepared.distances(rows), prepared.gram(rows)
    np.testing.assert_array_equal(prepared.distances(rows, dtype=np.float32), d.astype(np.float32))
    np.testing.assert_array_equal(prepared.gram(rows, dtype=np.float32), k.astype(np.float32))
    big = np.full((8, 9, 50), -1.0, dtype=np.float32)
    view = big[1:7, 1:8, 3:43]
    assert prepared.distances(rows, dtype=np.float32, out=view) is view
    np.testing.assert_array_equal(view, d.astype(np.float32))
    assert (big[0] == -1).all()
    assert (big[:, :, :3] == -1).all()
    assert (big[:, :, 43:] == -1).all()
    matrix = np.full((9, 50), -1.0)
    assert prepared.gram(rows, out=matrix[1:8, 3:43]).base is matrix
    np.testing.assert_array_equal(matrix[1:8, 3:43], k)
    assert (matrix[:, 43:] == -1).all()


def test_rows_with_words_and_depths_of_their_own():
    deep = of.Cell(np.eye(8, k=1), ["input", *["c3"] * 6, "output"], CUSTOM)
    pool = [deep, *cells_of("custom", 19, 1, vertices=9)]
    odd = of.Cell(np.eye(5, k=1), ["input", "c7", "c5", "id", "output"], CUSTOM)
    rows = [odd, *cells_of("custom", 20, 2, vertices=5)]
    prepared = of.PreparedEmbedding(of.embed(pool, measures="tw-path"))
    unseen = of.embed(rows, measures="tw-path")
    assert set(unseen.words("prefix")) - set(prepared.embedding.words("prefix"))
    expected = of.distances(rows, pool, measures="tw-path")
    np.testing.assert_allclose(prepared.distances(rows), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(prepared.distances(unseen), expected, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(prepared.distances(rows)[3:5], expected[3:5])  # the tries
    assert prepared.distances([]).shape == (6, 0, 20)
    nothing = of.PreparedEmbedding(of.embed([], taxonomy=CUSTOM, measures="tw-path"))
    assert nothing.gram([]).shape == (0, 0)


def test_errors():
    embedding = of.embed(cells_of("nasbench201", 4))
    prepared = of.PreparedEmbedding(embedding)
    with pytest.raises(TypeError, match="embedding: expected an Embedding, got list"):
        of.PreparedEmbedding([1])
    with pytest.raises(ValueError, match="rows: expected equal blocks"):
        prepared.gram(of.embed(cells_of("nasbench201", 2), measures="tw-path"))
    with pytest.raises(ValueError, match="rows: expected one search space"):
        prepared.gram(of.embed(cells_of("nasbench101", 2)))
    with pytest.raises(ValueError, match=r"lengthscales\[1\]"):
        prepared.gram(embedding, lengthscales=(1.0, -1.0, 1.0))
    with pytest.raises(ValueError, match="variance"):
        prepared.gram(embedding, variance=0)
    with pytest.raises(ValueError, match="out: expected shape"):
        prepared.gram(embedding, out=np.empty((4, 5)))
    with pytest.raises(TypeError, match="out: expected dtype"):
        prepared.distances(embedding, out=np.empty((3, 4, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="threads"):
        prepared.distances(embedding, threads=0)
    shallow = of.PreparedEmbedding(of.embed(cells_of("custom", 4, vertices=3)))
    deep = of.Cell(np.eye(9, k=1), ["input", *["c3"] * 7, "output"], CUSTOM)
    with pytest.raises(ValueError, match=r"rows: expected cells of at most \d layers.* got 9"):
        shallow.gram([deep])
    words = of.PreparedEmbedding(of.embed(cells_of("custom", 4, vertices=3), measures="prefix"))
    assert words.gram([deep]).shape == (1, 4)  # layers matter to the degrees only
