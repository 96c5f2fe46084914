"""Distances against the definitions, an exact optimal transport solver and the published code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import ot
import pytest
import reference

import otnas_fast as of
from cells import CUSTOM, SPACES, random_cell, random_nb201
from otnas_fast import _core

SHARED = Path(os.environ.get("OTNAS_SHARED", Path(__file__).parents[3] / "shared"))


def random_cells(space: str, rng: np.random.Generator, count: int) -> list[of.Cell]:
    if space == "nasbench201":
        return [random_nb201(rng) for _ in range(count)]
    return [
        random_cell(rng, SPACES[space], 7 if space == "nasbench101" else 12) for _ in range(count)
    ]


def test_published_one_gram_distances():
    path = SHARED / "reference" / "nb101_1gram_distances.json"
    if not path.is_file():
        pytest.skip("the reference distances are not available here")
    records = json.loads(path.read_text())
    pairs = [[(r[side]["matrix"], r[side]["ops"]) for r in records] for side in "ab"]
    ours = np.diagonal(of.distances(*pairs, ngram=1), axis1=1, axis2=2)
    expected = [[r[key] for r in records] for key in ("operations", "indegree", "outdegree")]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)
    assert len(records) == 200


def test_a_few_published_one_gram_distances():
    """Three of them as literals, for where the reference file is absent."""
    conv1, pool = "conv1x1-bn-relu", "maxpool3x3"
    a = ([[0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", pool, conv1, "output"])
    b = (
        [[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]],
        ["input", conv1, conv1, "output"],
    )
    distance = of.distances([a], [b], ngram=1)[:, 0, 0]
    np.testing.assert_allclose(distance, [1.0, 1 / 6, 1 / 12], rtol=0, atol=1e-12)


@pytest.mark.parametrize("ngram", [1, 2])
@pytest.mark.parametrize("space", SPACES)
def test_operation_distance_is_exact_transport(space, ngram):
    rng = np.random.default_rng(7)
    cells = random_cells(space, rng, 40)
    ours = of.distances(cells, ngram=ngram)[0]
    measures = [reference.operation_measure(cell, ngram) for cell in cells]
    for i in range(0, 40, 2):
        mu, nu = measures[i], measures[i + 1]
        cost = [[reference.path_length(x, y, SPACES[space], ngram) for y in nu] for x in mu]
        exact = ot.emd2(list(mu.values()), list(nu.values()), np.array(cost))
        assert ours[i, i + 1] == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("space", SPACES)
def test_degree_distances_are_integrals_of_cdf_differences(space):
    rng = np.random.default_rng(3)
    cells = random_cells(space, rng, 40)
    ours = of.distances(cells)
    for block, side in ((1, "in"), (2, "out")):
        measures = [reference.degree_measure(cell, side) for cell in cells]
        for i in range(0, 40, 2):
            expected = reference.interval_distance(measures[i], measures[i + 1])
            assert ours[block, i, i + 1] == pytest.approx(expected, abs=1e-12)


def test_hand_computed_figures_of_the_taxonomy():
    def chain(op):
        return ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", op, "output"])

    convs = of.distances(
        [chain("conv3x3-bn-relu")], [chain("conv1x1-bn-relu"), chain("maxpool3x3")], ngram=1
    )
    np.testing.assert_allclose(convs[0], [[0.2, 2.0]])
    empty = ([[0, 1], [0, 0]], ["input", "output"])
    to_root = of.distances([empty], [chain("maxpool3x3")], ngram=1)
    assert to_root[0, 0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("space", SPACES)
def test_compiled_tree_has_the_defined_path_lengths(space):
    taxonomy = SPACES[space]
    tree, leaves, pairs = _core.ngram_tree(taxonomy._compiled, 2)
    grams = [(op,) for op in taxonomy.operations]
    nodes = list(leaves)
    for a, first in enumerate(taxonomy.operations):
        for b, second in enumerate(taxonomy.operations):
            grams.append((first, second))
            nodes.append(pairs[a][b])
    point_masses = np.zeros((len(nodes), len(tree.parents)))
    point_masses[np.arange(len(nodes)), nodes] = 1.0
    phi = tree.embed(point_masses)
    ours = np.abs(phi[:, None] - phi[None]).sum(axis=2)
    expected = [[reference.path_length(x, y, taxonomy, 2) for y in grams] for x in grams]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-14)


def random_tree(rng: np.random.Generator, nodes: int) -> of.TreeMetric:
    """Parents before or after their children, in any order."""
    parents = np.array([-1] + [rng.integers(0, v) for v in range(1, nodes)])
    order = rng.permutation(nodes)
    shuffled = np.full(nodes, -1)
    shuffled[order] = np.where(parents < 0, -1, order[parents])
    return of.TreeMetric(shuffled, rng.uniform(0, 3, nodes) * (rng.random(nodes) < 0.9))


def tree_path_lengths(tree: of.TreeMetric) -> np.ndarray:
    """By walking up to the root from both nodes."""

    def ancestors(v):
        found = {}
        length = 0.0
        while v >= 0:
            found[v] = length
            length += tree.weights[v]
            v = tree.parents[v]
        return found

    up = [ancestors(v) for v in range(len(tree))]
    return np.array([[min(a[c] + b[c] for c in a.keys() & b.keys()) for b in up] for a in up])


def test_general_trees_are_exact_transport():
    rng = np.random.default_rng(11)
    for nodes in (1, 2, 3, 8, 20, 40):
        tree = random_tree(rng, nodes)
        cost = tree_path_lengths(tree)
        mu, nu = rng.dirichlet(np.ones(nodes), 2)
        mu[0] += 1.0 - mu.sum()
        nu[0] += 1.0 - nu.sum()
        ours = of.tree_wasserstein(tree, mu, nu)
        assert isinstance(ours, float)
        assert ours == pytest.approx(ot.emd2(mu, nu, cost), abs=1e-9)
        assert of.tree_wasserstein(tree, mu, mu) == 0.0


def test_tree_wasserstein_of_many_measures():
    rng = np.random.default_rng(2)
    tree = random_tree(rng, 12)
    mu, nu = rng.dirichlet(np.ones(12), (2, 5))
    many = of.tree_wasserstein(tree, mu, nu)
    each = [of.tree_wasserstein(tree, a, b) for a, b in zip(mu, nu, strict=True)]
    np.testing.assert_array_equal(many, each)
    np.testing.assert_array_equal(
        of.tree_wasserstein(tree, mu[0], nu), [of.tree_wasserstein(tree, mu[0], b) for b in nu]
    )
    # an embedding is all that a Gram matrix needs
    phi = of.Embedding({"tree": tree.embed(mu)})
    np.testing.assert_allclose(of.distances(phi)[0, 0], of.tree_wasserstein(tree, mu[0], mu))


@pytest.mark.parametrize(
    ("parents", "weights", "error", "message"),
    [
        ([], [], ValueError, "at least a root"),
        ([-1, 0], [0.0], ValueError, "one entry for each"),
        ([-1, -1], [0.0, 1.0], ValueError, "two roots"),
        ([1, 0], [1.0, 1.0], ValueError, "no root"),
        ([-1, 2, 1], [0.0, 1.0, 1.0], ValueError, "cycle"),
        ([-1, 5], [0.0, 1.0], ValueError, "nodes from 0 to"),
        ([-1, 0], [0.0, -1.0], ValueError, r"weights\[1\]"),
        ([-1, 0], [0.0, np.nan], ValueError, r"weights\[1\]"),
        ([-1.0, 0.0], [0.0, 1.0], TypeError, "integers"),
        ([[-1, 0]], [0.0, 1.0], TypeError, "1-D"),
        ([-1, 0], [[0.0, 1.0]], ValueError, "1-D"),
    ],
)
def test_bad_trees_are_refused(parents, weights, error, message):
    with pytest.raises(error, match=message):
        of.TreeMetric(parents, weights)


@pytest.mark.parametrize(
    ("mu", "nu", "message"),
    [
        ([1.0, 0.0], [0.0, 0.5], "equal total mass"),
        ([1.0, 0.0], [2.0, -1.0], "at least 0"),
        ([1.0, np.nan], [1.0, 0.0], "finite"),
        ([1.0], [1.0, 0.0], "columns"),
        (np.ones((2, 2)), np.ones((3, 2)), "equally many rows"),
    ],
)
def test_bad_measures_are_refused(mu, nu, message):
    tree = of.TreeMetric([-1, 0], [0.0, 1.0])
    with pytest.raises(ValueError, match=message):
        of.tree_wasserstein(tree, mu, nu)
    with pytest.raises(TypeError, match="tree: expected"):
        of.tree_wasserstein(None, mu, nu)


def test_custom_taxonomy_needs_naming():
    cell = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "c3", "output"])
    with pytest.raises(ValueError, match="taxonomy="):
        of.distances([cell])
    assert of.distances([cell], taxonomy=CUSTOM).shape == (3, 1, 1)
