"""The progress display of a run."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from otnas.experiments.runner import Plan
from otnas.experiments.task import Advanced, Event, Failed, Finished, Started


def follow(events: Iterable[Event], tasks: Plan, console: Console) -> list[Failed]:
    """Show events as they arrive, and return the failures.

    A terminal shows a bar for every running trial and one for all, with the time left; other output
    has one line per trial.
    """
    failures: list[Failed] = []
    best: dict[Path, float] = {}
    ended = 0
    bars = _Bars(tasks) if console.is_terminal else None
    live = Live(bars.view, console=console, transient=True) if bars else contextlib.nullcontext()
    with live:
        for event in events:
            if bars:
                bars.take(event)
            name = f"{event.task.method}, trial {event.task.trial}"
            if isinstance(event, Advanced):
                best[event.task.journal] = event.best
                continue
            lowest = best.pop(event.task.journal, math.inf)
            if isinstance(event, Failed):
                failures.append(event)
                ended += 1
                console.print(f"[red]failed:[/red] {escape(f'{name}: {event.message}')}")
            elif isinstance(event, Finished):
                ended += 1
                if not bars:
                    text = f"best validation error {lowest:.3f} %"
                    console.print(f"{ended}/{len(tasks)} {name}: {text}", markup=False)
    return failures


class _Bars:
    """The bars of the running trials, and one bar of all."""

    def __init__(self, tasks: Plan) -> None:
        self._all = Progress(
            TextColumn("all trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("queries"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
        )
        self._running = Progress(
            TextColumn("  {task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("best {task.fields[best]}", markup=False),
            TimeRemainingColumn(),
        )
        self.view = Group(self._running, self._all)
        self._total = self._all.add_task("", total=tasks.n_queries)
        self._done: dict[Path, int] = {}  # queries of running trials
        self._ended = 0  # and of all others
        self._shown: dict[Path, TaskID] = {}

    def take(self, event: Event) -> None:
        """Show an event."""
        task = event.task
        if isinstance(event, Started):
            name = f"{task.method}, trial {task.trial}"
            self._shown[task.journal] = self._running.add_task(name, total=task.queries, best="")
            return
        if isinstance(event, Advanced):
            self._done[task.journal] = event.queries
            best = f"{event.best:.3f} %"
            self._running.update(self._shown[task.journal], completed=event.queries, best=best)
        else:
            # A failed trial has ended, too.
            self._done.pop(task.journal, None)
            self._ended += task.queries
            if task.journal in self._shown:  # a process can die before it reports anything
                self._running.remove_task(self._shown.pop(task.journal))
        self._all.update(self._total, completed=self._ended + sum(self._done.values()))
