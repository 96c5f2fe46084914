"""NAS-Bench-Graph: what is one network, and what is a step."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from otnas import spaces
from otnas.spaces import NASBenchGraph
from otnas.spaces.nasbenchgraph import OPERATIONS, PROTEINS_OPERATIONS
from otnas.spaces.nasbenchgraph_ways import LINKS
from otnas_fast import Cell

SPACE = spaces.get("nasbenchgraph")
PROTEINS = spaces.get("nasbenchgraph_proteins")
assert isinstance(SPACE, NASBenchGraph)
assert isinstance(PROTEINS, NASBenchGraph)


def random_text(rng: np.random.Generator) -> str:
    """Any of the 24 x 9^4 ways to write a network, skip connections being frequent."""
    links = "".join(str(rng.integers(i + 1)) for i in range(4))
    ops = [OPERATIONS[min(8, rng.integers(13))] for _ in range(4)]
    return f"{links};{','.join(ops)}" if set(ops) != {"skip"} else random_text(rng)


def computes(text: str) -> tuple[object, ...]:
    """What a network gives, skip connections left out: the results that nothing reads, sorted.

    The raw input does not reach the output, and a result is named by the operations before it.
    Results that are computed once and read twice keep their name, which is enough to compare.
    """
    links, ops = text.split(";")
    names: list[tuple[str, ...]] = [()]
    for source, op in zip(links, ops.split(","), strict=True):
        below = names[int(source)]
        names.append(below if op == "skip" else (*below, op))
    leaves = [i for i in range(1, 5) if str(i) not in links]
    return tuple(sorted(names[i] for i in leaves if names[i]))


def test_counts_and_order() -> None:
    for space, count in ((SPACE, 26_206), (PROTEINS, 2_021)):
        cells = space.enumerate()
        assert len(cells) == len(set(cells.hashes)) == count
        assert (np.diff(space.numbers) > 0).all()
    assert SPACE.numbers[0] == 0
    assert SPACE.format(SPACE.enumerate()[0]) == "0000;gat,gat,gat,gat"
    assert set(PROTEINS.enumerate().hashes) < set(SPACE.enumerate().hashes)
    assert set(PROTEINS.numbers) < set(SPACE.numbers)


def test_cells_are_pairwise_no_isomorphic_graphs() -> None:
    cells = SPACE.enumerate().cells.canonical()
    rows = np.concatenate([cells.codes.reshape(-1, 6), cells.successors.reshape(-1, 6)], axis=1)
    assert len(np.unique(rows, axis=0)) == 26_206


def test_agrees_with_the_package() -> None:
    official = pytest.importorskip("nas_bench_graph.architecture")
    rng = np.random.default_rng(0)
    for _ in range(3000):
        text = random_text(rng)
        links, ops = text.split(";")
        number = official.Arch(list(map(int, links)), ops.split(",")).valid_hash()
        at = SPACE.enumerate().index_of(SPACE.hash(SPACE.parse(text)))
        assert SPACE.numbers[at] == number, text


def test_ways_to_write_a_network_compute_the_same() -> None:
    rng = np.random.default_rng(1)
    for _ in range(500):
        text = random_text(rng)
        written = SPACE.format(SPACE.parse(text))
        if "skip" not in text:
            assert computes(written) == computes(text)
        assert SPACE.format(SPACE.parse(written)) == written


def test_renumbered_cells_are_the_same() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        cell = SPACE.random(rng)
        for order in permutations(range(1, 5)):
            at = [0, *order, 5]
            shuffled = Cell(cell.matrix[np.ix_(at, at)], [cell.ops[i] for i in at], SPACE.taxonomy)
            assert SPACE.is_valid(shuffled)
            assert SPACE.hash(shuffled) == SPACE.hash(cell)
            assert SPACE.values_of(shuffled) == SPACE.values_of(cell)


def test_neighbours_are_those_at_one_step() -> None:
    """Against going through all ways to write any network, two of which differ at one place."""
    digits = np.array(list(product(*map(range, map(len, PROTEINS.choices)))))
    values = [
        tuple(allowed[i] for i, allowed in zip(row, PROTEINS.choices, strict=True))
        for row in digits.tolist()
    ]
    find = PROTEINS.enumerate().find
    network = find(PROTEINS.digests([PROTEINS.cell_of(value) for value in values]))
    assert (network < 0).sum() == 24  # four skip connections
    rng = np.random.default_rng(3)
    for at in rng.integers(2_021, size=8).tolist():
        expected = set()
        for way in digits[network == at]:
            expected |= set(network[(digits != way).sum(axis=1) == 1].tolist())
        found = find(PROTEINS.digests(PROTEINS.neighbours(PROTEINS.enumerate()[at])))
        assert set(found.tolist()) == expected - {at, -1}
        assert len(found) == len(expected - {at, -1})


def test_uniform_draws() -> None:
    rng = np.random.default_rng(4)
    drawn = PROTEINS.enumerate().find(
        PROTEINS.digests([PROTEINS.random(rng) for _ in range(20_210)])
    )
    counts = np.bincount(drawn, minlength=2_021)
    chi_square = float(((counts - 10) ** 2 / 10).sum())
    assert abs(chi_square - 2_020) < 5 * np.sqrt(2 * 2_020)


def test_mutants_are_neighbours() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        cell = SPACE.random(rng)
        hashes = {SPACE.hash(neighbour) for neighbour in SPACE.neighbours(cell)}
        assert all(SPACE.hash(SPACE.mutate(cell, rng)) in hashes for _ in range(10))


def test_choices() -> None:
    rng = np.random.default_rng(6)
    cells = [SPACE.random(rng) for _ in range(50)]
    assert [SPACE.cell_of(SPACE.values_of(cell)) for cell in cells] == cells
    digits = SPACE.digits(cells)
    for cell, row in zip(cells, digits, strict=True):
        chosen = [allowed[i] for i, allowed in zip(row, SPACE.choices, strict=True)]
        assert tuple(chosen) == SPACE.values_of(cell)
    cell = PROTEINS.parse("0123;skip,gcn,arma,fc")
    assert PROTEINS.digits([cell]).tolist() == [[1, 2, 3, 4, 0, 2, 3]]
    assert (
        len(
            {tuple(map(int, "0" + "".join(values[:3]))) for values in map(SPACE.values_of, cells)}
            - set(LINKS)
        )
        == 0
    )


def test_four_skip_connections_are_no_network() -> None:
    nothing = SPACE.cell_of(["0", "0", "0", *["skip"] * 4])
    assert not SPACE.is_valid(nothing)
    assert SPACE.hash(nothing) not in set(SPACE.enumerate().hashes)
    with pytest.raises(ValueError, match="expected a network, got"):
        SPACE.parse("0123;skip,skip,skip,skip")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0012", "expected the form"),
        ("1012;gat,gat,gat,gat", "expected the form"),
        ("0312;gat,gat,gat,gat", r"values\[0\]: expected one of 0, 1, got '3'"),
        ("0012;gat,gat,gat", "values: expected 7, one per position, got 6"),
        ("0012;gat,gat,gat,conv", r"values\[6\]: expected one of gat, .*, got 'conv'"),
    ],
)
def test_other_texts(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SPACE.parse(text)


def test_other_cells_and_operations() -> None:
    two_inputs = np.zeros((6, 6), dtype=int)
    two_inputs[[0, 0, 1, 2, 3, 4], [1, 2, 3, 3, 4, 5]] = 1
    cell = Cell(two_inputs, ["input", *["gcn"] * 4, "output"], SPACE.taxonomy)
    assert not SPACE.is_valid(cell)
    with pytest.raises(ValueError, match="cell: expected a valid cell of space nasbenchgraph"):
        SPACE.neighbours(cell)
    assert not PROTEINS.is_valid(SPACE.parse("0123;gat,gcn,gcn,gcn"))
    assert PROTEINS.is_valid(SPACE.parse("0123;sage,gcn,gcn,gcn"))
    for operations in (["gcn", "gat"], ["skip"], ["conv"], []):
        with pytest.raises(ValueError, match="operations: expected some of"):
            NASBenchGraph(operations)
    assert len(NASBenchGraph(PROTEINS_OPERATIONS).enumerate()) == 2_021
