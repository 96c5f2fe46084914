"""Running an experiment: all trials of all methods, into one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from otnas import checks
from otnas.experiments import searches
from otnas.experiments.configuration import Configuration
from otnas.experiments.layout import journal_path
from otnas.experiments.searches import SearchMaker
from otnas.experiments.task import Event, Task, open_table, perform
from otnas.experiments.workers import run_parallel
from otnas.study import lock


@dataclass(frozen=True)
class Plan(Sequence[Task]):
    """The trials of an experiment, made on demand.

    They are ordered by trial first, so that an experiment that is stopped can compare all methods.
    """

    configuration: Configuration
    out: Path

    @property
    def n_queries(self) -> int:
        """Number of queries of all trials."""
        return len(self) * self.configuration.queries

    def __len__(self) -> int:
        return len(self.configuration.trials) * len(self.configuration.methods)

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> list[Task]: ...
    def __getitem__(self, index: int | slice) -> Task | list[Task]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        configuration = self.configuration
        which, method = divmod(range(len(self))[index], len(configuration.methods))
        name, trial = configuration.methods[method], configuration.trials[which]
        path = journal_path(self.out, configuration.name, name, trial)
        return Task(configuration.of_trial(name), trial, path)


def plan(configuration: Configuration, out: Path) -> Plan:
    """Return the trials of an experiment.

    Parameters
    ----------
    configuration : Configuration
    out : Path
        Folder of the results.

    Raises
    ------
    ConfigurationError
        If the table is too small, or lacks columns of costs.
    LookupError, ValueError, OSError
        If there is no such table, or it cannot be read.
    """
    _, table = open_table(configuration.search_space)
    configuration.check_fits(table)
    return Plan(configuration, out)


def run(
    tasks: Sequence[Task], out: Path, *, jobs: int = 1, make: SearchMaker = searches.make
) -> Iterator[Event]:
    """Run the trials that have not ended yet to their end, and report what happens.

    Results do not depend on `jobs`. Whatever stops this, running it again continues the trials.

    Parameters
    ----------
    tasks : sequence of Task
    out : Path
        Folder of the results, locked meanwhile.
    jobs : int >= 1
        Number of processes; with 1 the trials run in this process.
    make : SearchMaker
        For `jobs` > 1 it must be a function of an importable module.

    Raises
    ------
    LockedError
        If another process is writing to the folder.
    ValueError
        If `jobs` is less than 1.
    """
    checks.integer("jobs", jobs, 1)
    with lock.folder(out):
        if jobs == 1:
            for task in tasks:
                yield from perform(task, make)
        else:
            yield from run_parallel(tasks, make, jobs)
