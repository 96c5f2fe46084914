"""The layout of a small directed acyclic graph.

Vertices stand in layers by their longest path from the input. An edge across several layers gets a
place in each of them, like a thin vertex, so that it runs between the others and not through them;
layers are ordered by the means of their neighbours' places (Sugiyama et al. 1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from otnas.arrays import FloatArray

_BOX, _THIN = 1.15, 0.4
"""Widths kept free for a vertex and for an edge."""

_SWEEPS = 8


@dataclass(frozen=True)
class Drawing:
    """Places of vertices and edges: x to the right and centred, y upwards, a layer every -1.

    Attributes
    ----------
    vertices : array (n, 2)
    edges : dict of (u, v) to array (m, 2)
        Points that the edge runs through, its ends included.
    """

    vertices: FloatArray
    edges: dict[tuple[int, int], FloatArray]


def place(matrix: NDArray[np.bool_]) -> Drawing:
    """Return the layout of a graph.

    Parameters
    ----------
    matrix : bool array (n, n)
        Strictly upper triangular: entry (u, v) is the edge from u to v.
    """
    n = len(matrix)
    depth = np.zeros(n, dtype=int)
    for v in range(n):
        before = np.flatnonzero(matrix[:v, v])
        if before.size:
            depth[v] = depth[before].max() + 1
    layers: list[list[int]] = [np.flatnonzero(depth == d).tolist() for d in range(depth.max() + 1)]
    # Nodes are the vertices, and behind them the places of edges in the layers that they cross.
    chains: dict[tuple[int, int], list[int]] = {}
    count = n
    for u, v in np.argwhere(matrix).tolist():
        crossed = range(depth[u] + 1, depth[v])
        chains[u, v] = [u, *range(count, count + len(crossed)), v]
        for node, d in zip(chains[u, v][1:-1], crossed, strict=True):
            layers[d].append(node)
        count += len(crossed)
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for chain in chains.values():
        for a, b in pairwise(chain):
            above[b].append(a)
            below[a].append(b)
    x = _ordered(layers, above, below, n, count)
    y = np.zeros(count)
    for d, layer in enumerate(layers):
        y[layer] = -d
    points = np.column_stack([x, y])
    return Drawing(points[:n], {edge: points[chain] for edge, chain in chains.items()})


def _ordered(
    layers: list[list[int]], above: list[list[int]], below: list[list[int]], n: int, count: int
) -> FloatArray:
    """Return x of all nodes for the order with the fewest crossings that was found."""
    x = np.zeros(count)
    for layer in layers:
        _spread(layer, x, n)
    best, fewest = x.copy(), _crossings(layers, below, x)
    for sweep in range(_SWEEPS):
        neighbours, path = (above, layers[1:]) if sweep % 2 == 0 else (below, layers[-2::-1])
        for layer in path:
            means = {node: np.mean(x[neighbours[node]]) if neighbours[node] else x[node]
                     for node in layer}  # fmt: skip
            layer.sort(key=lambda node: means[node])
            _spread(layer, x, n)
        crossings = _crossings(layers, below, x)
        if crossings < fewest:
            best, fewest = x.copy(), crossings
    return best


def _spread(layer: list[int], x: FloatArray, n: int) -> None:
    """Place the nodes of a layer side by side, centred."""
    widths = np.array([_BOX if node < n else _THIN for node in layer])
    x[layer] = np.cumsum(widths) - widths / 2 - widths.sum() / 2


def _crossings(layers: list[list[int]], below: list[list[int]], x: FloatArray) -> int:
    total = 0
    for layer in layers:
        ends = [(x[node], x[other]) for node in layer for other in below[node]]
        total += sum(
            (a[0] - b[0]) * (a[1] - b[1]) < 0 for i, a in enumerate(ends) for b in ends[:i]
        )
    return total
