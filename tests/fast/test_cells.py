"""Cells: parsing, pruning, canonical form, errors."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

import otnas_fast as of
from cells import CUSTOM, NB201_OPS, SPACES, all_nb201, nb201_string, random_cell, random_nb201

CHAIN = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "maxpool3x3", "output"])


def test_matrix_and_ops_round_trip():
    cell = of.Cell(*CHAIN)
    assert cell.matrix.tolist() == CHAIN[0]
    assert list(cell.ops) == CHAIN[1]
    assert cell.taxonomy == of.NASBENCH101


def test_nasbench201_string_is_the_documented_graph():
    cell = of.Cell.from_nasbench201(nb201_string((*NB201_OPS, "nor_conv_3x3")))
    edges = {(int(u), int(v)) for u, v in np.argwhere(cell.matrix)}
    assert edges == {(0, 1), (0, 2), (1, 3), (0, 4), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)}
    assert cell.ops == ("input", *NB201_OPS, "nor_conv_3x3", "output")


def test_all_nasbench201_strings_round_trip():
    texts = all_nb201()
    assert of.as_cells(texts).to_nasbench201() == texts


@pytest.mark.parametrize("space", SPACES)
def test_prune_agrees_with_reference(space):
    rng = np.random.default_rng(1)
    for _ in range(300):
        cell = random_cell(rng, SPACES[space], 9)
        matrix, ops = reference.prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)
        pruned = cell.prune()
        assert pruned.matrix.tolist() == matrix.tolist()
        assert list(pruned.ops) == ops


def test_unsorted_vertices_are_sorted_topologically():
    # input -> b -> a -> output, with a listed before b
    matrix = np.zeros((4, 4), dtype=int)
    matrix[0, 2] = matrix[2, 1] = matrix[1, 3] = 1
    cell = of.Cell(matrix, ["input", "maxpool3x3", "conv3x3-bn-relu", "output"])
    assert cell.ops == ("input", "conv3x3-bn-relu", "maxpool3x3", "output")
    assert np.array_equal(cell.matrix, np.triu(cell.matrix, 1))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SPACES)))
def test_canonical_form_does_not_depend_on_numbering(seed, space):
    rng = np.random.default_rng(seed)
    cell = random_cell(rng, SPACES[space], 9)
    n = len(cell)
    order = np.concatenate([[0], 1 + rng.permutation(n - 2), [n - 1]]).astype(int)
    shuffled = of.Cell(
        cell.matrix[np.ix_(order, order)], [cell.ops[v] for v in order], cell.taxonomy
    )
    assert shuffled.canonical() == cell.canonical()
    assert cell.canonical().canonical() == cell.canonical()


def test_canonical_form_separates_what_is_not_isomorphic():
    # For all small graphs: equal canonical forms exactly when some renumbering matches.
    import itertools

    ops = ["input", "maxpool3x3", "maxpool3x3", "conv3x3-bn-relu", "output"]
    pairs = list(itertools.combinations(range(5), 2))
    cells = []
    for bits in itertools.product((0, 1), repeat=len(pairs)):
        matrix = np.zeros((5, 5), dtype=int)
        for (u, v), bit in zip(pairs, bits, strict=True):
            matrix[u, v] = bit
        cells.append(of.Cell(matrix, ops))
    pruned = of.as_cells(cells).prune()

    def invariant(cell):  # the smallest relabelling, by trying every one
        n = len(cell)
        best = None
        for inner in itertools.permutations(range(1, n - 1)):
            order = [0, *inner, n - 1]
            key = (tuple(cell.ops[v] for v in order), cell.matrix[np.ix_(order, order)].tobytes())
            best = key if best is None or key < best else best
        return best

    by_reference = {}
    by_canonical = {}
    for cell, canonical in zip(pruned, pruned.canonical(), strict=True):
        by_reference.setdefault(invariant(cell), set()).add(canonical)
        by_canonical.setdefault(canonical, set()).add(invariant(cell))
    assert all(len(forms) == 1 for forms in by_reference.values())
    assert all(len(forms) == 1 for forms in by_canonical.values())


def test_canonical_form_of_very_symmetric_cells_is_quick():
    # 30 parallel operations, and 10 parallel chains of three: 30! and 10! equal numberings
    n = 32
    star = np.zeros((n, n), dtype=int)
    star[0, 1:-1] = star[1:-1, -1] = 1
    chains = np.zeros((n, n), dtype=int)
    for c in range(10):
        path = [0, 1 + 3 * c, 2 + 3 * c, 3 + 3 * c, n - 1]
        chains[path[:-1], path[1:]] = 1
    for matrix in (star, chains):
        cell = of.Cell(matrix, ["input", *["maxpool3x3"] * 30, "output"])
        assert len(cell.canonical()) == n


def test_cell_array_indexes_like_a_sequence():
    rng = np.random.default_rng(0)
    cells = [random_nb201(rng).prune() for _ in range(20)]
    array = of.as_cells(cells)
    assert list(array) == cells
    assert array[-1] == cells[-1]
    assert list(array[3:9:2]) == cells[3:9:2]
    assert list(array[np.array([5, 0, 5])]) == [cells[5], cells[0], cells[5]]
    assert list(array[np.arange(20) > 17]) == cells[18:]
    assert list(array[:0]) == []
    with pytest.raises(IndexError):
        array[20]


def test_cells_pickle_and_hash():
    cell = of.Cell(*CHAIN)
    again = pickle.loads(pickle.dumps(cell))
    assert again == cell
    assert hash(again) == hash(cell)
    array = pickle.loads(pickle.dumps(of.as_cells([cell, cell])))
    assert list(array) == [cell, cell]


def test_objects_with_matrix_and_ops_are_accepted():
    class ModelSpec:
        matrix = np.array(CHAIN[0])
        ops = CHAIN[1]

    assert of.as_cells([ModelSpec()])[0] == of.Cell(*CHAIN)


IN, OUT, POOL = "input", "output", "maxpool3x3"


@pytest.mark.parametrize(
    ("matrix", "ops", "message"),
    [
        ([[0, 1], [0, 0], [0, 0]], [IN, OUT], "square"),
        ([[0, 1], [0]], [IN, OUT], "square"),
        ([[0, 2], [0, 0]], [IN, OUT], "zeros and ones"),
        ([[0, np.nan], [0, 0]], [IN, OUT], "zeros and ones"),
        ([["0", "1"], ["0", "0"]], [IN, OUT], "zeros and ones"),
        ([[0, 1, 0], [0, 1, 1], [0, 0, 0]], [IN, POOL, OUT], "self-loop"),
        (
            [[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]],
            [IN, POOL, POOL, OUT],
            "cycle",
        ),
        ([[0, 1, 0], [1, 0, 1], [0, 0, 0]], [IN, POOL, OUT], "into the input"),
        ([[0, 1, 0], [0, 0, 1], [0, 1, 0]], [IN, POOL, OUT], "leaves the output"),
        ([[0]], [IN, OUT], "each of the 1 vertices, got 2 operations"),
        ([[0, 1], [0, 0]], [IN, POOL, OUT], "each of the 2 vertices, got 3 operations"),
        ([[0, 1], [0, 0]], [IN], "from 'input' to 'output'"),
        ([[0, 1], [0, 0]], [POOL, OUT], "from 'input' to 'output'"),
        (
            [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
            [IN, "conv9x9", OUT],
            "taxonomy= .* got 'conv9x9'",
        ),
        (
            [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
            [IN, IN, OUT],
            "'input' only first",
        ),
    ],
)
def test_bad_cells_are_refused(matrix, ops, message):
    with pytest.raises(ValueError, match=message):
        of.Cell(matrix, ops)
    good = of.Cell(*CHAIN)
    with pytest.raises(ValueError, match=r"things\[1\]"):
        of.as_cells([good, (matrix, ops)], name="things")


def test_too_many_vertices():
    matrix = np.zeros((33, 33), dtype=int)
    with pytest.raises(ValueError, match="2 to 32 vertices, got 33"):
        of.Cell(matrix, [IN, *[POOL] * 31, OUT])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|nor_conv_3x3~0|",
        "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2",
        "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2||",
        "|nor_conv_3x3~1|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|nor_conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
)
def test_bad_strings_are_refused(text):
    with pytest.raises(ValueError, match=r"archs\[1\].*NAS-Bench-201"):
        of.as_cells([nb201_string((*NB201_OPS, "none")), text])


@pytest.mark.parametrize("archs", [3, None, "|x~0|", of.Cell(*CHAIN)])
def test_not_a_sequence(archs):
    with pytest.raises(TypeError, match="archs: expected a sequence"):
        of.as_cells(archs)


@pytest.mark.parametrize("item", [None, 5, (1, 2, 3), {"matrix": 1}])
def test_not_an_architecture(item):
    with pytest.raises(TypeError, match=r"archs\[0\]: expected a Cell"):
        of.as_cells([item])


def test_mixed_spaces_are_refused():
    nb201 = nb201_string((*NB201_OPS, "none"))
    with pytest.raises(ValueError, match=r"expected (operations of )?one search space"):
        of.as_cells([CHAIN, nb201])
    with pytest.raises(ValueError, match=r"expected (operations of )?one search space"):
        of.as_cells([of.Cell(*CHAIN), of.Cell.from_nasbench201(nb201)])
    custom = of.Cell([[0, 1, 0], [0, 0, 1], [0, 0, 0]], [IN, "c3", OUT], CUSTOM)
    with pytest.raises(ValueError, match=r"expected (operations of )?one search space"):
        of.as_cells([custom, of.Cell(*CHAIN)])
    with pytest.raises(ValueError, match="expected cells of"):
        of.as_cells(of.as_cells([custom]), of.NASBENCH101)


def test_pruned_cells_have_no_string():
    with pytest.raises(ValueError, match="pruned"):
        of.Cell.from_nasbench201(nb201_string((*NB201_OPS, "none"))).prune().to_nasbench201()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"families": {}}, TypeError, "families"),
        ({"families": {"a": "conv"}}, TypeError, r"families\['a'\]"),
        ({"families": {"a": ["x"], "b": ["x"]}}, ValueError, "distinct"),
        ({"families": {"a": ["input"]}}, ValueError, "not 'input'"),
        ({"families": {"a": ["x"]}, "alpha": 1.0}, ValueError, "alpha"),
        ({"families": {"a": ["x"]}, "alpha": float("nan")}, ValueError, "alpha"),
        ({"families": {"a": ["x"]}, "alpha": "y"}, TypeError, "alpha"),
        ({"families": {"a": ["x"]}, "absent": ["x"]}, ValueError, "distinct"),
        ({"families": {"a": [f"o{i}" for i in range(129)]}}, ValueError, "128"),
    ],
)
def test_bad_taxonomies_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        of.Taxonomy(**arguments)


def test_taxonomies_compare_and_pickle():
    again = pickle.loads(pickle.dumps(CUSTOM))
    assert again == CUSTOM
    assert hash(again) == hash(CUSTOM)
    assert again != of.NASBENCH101


def test_codes_and_successors_say_what_ops_and_matrix_say():
    cell = of.Cell([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "maxpool3x3", "output"])
    assert cell.codes == bytes(cell.taxonomy.codes[op] for op in cell.ops)
    assert [[mask >> v & 1 for v in range(3)] for mask in cell.successors] == cell.matrix.tolist()
    with pytest.raises(AttributeError):
        cell.codes = b""
