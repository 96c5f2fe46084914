"""A trial of a method as a unit of work, and the events reported while it runs."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from otnas import spaces, tables
from otnas.experiments.configuration import ConfigurationError
from otnas.experiments.layout import failure_path
from otnas.experiments.searches import SearchMaker
from otnas.experiments.trial import run_trial
from otnas.spaces import Space
from otnas.study import StudyError
from otnas.tables import Table


@dataclass(frozen=True)
class Task:
    """One trial of one method.

    Attributes
    ----------
    configuration : mapping
        As `Configuration.of_trial` returns it.
    trial : int
        Its number, which is the seed.
    journal : Path
    """

    configuration: Mapping[str, Any]
    trial: int
    journal: Path

    @property
    def method(self) -> str:
        """The method's name."""
        return str(self.configuration["method"])

    @property
    def queries(self) -> int:
        """Architectures to train."""
        return int(self.configuration["queries"])


@dataclass(frozen=True)
class Started:
    """A trial was begun or resumed."""

    task: Task


@dataclass(frozen=True)
class Advanced:
    """A trial has made some queries, of which the lowest validation error is `best` percent."""

    task: Task
    queries: int
    best: float
    replayed: bool


@dataclass(frozen=True)
class Finished:
    """A trial has made all its queries."""

    task: Task


@dataclass(frozen=True)
class Failed:
    """A trial ended with an error; its journal has everything up to that."""

    task: Task
    message: str


Event = Started | Advanced | Finished | Failed


def perform(task: Task, make: SearchMaker) -> Iterator[Event]:
    """Run a trial; errors are reported, not raised."""
    yield Started(task)
    try:
        space, table = open_table(task.configuration["search_space"])
        for step in run_trial(make, space, table, task.configuration, task.trial, task.journal):
            yield Advanced(task, step.queries, step.best, step.replayed)
    except Exception as error:
        yield Failed(task, _message(error, task))
        return
    failure_path(task.journal).unlink(missing_ok=True)
    yield Finished(task)


@lru_cache(maxsize=1)
def open_table(name: str) -> tuple[Space, Table]:
    """Return a table and its space; the last table is cached, with what was computed on it.

    Raises
    ------
    LookupError, ValueError, OSError
        If there is no such table, or it cannot be read.
    """
    table = tables.load(name)
    return spaces.get(table.space), table


def _message(error: Exception, task: Task) -> str:
    if isinstance(error, ConfigurationError | StudyError | OSError | LookupError | ImportError):
        return str(error.args[0] if isinstance(error, KeyError) else error)
    # A programming error: the one line says where it is, and the file has the rest.
    path = failure_path(task.journal)
    where = traceback.extract_tb(error.__traceback__)[-1]
    try:
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        path = Path(where.filename)
    first_line = (str(error).splitlines() or [""])[0]
    return (
        f"{type(error).__name__}: {first_line} ({Path(where.filename).name}:{where.lineno}; {path})"
    )
