"""What a run shows in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable

from otnas.experiments.trial import Progress as TrialProgress
from otnas.experiments.trial import regret
from otnas.tables import Table


def follow(
    trial: Iterable[TrialProgress], queries: int, table: Table, console: Console
) -> list[TrialProgress]:
    """Run a trial to its end under a progress bar and return every step.

    Ctrl-C ends the trial early; the steps so far are returned.
    """
    steps: list[TrialProgress] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("best {task.fields[best]}"),
    )
    with Progress(*columns, console=console, transient=not console.is_terminal) as bar:
        task = bar.add_task("queries", total=queries, best="")
        try:
            for step in trial:
                steps.append(step)
                best = f"{table.validation_error[step.best]:.3f} %"
                bar.update(task, completed=step.queries, best=best)
        except KeyboardInterrupt:
            console.print("[yellow]Stopped.[/yellow] The journal holds every query so far.")
    return steps


def summary(steps: list[TrialProgress], table: Table, rows: int = 12) -> RichTable:
    """Return queries, best error, regret and overhead at about `rows` moments of the run."""
    view = RichTable(title=f"{table.name} ({table.provenance.dataset}), errors in percent")
    for heading in ("queries", "best validation error", "test regret", "overhead / query (ms)"):
        view.add_column(heading, justify="right")
    stride = max(1, (len(steps) + rows - 1) // rows)
    shown = steps[::stride]
    if steps and shown[-1] is not steps[-1]:
        shown.append(steps[-1])
    for step in shown:
        view.add_row(
            str(step.queries),
            f"{table.validation_error[step.best]:.3f}",
            f"{regret(table, step.best):.3f}",
            f"{1000 * step.overhead / step.queries:.2f}",
        )
    return view
