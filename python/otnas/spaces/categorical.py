"""Spaces whose cells are a fixed number of independent choices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from otnas.arrays import FloatArray
from otnas.spaces import places
from otnas.spaces.base import Space
from otnas_fast import Architecture, Cell, CellArray, as_cells


class CategoricalSpace(Space):
    """A space whose cells are p choices, each from its own list.

    This is what optimisers of categorical parameters need to know about a space. Unless a space
    says otherwise, all combinations are valid, and different ones are different cells.

    Attributes
    ----------
    choices : tuple of p tuples of str
        What may be chosen at each position.
    """

    choices: tuple[tuple[str, ...], ...]

    @abstractmethod
    def values_of(self, cell: Cell) -> tuple[str, ...]:
        """Return the choice at each of the p positions.

        Raises
        ------
        TypeError, ValueError
            If `cell` is not a valid cell of this space.
        """

    @abstractmethod
    def cell_of(self, values: Sequence[str]) -> Cell:
        """Return the cell with these p choices; the inverse of `values_of`.

        Raises
        ------
        ValueError
            If a value is not one of `choices` at its position, or there are not p values.
        """

    def digits(self, cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
        """Return the positions in `choices` of the values chosen, shape (n, p).

        Raises
        ------
        TypeError, ValueError
            As `values_of`.
        """
        number = [{value: i for i, value in enumerate(allowed)} for allowed in self.choices]
        rows = [
            [of[value] for of, value in zip(number, self.values_of(cell), strict=True)]
            for cell in as_cells(cells, name="cells")
        ]
        return np.array(rows, dtype=np.int64).reshape(-1, len(self.choices))

    def places(self, cells: CellArray | Iterable[Architecture]) -> dict[str, FloatArray]:
        """Describe n cells place by place, in blocks ``place1`` to ``placep`` of shape (n, d).

        A place is a star, on which operations of one family of the taxonomy are ``alpha`` apart;
        see `otnas.spaces.places.star`.
        """
        digits = self.digits(cells)
        family_of = {op: f for f, ops in enumerate(self.taxonomy.families.values()) for op in ops}
        blocks = {}
        for place, allowed in enumerate(self.choices):
            groups = [family_of.get(value, -1 - i) for i, value in enumerate(allowed)]
            blocks[f"place{place + 1}"] = places.star(digits[:, place], groups, self.taxonomy.alpha)
        return blocks

    def _require_values(self, values: Sequence[str]) -> None:
        if len(values) != len(self.choices):
            raise ValueError(
                f"values: expected {len(self.choices)}, one per position, got {len(values)}"
            )
        for i, (value, allowed) in enumerate(zip(values, self.choices, strict=True)):
            if value not in allowed:
                raise ValueError(
                    f"values[{i}]: expected one of {', '.join(allowed)}, got {value!r}"
                )
