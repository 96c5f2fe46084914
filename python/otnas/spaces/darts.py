"""DARTS: a normal and a reduction cell, about 10^18 pairs (Liu et al. 2019).

Notation
--------
node : each cell has nodes 0 and 1, the outputs of the two cells before it (``c_{k-2}``,
    ``c_{k-1}``), and four intermediate nodes, 2 to 5. An intermediate node adds up two edges that
    come from two different nodes before it, each with an operation; the cell's output concatenates
    all four. A pair of cells is called a genotype.

The conventions are those of NAS-Bench-301 and of White et al. (2021), which are those of the
original evaluation: seven operations (the eighth, ``none``, never occurs in a genotype), both edges
of a node from different nodes, both cells searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from otnas.identities import Digests, groups, text_digests
from otnas.spaces.base import Space, SpaceCells
from otnas.spaces.darts_text import NODES, OPERATIONS, format_genotype, parse_genotype
from otnas_fast import Cell, CellArray, Taxonomy, as_cells
from otnas_fast.taxonomy import INPUT_CODE, OUTPUT_CODE

CELLS = ("normal", "reduce")

SIZE = (180 * len(OPERATIONS) ** 8) ** 2
"""Number of genotypes, where the order of a node's two edges does not count: 1.08e18."""


def _families(kind: str) -> dict[str, tuple[str, ...]]:
    """Return the families of one cell's operations; those of the other cell have other names."""
    names = {
        "inputs": ("c_{k-2}", "c_{k-1}"),
        "pool": ("max_pool_3x3", "avg_pool_3x3"),
        "skip": ("skip_connect",),
        "conv": ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"),
    }
    return {f"{kind} {f}": tuple(f"{kind}:{op}" for op in ops) for f, ops in names.items()}


TAXONOMY = Taxonomy({**_families("normal"), **_families("reduce")}, max_layers=6, name="darts")

# Vertices: input; of each cell its two inputs and its eight edges, two a node; output.
_VERTICES = 22
_FIRST = (1, 11)
_CODES = np.array(
    [[TAXONOMY.codes[f"{kind}:{op}"] for op in OPERATIONS] for kind in CELLS], dtype=np.uint8
)

_INPUT_CODES = np.array(
    [[TAXONOMY.codes[f"{kind}:c_{{k-{back}}}"] for back in (2, 1)] for kind in CELLS], np.uint8
)

Genotypes: TypeAlias = npt.NDArray[np.int64]
"""Shape (n, 2, 4, 2, 2): cell, node, edge, (number of the operation, node it comes from)."""


class DARTS(Space):
    """The DARTS search space; both cells together are one `Cell`.

    The `Cell` has a vertex for every edge of a genotype, one for each of the two inputs of both
    cells, and the two cells side by side between input and output: an operation leads to those that
    read the node it is added to, and to the output. Operations of the two cells have different
    names, such as ``normal:skip_connect`` and ``reduce:skip_connect``. Nothing
    is ever pruned: the first node reads both inputs, and all nodes lead to the output.

    `random` draws genotypes uniformly: the two nodes before each node among all pairs, and the
    operations among all seven. Architectures that can be numbered in more ways are therefore drawn
    more often.

    Notes
    -----
    `format` and `parse` use the text ``Genotype(normal=[('sep_conv_3x3', 0), ...],
    normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=[2, 3, 4, 5])`` of the published code,
    which is read as data.

    `hash` is the same for genotypes that differ in the numbering of nodes or in the order of a
    node's edges, and for no others. The `Cell` alone has less information: where only the output
    reads the sum of two operations, it does not show which two are added up, since its graph is
    made for kernels, in which operations are neighbours of operations.

    Examples
    --------
    >>> import numpy as np
    >>> space = DARTS()
    >>> cell = space.random(np.random.default_rng(0))
    >>> space.parse(space.format(cell)) == cell
    True
    >>> len(space.neighbours(cell))
    120
    """

    def __init__(self) -> None:
        self.name = "darts"
        self.taxonomy = TAXONOMY

    def random(self, rng: np.random.Generator) -> Cell:
        """Draw one of the 1.08e18 genotypes uniformly."""
        genotype = np.empty((2, 4, 2, 2), dtype=np.int64)
        genotype[..., 0] = rng.integers(len(OPERATIONS), size=(2, 4, 2))
        for cell in range(2):
            for node in range(4):
                genotype[cell, node, :, 1] = np.sort(rng.permutation(node + 2)[:2])
        return _packed(genotype[None])[0]

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Change the operation or the source of one edge (White et al. 2021, BANANAS).

        One of the two cells, one of its eight edges, and either its operation or its source are
        drawn uniformly; then another operation, or another node that the node's other edge does not
        come from. If there is no such node (for the first node), the operation changes.
        """
        genotype = self._genotype(cell).copy()
        which, edge = int(rng.integers(2)), int(rng.integers(8))
        node, side = divmod(edge, 2)
        sources = _other_sources(genotype[which, node], node)
        if rng.integers(2) and sources:
            genotype[which, node, side, 1] = sources[int(rng.integers(len(sources)))]
        else:
            shift = rng.integers(1, len(OPERATIONS))
            genotype[which, node, side, 0] = (genotype[which, node, side, 0] + shift) % 7
        return _packed(genotype[None])[0]

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Return all cells that differ in the operation or in the source of one edge.

        There are 96 + 24, less those that are the same up to numbering.
        """
        genotype = self._genotype(cell)
        changed = [genotype, *_one_step(genotype)]
        cells = _packed(np.array(changed))
        first, _ = groups(self._digests(cells))
        return [cells[int(i)] for i in first[1:]]  # the first is the cell itself

    def is_valid(self, cell: Cell) -> bool:
        """Whether the cell has the 22-vertex form of a genotype."""
        if not isinstance(cell, Cell) or cell.taxonomy != self.taxonomy:
            return False
        try:
            _genotypes(as_cells([cell]))
        except ValueError:
            return False
        return True

    def format(self, cell: Cell) -> str:
        """Write ``Genotype(normal=[...], normal_concat=[2, 3, 4, 5], reduce=[...], ...)``."""
        return format_genotype(*map(_edges, self._genotype(cell)))

    def parse(self, text: str) -> Cell:
        """Read what `format` writes; also ``range(2, 6)`` for the concatenated nodes.

        Raises
        ------
        TypeError, ValueError
            If the text has another form, other operations (including ``none``), edges from nodes
            that do not come before, two edges from one node, or concatenates other nodes.
        """
        numbers = [
            [(OPERATIONS.index(operation), source) for operation, source in edges]
            for edges in parse_genotype(text)
        ]
        return _packed(np.array(numbers).reshape(1, 2, NODES, 2, 2))[0]

    def enumerate(self) -> SpaceCells:
        """Raise an error: the space is too large.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(f"space {self.name} is too large to enumerate: it has {SIZE:.2e} cells")

    def _genotype(self, cell: Cell) -> Genotypes:
        self._require_cell(cell)
        try:
            genotype: Genotypes = _genotypes(as_cells([cell]))[0]
        except ValueError:
            raise ValueError(
                f"cell: expected a valid cell of space {self.name}, got {cell!r}"
            ) from None
        return genotype

    def _digests(self, cells: CellArray) -> Digests:
        return text_digests(
            format_genotype(*(_edges(_canonical(cell.tobytes())) for cell in genotype))
            for genotype in _genotypes(cells)
        )


def _edges(cell: Genotypes) -> list[tuple[str, int]]:
    """Return the eight edges of one cell (4, 2, 2) with the names of their operations."""
    return [(OPERATIONS[op], source) for op, source in cell.reshape(-1, 2).tolist()]


def _other_sources(edges: Genotypes, node: int) -> list[int]:
    """Return nodes that an edge of intermediate node `node`, edges (2, 2), could come from."""
    return [source for source in range(node + 2) if source not in edges[:, 1].tolist()]


def _one_step(genotype: Genotypes) -> Iterator[Genotypes]:
    for cell, node, side in np.ndindex(2, NODES, 2):
        values = [range(len(OPERATIONS)), _other_sources(genotype[cell, node], node)]
        for what, others in enumerate(values):
            for value in others:
                if value != genotype[cell, node, side, what]:
                    changed = genotype.copy()
                    changed[cell, node, side, what] = value
                    yield changed


@lru_cache(maxsize=2**16)
def _canonical(cell: bytes) -> Genotypes:
    """Return the smallest of all renumberings of the nodes of one cell, int64 (4, 2, 2)."""
    nodes = np.frombuffer(cell, dtype=np.int64).reshape(NODES, 2, 2).tolist()
    ways = []
    for order in permutations(range(NODES)):
        number = {0: 0, 1: 1, **{old + 2: new + 2 for new, old in enumerate(order)}}
        way = [sorted((number[source], op) for op, source in nodes[old]) for old in order]
        if all(source < new + 2 for new, edges in enumerate(way) for source, _ in edges):
            ways.append(way)
    return np.array(min(ways))[..., ::-1]


def _vertices(source: int, cell: int) -> list[int]:
    """Return the vertices that stand for a node: an input, or the two edges that are added up."""
    first = _FIRST[cell]
    return [first + source] if source < 2 else [first + 2 * source - 2, first + 2 * source - 1]


def _packed(genotypes: Genotypes) -> CellArray:
    n = len(genotypes)
    everyone = np.arange(n)
    successors = np.zeros((n, _VERTICES), dtype=np.uint32)
    codes = np.empty((n, _VERTICES), dtype=np.uint8)
    codes[:, 0], codes[:, -1] = INPUT_CODE, OUTPUT_CODE
    for cell, first in enumerate(_FIRST):
        successors[:, 0] |= np.uint32(0b11 << first)
        codes[:, first : first + 2] = _INPUT_CODES[cell]
        codes[:, first + 2 : first + 10] = _CODES[cell][genotypes[:, cell, :, :, 0]].reshape(n, 8)
        successors[:, first + 2 : first + 10] |= np.uint32(1 << (_VERTICES - 1))
        # First vertex of each node; the second, if there is one, leads where the first does.
        leads = np.array([_vertices(source, cell)[0] for source in range(NODES + 2)])
        for node, side in np.ndindex(NODES, 2):
            vertex = np.uint32(1 << (first + 2 + 2 * node + side))
            successors[everyone, leads[genotypes[:, cell, node, side, 1]]] |= vertex
        successors[:, leads[2:] + 1] = successors[:, leads[2:]]
    offsets = _VERTICES * np.arange(n + 1, dtype=np.int64)
    return CellArray(offsets, successors.reshape(-1), codes.reshape(-1), TAXONOMY)


def _genotypes(cells: CellArray) -> Genotypes:
    """Return the genotypes of cells; the inverse of `_packed`.

    Raises
    ------
    ValueError
        If a cell has another form.
    """
    wrong = ValueError("cells of space darts: expected the 22-vertex form, not pruned")
    n = len(cells)
    if not (np.diff(cells.offsets) == _VERTICES).all():
        raise wrong
    successors = cells.successors.reshape(n, _VERTICES)
    codes = cells.codes.reshape(n, _VERTICES)
    genotypes = np.zeros((n, 2, NODES, 2, 2), dtype=np.int64)
    for cell, first in enumerate(_FIRST):
        number = np.zeros(256, dtype=np.int64)
        number[_CODES[cell]] = np.arange(len(OPERATIONS))
        genotypes[:, cell, :, :, 0] = number[codes[:, first + 2 : first + 10]].reshape(n, NODES, 2)
        for node, side in np.ndindex(NODES, 2):
            vertex = first + 2 + 2 * node + side
            leads = [_vertices(source, cell)[0] for source in range(node + 2)]
            reads = successors[:, leads] >> np.uint32(vertex) & 1
            genotypes[:, cell, node, side, 1] = reads.argmax(axis=1)
    again = _packed(genotypes)
    if not np.array_equal(again.successors, cells.successors) or not np.array_equal(
        again.codes, cells.codes
    ):
        raise wrong
    return genotypes
