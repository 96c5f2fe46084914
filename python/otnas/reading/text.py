"""The tables of results, as text that terminals and reports share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otnas.reading.ranking import Reached, Row
from otnas.reading.results import Experiment


@dataclass(frozen=True)
class TextTable:
    """A table for people.

    Attributes
    ----------
    title : str
    headings : sequence of str
        The first column is a name, the others are numbers.
    rows : sequence of sequences of str
    notes : sequence of str
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def tables(experiment: Experiment, rows: Sequence[Row], target: float | None) -> list[TextTable]:
    """Return all tables of an experiment."""
    return [
        regrets(experiment, rows),
        comparisons(experiment, rows),
        goals(experiment, rows, target),
        costs(experiment, rows),
    ]


def regrets(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return methods by mean regret."""
    cells = [
        [
            row.method,
            str(row.regret.n),
            _interval(row.regret.mean[0], row.regret.low[0], row.regret.high[0]),
            f"{row.median:.3f}",
            f"{row.error:.3f}",
            f"{row.mean_rank:.2f}" if row.mean_rank == row.mean_rank else "-",
        ]
        for row in rows
    ]
    name = experiment.error_name
    notes = [
        f"Regret: {name} of the architecture with the lowest validation error so far, above the "
        f"lowest {name} of the table, in percentage points; intervals: bootstrap over trials.",
    ]
    if rows[0].regret.n < 10:
        notes.append(
            f"With {rows[0].regret.n} trials intervals are too narrow and p can hardly be small: "
            "use --trials 0:30 for conclusions."
        )
    if experiment.unfinished:
        notes.append(f"Trials: {trials(experiment)}.")
    return TextTable(
        title=f"{experiment.name}: regret after {rows[0].queries} queries",
        headings=["method", "n", "mean [95 % CI]", "median", f"{name}, %", "mean rank"],
        rows=cells,
        notes=notes,
    )


def comparisons(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return each method compared with the first."""
    cells = []
    for row in rows[1:]:
        pair = row.comparison
        if pair is None:
            cells.append([row.method, "0", "-", "-", "-"])
            continue
        cells.append(
            [
                row.method,
                str(pair.n),
                _interval(pair.difference, pair.low, pair.high, sign=True),
                f"{pair.wins}/{pair.ties}/{pair.losses}",
                "-" if row.adjusted is None else _p(row.adjusted),
            ]
        )
    return TextTable(
        title=f"{experiment.name}: regret minus that of {rows[0].method}",
        headings=["method", "n", "mean [95 % CI]", "lower/equal/higher", "p"],
        rows=cells,
        notes=[
            "The same trials of both methods; p: two-sided Wilcoxon signed-rank test, adjusted for "
            "the number of comparisons by Holm's method."
        ],
    )


def goals(experiment: Experiment, rows: Sequence[Row], target: float | None) -> TextTable:
    """Return how many trials came to the optimum or a target, and after how many queries."""
    headings = ["method", "optimum found", "median queries"]
    if target is not None:
        headings += [f"regret <= {target:g}", "median queries"]
    cells = []
    for row in rows:
        line = [row.method, *_reached(row.optimum)]
        if row.target is not None:
            line += _reached(row.target)
        cells.append(line)
    return TextTable(
        title=f"{experiment.name}: queries to the goal",
        headings=headings,
        rows=cells,
        notes=[
            f"Optimum: the lowest validation error of the table, "
            f"{experiment.lowest_validation_error:.3f} %. Median over all trials; - if most did "
            "not come to it."
        ],
    )


def costs(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return what searching and what training took, apart."""
    cells = []
    for row in sorted(rows, key=lambda row: row.overhead):
        training = "not in the table" if row.training is None else f"{row.training:.1f}"
        per_trial = row.overhead * experiment.length(row.method)
        cells.append([row.method, f"{1000 * row.overhead:.2f}", f"{per_trial:.2f}", training])
    return TextTable(
        title=f"{experiment.name}: cost",
        headings=[
            "method",
            "search, ms a query",
            "search, s a trial",
            "training (tabulated), s a query",
        ],
        rows=cells,
    )


def facts(experiment: Experiment) -> list[tuple[str, str]]:
    """Return table, settings and versions as pairs of a name and a text."""
    table, source = experiment.table, experiment.table["provenance"]
    common = experiment.common
    pairs = [
        (
            "table",
            f"{table['name']} ({table['architectures']:,} architectures of {table['space']})",
        ),
        ("data", source["dataset"]),
        ("metric", source["metric"]),
        ("split", source["split"]),
        ("epochs", "not stated" if source["epochs"] is None else str(source["epochs"])),
        ("training seeds", source["seeds"]),
        ("source", f"{source['source']}, SHA-256 {source['sha256'] or 'none'}"),
        *(("note", note) for note in source["notes"]),
        (
            "queries",
            f"{common['queries']}: {common['initial']} random, then {common['batch_size']} at a "
            "time",
        ),
        ("candidates", common["candidates"]),
        ("trials", trials(experiment)),
    ]
    for used in experiment.versions:
        pairs.append(("versions", ", ".join(f"{name} {number}" for name, number in used.items())))
    return pairs


def trials(experiment: Experiment) -> str:
    """Say which trials there are, and which are not complete."""
    counts = sorted({len(found) for found in experiment.trials.values()})
    text = " to ".join(str(count) for count in {counts[0]: 0, counts[-1]: 0})
    unfinished = experiment.unfinished
    if not unfinished:
        return f"{text} a method, all complete"
    some = ", ".join(f"{t.method} {t.trial} ({len(t)}/{t.wanted})" for t in unfinished[:5])
    more = f" and {len(unfinished) - 5} more" if len(unfinished) > 5 else ""
    return f"{text} a method; not complete: {some}{more}"


def _interval(mean: float, low: float, high: float, *, sign: bool = False) -> str:
    form = "{:+.3f}" if sign else "{:.3f}"
    text = form.format(mean)
    if low != low:
        return text
    return f"{text} [{form.format(low)}, {form.format(high)}]"


def _reached(reached: Reached) -> list[str]:
    median = "-" if reached.median is None else f"{reached.median:g}"
    return [f"{reached.trials}/{reached.n}", median]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
