"""One trial of an experiment: a study on a table.

A trial continues from its journal by replay: the search is made again from the seed, asks again for
the items in the journal, and is told their recorded values. Searches are determined by their seed,
so the trial ends with the journal of one that was never stopped, timings aside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from otnas.experiments import searches
from otnas.experiments.searches import SearchMaker
from otnas.spaces import Space
from otnas.study import JournalError, Study, Trial
from otnas.study.header import check_same
from otnas.study.history import load as load_history
from otnas.study.results import StudyResults
from otnas.tables import Table
from otnas_fast import Cell


@dataclass(frozen=True)
class Step:
    """The state of a trial after a batch.

    Attributes
    ----------
    queries : int
        Architectures trained so far.
    best : float
        Lowest validation error so far, in percent.
    replayed : bool
        Whether the batch was in the journal already.
    """

    queries: int
    best: float
    replayed: bool


def run_trial(
    make: SearchMaker,
    space: Space,
    table: Table,
    configuration: Mapping[str, Any],
    seed: int,
    path: Path,
) -> Iterator[Step]:
    """Run a trial from the end of its journal.

    Parameters
    ----------
    make : SearchMaker
    space : Space
        That of the table.
    table : Table
        Its validation error is minimised.
    configuration : mapping
        As `Configuration.of_trial` returns it.
    seed : int
        Seed of the search.
    path : Path
        The journal. Every batch survives the end of the process; a power cut may lose the latest,
        which are then repeated.

    Yields
    ------
    Step
        After the batches in the journal, and after every new batch.

    Raises
    ------
    JournalError
        If the search asks for other items than those in the journal, or the table has other
        results.
    """
    of_table = about_table(table)
    if configuration.get("costs"):
        of_table["volume"] = searches.volume(configuration, table)
    about = {"configuration": dict(configuration), "seed": seed, "table": of_table}
    complete = _complete(about, space, table, path)
    if complete is not None:
        yield complete
        return
    search = make(configuration, space, table, seed)
    with Study(search, path, about=about, verify=True, sync=False) as study:
        _check_results(study.trials, table, path)
        if study.n_counted:
            yield Step(study.n_counted, _best(study), True)
        while (done := study.n_counted) < configuration["queries"]:
            size = configuration["initial"] if done == 0 else configuration["batch_size"]
            trials = study.running or study.ask(min(size, configuration["queries"] - done))
            errors, metrics = _look_up(space, table, [trial.item for trial in trials])
            study.tell(trials, errors, metrics)
            yield Step(study.n_counted, _best(study), False)


def about_table(table: Table) -> dict[str, Any]:
    """Return what readers of results need to know about a table, in JSON types."""
    return {
        "name": table.name,
        "space": table.space,
        "architectures": len(table),
        "metrics": list(table.metrics),
        "lowest": {
            name: float(np.min(table.metrics[name]))
            for name in ("validation_error", "test_error")
            if name in table.metrics
        },
        "provenance": table.provenance.to_dict(),
    }


def _look_up(
    space: Space, table: Table, cells: list[Cell]
) -> tuple[list[float], list[dict[str, Any]]]:
    """Return validation errors and all metrics of cells."""
    rows = table.rows(cells)
    metrics: list[dict[str, Any]] = [
        {name: float(values[row]) for name, values in table.metrics.items()}
        for row in rows.tolist()
    ]
    for found, digest in zip(metrics, space.digests(cells), strict=True):
        found["hash"] = digest.tobytes().hex()
    return table.validation_error[rows].tolist(), metrics


def _complete(about: dict[str, Any], space: Space, table: Table, path: Path) -> Step | None:
    """Return the last step of a trial that has all its queries and so needs no search."""
    history = load_history(path, space.parse) if path.exists() else None
    if history is None:
        return None
    results = StudyResults(history)
    if results.n_counted < about["configuration"]["queries"]:
        return None
    check_same({key: results.header.get(key) for key in about}, about, path)
    _check_results(results.trials, table, path)
    return Step(results.n_counted, _best(results), True)


def _check_results(trials: Sequence[Trial], table: Table, path: Path) -> None:
    """Raise if a journal has a result that differs from the table's."""
    told = [trial for trial in trials if trial.counts]
    if not told:
        return
    errors = table.validation_error[table.rows([trial.item for trial in told])].tolist()
    for trial, error in zip(told, errors, strict=True):
        if trial.value != error:
            raise JournalError(
                f"{path}, trial {trial.id}: the journal has the error {trial.value}, "
                f"but table {table.name} has {error}"
            )


def _best(results: StudyResults) -> float:
    return min((t.value for t in results.trials if t.value is not None), default=math.inf)
