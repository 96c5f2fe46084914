"""Rows of a CSV or Parquet file, checked and made into a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas import identities
from otnas.spaces import Space
from otnas.tables.provenance import Provenance, sha256_of
from otnas.tables.readers import architectures
from otnas.tables.readers.bounded import shown_text
from otnas.tables.readers.declared import UNITS, Columns, Meaning, Tolerance
from otnas.tables.table import Table


@dataclass
class Source:
    """Columns as they came from the file, and the line of the file on which each row stands."""

    path: Path
    archs: list[Any]
    values: dict[str, npt.NDArray[np.float64]]
    lines: Sequence[int]
    notes: list[str] = field(default_factory=list)

    def keep(self, rows: npt.NDArray[np.int64]) -> None:
        """Leave out all other rows, and put these in this order."""
        self.archs = [self.archs[row] for row in rows]
        self.values = {metric: values[rows] for metric, values in self.values.items()}
        self.lines = [self.lines[row] for row in rows]


def assemble(
    source: Source,
    space: str | Space,
    columns: Columns,
    meaning: Meaning,
    name: str,
    tolerance: Tolerance | None,
) -> Table:
    """Make the table.

    Raises
    ------
    ValueError
        If numbers are outside the declared range, or rows are refused; the message lists them.
    """
    tolerance = tolerance or Tolerance()
    if not source.archs:
        raise ValueError(f"{source.path} has no rows")
    if columns.valid is None or columns.test is None:
        source.notes.append("one column serves as validation and as test result")
    _convert(source, columns, meaning)
    _refuse_negative(source, columns)
    space_name = architectures.space_name(space)
    parsed = architectures.parse(source.archs, space)
    _check(
        source,
        np.asarray(parsed.unknown, dtype=np.int64),
        f"are not architectures of {space_name}",
        tolerance.unknown,
        lambda rows: source.keep(np.delete(np.arange(len(source.archs)), rows)),
    )
    if not source.archs:
        raise ValueError(f"{source.path} has no architectures of {space_name}")
    cells, keys = parsed.cells, parsed.keys
    again = identities.repeated(keys)
    kept = np.delete(np.arange(len(keys)), again)
    if tolerance.duplicates == "mean" and len(again):
        _average(source, keys)
    _check(
        source,
        again,
        "repeat an earlier architecture",
        tolerance.duplicates,
        lambda _: source.keep(kept),
    )
    if space_name == "nasbench101":  # as the official reader has it: by ascending hash
        kept = kept[order := identities.order(keys[kept])]
        source.keep(order)
    return Table(
        name=name,
        space=space_name,
        cells=cells[kept],
        metrics=source.values,
        provenance=Provenance(
            dataset=meaning.dataset,
            metric=f"error in percent, from {meaning.metric} as {meaning.unit}",
            epochs=meaning.epochs,
            seeds=meaning.seeds,
            source=source.path.name,
            sha256=sha256_of(source.path),
            split=meaning.split,
            notes=tuple(dict.fromkeys(source.notes)),
        ),
        known_keys=keys[kept],
    )


def _convert(source: Source, columns: Columns, meaning: Meaning) -> None:
    """Turn the results into percent error."""
    largest = 100.0 / UNITS[meaning.unit]
    for metric in ("validation_error", "test_error"):
        values = source.values[metric]
        bad = np.flatnonzero((values < 0) | (values > largest))
        if len(bad):
            raise ValueError(
                f"{source.path}, column {columns.of_metrics[metric]!r}: {len(bad)} values are "
                f"outside 0 to {largest:g}, as a {meaning.metric} declared as {meaning.unit} must "
                f"be; the first is {values[bad[0]]:g} on line {source.lines[bad[0]]}"
            )
        if meaning.unit == "percent" and values.max() <= 1.0:
            source.notes.append(
                f"all values of column {columns.of_metrics[metric]!r} are at most 1 percent, as "
                "declared; if they are fractions, import again with that unit"
            )
        error = values if meaning.metric == "error" else largest - values
        source.values[metric] = UNITS[meaning.unit] * error


def _refuse_negative(source: Source, columns: Columns) -> None:
    """Refuse training times and numbers of parameters below 0."""
    for metric in ("training_seconds", "parameters"):
        values = source.values.get(metric, np.zeros(0))
        bad = np.flatnonzero(values < 0)
        if len(bad):
            raise ValueError(
                f"{source.path}, column {columns.of_metrics[metric]!r}: expected numbers of at "
                f"least 0, got {len(bad)} below; the first is {values[bad[0]]:g} on line "
                f"{source.lines[bad[0]]}"
            )


def _average(source: Source, keys: identities.Keys) -> None:
    """Give every row the mean over the rows of its architecture."""
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    counts = np.bincount(group)
    source.values = {
        metric: (np.bincount(group, weights=values) / counts)[group]
        for metric, values in source.values.items()
    }


def _check(
    source: Source,
    rows: npt.NDArray[np.int64],
    problem: str,
    policy: str,
    accept: Callable[[npt.NDArray[np.int64]], None],
) -> None:
    """Refuse the file because of some rows, or note them and let `accept` deal with them."""
    if not len(rows):
        return
    listed = ", ".join(
        f"{shown_text(source.archs[row])} (line {source.lines[row]})" for row in rows[:5]
    )
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    finding = f"{len(rows)} of {len(source.archs)} rows {problem}: {listed}{more}"
    if policy == "refuse":
        raise ValueError(f"{source.path}: {finding}")
    source.notes.append(f"{finding}; treated by the rule '{policy}'")
    accept(rows)
