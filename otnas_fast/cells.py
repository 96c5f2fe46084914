"""Cells: directed acyclic graphs whose vertices carry operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, Union, overload

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._architectures import adjacency_of, codes_of, inferred_taxonomy, operations_of
from otnas_fast.taxonomy import NASBENCH201, Taxonomy, check_taxonomy

Architecture: TypeAlias = Union["Cell", str, tuple[npt.ArrayLike, Sequence[str]]]
"""A `Cell`, a NAS-Bench-201 string, or a pair (adjacency matrix, operations)."""


class Cell:
    """One cell: a DAG from ``input`` (vertex 0) to ``output`` (the last vertex).

    Parameters
    ----------
    matrix : array_like, shape (v, v)
        Adjacency matrix of zeros and ones; an edge leads from the row to the column. There are 2 to
        32 vertices. Upper triangular, or in any order that can be sorted topologically.
    ops : sequence of str, length v
        ``"input"``, the operations, ``"output"``.
    taxonomy : Taxonomy, optional
        The search space. By default, the built-in one (NAS-Bench-101 or -201) that knows all `ops`.

    Raises
    ------
    ValueError
        If the matrix is not square, holds other numbers, or has a cycle, an edge into the input or
        an edge out of the output; if lengths differ; if an operation is unknown.

    Notes
    -----
    A cell is kept as given, apart from the topological order. Everything that compares cells prunes
    them first. ``==`` compares the graphs vertex by vertex; compare `canonical` forms to know
    whether two cells are isomorphic.

    Examples
    --------
    >>> from otnas_fast import Taxonomy
    >>> taxonomy = Taxonomy({"conv": ["conv3", "conv5"]})
    >>> cell = Cell([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv5", "output"], taxonomy)
    >>> len(cell), cell.ops
    (3, ('input', 'conv5', 'output'))
    """

    __slots__ = ("_codes", "_successors", "taxonomy")

    taxonomy: Taxonomy
    _successors: tuple[int, ...]
    _codes: bytes

    def __init__(
        self, matrix: npt.ArrayLike, ops: Sequence[str], taxonomy: Taxonomy | None = None
    ) -> None:
        cell = as_cells([(matrix, ops)], taxonomy)[0]
        self._successors, self._codes, self.taxonomy = cell._successors, cell._codes, cell.taxonomy

    @classmethod
    def _make(cls, successors: Iterable[int], codes: bytes, taxonomy: Taxonomy) -> Cell:
        cell = cls.__new__(cls)
        cell._successors, cell._codes, cell.taxonomy = tuple(successors), codes, taxonomy
        return cell

    @classmethod
    def from_nasbench201(cls, text: str) -> Cell:
        """Parse ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``; `none` vertices are kept until pruned."""
        return as_cells([text])[0]

    @property
    def codes(self) -> bytes:
        """Operation of each vertex, as in ``taxonomy.codes``."""
        return self._codes

    @property
    def successors(self) -> tuple[int, ...]:
        """Where edges lead from each vertex: bit ``v`` is set for an edge to vertex ``v``."""
        return self._successors

    @property
    def matrix(self) -> npt.NDArray[np.uint8]:
        """Adjacency matrix, shape (v, v), upper triangular."""
        bits = np.asarray(self._successors, dtype=np.uint32)[:, None] >> np.arange(len(self))
        return (bits & 1).astype(np.uint8)

    @property
    def ops(self) -> tuple[str, ...]:
        """Names of all vertices, ``"input"`` and ``"output"`` included."""
        return tuple(self.taxonomy.names[code] for code in self._codes)

    def prune(self) -> Cell:
        """Return the cell without absent operations and vertices on no input-to-output path."""
        return CellArray.from_cells([self]).prune()[0]

    def canonical(self) -> Cell:
        """Prune and renumber the cell: equal results mean isomorphic cells, and vice versa."""
        return CellArray.from_cells([self]).canonical()[0]

    def to_nasbench201(self) -> str:
        """Write a NAS-Bench-201 cell (not pruned) as a string."""
        return CellArray.from_cells([self]).to_nasbench201()[0]

    def __len__(self) -> int:
        return len(self._codes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cell):
            return NotImplemented
        return (self._successors, self._codes, self.taxonomy) == (
            other._successors,
            other._codes,
            other.taxonomy,
        )

    def __hash__(self) -> int:
        return hash((self._successors, self._codes))

    def __repr__(self) -> str:
        edges = " ".join(
            f"{u}-{v}"
            for u, mask in enumerate(self._successors)
            for v in range(32)
            if mask >> v & 1
        )
        return f"Cell([{', '.join(self.ops)}], edges: {edges or 'none'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._successors, self._codes, self.taxonomy)


def _unpickled(successors: tuple[int, ...], codes: bytes, taxonomy: Taxonomy) -> Cell:
    """Rebuild a cell from a pickle, which may be damaged."""
    return CellArray(
        np.array([0, len(codes)], dtype=np.int64),
        np.array(successors, dtype=np.uint32),
        np.frombuffer(codes, dtype=np.uint8),
        taxonomy,
    )[0]


class CellArray(Sequence[Cell]):
    """Many cells of one search space in three flat arrays; `as_cells` builds one.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n + 1,)
        Cell ``i`` owns the vertices ``offsets[i]`` to ``offsets[i + 1]`` (exclusive).
    successors : ndarray of uint32, shape (vertices,)
        Bit ``v`` is set if an edge leads to the cell's vertex ``v``, which must be a later one.
    codes : ndarray of uint8, shape (vertices,)
        Operation of each vertex, as in ``taxonomy.codes``; only the first vertex of a cell is
        the input, and only the last one the output.
    taxonomy : Taxonomy
        The search space.

    Raises
    ------
    TypeError, ValueError
        For other types and for arrays that describe no cells. The attributes are arrays
        that cannot be written to; arrays that others can write to are copied.

    Examples
    --------
    >>> cells = as_cells(["|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"] * 3)
    >>> len(cells), len(cells[1:])
    (3, 2)
    """

    __slots__ = ("_packed", "_taxonomy")

    def __init__(
        self,
        offsets: npt.NDArray[np.int64],
        successors: npt.NDArray[np.uint32],
        codes: npt.NDArray[np.uint8],
        taxonomy: Taxonomy,
    ) -> None:
        self._packed: _core.PackedCells = (
            check.frozen(offsets, "int64", "offsets"),
            check.frozen(successors, "uint32", "successors"),
            check.frozen(codes, "uint8", "codes"),
        )
        self._taxonomy = check_taxonomy(taxonomy)
        if len(self.successors) != len(self.codes):
            raise ValueError(
                f"codes: expected {len(self.successors)} as there are successors, "
                f"got {len(self.codes)}"
            )
        # Everything in the core takes for granted what is checked here.
        problem = _core.problem_of_cells(self._packed, taxonomy._code_bytes)
        if problem is not None:
            raise ValueError(problem)

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where the vertices of each cell begin, shape (n + 1,)."""
        return self._packed[0]

    @property
    def successors(self) -> npt.NDArray[np.uint32]:
        """Where edges lead from each vertex, shape (vertices,)."""
        return self._packed[1]

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Operation of each vertex, shape (vertices,)."""
        return self._packed[2]

    @property
    def taxonomy(self) -> Taxonomy:
        """The search space."""
        return self._taxonomy

    @classmethod
    def from_cells(cls, cells: Sequence[Cell]) -> CellArray:
        """Pack at least one cell; all cells share one taxonomy."""
        offsets = np.zeros(len(cells) + 1, dtype=np.int64)
        np.cumsum([len(cell) for cell in cells], out=offsets[1:])
        successors = [mask for cell in cells for mask in cell._successors]
        codes = b"".join(cell._codes for cell in cells)
        return cls(
            offsets,
            np.array(successors, dtype=np.uint32),
            np.frombuffer(codes, dtype=np.uint8),
            cells[0].taxonomy,
        )

    def prune(self) -> CellArray:
        """Prune every cell; see `Cell.prune`."""
        return CellArray(*_core.prune(self._packed), self.taxonomy)

    def canonical(self) -> CellArray:
        """Prune every cell and bring it into canonical form; see `Cell.canonical`."""
        return CellArray(*_core.canonical(self.prune()._packed), self.taxonomy)

    def to_nasbench201(self) -> list[str]:
        """Write NAS-Bench-201 cells (not pruned) as strings."""
        return _core.format_nasbench201(self._packed, self.taxonomy._compiled)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice | npt.NDArray[Any]) -> CellArray: ...
    def __getitem__(self, index: int | slice | npt.NDArray[Any]) -> Cell | CellArray:
        if isinstance(index, (int, np.integer)):
            i = range(len(self))[int(index)]
            part = slice(int(self.offsets[i]), int(self.offsets[i + 1]))
            return Cell._make(
                self.successors[part].tolist(), self.codes[part].tobytes(), self.taxonomy
            )
        chosen = np.arange(len(self))[index]
        sizes = np.diff(self.offsets)[chosen]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        vertices = np.arange(offsets[-1]) + np.repeat(self.offsets[chosen] - offsets[:-1], sizes)
        return CellArray(offsets, self.successors[vertices], self.codes[vertices], self.taxonomy)

    def __iter__(self) -> Iterator[Cell]:
        return (self[i] for i in range(len(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        return CellArray, (*self._packed, self.taxonomy)

    def __repr__(self) -> str:
        return f"CellArray({len(self)} cells of {self.taxonomy.name})"


def as_cells(
    archs: CellArray | Iterable[Architecture],
    taxonomy: Taxonomy | None = None,
    *,
    name: str = "archs",
) -> CellArray:
    """Pack architectures of one search space.

    Parameters
    ----------
    archs : CellArray or iterable of architectures
        `Cell` objects, NAS-Bench-201 strings, pairs (adjacency matrix, operations), or objects with
        the attributes ``matrix`` and ``ops`` (such as nasbench's ``ModelSpec``), in any mixture.
    taxonomy : Taxonomy, optional
        The search space; by default, the built-in one that knows all operations.
    name : str
        The argument's name in messages.

    Returns
    -------
    CellArray
        The cells in the order given, not pruned.

    Raises
    ------
    TypeError, ValueError
        If an element is not an architecture, or the elements belong to different spaces; the
        message gives the position.

    Examples
    --------
    >>> from otnas_fast import NASBENCH101
    >>> chain = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "maxpool3x3", "output"])
    >>> as_cells([chain])[0].taxonomy is NASBENCH101
    True
    """
    if taxonomy is not None:
        check_taxonomy(taxonomy)
    if isinstance(archs, CellArray):
        if taxonomy is not None and taxonomy != archs.taxonomy:
            raise ValueError(
                f"{name}: expected cells of {taxonomy!r}, got some of {archs.taxonomy!r}"
            )
        return archs
    if isinstance(archs, (str, Cell)) or not isinstance(archs, Iterable):
        raise TypeError(f"{name}: expected a sequence of architectures, got {type(archs).__name__}")
    items = list(archs)
    if items and all(isinstance(item, str) for item in items):
        return _from_strings(items, taxonomy, name)  # type: ignore[arg-type]
    if items and all(isinstance(item, Cell) for item in items):
        stated = _stated_taxonomy(items, name)
        if taxonomy is None or taxonomy == stated:
            return CellArray.from_cells(items)  # type: ignore[arg-type]
    pairs = [_matrix_and_ops(item, f"{name}[{i}]") for i, item in enumerate(items)]
    taxonomy = (
        taxonomy
        or _stated_taxonomy(items, name)
        or inferred_taxonomy([ops for _, ops in pairs], name)
    )
    codes = [codes_of(ops, taxonomy, f"{name}[{i}]") for i, (_, ops) in enumerate(pairs)]
    try:
        packed = _core.pack_adjacencies([matrix for matrix, _ in pairs], codes)
    except ValueError as error:
        raise ValueError(str(error).replace("archs", name, 1)) from None
    return CellArray(*packed, taxonomy)


def _from_strings(items: list[str], taxonomy: Taxonomy | None, name: str) -> CellArray:
    taxonomy = taxonomy or NASBENCH201
    for i, item in enumerate(items):
        check.text(item, f"{name}[{i}]")
    try:
        packed = _core.parse_nasbench201(items, taxonomy._compiled)
    except ValueError as error:
        raise ValueError(str(error).replace("archs", name, 1)) from None
    return CellArray(*packed, taxonomy)


def _matrix_and_ops(item: object, name: str) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    if isinstance(item, str):
        item = _from_strings([item], None, name)[0]
    if isinstance(item, tuple | list) and len(item) == 2:
        matrix, ops = item
    elif hasattr(item, "matrix") and hasattr(item, "ops"):
        matrix, ops = item.matrix, item.ops
    else:
        raise TypeError(
            f"{name}: expected a Cell, a NAS-Bench-201 string or a pair (matrix, ops), "
            f"got {type(item).__name__}"
        )
    adjacency, names = adjacency_of(matrix, name), operations_of(ops, name)
    if len(adjacency) != len(names):
        raise ValueError(
            f"{name}: expected one operation for each of the {len(adjacency)} vertices, "
            f"got {len(names)} operations"
        )
    return adjacency, names


def _stated_taxonomy(items: Sequence[object], name: str) -> Taxonomy | None:
    """Return the taxonomy of the Cell objects among the items, if there are any with operations."""
    cells = [item for item in items if isinstance(item, Cell)]
    stated = {cell.taxonomy for cell in cells if len(cell) > 2} or {c.taxonomy for c in cells[:1]}
    if len(stated) > 1:
        spaces = " and ".join(sorted(repr(space) for space in stated))
        raise ValueError(f"{name}: expected one search space, got {spaces}")
    return next(iter(stated), None)
