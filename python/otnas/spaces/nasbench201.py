"""NAS-Bench-201: 15,625 cells, five operations on six edges (Dong & Yang 2020)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from otnas.identities import Digests, text_digests
from otnas.spaces.base import SpaceCells
from otnas.spaces.categorical import CategoricalSpace
from otnas_fast import NASBENCH201, Architecture, Cell, CellArray, as_cells
from otnas_fast.taxonomy import INPUT_CODE, OUTPUT_CODE

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""The operations in the order in which the benchmark lists them."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Edge of the 4-node graph on which each of the six operations sits, in reading order."""

# Codes are sparse (`none` is an absent operation); digits are positions in OPERATIONS.
_CODES = np.array([NASBENCH201.codes[op] for op in OPERATIONS], dtype=np.uint8)
_PLACES = 5 ** np.arange(5, -1, -1)


class NASBench201(CategoricalSpace):
    """The cells of NAS-Bench-201.

    A cell has 8 vertices, the six operations in the reading order of
    ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``; `none` counts as an operation here. `format` and
    `parse` use that string.

    Notes
    -----
    `hash` is the same for cells of the same `structure`, of which there are 6,466; the string
    tells all 15,625 apart.

    Examples
    --------
    >>> space = NASBench201()
    >>> cell = space.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    >>> len(space.enumerate()), len(space.neighbours(cell))
    (15625, 24)
    """

    def __init__(self) -> None:
        self.name = "nasbench201"
        self.taxonomy = NASBENCH201
        self.choices = (OPERATIONS,) * len(EDGES)

    def random(self, rng: np.random.Generator) -> Cell:
        """Draw one of the 15,625 cells uniformly."""
        return self._all[int(rng.integers(len(self._all)))]

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Change one operation, drawn uniformly, to another one, also drawn uniformly."""
        digits = self._digits_of(cell)
        edge = int(rng.integers(6))
        digits[edge] = (digits[edge] + rng.integers(1, 5)) % 5
        return self._all[int(digits @ _PLACES)]

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Return the 24 cells that differ in one operation, by edge and then operation.

        Some may share a `hash` with each other or with `cell`: they are different strings, for
        which the benchmark has separate results.
        """
        digits = self._digits_of(cell)
        changed = np.repeat(digits[None, :], 30, axis=0)
        changed[np.arange(30), np.repeat(np.arange(6), 5)] = np.tile(np.arange(5), 6)
        changed = changed[(changed != digits).any(axis=1)]
        return list(self._all[changed @ _PLACES])

    def is_valid(self, cell: Cell) -> bool:
        """Whether the cell has the 8-vertex form."""
        if not isinstance(cell, Cell) or cell.taxonomy != self.taxonomy or len(cell) != 8:
            return False
        return bool((as_cells([cell]).successors == self._successors).all())

    def format(self, cell: Cell) -> str:
        """Write ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        self._require_valid(cell)
        return cell.to_nasbench201()

    def parse(self, text: str) -> Cell:
        """Read ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected a string, got {type(text).__name__}")
        return Cell.from_nasbench201(text)

    def values_of(self, cell: Cell) -> tuple[str, ...]:
        """Return the six operations in reading order."""
        return tuple(OPERATIONS[digit] for digit in self._digits_of(cell).tolist())

    def cell_of(self, values: Sequence[str]) -> Cell:
        """Return the cell with six operations in reading order."""
        self._require_values(values)
        digits = np.array([OPERATIONS.index(value) for value in values])
        return self._all[int(digits @ _PLACES)]

    def digits(self, cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
        """Return positions in `OPERATIONS` of the operations in reading order, shape (n, 6)."""
        return self._digits(as_cells(cells, NASBENCH201, name="cells"))

    def structure(self, cell: Cell) -> str:
        """Write what the cell computes, simplified as the benchmark does to count unique cells.

        The input is ``0``. Every other node is the sum of the terms that its edges bring: ``#`` for
        nothing (operation `none`, or a source that is ``#``), the source's own text for
        `skip_connect`, else ``(source)@op``; terms are sorted as text and joined by ``+``.

        Cells with equal texts compute the same function. The converse does not hold: ``#`` stays
        among the terms, and sums within sums are merged only where the sorting happens to agree.
        So of these 6,466 classes (Dong & Yang 2020, Section 2) only 4,930 are different functions.
        The classes depend on the exact text, which therefore follows the benchmark's code.
        """
        return _structure(self._digits_of(cell).tolist())

    def enumerate(self) -> SpaceCells:
        """Return all 15,625 cells.

        Cell ``i`` has the digits of ``i`` to base 5, most significant first, as positions in
        `OPERATIONS` of its six operations in reading order.
        """
        return self._enumerated

    @cached_property
    def _successors(self) -> npt.NDArray[np.uint32]:
        none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
        return as_cells([none], NASBENCH201).successors

    @cached_property
    def _all(self) -> CellArray:
        digits = np.array(list(product(range(5), repeat=6)))
        codes = np.empty((len(digits), 8), dtype=np.uint8)
        codes[:, 0], codes[:, 1:7], codes[:, 7] = INPUT_CODE, _CODES[digits], OUTPUT_CODE
        offsets = 8 * np.arange(len(digits) + 1, dtype=np.int64)
        successors = np.tile(self._successors, len(digits))
        return CellArray(offsets, successors, codes.reshape(-1), NASBENCH201)

    @cached_property
    def _enumerated(self) -> SpaceCells:
        return SpaceCells(self._all, self._digests(self._all))

    def _digits_of(self, cell: Cell) -> npt.NDArray[np.int64]:
        self._require_valid(cell)
        digits: npt.NDArray[np.int64] = self._digits(as_cells([cell]))[0]
        return digits

    def _digits(self, cells: CellArray) -> npt.NDArray[np.int64]:
        """Positions in OPERATIONS, shape (n, 6)."""
        form = len(cells.codes) == 8 * len(cells)
        if not form or not (cells.successors.reshape(-1, 8) == self._successors).all():
            raise ValueError("cells: expected the 8-vertex form of NAS-Bench-201, got pruned ones")
        digit_of_code = np.zeros(256, dtype=np.int64)
        digit_of_code[_CODES] = np.arange(5)
        digits: npt.NDArray[np.int64] = digit_of_code[cells.codes.reshape(-1, 8)[:, 1:7]]
        return digits

    def _digests(self, cells: CellArray) -> Digests:
        which, index = np.unique(self._digits(cells) @ _PLACES, return_inverse=True)
        digits = which[:, None] // _PLACES % 5
        distinct = text_digests(_structure(row) for row in digits.tolist())
        return np.asarray(distinct[index.reshape(-1)])


def _structure(digits: list[int]) -> str:
    nodes = ["0"]
    for node in (1, 2, 3):
        terms = []
        for (source, target), digit in zip(EDGES, digits, strict=True):
            if target != node:
                continue
            op, value = OPERATIONS[digit], nodes[source]
            if op == "none" or value == "#":
                terms.append("#")
            else:
                terms.append(value if op == "skip_connect" else f"({value})@{op}")
        nodes.append("+".join(sorted(terms)))
    return nodes[3]
