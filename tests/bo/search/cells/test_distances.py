"""The distances that kernels are made of, against small independent computations."""

import itertools

import numpy as np
import ot
import pytest
import searches
from scipy.optimize import linprog

from otnas.search import CellPool
from otnas.search.cells.distances.edit import EditDistance
from otnas.search.cells.distances.gromov_wasserstein import GromovWasserstein
from otnas.search.cells.distances.optimal_transport import OptimalTransport, operation_costs
from otnas.search.cells.distances.path import PathDistance
from otnas.search.cells.distances.tree_wasserstein import TreeWasserstein
from otnas.search.cells.distances.weisfeiler_lehman import WeisfeilerLehman
from otnas.search.cells.kernels import KERNELS
from otnas_fast import Cell, as_cells, distances, embed

TOY = searches.taxonomy()


def cell(ops, edges):
    v = len(ops) + 2
    matrix = np.zeros((v, v), dtype=int)
    for a, b in edges:
        matrix[a, b] = 1
    return Cell(matrix, ["input", *ops, "output"], TOY)


CHAIN = cell(["conv3", "max"], [(0, 1), (1, 2), (2, 3)])
SHORTCUT = cell(["conv3", "max"], [(0, 1), (1, 2), (2, 3), (0, 3)])
TWO_PATHS = cell(["conv5", "max"], [(0, 1), (1, 3), (0, 2), (2, 3)])
DIRECT = cell([], [(0, 1)])


def between(source, *cells):
    source.append(as_cells(cells))
    n = np.arange(len(cells))
    return source.block(n, n)


def test_path_distance_counts_words_of_one_cell_only():
    # Words: {c3 m}; {c3 m, empty}; {c5, m}; {empty}.
    expected = [[0, 1, 3, 2], [1, 0, 4, 1], [3, 4, 0, 3], [2, 1, 3, 0]]
    np.testing.assert_array_equal(
        between(PathDistance(), CHAIN, SHORTCUT, TWO_PATHS, DIRECT), [expected]
    )


def test_edit_distance_counts_entries_and_operations():
    # CHAIN to TWO_PATHS: edges 1-2 off, 0-2 and 1-3 on; one operation differs.
    # CHAIN to DIRECT: edges 0-1, 1-2, 2-3 off and the one from input to output on; two vertices.
    block = between(EditDistance(), CHAIN, SHORTCUT, TWO_PATHS, DIRECT)[0]
    assert block[0].tolist() == [0, 1, 4, 6]
    assert block[1, 3] == 3 + 2
    np.testing.assert_array_equal(block, block.T)


def test_edit_distance_equals_comparing_matrices():
    space, rng = searches.open_space(), np.random.default_rng(0)
    cells = [space.random(rng) for _ in range(12)]
    block = between(EditDistance(), *cells)[0]
    for (i, a), (j, b) in itertools.product(enumerate(cells), repeat=2):
        different = (a.matrix != b.matrix).sum() + sum(
            x != y for x, y in zip(a.ops, b.ops, strict=True)
        )
        assert block[i, j] == different


def test_weisfeiler_lehman_by_hand():
    # Labels of depth 0: in, c3, m, out against in, c5, m, out. SHORTCUT changes no label of depth 0
    # but, at depth 1, those of the ends of the new edge; at depth 2 all that see them.
    block = between(WeisfeilerLehman(2), CHAIN, SHORTCUT, TWO_PATHS)
    assert block[:, 0, 1].tolist() == [0, 4, 8]
    assert block[0, 0, 2] == 2


def test_weisfeiler_lehman_equals_unfolding_the_graph():
    space, rng = searches.open_space(), np.random.default_rng(1)
    cells = [space.random(rng) for _ in range(8)]
    block = between(WeisfeilerLehman(2), *cells)

    def unfolded(pruned, v, depth):
        name = pruned.ops[v]
        if depth == 0:
            return name
        parts = [unfolded(pruned, v, depth - 1)]
        for row in (pruned.matrix[:, v], pruned.matrix[v]):
            parts.append(
                ",".join(sorted(unfolded(pruned, u, depth - 1) for u in np.flatnonzero(row)))
            )
        return f"({';'.join(parts)})"

    for depth in range(3):
        lists = [[unfolded(c.prune(), v, depth) for v in range(len(c.prune()))] for c in cells]
        for i, j in itertools.product(range(8), repeat=2):
            names = set(lists[i]) | set(lists[j])
            expected = sum(abs(lists[i].count(n) - lists[j].count(n)) for n in names)
            assert block[depth, i, j] == expected


def test_tree_wasserstein_is_that_of_the_embedding():
    space, rng = searches.open_space(), np.random.default_rng(2)
    cells = [space.random(rng) for _ in range(9)]
    source = TreeWasserstein("tw-2g")
    source.append(as_cells(cells[:4]))
    source.append(as_cells(cells[4:]))
    everything = embed(as_cells(cells), ngram=2)
    n = np.arange(9)
    np.testing.assert_allclose(source.block(n, n), distances(everything, everything), atol=1e-12)


def transport_cost(p, q, cost):
    """The linear programme over couplings, by SciPy's general solver."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    result = linprog(
        cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p, q]), bounds=(0, None)
    )
    assert result.success
    return result.fun


def test_optimal_transport_equals_the_linear_programme():
    space, rng = searches.open_space(), np.random.default_rng(3)
    cells = [*(space.random(rng) for _ in range(12)), DIRECT]
    block = between(OptimalTransport(TOY), *cells)[0]
    cost = operation_costs(TOY)
    np.testing.assert_array_equal(
        cost, [[0, 0.2, 1, 1], [0.2, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]]
    )
    measures = []
    for pruned in as_cells(cells).prune():
        counts = np.array([pruned.ops.count(op) for op in TOY.operations] + [0], dtype=float)
        counts[-1] = counts.sum() == 0
        measures.append(counts / counts.sum())
    for i, j in itertools.product(range(len(cells)), repeat=2):
        expected = transport_cost(measures[i], measures[j], cost)
        assert block[i, j] == pytest.approx(expected, abs=1e-9)
    # Half of a cell without convolutions becomes one: half a unit over distance 1.
    assert between(OptimalTransport(TOY), CHAIN, TWO_PATHS)[0, 0, 1] == pytest.approx(0.1)


def gw_cost(x, y, coupling):
    """sum_ijkl (x_ik - y_jl)^2 T_ij T_kl, by its definition."""
    difference = x[:, None, :, None] - y[None, :, None, :]
    return np.einsum("ijkl,ij,kl->", difference**2, coupling, coupling)


def test_gromov_wasserstein_of_known_cases():
    # The same graph with other operations, and with its parallel vertices exchanged.
    same = cell(["max", "conv3"], [(0, 1), (1, 3), (0, 2), (2, 3)])
    block = between(GromovWasserstein(TOY), CHAIN, SHORTCUT, TWO_PATHS, same, DIRECT)[0]
    assert block[2, 3] == 0
    np.testing.assert_array_equal(block, block.T)
    assert (block[~np.eye(5, dtype=bool)].reshape(5, 4)[0] > 0).all()
    # Mass of two vertices cannot match a chain of four: brute force over a grid of couplings
    # cannot beat it.
    assert (
        0
        < block[0, 4]
        <= gw_cost(CHAIN.matrix.astype(float), DIRECT.matrix.astype(float), np.full((4, 2), 1 / 8))
    )


def test_gromov_wasserstein_is_a_local_minimum_of_its_definition():
    space, rng = searches.open_space(), np.random.default_rng(4)
    source = GromovWasserstein(TOY)
    graphs = list(dict.fromkeys(source.signatures(as_cells([space.random(rng) for _ in range(6)]))))
    for a, b in itertools.combinations(graphs, 2):
        x, y = (
            np.array([[mask >> v & 1 for v in range(len(g))] for mask in g], dtype=float)
            for g in (a, b)
        )
        p, q = ot.unif(len(x)), ot.unif(len(y))
        coupling = ot.gromov.gromov_wasserstein(
            x, y, p, q, "square_loss", symmetric=False, tol_rel=1e-6, tol_abs=1e-6
        )
        value = source.distance(a, b)
        assert value == pytest.approx(gw_cost(x, y, coupling), abs=1e-9)
        # No permutation coupling of equally many vertices is far better.
        assert value <= gw_cost(x, y, np.outer(p, q)) + 1e-12


def test_gromov_wasserstein_reaches_the_global_minimum_of_small_chains():
    def brute_force(x, y):
        """Couplings of n uniform masses with n others: extreme points are permutations."""
        n = len(x)
        return min(
            gw_cost(x, y, np.eye(n)[list(order)] / n) for order in itertools.permutations(range(n))
        )

    x, y = CHAIN.matrix.astype(float), SHORTCUT.matrix.astype(float)
    block = between(GromovWasserstein(TOY), CHAIN, SHORTCUT)[0]
    assert block[0, 1] <= brute_force(x, y) + 1e-9


@pytest.mark.parametrize("name", KERNELS)
def test_growing_and_truncating_changes_no_distance(name):
    space, rng = searches.space_for(name, "open"), np.random.default_rng(5)
    cells = [space.random(rng) for _ in range(10)]
    grown, direct = KERNELS[name].distances(space), KERNELS[name].distances(space)
    grown.append(as_cells(cells[:4]))
    grown.append(as_cells(cells[7:]))
    grown.truncate(4)
    grown.append(as_cells(cells[4:]))
    direct.append(as_cells(cells))
    n = np.arange(10)
    assert grown.n_items == 10
    np.testing.assert_allclose(grown.block(n, n), direct.block(n, n), atol=1e-12)
    np.testing.assert_allclose(
        grown.block(n[2:5], n[::2]), direct.block(n, n)[:, 2:5, ::2], atol=1e-12
    )
    grown.truncate(0)
    assert grown.block(n[:0], n[:0]).shape == (grown.n_blocks, 0, 0)


@pytest.mark.parametrize("name", KERNELS)
def test_pool_cells_at_distance_zero_are_one_item(name):
    space = searches.space_for(name)
    pool = CellPool(space)
    source, direct = KERNELS[name].distances(space), KERNELS[name].distances(space)
    items = source.append_pool(pool)
    direct.append(pool.cells)
    n = np.arange(len(pool))
    np.testing.assert_allclose(source.block(items, items), direct.block(n, n), atol=1e-12)
    assert source.n_items == np.unique(items).size <= len(pool)
