"""
Your own space: sequences and small graphs
==========================================

Run it with ``python examples/custom_space.py``. Everything that works on NAS-Bench-101 and
NAS-Bench-201 works on the spaces made here: kernels, searches, de-duplication.
"""

from __future__ import annotations

import numpy as np

from otnas.spaces import CellSpace, SequenceSpace, Space
from otnas_fast import Cell, Taxonomy, distances, embed, gram

# %%
# A macro space: a network of 8 positions, at each one of 3 blocks.
#
# The taxonomy says which blocks are alike. Two blocks of one family are 2 * alpha apart, blocks of
# different families 2. "identity" leaves a position out; it is a family of its own.
BLOCKS = Taxonomy(
    {"mobile": ["mb3_3x3", "mb6_5x5"], "identity": ["identity"]}, alpha=0.2, name="macro"
)
MACRO = SequenceSpace(BLOCKS, positions=8)


# %%
# Small graphs: cells of up to 5 vertices (input and output included) and 6 edges, with a
# condition of your own. The condition sees pruned cells and must not depend on the numbering of
# their vertices.
LAYERS = Taxonomy(
    {"conv": ["conv3", "conv5"], "pool": ["maxpool"], "attention": ["attention"]}, name="small"
)


def at_most_one_attention(cell: Cell) -> bool:
    """Tell whether the cell is cheap enough."""
    return cell.ops.count("attention") <= 1


SMALL = CellSpace(LAYERS, max_vertices=5, max_edges=6, valid=at_most_one_attention)


def show(space: Space, rng: np.random.Generator) -> None:
    """Print what can be done with a space."""
    cell = space.random(rng)
    mutant = space.mutate(cell, rng)
    print(f"{space.name}: {len(space.enumerate())} architectures")
    print(f"  one of them   {space.format(cell)}")
    print(f"  its hash      {space.hash(cell)}")
    print(f"  a mutation    {space.format(mutant)}")
    print(f"  neighbours    {len(space.neighbours(cell))}")

    # Vertices may be numbered in several ways, and some lie on no path from input to output: cells
    # with the same hash are the same architecture.
    cells = [space.random(rng) for _ in range(200)]
    first, _ = space.unique(cells)
    print(f"  of 200 random cells, {len(first)} are different architectures")

    # The kernel needs nothing but the cells.
    embedding = embed([cells[i] for i in first])
    kernel = gram(embedding)
    print(f"  their Gram matrix has shape {kernel.shape}")
    print(f"  largest distances {np.round(distances(embedding).max(axis=(1, 2)), 2).tolist()}")


def main() -> None:
    """Show both spaces."""
    rng = np.random.default_rng(0)
    for space in (MACRO, SMALL):
        show(space, rng)


if __name__ == "__main__":
    main()
