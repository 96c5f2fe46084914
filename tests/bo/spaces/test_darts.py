"""The DARTS space: texts, steps, and which genotypes are one architecture."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from otnas import spaces
from otnas.spaces.darts import SIZE, TAXONOMY
from otnas.spaces.darts_text import OPERATIONS, format_genotype, parse_genotype
from otnas_fast import Cell, Taxonomy, _core, as_cells

SPACE = spaces.get("darts")
# As Liu et al. (2019) published it.
DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], "
    "reduce_concat=[2, 3, 4, 5])"
)
Edges = list[tuple[str, int]]
SKIPS: Edges = [("skip_connect", source) for source in (0, 1) * 4]


def with_sums(normal: Edges, reduce: Edges) -> Cell:
    """The graph with a vertex for every sum: isomorphic if and only if the architectures are."""
    names = ["input"]
    lines: list[tuple[int, int]] = []
    for kind, edges in (("n", normal), ("r", reduce)):
        node = {0: len(names), 1: len(names) + 1}
        lines += [(0, node[0]), (0, node[1])]
        names += [f"{kind}0", f"{kind}1"]
        for i in range(4):
            node[i + 2] = len(names) + 2
            lines += [(len(names), node[i + 2]), (len(names) + 1, node[i + 2])]
            lines += [(node[edges[2 * i + side][1]], len(names) + side) for side in (0, 1)]
            names += [f"{kind}{edges[2 * i][0]}", f"{kind}{edges[2 * i + 1][0]}", "sum"]
        lines += [(node[i], 29) for i in range(2, 6)]
    matrix = np.zeros((30, 30), dtype=int)
    matrix[tuple(zip(*lines, strict=True))] = 1
    ops = ["sum", *(f"{k}{op}" for k in "nr" for op in ("0", "1", *OPERATIONS))]
    return Cell(matrix, [*names, "output"], Taxonomy({op: [op] for op in ops}))


def renumbered(edges: Edges, rng: np.random.Generator) -> Edges:
    """The same cell with its nodes in another possible order, and edges swapped."""
    nodes = [edges[2 * i : 2 * i + 2] for i in range(4)]
    number, left, result = {0: 0, 1: 1}, [0, 1, 2, 3], []
    while left:
        ready = [i for i in left if all(source in number for _, source in nodes[i])]
        i = ready[int(rng.integers(len(ready)))]
        left.remove(i)
        pair = [(op, number[source]) for op, source in nodes[i]]
        result += pair[:: 1 if rng.integers(2) else -1]
        number[i + 2] = 5 - len(left)
    return result


def test_published_genotype() -> None:
    cell = SPACE.parse(DARTS_V2)
    assert SPACE.format(cell) == DARTS_V2
    assert SPACE.is_valid(cell)
    ops = cell.ops
    assert ops.count("normal:sep_conv_3x3") == 5
    assert ops.count("reduce:max_pool_3x3") == 5
    assert len(cell.prune()) == len(cell) == 22
    spaced = DARTS_V2.replace("[2, 3, 4, 5]", " range(2, 6)").replace("(", "( ")
    assert SPACE.parse(spaced) == cell


def test_size_and_uniform_draws() -> None:
    assert SIZE == (1 * 3 * 6 * 10 * 7**8) ** 2
    assert f"{SIZE:.2e}" == "1.08e+18"
    rng = np.random.default_rng(0)
    counts: dict[tuple[object, ...], int] = {}
    pairs = list(combinations(range(4), 2))
    cells = list(product(pairs, OPERATIONS, OPERATIONS))
    for _ in range(3000):
        for edges in parse_genotype(SPACE.format(SPACE.random(rng))):
            (op, source), (other, second) = edges[4:6]
            counts[(source, second), op, other] = counts.get(((source, second), op, other), 0) + 1
    expected = 6000 / len(cells)
    assert set(counts) <= set(cells)
    chi_square = sum((counts.get(key, 0) - expected) ** 2 / expected for key in cells)
    assert abs(chi_square - len(cells)) < 5 * np.sqrt(2 * len(cells))


def test_hash_does_not_depend_on_numbering() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        cell = SPACE.random(rng)
        normal, reduce = parse_genotype(SPACE.format(cell))
        other = format_genotype(renumbered(normal, rng), renumbered(reduce, rng))
        assert SPACE.hash(SPACE.parse(other)) == SPACE.hash(cell)
        if normal != reduce:
            swapped = SPACE.parse(format_genotype(reduce, normal))
            assert SPACE.hash(swapped) != SPACE.hash(cell)


@pytest.mark.parametrize("others", [0, 1])
def test_hash_is_isomorphism(others: int) -> None:
    """All 180 wirings of a cell, of which many are isomorphic: one operation, or two once."""
    rng = np.random.default_rng(2)
    cells: list[Edges] = []
    for sources in product(*(combinations(range(node), 2) for node in range(2, 6))):
        ops = ["sep_conv_3x3"] * 8
        ops[int(rng.integers(8))] = "sep_conv_5x5" if others else "sep_conv_3x3"
        cells.append(list(zip(ops, [s for pair in sources for s in pair], strict=True)))
    hashes = [SPACE.hash(SPACE.parse(format_genotype(edges, SKIPS))) for edges in cells]
    graphs = [with_sums(edges, SKIPS).canonical() for edges in cells]
    assert len(set(hashes)) < 180
    for i, j in combinations(range(180), 2):
        assert (hashes[i] == hashes[j]) == (graphs[i] == graphs[j])


def test_sums_that_only_the_output_reads_are_told_apart() -> None:
    """Their cells have the same graph, but they are two architectures."""
    rest = [("skip_connect", 0), ("skip_connect", 1)] * 2
    one = [("sep_conv_3x3", 0), ("sep_conv_5x5", 1), ("max_pool_3x3", 0), ("avg_pool_3x3", 1)]
    two = [("sep_conv_3x3", 0), ("avg_pool_3x3", 1), ("max_pool_3x3", 0), ("sep_conv_5x5", 1)]
    a, b = (SPACE.parse(format_genotype([*edges, *rest], SKIPS)) for edges in (one, two))
    assert a.canonical() == b.canonical()
    assert SPACE.hash(a) != SPACE.hash(b)


def test_neighbours_are_those_at_one_step() -> None:
    rng = np.random.default_rng(3)
    for _ in range(3):
        cell = SPACE.random(rng)
        genotype = [edge for edges in parse_genotype(SPACE.format(cell)) for edge in edges]
        expected = {}
        for i, (op, source) in enumerate(genotype):
            for change in [*((o, source) for o in OPERATIONS), *((op, s) for s in range(6))]:
                changed = [*genotype[:i], change, *genotype[i + 1 :]]
                try:
                    other = SPACE.parse(format_genotype(changed[:8], changed[8:]))
                except ValueError:
                    continue
                expected[SPACE.hash(other)] = other
        del expected[SPACE.hash(cell)]
        neighbours = SPACE.neighbours(cell)
        assert {SPACE.hash(neighbour) for neighbour in neighbours} == set(expected)
        assert len(neighbours) == len(expected) <= 120
        assert all(SPACE.hash(SPACE.mutate(cell, rng)) in expected for _ in range(50))


def test_mutations_reach_all_neighbours() -> None:
    rng = np.random.default_rng(4)
    cell = SPACE.random(rng)
    reached = {SPACE.hash(SPACE.mutate(cell, rng)) for _ in range(5000)}
    assert reached == {SPACE.hash(neighbour) for neighbour in SPACE.neighbours(cell)}


def test_layers() -> None:
    rng = np.random.default_rng(5)
    cells = as_cells([SPACE.random(rng) for _ in range(500)])
    assert all(len(cell.prune()) == 22 for cell in cells)
    assert _core.max_layer_count(cells._packed) <= (TAXONOMY.max_layers or 0)


def test_too_large() -> None:
    with pytest.raises(ValueError, match=r"darts is too large to enumerate: it has 1\.08e\+18"):
        SPACE.enumerate()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text: expected the form Genotype"),
        ("genotype()", "text: expected the form Genotype"),
        ("__import__('os').system('true')", "text: expected the form Genotype"),
        (DARTS_V2 + "\0", "text: expected the form Genotype"),
        (DARTS_V2[:-1], "text: expected the form Genotype"),
        (DARTS_V2 * 20, "text: expected the form Genotype"),
        ("Genotype(" + "[" * 3000 + ")", "text: expected the form Genotype"),
        (DARTS_V2.replace("reduce=", "normal="), "text: expected the form Genotype"),
        (DARTS_V2.replace("normal_concat=[2, ", "normal_concat=["), "normal_concat: expected"),
        (DARTS_V2.replace("[2, 3, 4, 5]", "list()"), "normal_concat: expected a list"),
        (DARTS_V2.replace("skip_connect", "none"), "expected one of max_pool_3x3, .*'none'"),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)"), "node 0 to 4, got 5"),
        (
            DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 0)"),
            "different nodes, got 0",
        ),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', True)"), "got True"),
        (DARTS_V2.replace(", ('dil_conv_3x3', 2)", ""), "normal: expected 8 pairs"),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "2"), r"normal\[7\]: expected a pair"),
        (DARTS_V2.replace("'dil_conv_3x3'", "print()"), "normal: expected a list, got"),
    ],
)
def test_other_texts(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SPACE.parse(text)
