"""
A cell and its tree
===================

The kernel compares what two cells are made of on a *tree* of their operations: mass moves along its
edges, and the distance is the least work that turns one cell's mass into the other's. This example
draws two cells, the tree, and the work on each edge, and finds the same number three times.
"""

import matplotlib.pyplot as plt
import numpy as np

import otnas_fast as of
from otnas.reading.graph_layout import place

# %%
# Two cells of a small space: convolutions are alike, pooling is something else.
taxonomy = of.Taxonomy({"conv": ["conv3", "conv5"], "pool": ["max", "avg"]}, alpha=0.3)
first = of.Cell(
    [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
    ["input", "conv3", "conv3", "max", "output"],
    taxonomy=taxonomy,
)
second = of.Cell(
    [[0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]],
    ["input", "conv5", "avg", "output"],
    taxonomy=taxonomy,
)

# %%
# The tree has the families below its root and the operations below the families. A leaf has depth
# 1, of which the share alpha is below its family.
nodes = ["root", "conv", "pool", "conv3", "conv5", "max", "avg"]
parents = [-1, 0, 0, 1, 1, 2, 2]
lengths = [0.0, 0.7, 0.7, 0.3, 0.3, 0.3, 0.3]
tree = of.TreeMetric(parents, lengths)


def masses(cell):
    """Return the mass of a cell on each node: every operation counts once, the total is 1."""
    ops = cell.ops[1:-1]
    return np.array([ops.count(node) / len(ops) for node in nodes])


mu, nu = masses(first), masses(second)
by_tree = of.tree_wasserstein(tree, mu, nu)
by_cells = of.distances([first, second], ngram=1)[0, 0, 1]
below_mu, below_nu = tree.embed(np.stack([mu, nu]))  # length times the mass below each edge
print(f"tree_wasserstein {by_tree:.4f}, distances of cells {by_cells:.4f}")
print(f"sum over edges of length * |difference of masses| {np.abs(below_mu - below_nu).sum():.4f}")

# %%
# Left: the cells. Right: the tree; the width of an edge is the work done on it.
COLOURS = {"conv3": "#cfe2f3", "conv5": "#9fc5e8", "max": "#fce5cd", "avg": "#f9cb9c"}


def draw(axes, points, edges, labels, widths=None):
    """Draw a graph with labels in its vertices."""
    for i, line in enumerate(edges):
        width = 1.2 if widths is None else 0.5 + 16 * widths[i]
        axes.plot(*np.transpose(line), color="#556677", linewidth=width, zorder=1)
    for (x, y), label in zip(points, labels, strict=True):
        box = {"boxstyle": "round", "facecolor": COLOURS.get(label.split("\n")[0], "white")}
        axes.text(x, y, label, ha="center", va="center", fontsize=8, bbox=box)
    axes.margins(0.25)
    axes.set_axis_off()


figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.6), width_ratios=[1, 1, 2.2])
for axes, cell, title in ((left, first, "first cell"), (middle, second, "second cell")):
    layout = place(np.asarray(cell.matrix, dtype=bool))
    draw(axes, layout.vertices, layout.edges.values(), cell.ops)
    axes.set_title(title, fontsize=9)
places = np.array([[0, 0], [-1, -1], [1, -1], [-1.6, -2], [-0.5, -2], [0.5, -2], [1.6, -2]])
edges = [places[[node, parent]] for node, parent in enumerate(parents) if parent >= 0]
labels = [
    f"{node}\n{a:.2f} / {b:.2f}" if a + b else node
    for node, a, b in zip(nodes, mu, nu, strict=True)
]
draw(right, places, edges, labels, np.abs(below_mu - below_nu)[1:])
right.set_title(f"mass of the first / of the second; distance {by_tree:.2f}", fontsize=9)
plt.show()
