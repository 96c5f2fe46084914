"""Benchmark tables: architectures with the results of training them.

All errors are in percent, training times in seconds. A metric that a source does not have is
absent; it is never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from otnas_fast import Cell, CellArray

METRICS = ("validation_error", "test_error", "training_seconds", "parameters")


@dataclass(frozen=True)
class Provenance:
    """Where the numbers of a table come from.

    Attributes
    ----------
    dataset : str
        What the networks were trained on.
    metric : str
        What the errors are errors of, in words.
    epochs : int or None
        Training epochs, if the source says.
    seeds : str
        Training seeds and how they are combined.
    source : str
        Name of the file or package read.
    sha256 : str
        Digest of the file read.
    notes : tuple of str
        What a reader of results has to know.
    """

    dataset: str
    metric: str
    epochs: int | None
    seeds: str
    source: str
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Results of n architectures of one search space.

    Attributes
    ----------
    name : str
        For messages and reports.
    space : str
        Name of the search space.
    cells : CellArray of n cells
        As the source has them, not pruned.
    texts : sequence of n str
        The architectures as the source writes them.
    metrics : mapping of str to ndarray, shape (n,)
        ``validation_error`` always; ``test_error``, ``training_seconds``, ``parameters`` and others
        where the source has them.
    provenance : Provenance

    Raises
    ------
    ValueError
        If a metric is missing, of another length, or not finite.
    """

    name: str
    space: str
    cells: CellArray
    texts: list[str]
    metrics: Mapping[str, npt.NDArray[np.float64]]
    provenance: Provenance = field(repr=False)

    def __post_init__(self) -> None:
        if "validation_error" not in self.metrics:
            raise ValueError(
                f"table {self.name} has no validation_error, only {list(self.metrics)}"
            )
        for name, values in self.metrics.items():
            if values.shape != (len(self.cells),):
                raise ValueError(
                    f"table {self.name}: {name} must have shape ({len(self.cells)},), "
                    f"got {values.shape}"
                )
            if not np.isfinite(values).all():
                raise ValueError(f"table {self.name}: {name} has NaN or infinite values")

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def validation_error(self) -> npt.NDArray[np.float64]:
        """Validation error of every architecture in percent, shape (n,)."""
        return self.metrics["validation_error"]

    @property
    def best(self) -> int:
        """Row of the lowest validation error."""
        return int(np.argmin(self.validation_error))

    @cached_property
    def _row_of(self) -> dict[Cell, int]:
        return {cell: row for row, cell in enumerate(self.cells)}

    def rows(self, cells: Iterable[Cell]) -> npt.NDArray[np.int64]:
        """Return the rows of cells given exactly as the table has them.

        Raises
        ------
        KeyError
            If a cell is not in the table.
        """
        return np.array([self._row_of[cell] for cell in cells], dtype=np.int64)

    def query(self, cells: Iterable[Cell]) -> dict[str, npt.NDArray[np.float64]]:
        """Return every metric of the given cells, each of shape (m,)."""
        rows = self.rows(cells)
        return {name: values[rows] for name, values in self.metrics.items()}
