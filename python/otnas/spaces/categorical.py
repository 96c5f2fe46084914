"""Spaces whose cells are a fixed number of independent choices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from otnas.spaces.base import Space
from otnas_fast import Cell


class CategoricalSpace(Space):
    """A space whose cells are p choices, each from a list of its own; all combinations are valid.

    What optimisers of categorical parameters need to know of a space.

    Attributes
    ----------
    choices : tuple of p tuples of str
        What may be chosen at each position.
    """

    choices: tuple[tuple[str, ...], ...]

    @abstractmethod
    def values_of(self, cell: Cell) -> tuple[str, ...]:
        """Return what was chosen at each of the p positions.

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
            If a value is not one of `choices` at its position, or there are not p of them.
        """

    def _require_values(self, values: Sequence[str]) -> None:
        if len(values) != len(self.choices):
            raise ValueError(
                f"values: expected {len(self.choices)}, one a position, got {len(values)}"
            )
        for i, (value, allowed) in enumerate(zip(values, self.choices, strict=True)):
            if value not in allowed:
                raise ValueError(
                    f"values[{i}]: expected one of {', '.join(allowed)}, got {value!r}"
                )
