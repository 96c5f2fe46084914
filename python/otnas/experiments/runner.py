"""Runs an experiment: all trials of all methods, into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from otnas.experiments import lock, searches
from otnas.experiments.configuration import Configuration
from otnas.experiments.layout import journal_path
from otnas.experiments.protocols import SearchMaker
from otnas.experiments.task import Event, Task, open_table, perform
from otnas.experiments.workers import run_parallel


def plan(
    configuration: Configuration,
    out: Path,
    *,
    packages: Callable[[str], tuple[str, ...]] = searches.packages,
) -> list[Task]:
    """Return the trials of an experiment.

    By trial first: an experiment that is stopped has all methods to compare.

    Parameters
    ----------
    configuration : Configuration
    out : Path
        Folder of the results.
    packages : callable
        What a method needs beyond NumPy and SciPy: its versions are recorded.

    Raises
    ------
    ConfigurationError
        If the table is too small.
    LookupError, ValueError, OSError
        If there is no such table, or it cannot be read.
    """
    _, table = open_table(configuration.search_space)
    configuration.check_fits(table.name, len(table))
    return [
        Task(
            configuration.of_trial(method),
            trial,
            journal_path(out, configuration.name, method, trial),
            packages(method),
        )
        for trial in configuration.trials
        for method in configuration.methods
    ]


def run(
    tasks: Sequence[Task], out: Path, *, jobs: int = 1, make: SearchMaker = searches.make
) -> Iterator[Event]:
    """Run trials that have not ended yet to their end, and report what happens.

    Results do not depend on `jobs`. Whatever stops this, running the same again goes on.

    Parameters
    ----------
    tasks : sequence of Task
    out : Path
        Folder of the results, locked meanwhile.
    jobs : int >= 1
        Processes; with 1 the trials run in this one.
    make : SearchMaker
        For `jobs` > 1 a function of an importable module.

    Raises
    ------
    LockedError
        If another process is running into the folder.
    ValueError
        If `jobs` is less than 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs: expected an integer of at least 1, got {jobs}")
    with lock.folder(out):
        if jobs == 1:
            for task in tasks:
                yield from perform(task, make)
        else:
            yield from run_parallel(tasks, make, jobs)
