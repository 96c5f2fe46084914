"""Slow, obvious versions of what the compiled core computes, written from the definitions."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np

from otnas_fast import Cell, Taxonomy


def prune(matrix: np.ndarray, ops: list[str], absent: tuple[str, ...] = ()):
    """Keep what lies on an input-to-output path, by asking for every vertex."""
    n = len(ops)
    matrix = np.array(matrix).copy()
    for v, op in enumerate(ops):
        if op in absent:
            matrix[v, :] = matrix[:, v] = 0
    reach = np.linalg.matrix_power(np.eye(n, dtype=int) + matrix, n) > 0
    keep = [v for v in range(n) if reach[0, v] and reach[v, n - 1]]
    if 0 not in keep:
        return np.zeros((2, 2), dtype=int), ["input", "output"]
    return matrix[np.ix_(keep, keep)], [ops[v] for v in keep]


def operation_measure(cell: Cell, ngram: int) -> dict[tuple[str, ...], float]:
    """Counts of operations and of joined pairs, normalised."""
    matrix, ops = prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)
    inner = range(1, len(ops) - 1)
    grams = Counter((ops[v],) for v in inner)
    if ngram == 2:
        grams.update((ops[u], ops[v]) for u in inner for v in inner if matrix[u, v])
    total = sum(grams.values())
    return {gram: count / total for gram, count in grams.items()} if total else {(): 1.0}


def path_length(x: tuple[str, ...], y: tuple[str, ...], taxonomy: Taxonomy, ngram: int) -> float:
    """Length of the path between two grams in the operation tree; () is the root."""
    alpha = taxonomy.alpha
    family = {op: name for name, ops in taxonomy.families.items() for op in ops}
    depth = 1.0 if ngram == 1 else 2.0
    if x == y:
        return 0.0
    if not x or not y:
        return depth
    if len(x) != len(y):
        return 2 * depth  # one in the tree of operations, one in the tree of pairs
    if len(x) == 1:
        return 2 * alpha if family[x[0]] == family[y[0]] else 2.0
    families = [tuple(family[op] for op in pair) for pair in (x, y)]
    if sorted(families[0]) != sorted(families[1]):
        return 2.0
    same_family = families[0][0] == families[0][1]
    kinds = [(p[0] == p[1]) if same_family else f for p, f in zip((x, y), families, strict=True)]
    return 2 * alpha**2 if kinds[0] == kinds[1] else 2 * alpha


def degree_measure(cell: Cell, side: str) -> dict[Fraction, float]:
    """Degrees added up by layer, at the layers' positions in the unit interval."""
    matrix, ops = prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)
    if matrix.sum() == 0:
        return {Fraction(0): 1.0}
    layer = {0: 0}
    queue = [0]
    for u in queue:
        for v in np.flatnonzero(matrix[u]):
            if v not in layer:
                layer[int(v)] = layer[u] + 1
                queue.append(int(v))
    layers = max(layer.values()) + 1
    degrees = matrix.sum(axis=0 if side == "in" else 1)
    measure: dict[Fraction, float] = {}
    for v in range(len(ops)):
        position = Fraction(layer[v], layers)
        measure[position] = measure.get(position, 0.0) + degrees[v] / matrix.sum()
    return measure


def interval_distance(mu: dict[Fraction, float], nu: dict[Fraction, float]) -> float:
    """Integral of the absolute difference of the cumulative distributions."""
    points = sorted({*mu, *nu, Fraction(1)})
    total = 0.0
    for left, right in itertools.pairwise(points):
        gap = sum(m for x, m in mu.items() if x <= left) - sum(
            m for x, m in nu.items() if x <= left
        )
        total += abs(gap) * float(right - left)
    return total


def path_words(cell: Cell) -> list[tuple[str, ...]]:
    """The operations along every input-to-output path, by walking each of them."""
    matrix, ops = prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)

    def walk(v: int) -> list[tuple[str, ...]]:
        if v == len(ops) - 1:
            return [()]
        own = () if v == 0 else (ops[v],)
        return [own + rest for w in np.flatnonzero(matrix[v]) for rest in walk(int(w))]

    return walk(0)


def path_measure(cell: Cell, block: str) -> dict[tuple[str, ...], float]:
    """Mass on the end of each path's word, closed by a marker; () is the root of the trie."""
    words = path_words(cell)
    if not words:
        return {(): 1.0}
    if block == "suffix":
        words = [word[::-1] for word in words]
    return {(*w, "end"): count / len(words) for w, count in Counter(words).items()}


def trie_path_length(x: tuple[str, ...], y: tuple[str, ...], decay: float = 1.0) -> float:
    """Length of the path between two nodes of the trie: up to the common beginning, and down."""
    common = 0
    while common < min(len(x), len(y)) and x[common] == y[common]:
        common += 1
    return sum(decay**level for word in (x, y) for level in range(common, len(word)))


def trie_distance(a: Cell, b: Cell, block: str, decay: float = 1.0) -> float:
    """Sum over the edges of the trie of the length times the difference of the mass below."""
    below: list[dict[tuple[str, ...], float]] = []
    for cell in (a, b):
        masses: dict[tuple[str, ...], float] = {}
        for word, mass in path_measure(cell, block).items():
            for length in range(1, len(word) + 1):
                masses[word[:length]] = masses.get(word[:length], 0.0) + mass
        below.append(masses)
    edges = below[0].keys() | below[1].keys()
    return sum(
        decay ** (len(edge) - 1) * abs(below[0].get(edge, 0.0) - below[1].get(edge, 0.0))
        for edge in edges
    )


def sizes(cell: Cell) -> dict[str, float]:
    """Count of each operation, and the number of paths / 4."""
    _, ops = prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)
    return {**Counter(ops[1:-1]), "paths": len(path_words(cell)) / 4}


def depth(cell: Cell) -> dict[str, float]:
    """Edges of the shortest and of the longest path."""
    lengths = [len(word) + 1 for word in path_words(cell)]
    return {"shortest": min(lengths, default=0), "longest": max(lengths, default=0)}


def terminals(cell: Cell) -> dict[str, float]:
    """Out-degree of the input, in-degree of the output, 2 for an edge between them."""
    matrix, _ = prune(cell.matrix, list(cell.ops), cell.taxonomy.absent)
    edges = [list(map(int, row)) for row in matrix]
    return {"out": sum(edges[0]), "in": sum(row[-1] for row in edges), "direct": 2 * edges[0][-1]}


COUNTS = {"sizes": sizes, "depth": depth, "terminals": terminals}


def counts_distance(a: Cell, b: Cell, block: str) -> float:
    """L1 distance of what is counted."""
    x, y = COUNTS[block](a), COUNTS[block](b)
    return sum(abs(x.get(key, 0.0) - y.get(key, 0.0)) for key in x.keys() | y.keys())
