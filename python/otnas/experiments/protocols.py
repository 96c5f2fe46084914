"""What experiments need of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from otnas.arrays import FloatArray
from otnas.spaces import Space
from otnas.tables import Table
from otnas_fast import Cell


class Search(Protocol):
    """Asks for cells to train and is told their errors; determined by its seed."""

    def ask(self, n: int) -> list[Cell]:
        """Return n different cells of the table, none asked for before."""
        ...

    def tell(self, cells: Sequence[Cell], errors: FloatArray) -> None:
        """Report validation errors in percent, in the order of `cells`."""
        ...

    def predictions(self, cells: Sequence[Cell]) -> tuple[FloatArray, FloatArray] | None:
        """Return mean and deviation in percent expected of cells; None without a model."""
        ...


class SearchMaker(Protocol):
    """Makes the search of a trial. Runs in several processes need one that can be pickled."""

    def __call__(
        self,
        method: str,
        space: Space,
        table: Table,
        *,
        seed: int,
        initial: int,
        settings: Mapping[str, Any],
    ) -> Search:
        """Return a search over the architectures of a table that knows none of their errors."""
        ...
