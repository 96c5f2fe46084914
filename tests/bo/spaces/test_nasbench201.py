"""NAS-Bench-201: strings, order, structures, moves."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from otnas.spaces import NASBench201
from otnas.spaces.nasbench201 import OPERATIONS
from otnas_fast import Cell

SPACE = NASBench201()


def string(ops: tuple[str, ...]) -> str:
    return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*ops)


def test_order_of_all_cells() -> None:
    cells = SPACE.enumerate()
    expected = [string(ops) for ops in itertools.product(OPERATIONS, repeat=6)]
    assert cells.cells.to_nasbench201() == expected
    assert SPACE.parse(expected[12345]) == cells[12345]
    assert SPACE.format(cells[777]) == expected[777]


def test_unique_structures() -> None:
    first, labels = SPACE.unique(SPACE.enumerate().cells)
    assert len(first) == 6466
    assert labels.max() == 6465


def function(ops: tuple[str, ...]) -> tuple[str, ...]:
    """Say what a cell computes: every node as a merged sum of terms, without zeros."""
    nodes: list[tuple[str, ...]] = [("x",)]
    edges = iter(ops)
    for node in (1, 2, 3):
        terms: list[str] = []
        for source in range(node):
            op = next(edges)
            if op == "skip_connect":
                terms += nodes[source]
            elif op != "none" and nodes[source]:
                terms.append(f"{op}({'+'.join(nodes[source])})")
        nodes.append(tuple(sorted(terms)))
    return nodes[3]


def test_equal_structures_compute_the_same() -> None:
    computed: dict[str, tuple[str, ...]] = {}
    all_ops = list(itertools.product(OPERATIONS, repeat=6))
    for hash_, ops in zip(SPACE.enumerate().hashes, all_ops, strict=True):
        assert computed.setdefault(str(hash_), function(ops)) == function(ops)
    assert len(set(computed.values())) == 4930


def test_structures_by_hand() -> None:
    zero = string(("none",) * 6)
    conv = ("nor_conv_3x3", "none", "none", "none", "none", "none")
    assert SPACE.structure(SPACE.parse(zero)) == "#+#+#"
    direct = ("none", "none", "none", "nor_conv_3x3", "none", "none")
    through = ("skip_connect", "none", "none", "none", "nor_conv_3x3", "none")
    assert SPACE.hash(SPACE.parse(string(direct))) == SPACE.hash(SPACE.parse(string(through)))
    assert SPACE.hash(SPACE.parse(string(conv))) == SPACE.hash(SPACE.parse(zero))
    assert SPACE.structure(SPACE.parse(string(direct))) == "#+#+(0)@nor_conv_3x3"


def test_neighbours_are_the_24() -> None:
    cell = SPACE.random(np.random.default_rng(0))
    texts = [SPACE.format(neighbour) for neighbour in SPACE.neighbours(cell)]
    assert len(set(texts)) == 24
    own = SPACE.format(cell).replace("+", "").split("|")
    for text in texts:
        other = text.replace("+", "").split("|")
        assert sum(a != b for a, b in zip(own, other, strict=True)) == 1


def test_moves_are_uniform() -> None:
    rng = np.random.default_rng(1)
    drawn = Counter(op for _ in range(2000) for op in SPACE.random(rng).ops[1:-1])
    assert {op: n / 12_000 for op, n in drawn.items()} == pytest.approx(
        dict.fromkeys(OPERATIONS, 0.2), abs=0.02
    )
    cell = SPACE.random(rng)
    mutants = Counter(SPACE.format(SPACE.mutate(cell, rng)) for _ in range(4800))
    assert len(mutants) == 24
    assert all(count == pytest.approx(200, abs=70) for count in mutants.values())


def test_only_the_whole_form_is_valid() -> None:
    cell = SPACE.parse(string(("none", "skip_connect") * 3))
    assert SPACE.is_valid(cell)
    assert not SPACE.is_valid(cell.prune())
    with pytest.raises(ValueError, match="8-vertex form"):
        SPACE.hash(cell.prune())
    other = Cell(np.eye(8, k=1, dtype=int), cell.ops, cell.taxonomy)
    with pytest.raises(ValueError, match="expected a valid cell of space nasbench201"):
        SPACE.format(other)
    with pytest.raises(ValueError, match="nor_conv_7x7"):
        SPACE.parse(string(("nor_conv_7x7",) * 6))
