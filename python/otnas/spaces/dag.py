"""Spaces of cells limited in vertices and edges: sampling, mutation and neighbours.

Notation
--------
V : largest number of vertices, input and output included; k : operations
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from otnas import checks, identities
from otnas.spaces.base import Space
from otnas.spaces.text import check_names, format_cell, parse_cell
from otnas_fast import Cell, CellArray, Taxonomy, as_cells
from otnas_fast.taxonomy import INPUT_CODE, MAX_VERTICES, OUTPUT_CODE

MAX_REJECTED = 100_000
"""Draws after which sampling gives up finding a valid cell."""


class DagSpace(Space):
    """Cells whose pruned form has at most V vertices and a given number of edges.

    Parameters
    ----------
    taxonomy : Taxonomy
        The operations.
    max_vertices : int
        V, 2 to 32.
    max_edges : int, optional
        At least 1; by default all V (V - 1) / 2.
    valid : callable, optional
        Takes the pruned cell and returns whether it belongs to the space. The result must not
        depend on the numbering of the vertices.
    edge_probability : float, optional
        Probability of each edge in random cells before rejection, in (0, 1]; by default 1/2, or
        `max_edges` as a share of all edges if that is smaller.
    name : str
        Shown in messages.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        max_vertices: int,
        max_edges: int | None = None,
        *,
        valid: Callable[[Cell], bool] | None = None,
        edge_probability: float | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(taxonomy, Taxonomy):
            raise TypeError(f"taxonomy: expected a Taxonomy, got {type(taxonomy).__name__}")
        check_names(taxonomy)
        self.taxonomy = taxonomy
        self.name = taxonomy.name if name is None else name
        self.max_vertices = checks.integer("max_vertices", max_vertices, 2, MAX_VERTICES)
        all_edges = self.max_vertices * (self.max_vertices - 1) // 2
        limit = all_edges if max_edges is None else max_edges
        self.max_edges = checks.integer("max_edges", limit, 1)
        if valid is not None and not callable(valid):
            raise TypeError(f"valid: expected a callable, got {type(valid).__name__}")
        self.valid = valid
        if edge_probability is None:
            edge_probability = min(0.5, self.max_edges / all_edges)
        if not 0.0 < edge_probability <= 1.0:
            raise ValueError(
                f"edge_probability: expected a number in (0, 1], got {edge_probability}"
            )
        self.edge_probability = float(edge_probability)

    def is_valid(self, cell: Cell) -> bool:
        """Whether the pruned cell has an edge and satisfies the limits and the predicate."""
        if not isinstance(cell, Cell) or cell.taxonomy != self.taxonomy:
            return False
        return any(True for _ in self._valid_positions(as_cells([cell]).prune()))

    def random(self, rng: np.random.Generator) -> Cell:
        """Draw V vertices with random operations and edges until the cell is valid.

        The cell is not pruned, so vertices may lie on no path. A draw takes O(V^2).

        Raises
        ------
        ValueError
            If about 100,000 draws in a row were not valid.
        """
        vertices = self.max_vertices

        def draw(n: int) -> CellArray:
            edges = rng.random((n, vertices, vertices)) < self.edge_probability
            return self._pack(edges, rng.integers(self._operations, size=(n, vertices - 2)))

        return self._first_valid(draw)

    def mutate(self, cell: Cell, rng: np.random.Generator, *, rate: float = 1.0) -> Cell:
        """Flip each edge with probability rate / V, change each operation with rate / (V - 2).

        This is repeated from `cell` until the result is valid, which may be isomorphic to `cell`. A
        changed operation is drawn from the k - 1 others. These are the rates of the evolution
        published with NAS-Bench-101 (Ying et al. 2019). Cells of fewer than V vertices first get
        unconnected vertices with random operations at random places, so that mutations can make
        them grow.

        Parameters
        ----------
        cell : Cell
            A valid cell.
        rng : numpy.random.Generator
            Source of randomness.
        rate : float, default 1.0
            0 < rate <= 1.
        """
        self._require_valid(cell)
        if not 0.0 < rate <= 1.0:
            raise ValueError(f"rate: expected a number in (0, 1], got {rate}")
        vertices = self.max_vertices
        matrix, codes = self._padded(cell, rng)

        def draw(n: int) -> CellArray:
            flips = rng.random((n, vertices, vertices)) < rate / vertices
            changed = rng.random((n, vertices - 2)) < rate / max(1, vertices - 2)
            shift = rng.integers(1, max(2, self._operations), size=(n, vertices - 2))
            changed_codes = (codes + shift * changed) % self._operations
            return self._pack(matrix ^ flips, changed_codes)

        return self._first_valid(draw)

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Add one edge, remove one edge or change one operation, in every valid way.

        The vertices are those of `cell` as given, whatever their numbering: any edge that closes no
        cycle can be added. Results are not pruned, so their neighbours include `cell` again: the
        relation is symmetric. In this way a vertex on no path, as cells from `random`
        may have, can become connected; a pruned cell's neighbours have no more vertices than it.

        Complexity: O(V^2 + V k) cells are examined.
        """
        self._require_valid(cell)
        cell = self._without_absent(cell)
        matrix, ops = cell.matrix.astype(bool), list(cell.ops)
        changed: list[tuple[npt.ArrayLike, list[str]]] = []
        for u, v in np.argwhere(matrix | _addable(matrix)).tolist():
            flipped = matrix.copy()
            flipped[u, v] ^= True
            changed.append((flipped, ops))
        for vertex in range(1, len(ops) - 1):
            for op in self.taxonomy.operations:
                if op != ops[vertex]:
                    changed.append((matrix, [*ops[:vertex], op, *ops[vertex + 1 :]]))
        candidates = as_cells([(matrix, ops), *changed], self.taxonomy)
        kept = candidates[np.array(list(self._valid_positions(candidates.prune())))]
        first, _ = identities.groups(self._digests(kept))
        return [kept[int(i)] for i in first[1:]]  # the first is the cell itself

    def format(self, cell: Cell) -> str:
        """Write the cell, not pruned, as ``op,op;0-1 1-2``: operations in order, then edges."""
        self._require_cell(cell)
        return format_cell(cell)

    def parse(self, text: str) -> Cell:
        """Read ``op,op;0-1 1-2``; the cell need not be valid."""
        return parse_cell(text, self.taxonomy)

    @abstractmethod
    def _digests(self, cells: CellArray) -> npt.NDArray[np.uint8]: ...

    @property
    def _operations(self) -> int:
        return len(self.taxonomy.operations)

    def _within_limits(self, pruned: CellArray) -> npt.NDArray[np.bool_]:
        """Which of the pruned cells keep to the limits, shape (n,)."""
        bits = np.unpackbits(pruned.successors.view(np.uint8).reshape(-1, 4), axis=1).sum(axis=1)
        edges = np.add.reduceat(bits, pruned.offsets[:-1])
        sizes = np.diff(pruned.offsets)
        return np.asarray(
            (edges >= 1) & (edges <= self.max_edges) & (sizes <= self.max_vertices), dtype=bool
        )

    def _valid_positions(self, pruned: CellArray) -> Iterator[int]:
        """Yield the positions of the valid ones among pruned cells."""
        for i in np.flatnonzero(self._within_limits(pruned)).tolist():
            if self.valid is None or self.valid(pruned[i]):
                yield i

    def _pack(self, edges: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64]) -> CellArray:
        """Return cells from the upper triangles of (n, V, V) and the interior codes (n, V - 2)."""
        n, vertices = edges.shape[:2]
        bits = np.triu(edges, 1) * (1 << np.arange(vertices, dtype=np.int64))
        all_codes = np.empty((n, vertices), dtype=np.uint8)
        all_codes[:, 0], all_codes[:, 1:-1], all_codes[:, -1] = INPUT_CODE, codes, OUTPUT_CODE
        return CellArray(
            vertices * np.arange(n + 1, dtype=np.int64),
            bits.sum(axis=2).astype(np.uint32).reshape(-1),
            all_codes.reshape(-1),
            self.taxonomy,
        )

    def _first_valid(self, draw: Callable[[int], CellArray]) -> Cell:
        drawn, n = 0, 8
        while drawn < MAX_REJECTED:
            cells = draw(n)
            for i in self._valid_positions(cells.prune()):
                return cells[i]
            drawn, n = drawn + n, min(2 * n, 1024)
        raise ValueError(
            f"space {self.name}: none of {drawn} drawn cells was valid; are max_vertices="
            f"{self.max_vertices}, max_edges={self.max_edges} and the predicate compatible?"
        )

    def _without_absent(self, cell: Cell) -> Cell:
        absent = any(name in self.taxonomy.absent for name in cell.ops)
        return cell.prune() if absent or len(cell) > self.max_vertices else cell

    def _padded(
        self, cell: Cell, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """Matrix (V, V) and interior codes (V - 2,) of the cell with unconnected vertices added."""
        cell = self._without_absent(cell)
        vertices, interior = self.max_vertices, len(cell) - 2
        codes = rng.integers(self._operations, size=vertices - 2)
        if interior == vertices - 2:
            places = np.arange(interior)
        else:
            places = np.sort(rng.permutation(vertices - 2)[:interior])
        codes[places] = [self.taxonomy.codes[op] for op in cell.ops[1:-1]]
        matrix = np.zeros((vertices, vertices), dtype=bool)
        at = np.concatenate([[0], places + 1, [vertices - 1]])
        matrix[np.ix_(at, at)] = cell.matrix
        return matrix, codes


def _addable(matrix: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return absent edges that close no cycle, enter no input and leave no output."""
    reach = matrix | np.eye(len(matrix), dtype=bool)
    for _ in range(math.ceil(math.log2(len(matrix)))):
        reach = (reach.astype(np.uint8) @ reach.astype(np.uint8)) > 0
    addable: npt.NDArray[np.bool_] = ~matrix & ~reach.T
    addable[:, 0] = False
    addable[-1, :] = False
    return addable
