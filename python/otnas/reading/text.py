"""The tables of results, as text that terminals and reports share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otnas.reading.paired import Paired
from otnas.reading.ranking import Reached, Row, Standing
from otnas.reading.results import Experiment
from otnas.reading.statistics import Band


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
    found = [regrets(experiment, rows), progress(experiment, rows)]
    if len(rows) > 1:
        found += [
            comparisons(f"{experiment.name}: regret minus that of {rows[0].method}", rows),
            comparisons(
                f"{experiment.name}: mean over queries minus that of {rows[0].method}",
                rows,
                anytime=True,
            ),
        ]
    return [*found, goals(experiment, rows, target), costs(experiment, rows)]


def regrets(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return methods by mean regret."""
    cells = [
        [
            row.method,
            str(row.regret.n),
            _band(row.regret),
            f"{row.median:.3f}",
            f"{row.error:.3f}",
            f"{row.mean_rank:.2f}" if row.mean_rank == row.mean_rank else "-",
        ]
        for row in rows
    ]
    name = experiment.error_name
    notes = [f"{_about_regret(experiment)} Rank: by regret within a trial, ties share."]
    if rows[0].regret.n < 10:
        notes.append(
            f"With {rows[0].regret.n} trials intervals are too narrow and p can hardly be small: "
            "use --trials 0:30 for conclusions."
        )
    if experiment.unfinished:
        notes.append(f"Trials: {trials(experiment)}.")
    return TextTable(
        title=f"{experiment.name}: regret after {rows[0].queries} queries",
        headings=["method", "n", "mean", "median", f"{name}, %", "rank"],
        rows=cells,
        notes=notes,
    )


def progress(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return regrets on the way, and their mean over all queries."""
    marks = list(rows[0].checkpoints)
    return TextTable(
        title=f"{experiment.name}: mean regret on the way",
        headings=["method", *(f"at {mark}" for mark in marks), "mean over queries"],
        rows=[
            [
                row.method,
                *(f"{value:.3f}" for value in row.checkpoints.values()),
                _band(row.anytime),
            ]
            for row in rows
        ],
        notes=["Mean over queries: of all after the initial design. It tells who is there sooner."],
    )


def comparisons(title: str, rows: Sequence[Row], *, anytime: bool = False) -> TextTable:
    """Return each method compared with the first."""
    cells = []
    for row in rows[1:]:
        versus = row.anytime_versus if anytime else row.versus
        if versus is None:
            cells.append([row.method, "0", "-", "-", "-"])
            continue
        pair = versus.comparison
        cells.append(
            [
                row.method,
                str(pair.n),
                _interval(pair.difference, pair.low, pair.high, sign=True),
                f"{pair.wins}/{pair.ties}/{pair.losses}",
                _p(versus.adjusted),
            ]
        )
    return TextTable(
        title=title,
        headings=["method", "n", "difference", "lower/=/higher", "p"],
        rows=cells,
        notes=[
            "In the n trials that both have. p: two-sided Wilcoxon signed-rank test, adjusted for "
            "the number of comparisons by Holm's method."
        ],
    )


def standings(experiment: Experiment, reference: str, rows: Sequence[Standing]) -> TextTable:
    """Return regrets at checkpoints, each method compared with the reference."""
    cells = []
    for row in rows:
        line = [row.method, str(row.queries), str(row.regret.n), _band(row.regret)]
        pair = row.versus
        if pair is None:
            line += ["-", "-"]
        else:
            line.append(_interval(pair.difference, pair.low, pair.high, sign=True))
            line.append(f"{pair.wins}/{pair.ties}/{pair.losses}")
        cells.append(line)
    return TextTable(
        title=f"{experiment.name}: mean regret on the way, and minus that of {reference}",
        headings=["method", "after", "n", "mean", "difference", "lower/=/higher"],
        rows=cells,
        notes=[
            f"{_about_regret(experiment)} After: queries, the initial "
            f"{experiment.common['initial']} included; differences: in the trials that both have."
        ],
    )


def goals(experiment: Experiment, rows: Sequence[Row], target: float | None) -> TextTable:
    """Return how many trials came to the optimum or a target, and after how many queries."""
    headings = ["method", "optimum found", "after queries"]
    if target is not None:
        headings += [f"regret <= {target:g}", "after queries"]
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
            f"{experiment.lowest_validation_error:.3f} %. Queries: median over all trials, - if "
            "most did not come to it."
        ],
    )


def costs(experiment: Experiment, rows: Sequence[Row]) -> TextTable:
    """Return what searching and what training took, apart."""
    cells = []
    for row in sorted(rows, key=lambda row: row.overhead):
        training = "not tabulated" if row.training is None else f"{row.training:.1f}"
        per_trial = row.overhead * experiment.length(row.method)
        cells.append([row.method, f"{1000 * row.overhead:.2f}", f"{per_trial:.2f}", training])
    return TextTable(
        title=f"{experiment.name}: cost",
        headings=[
            "method",
            "search, ms/query",
            "search, s/trial",
            "training, s/query",
        ],
        rows=cells,
        notes=["Training: as tabulated. Nothing was trained here."],
    )


def pairs(found: Paired) -> TextTable:
    """Return how each method does in two runs, A and B."""
    rows = []
    for pair in found.pairs:
        c = pair.versus.comparison
        rows.append(
            [
                pair.method,
                str(c.n),
                f"{pair.first:.3f}",
                f"{pair.second:.3f}",
                _interval(c.difference, c.low, c.high, sign=True),
                f"{c.wins}/{c.ties}/{c.losses}",
                _p(pair.versus.adjusted),
            ]
        )
    return TextTable(
        title=f"{found.first.name}: regret after {found.queries} queries in two runs",
        headings=["method", "n", "A", "B", "A - B", "A lower/equal/higher", "p (Holm)"],
        rows=rows,
        notes=[
            f"A: {found.first.folder}. B: {found.second.folder}. Trials of the same number; "
            "intervals: 95 %, bootstrap; p: Wilcoxon signed-rank, adjusted for the methods."
        ],
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


def _about_regret(experiment: Experiment) -> str:
    name = experiment.error_name
    return (
        f"Regret: {name} of the architecture with the lowest validation error so far, above the "
        f"lowest {name} of the table, in percentage points. Intervals: 95 %, bootstrap over n "
        "trials."
    )


def _band(band: Band) -> str:
    return _interval(band.mean[0], band.low[0], band.high[0])


def _interval(mean: float, low: float, high: float, *, sign: bool = False) -> str:
    texts = [f"{number:{'+' if sign else ''}.3f}" for number in (mean, low, high)]
    texts = ["0.000" if text in ("+0.000", "-0.000") else text for text in texts]
    return texts[0] if low != low else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _reached(reached: Reached) -> list[str]:
    median = "-" if reached.median is None else f"{reached.median:g}"
    return [f"{reached.trials}/{reached.n}", median]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
