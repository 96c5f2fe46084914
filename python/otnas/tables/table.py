"""Benchmark tables: architectures with the results of training them.

All errors are in percent, and training times in seconds. A metric that a source does not have is
absent; it is never set to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from otnas import checks, identities, spaces
from otnas.identities import Keys
from otnas.tables import keys as key_arrays
from otnas.tables.provenance import Provenance
from otnas_fast import Cell, CellArray, as_cells
from otnas_fast.cells import Architecture
from otnas_fast.taxonomy import BUILT_IN

METRICS = ("validation_error", "test_error", "training_seconds", "parameters")

Metrics = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Entry:
    """One row of a table.

    Attributes
    ----------
    row : int
    text : str
        The architecture as the benchmark writes it; see `Table.text`.
    cell : Cell
    metrics : dict of str to float

    Examples
    --------
    >>> from otnas import tables
    >>> tables.load("default").entry(0).text
    '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
    """

    row: int
    text: str
    cell: Cell
    metrics: dict[str, float]


@dataclass(frozen=True, eq=False)
class Table:
    """Results of n architectures of one search space.

    Attributes
    ----------
    name : str
        Name of the table in messages and reports.
    space : str
        Name of the search space.
    cells : CellArray of n cells
        The cells as the source has them, not pruned.
    metrics : mapping of str to ndarray, shape (n,)
        ``validation_error`` always; ``test_error``, ``training_seconds``, ``parameters`` and others
        where the source has them.
    provenance : Provenance
    known_keys : Keys, shape (n, 2), optional
        The values of `keys`, if they are known already.

    Raises
    ------
    ValueError
        If the table is empty, the cells are not of the space, or a metric is missing, has another
        length, or is not finite.

    Examples
    --------
    >>> from otnas import tables
    >>> table = tables.load("default")
    >>> table.text(table.best)
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|'
    >>> round(float(table.validation_error[table.best]), 2)
    5.93
    """

    name: str
    space: str
    cells: CellArray
    metrics: Metrics
    provenance: Provenance = field(repr=False)
    known_keys: Keys | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not len(self.cells):
            raise ValueError(f"table {self.name} has no architectures")
        of_space = {space.name: space for space in BUILT_IN}.get(self.space)
        if of_space is not None and self.cells.taxonomy != of_space:
            raise ValueError(
                f"table {self.name}: expected cells of {self.space}, got {self.cells.taxonomy!r}"
            )
        if "validation_error" not in self.metrics:
            raise ValueError(
                f"table {self.name} has no validation_error, only {list(self.metrics)}"
            )
        for name, values in self.metrics.items():
            if values.shape != (len(self.cells),):
                raise ValueError(
                    f"table {self.name}: {name}: expected shape ({len(self.cells)},), "
                    f"got {values.shape}"
                )
            if not np.isfinite(values).all():
                raise ValueError(f"table {self.name}: {name} has NaN or infinite values")
        if self.known_keys is not None and self.known_keys.shape != (len(self.cells), 2):
            raise ValueError(
                f"table {self.name}: known_keys: expected shape ({len(self.cells)}, 2), "
                f"got {self.known_keys.shape}"
            )

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def validation_error(self) -> npt.NDArray[np.float64]:
        """Validation error of every architecture in percent, shape (n,)."""
        return self.metrics["validation_error"]

    def metric(self, name: str) -> npt.NDArray[np.float64]:
        """Return one metric of all architectures, shape (n,).

        Raises
        ------
        KeyError
            If the table does not have it.
        """
        try:
            return self.metrics[name]
        except KeyError:
            raise KeyError(
                f"table {self.name} has no {name!r}, only {', '.join(self.metrics)}"
            ) from None

    @property
    def best(self) -> int:
        """Row with the lowest validation error."""
        return int(np.argmin(self.validation_error))

    def sample(
        self, n: int, seed: int | np.random.Generator
    ) -> tuple[list[Cell], npt.NDArray[np.float64]]:
        """Return n random architectures and their validation errors, as a `prior` of searches.

        Parameters
        ----------
        n : int, from 1 to the number of architectures
        seed : int >= 0 or numpy Generator

        Raises
        ------
        TypeError, ValueError
            If n is not such a number.
        """
        if checks.integer("n", n, 1) > len(self):
            raise ValueError(f"n: expected at most {len(self)}, all of table {self.name}, got {n}")
        rows = np.random.default_rng(seed).choice(len(self), n, replace=False)
        return [self.cells[row] for row in rows.tolist()], self.validation_error[rows]

    def entry(self, row: int) -> Entry:
        """Return one row with all its metrics."""
        return Entry(
            row=range(len(self))[row],
            text=self.text(row),
            cell=self.cells[row],
            metrics={name: float(values[row]) for name, values in self.metrics.items()},
        )

    def text(self, row: int) -> str:
        """Write an architecture as its space does, or as its official hash (NAS-Bench-101).

        Cells of spaces that are not built in are written as their keys.
        """
        if self._written_by_space:
            return spaces.get(self.space).format(self.cells[row])
        return identities.to_hex(self.keys[row])

    @cached_property
    def texts(self) -> list[str]:
        """All architectures as texts, made on first use; see `text`."""
        if self.space == "nasbench201":
            return self.cells.to_nasbench201()
        if self._written_by_space:
            return [self.text(row) for row in range(len(self))]
        return [identities.to_hex(key) for key in self.keys]

    @property
    def _written_by_space(self) -> bool:
        return self.space in spaces.NAMES and self.space != "nasbench101"

    @cached_property
    def keys(self) -> Keys:
        """Keys of the cells, shape (n, 2); see `otnas.tables.keys.of_cells`."""
        if self.known_keys is not None:
            return self.known_keys
        return key_arrays.of_cells(self.space, self.cells)

    @cached_property
    def _by_key(self) -> tuple[Keys, npt.NDArray[np.int64] | None]:
        """Return the sorted keys and the row of each, or None if the rows are in that order."""
        keys = self.keys
        before, after = keys[:-1], keys[1:]
        rising = (before[:, 0] < after[:, 0]) | (
            (before[:, 0] == after[:, 0]) & (before[:, 1] < after[:, 1])
        )
        if rising.all():
            return keys, None
        by_key = identities.order(keys)
        return keys[by_key], by_key

    def _rows(self, wanted: Keys) -> npt.NDArray[np.int64]:
        ordered, rows = self._by_key
        found = identities.find(ordered, wanted)
        return found if rows is None else np.where(found < 0, -1, rows[found])

    def rows(self, cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
        """Return the rows of architectures, shape (m,), in O(m log n).

        NAS-Bench-201 cells are looked up as given, not pruned: the benchmark has separate
        results for isomorphic cells. Cells of other spaces are looked up up to isomorphism.

        Raises
        ------
        KeyError
            If an architecture is not in the table; the message gives its position.
        """
        packed = as_cells(cells, self.cells.taxonomy, name="cells")
        if not len(packed):
            return np.zeros(0, dtype=np.int64)
        return self._all_found(self._rows(key_arrays.of_cells(self.space, packed)), packed)

    def rows_of_hashes(self, hashes: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the rows of keys of 32 hexadecimal digits (NAS-Bench-101: the module hashes).

        Raises
        ------
        KeyError, ValueError
            If a hash is not in the table or is malformed.
        """
        return self._all_found(self._rows(identities.from_hex(hashes)), hashes)

    def _all_found(
        self, rows: npt.NDArray[np.int64], wanted: Sequence[object]
    ) -> npt.NDArray[np.int64]:
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            first = int(missing[0])
            raise KeyError(
                f"{len(missing)} of {len(wanted)} architectures are not in table {self.name}; "
                f"the first is number {first}: {wanted[first]}"
            )
        return rows

    def query(
        self, cells: CellArray | Iterable[Architecture]
    ) -> dict[str, npt.NDArray[np.float64]]:
        """Return every metric of the given architectures, each of shape (m,); see `rows`.

        Raises
        ------
        KeyError
            If an architecture is not in the table.
        """
        rows = self.rows(cells)
        return {name: values[rows] for name, values in self.metrics.items()}
