"""Path measures and sizes against their definitions, and embeddings with sparse blocks."""

from __future__ import annotations

import pickle

import numpy as np
import ot
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

import otnas_fast as of
from cells import CUSTOM, SPACES, random_cell, random_nb201

PATH = of.PRESETS["tw-path"]
NEW = ("prefix", "suffix", "sizes", "depth", "terminals")


def cells_of(space: str, count: int, seed: int = 0, vertices: int = 8) -> list[of.Cell]:
    rng = np.random.default_rng(seed)
    if space == "nasbench201":
        return [random_nb201(rng) for _ in range(count)]
    size = 7 if space == "nasbench101" else vertices
    return [random_cell(rng, SPACES[space], size) for _ in range(count)]


def complete(vertices: int, ops: list[str]) -> of.Cell:
    """Every edge there can be: 2 ** (vertices - 2) paths."""
    matrix = np.triu(np.ones((vertices, vertices), dtype=int), 1)
    return of.Cell(matrix, ["input", *ops, "output"], CUSTOM)


@settings(max_examples=40, deadline=None)
@given(
    space=st.sampled_from(sorted(SPACES)),
    seed=st.integers(0, 2**32),
    decay=st.sampled_from([1.0, 0.5, 0.3]),
)
def test_new_blocks_follow_their_definitions(space, seed, decay):
    cells = cells_of(space, 8, seed)
    embedding = of.embed(cells, measures=NEW, decay=decay)
    got = of.distances(embedding)
    for block in ("prefix", "suffix"):
        expected = [[reference.trie_distance(a, b, block, decay) for b in cells] for a in cells]
        np.testing.assert_allclose(got[NEW.index(block)], expected, rtol=0, atol=1e-12)
    for block in ("sizes", "depth", "terminals"):
        expected = [[reference.counts_distance(a, b, block) for b in cells] for a in cells]
        np.testing.assert_allclose(got[NEW.index(block)], expected, rtol=0, atol=1e-12)
    vectors = [embedding.block(name) for name in NEW]
    obvious = [np.abs(x[:, None] - x[None]).sum(axis=2) for x in vectors]
    np.testing.assert_allclose(got, obvious, rtol=0, atol=1e-12)


@pytest.mark.parametrize("block", ["prefix", "suffix"])
@pytest.mark.parametrize("space", SPACES)
def test_trie_distance_is_exact_transport(space, block):
    cells = cells_of(space, 24, seed=4)
    for decay in (1.0, 0.6):
        embedding = of.embed(cells, measures=block, decay=decay)
        measures = [reference.path_measure(cell, block) for cell in cells]
        for i in range(0, 24, 2):
            mu, nu = measures[i], measures[i + 1]
            cost = [[reference.trie_path_length(x, y, decay) for y in nu] for x in mu]
            exact = ot.emd2(list(mu.values()), list(nu.values()), np.array(cost))
            got = of.distances(embedding[i], embedding[i + 1])[0, 0, 0]
            assert got == pytest.approx(exact, abs=1e-9)


def test_words_and_masses_of_a_cell_by_hand():
    # input -> c3 -> max -> output, input -> c3 -> output, input -> output
    matrix = [[0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    cell = of.Cell(matrix, ["input", "c3", "max", "output"], CUSTOM)
    embedding = of.embed([cell], measures=NEW)
    words = embedding.words("prefix")
    masses = dict(zip(words, embedding.block("prefix")[0], strict=True))
    third = 1 / 3
    assert masses == {
        ("c3",): 2 / 3,
        ("c3", "max"): third,
        ("c3", "max", "output"): third,
        ("c3", "output"): third,
        ("output",): third,
    }
    assert ("max", "c3", "input") in embedding.words("suffix")
    sizes = dict(zip(CUSTOM.operations, embedding.block("sizes")[0], strict=False))
    assert sizes == {"c3": 1, "c5": 0, "c7": 0, "max": 1, "avg": 0, "id": 0}
    assert embedding.block("sizes")[0, -1] == 0.75
    np.testing.assert_array_equal(embedding.block("depth"), [[1, 3]])
    np.testing.assert_array_equal(embedding.block("terminals"), [[2, 3, 2]])
    halved = of.embed([cell], measures="prefix", decay=0.5).block("prefix")[0]
    decayed = {w: m * 0.5 ** (len(w) - 1) for w, m in masses.items()}
    np.testing.assert_allclose(halved, list(decayed.values()), rtol=1e-15)


def test_a_cell_without_paths_has_its_mass_at_the_root():
    empty = of.Cell(np.zeros((2, 2)), ["input", "output"], CUSTOM)
    direct = of.Cell([[0, 1], [0, 0]], ["input", "output"], CUSTOM)
    chain = of.Cell(np.eye(3, k=1), ["input", "c3", "output"], CUSTOM)
    got = of.distances([empty, direct, chain], measures="prefix")[0]
    np.testing.assert_array_equal(got, [[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    got = of.distances([empty, direct, chain], measures=("depth", "terminals"))
    np.testing.assert_array_equal(got[0], [[0, 2, 4], [2, 0, 2], [4, 2, 0]])
    np.testing.assert_array_equal(got[1], [[0, 4, 2], [4, 0, 2], [2, 2, 0]])
    nothing = of.embed([empty], measures=("prefix", "sizes"))
    assert nothing.block("prefix").shape == (1, 0)
    np.testing.assert_array_equal(of.distances(nothing, [chain]).ravel(), [2, 1.25])


def test_many_paths_are_counted_and_too_many_words_refused():
    alike = complete(32, ["c3"] * 30)  # 2^30 paths, 31 words
    embedding = of.embed([alike], measures=("prefix", "sizes"))
    assert embedding.block("sizes")[0, -1] == 2.0**28
    binomials = np.array([float(v) for v in (1, 30, 435)]) / 2.0**30
    masses = dict(zip(embedding.words("prefix"), embedding.block("prefix")[0], strict=True))
    ends = [masses[(*["c3"] * length, "output")] for length in range(3)]
    np.testing.assert_array_equal(ends, binomials)
    mixed = complete(32, ["c3", "c5", "max"] * 10)
    with pytest.raises(ValueError, match=r"archs\[1\].*100000 different beginnings of words"):
        of.embed([alike, mixed], measures="suffix")
    assert of.embed([mixed], measures=("operations-2", "sizes")).block("sizes")[0, -1] == 2.0**28


def test_all_word_prefixes_of_nasbench101():
    conv3, conv1, pool = of.NASBENCH101.operations
    rng = np.random.default_rng(0)
    chains = [
        of.Cell(np.eye(n + 2, k=1), ["input", *rng.choice([conv3, conv1, pool], n), "output"])
        for n in range(6)
        for _ in range(1 if n == 0 else 400 * n)
    ]
    assert of.embed(chains, measures="prefix").block_sizes == (727,)


def test_ngram_is_short_for_a_preset():
    cells = cells_of("nasbench101", 20)
    for ngram, preset in ((1, "tw"), (2, "tw-2g")):
        one, other = of.embed(cells, ngram=ngram), of.embed(cells, measures=preset)
        np.testing.assert_array_equal(one.to_array(), other.to_array())
        assert one.block_names == other.block_names == ("operations", "indegree", "outdegree")
        assert one.measures == of.PRESETS[preset]
        assert other.ngram == ngram
        np.testing.assert_array_equal(of.gram(cells, measures=preset), of.gram(one))
    assert of.embed(cells, measures="sizes").ngram is None


def test_a_preset_among_measures_stands_for_its_own():
    cells = cells_of("nasbench101", 20)
    spelt = ("sizes", *of.PRESETS["tw-2g"], "prefix")
    mixed = of.embed(cells, measures=("sizes", "tw-2g", "prefix"))
    assert mixed.measures == spelt
    np.testing.assert_array_equal(of.gram(mixed), of.gram(cells, measures=spelt))


def test_measures_keep_the_order_given_and_what_they_are_alone():
    cells = cells_of("custom", 30)
    order = ("suffix", "outdegree", "sizes", "operations-1", "prefix", "indegree")
    embedding = of.embed(cells, measures=order)
    assert embedding.block_names == tuple(m.partition("-")[0] for m in order)
    together = of.distances(embedding)
    for i, measure in enumerate(order):
        alone = of.embed(cells, measures=measure)
        np.testing.assert_array_equal(alone.to_array(), embedding.block(alone.block_names[0]))
        np.testing.assert_array_equal(of.distances(cells, measures=measure)[0], together[i])
    blocks = [embedding.block(name) for name in embedding.block_names]
    np.testing.assert_array_equal(embedding.to_array(), np.concatenate(blocks, axis=1))


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("measures", [PATH, "tw-full", "prefix", ("terminals", "suffix")])
def test_gram_with_sparse_blocks(space, measures):
    cells = cells_of(space, 70)
    embedding = of.embed(cells, measures=measures)
    d = of.distances(embedding)
    scales = np.linspace(0.5, 2.0, len(d))
    expected = 1.7 * np.exp(-np.tensordot(1 / scales, d, 1))
    k = of.gram(cells, measures=measures, lengthscales=scales, variance=1.7)
    np.testing.assert_allclose(k, expected, rtol=1e-12)
    np.testing.assert_array_equal(k, k.T)
    np.testing.assert_array_equal(np.diag(k), 1.7)
    defaults = [of.DEFAULT_LENGTHSCALES[name] for name in embedding.block_names]
    whole = of.gram(embedding)
    np.testing.assert_array_equal(whole, of.gram(embedding, lengthscales=defaults))
    np.testing.assert_array_equal(of.gram(embedding[:33], embedding[33:]), whole[:33, 33:])
    apart = of.gram(cells[:33], cells[33:], measures=measures)
    np.testing.assert_allclose(apart, whole[:33, 33:], rtol=1e-12)
    blocks = [block for _, block in of.gram_blocks(embedding, block_rows=19)]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(of.distances(embedding[:33], embedding[33:]), d[:, :33, 33:])
    for threads in (1, 2, 7):
        np.testing.assert_array_equal(of.gram(embedding, threads=threads), whole)
        np.testing.assert_array_equal(of.distances(embedding, threads=threads), d)
        again = of.embed(cells, measures=measures, threads=threads)
        np.testing.assert_array_equal(again.to_array(), embedding.to_array())


def test_more_cells_than_one_part_of_the_core():
    rng = np.random.default_rng(1)
    cells = of.as_cells([random_nb201(rng) for _ in range(9000)])
    one, many = (of.embed(cells, measures="tw-path", threads=t) for t in (1, 3))
    np.testing.assert_array_equal(one.to_array(), many.to_array())
    some = [0, 4095, 4096, 8999]
    alone = of.embed([cells[i] for i in some], measures="tw-path")
    np.testing.assert_array_equal(of.distances(alone), of.distances(one[some]))


def test_embeddings_made_apart_share_words():
    shallow, deep = cells_of("custom", 15, 1, vertices=5), cells_of("custom", 15, 2, vertices=12)
    apart = [of.embed(part, measures=PATH) for part in (shallow, deep)]
    assert apart[0].words("prefix") != apart[1].words("prefix")
    together = of.embed(shallow + deep, measures=PATH)
    expected = of.distances(together)
    np.testing.assert_allclose(of.distances(*apart), expected[:, :15, 15:], rtol=0, atol=1e-13)
    # the tries are not refined like the degrees' grid: they agree to the last bit
    for b in (3, 4):
        np.testing.assert_array_equal(of.distances(*apart)[b], expected[b, :15, 15:])
    joined = of.Embedding.concatenate(apart)
    assert joined.words("suffix") == together.words("suffix")
    np.testing.assert_allclose(joined.to_array(), together.to_array(), rtol=0, atol=1e-14)
    np.testing.assert_allclose(of.gram(joined), of.gram(together), rtol=1e-12)


def test_container_with_sparse_blocks():
    embedding = of.embed(cells_of("nasbench101", 30), measures=PATH)
    whole = embedding.to_array()
    for item in (3, -1, slice(2, 9), [3, 3, 1], np.arange(30) % 2 == 0, np.array([], dtype=int)):
        expected = whole[np.atleast_1d(np.arange(30)[item])]
        np.testing.assert_array_equal(embedding[item].to_array(), expected)
    joined = of.Embedding.concatenate([embedding[:10], embedding[10:12], embedding[12:]])
    np.testing.assert_array_equal(joined.to_array(), whole)
    again = pickle.loads(pickle.dumps(embedding))
    np.testing.assert_array_equal(of.gram(again, embedding), of.gram(embedding))
    assert again.measures == PATH
    assert 0 < embedding[:3].nbytes < embedding.nbytes
    assert "prefix" in repr(embedding)
    assert len(of.embed([], measures=PATH)) == 0
    assert of.gram([], measures=PATH).shape == (0, 0)
    assert of.distances([], embedding).shape == (6, 0, 30)


def test_architectures_are_embedded_like_the_embedding_beside_them():
    cells = cells_of("nasbench201", 20)
    embedding = of.embed(cells, measures=("prefix", "operations-1"), decay=0.5)
    expected = of.distances(embedding)
    np.testing.assert_array_equal(of.distances(embedding, cells), expected)
    np.testing.assert_array_equal(of.distances(cells, embedding), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"measures": "words"}, ValueError, "measures: expected names out of"),
        ({"measures": ("prefix", "wt")}, ValueError, "got 'wt'"),
        ({"measures": ("indegree", "tw")}, ValueError, "each once"),
        ({"measures": ("tw", "tw-2g")}, ValueError, "each once"),
        ({"measures": ("prefix", "prefix")}, ValueError, "each once"),
        ({"measures": ("operations-1", "operations-2")}, ValueError, "operations once"),
        ({"measures": ()}, ValueError, "at least one"),
        ({"measures": 3}, TypeError, "measures: expected a preset"),
        ({"measures": (3,)}, TypeError, "measures: expected names, got 3"),
        ({"measures": "tw", "ngram": 1}, ValueError, "ngram, measures: expected one of the two"),
        ({"measures": "prefix", "decay": 0.0}, ValueError, "decay: expected a positive"),
        (
            {"measures": "prefix", "decay": 1.5},
            ValueError,
            r"decay: expected a number in \(0, 1\], got 1.5",
        ),
    ],
)
def test_bad_measures_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        of.embed(cells_of("nasbench201", 2), **arguments)


def test_different_measures_are_not_compared():
    cells = cells_of("nasbench201", 3)
    path, paper = of.embed(cells, measures="tw-path"), of.embed(cells)
    with pytest.raises(ValueError, match="expected equal blocks"):
        of.gram(path, paper)
    with pytest.raises(ValueError, match=r"expected one decay, got 1 and 0\.5"):
        of.gram(path, of.embed(cells, measures="tw-path", decay=0.5))
    with pytest.raises(ValueError, match="a: expected an Embedding with measures"):
        of.gram(paper, measures="tw-path")
    with pytest.raises(ValueError, match=r"a: expected an Embedding with .*, got None"):
        of.gram(of.Embedding({"x": np.ones((2, 2))}), measures="tw")
    with pytest.raises(ValueError, match="expected one for each of the blocks"):
        of.gram(path, lengthscales=(1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match=r"name: expected one of \('prefix', 'suffix'\)"):
        path.words("sizes")
    with pytest.raises(ValueError, match="name: expected one of"):
        paper.block("prefix")
