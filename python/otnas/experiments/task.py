"""A trial of a method as a piece of work, and what is reported while it is done."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from otnas import spaces, tables
from otnas.experiments.errors import ExperimentError
from otnas.experiments.journal import Journal
from otnas.experiments.layout import failure_path
from otnas.experiments.protocols import SearchMaker
from otnas.experiments.trial import run_trial
from otnas.spaces import Space
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
    packages : tuple of str
        What the method depends on beyond NumPy and SciPy; the journal has its versions too.
    """

    configuration: Mapping[str, Any]
    trial: int
    journal: Path
    packages: tuple[str, ...] = ()

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
    """A trial was begun or taken up again."""

    task: Task


@dataclass(frozen=True)
class Advanced:
    """A trial has so many queries by now, the lowest validation error being `best` percent."""

    task: Task
    queries: int
    best: float
    replayed: bool


@dataclass(frozen=True)
class Finished:
    """A trial has all its queries."""

    task: Task


@dataclass(frozen=True)
class Failed:
    """A trial ended with an error; its journal is as far as it came."""

    task: Task
    message: str


Event = Started | Advanced | Finished | Failed


def perform(task: Task, make: SearchMaker) -> Iterator[Event]:
    """Run a trial, single-threaded; errors are reported, not raised."""
    yield Started(task)
    try:
        # Matrices are small: more threads would spend their time waiting for each other, and
        # trials run beside each other anyway. Results would depend on the number of threads.
        with threadpool_limits(1):
            space, table = open_table(task.configuration["search_space"])
            with Journal(task.journal, header(task, table)) as journal:
                for step in run_trial(make, space, table, task.configuration, task.trial, journal):
                    yield Advanced(task, step.queries, step.best, step.replayed)
    except Exception as error:
        yield Failed(task, _message(error, task))
        return
    failure_path(task.journal).unlink(missing_ok=True)
    yield Finished(task)


@lru_cache(maxsize=1)
def open_table(name: str) -> tuple[Space, Table]:
    """Return a table and its space; the last one is kept, with what was computed on it.

    Raises
    ------
    LookupError, ValueError, OSError
        If there is no such table, or it cannot be read.
    """
    table = tables.load(name)
    return spaces.get(table.space), table


def header(task: Task, table: Table) -> dict[str, Any]:
    """Return the header of a trial's journal."""
    return {
        "configuration": dict(task.configuration),
        "seed": task.trial,
        "table": about(table),
        "versions": versions(task.packages),
        "started": time.time(),
    }


def about(table: Table) -> dict[str, Any]:
    """Return what readers of results need to know of a table, as JSON has it."""
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


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions that results may depend on, with those of further packages."""
    found = {"python": platform.python_version()}
    for name in ("otnas", "numpy", "scipy", *packages):
        # The search itself refuses to run without what it needs, and says how to install it.
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _message(error: Exception, task: Task) -> str:
    if isinstance(error, ExperimentError | OSError | LookupError | ImportError):
        return str(error.args[0] if isinstance(error, KeyError) else error)
    # A programming error: the one line says where, the file has the rest.
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
