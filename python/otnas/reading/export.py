"""Results as one table, with one row per query, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from otnas.reading.results import Experiment
from otnas.storage import written_atomically

Columns = Mapping[str, Sequence[Any]]
"""By name, each of as many values of one kind, None where there is none."""


def columns(experiment: Experiment) -> Columns:
    """Return the queries of an experiment, by method, trial and query.

    Errors are in percent, queries count from 1. Test errors are None where the table has none. With
    costs there are also columns ``cost.NAME``, the ``volume`` found so far in percent of the
    table's, and ``on_front``, whether the query is on the front of its trial.
    """
    found: dict[str, list[Any]] = {}

    def add(name: str, values: Sequence[Any]) -> None:
        found.setdefault(name, []).extend(values)

    for method, trials in experiment.trials.items():
        for trial in trials:
            n, test = len(trial), trial.test_error
            add("method", [method] * n)
            add("trial", [trial.trial] * n)
            add("query", range(1, n + 1))
            add("cell", trial.cells)
            add("validation_error", trial.validation_error.tolist())
            add("test_error", [None] * n if test is None else test.tolist())
            add("best_validation_error", trial.best_validation_error.tolist())
            of_best = [None] * n if test is None else test[trial.incumbent].tolist()
            add("test_error_of_best", of_best)
            if experiment.costs:
                for name, costs in trial.costs.items():
                    add(f"cost.{name}", costs.tolist())
                add("volume", trial.volume.tolist())
                best = set(trial.front.items)
                add("on_front", [i in best for i in range(n)])
    return found


def of_all(experiments: Sequence[Experiment]) -> Columns:
    """Return the queries of one experiment, or of several with a column of their names.

    Values are None where an experiment does not have a column.
    """
    if len(experiments) == 1:
        return columns(experiments[0])
    found: dict[str, list[Any]] = {"experiment": []}
    for experiment in experiments:
        part, before = columns(experiment), len(found["experiment"])
        n = len(part["query"])
        found["experiment"] += [experiment.name] * n
        for name in dict.fromkeys((*found, *part)):
            if name != "experiment":
                known = found.setdefault(name, [None] * before)
                known += part.get(name, [None] * n)
    return found


def write_csv(columns: Columns, path: Path) -> int:
    """Write a CSV file in UTF-8 and return its number of rows, without the header.

    Numbers have all their digits. An existing file is replaced at the end of a successful write.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    rows = list(zip(*columns.values(), strict=True))
    writer.writerows(rows)
    with written_atomically(path) as file:
        file.write(text.getvalue().encode())
    return len(rows)


def write_parquet(columns: Columns, path: Path) -> int:
    """Write a Parquet file and return its number of rows.

    Raises
    ------
    ImportError
        If PyArrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError("pyarrow is not installed: pip install 'otnas[parquet]'") from None
    table = pyarrow.table({name: _array(pyarrow, list(column)) for name, column in columns.items()})
    with written_atomically(path) as file:
        pyarrow.parquet.write_table(table, file)
    return int(table.num_rows)


def _array(pyarrow: Any, column: list[Any]) -> Any:
    """Return a column of one type: text for values of several types or beyond 64 bits."""
    try:
        found = pyarrow.array(column)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
        found = pyarrow.array([None if value is None else str(value) for value in column])
    return found.cast(pyarrow.float64()) if pyarrow.types.is_null(found.type) else found
