"""Results as one table, a row a query, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from otnas.reading.results import Experiment
from otnas.storage import written_atomically

COLUMNS = (
    "method",
    "trial",
    "query",
    "cell",
    "validation_error",
    "test_error",
    "best_validation_error",
    "test_error_of_best",
)
"""Errors in percent, queries from 1. Test errors are empty where the table has none.

Several experiments have a column ``experiment`` before these.
"""


def rows(experiments: Sequence[Experiment]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a query, by experiment, method, trial and query."""
    for experiment in experiments:
        name = (experiment.name,) if len(experiments) > 1 else ()
        for row in _rows(experiment):
            yield (*name, *row)


def _columns(experiments: Sequence[Experiment]) -> tuple[str, ...]:
    return COLUMNS if len(experiments) == 1 else ("experiment", *COLUMNS)


def _rows(experiment: Experiment) -> Iterator[tuple[Any, ...]]:
    for method, trials in experiment.trials.items():
        for trial in trials:
            best, test = trial.best_validation_error.tolist(), trial.test_error
            validation, incumbent = trial.validation_error.tolist(), trial.incumbent
            for i, cell in enumerate(trial.cells):
                yield (
                    method,
                    trial.trial,
                    i + 1,
                    cell,
                    validation[i],
                    None if test is None else float(test[i]),
                    best[i],
                    None if test is None else float(test[incumbent[i]]),
                )


def write_csv(experiments: Sequence[Experiment], path: Path) -> int:
    """Write a CSV file in UTF-8 and return its number of rows, without the one of names.

    Numbers have all their digits. An existing file is replaced at the end of a successful write.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_columns(experiments))
    count = 0
    for row in rows(experiments):
        writer.writerow(row)
        count += 1
    with written_atomically(path) as file:
        file.write(text.getvalue().encode())
    return count


def write_parquet(experiments: Sequence[Experiment], path: Path) -> int:
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
    names = _columns(experiments)
    kinds = ("string", "int64", "int64", "string", *("float64",) * 4)
    before = ("string",) * (len(names) - len(COLUMNS))
    columns = list(zip(*rows(experiments), strict=True))
    arrays = [
        pyarrow.array(column, type=getattr(pyarrow, kind)())
        for column, kind in zip(columns, (*before, *kinds), strict=True)
    ]
    table = pyarrow.table(dict(zip(names, arrays, strict=True)))
    with written_atomically(path) as file:
        pyarrow.parquet.write_table(table, file)
    return int(table.num_rows)
