"""Tables of results as text, for terminals and reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otnas.reading.paired import Paired
from otnas.reading.ranking import Reached, Row, Standing, compare_values
from otnas.reading.results import Experiment
from otnas.reading.statistics import Band, bootstrap_mean
from otnas.search.front import Front

LISTED = 30
"""Items of a front in a table."""


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
    """Return all tables of an experiment; the front comes first if it was the objective."""
    fronts = []
    if experiment.costs:
        fronts = [volumes(experiment), front("front of all trials", experiment.front)]
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
    found = [*fronts, *found] if experiment.for_front else [*found, *fronts]
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
    """Return regrets at intermediate queries, and their mean over all queries."""
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


def volumes(experiment: Experiment) -> TextTable:
    """Return the share of the volume of the table's front that was found, the largest first."""
    curves = {method: experiment.curves(method, "volume") for method in experiment.trials}
    last = min(found.shape[1] for found in curves.values())
    marks = [max(1, round(last * share)) for share in (0.25, 0.5, 0.75, 1.0)]
    ends = {
        method: {t.trial: float(t.volume[last - 1]) for t in trials}
        for method, trials in experiment.trials.items()
    }
    ordered = sorted(curves, key=lambda method: -float(curves[method][:, last - 1].mean()))
    cells = []
    for method in ordered:
        bands = [bootstrap_mean(curves[method][:, [mark - 1]]) for mark in marks]
        versus = None if method == ordered[0] else compare_values(ends[method], ends[ordered[0]])
        cells.append(
            [
                method,
                str(len(curves[method])),
                *(f"{band.mean[0]:.1f}" for band in bands[:-1]),
                _band(bands[-1], digits=1),
                "-"
                if versus is None
                else _interval(versus.difference, versus.low, versus.high, sign=True, digits=1),
            ]
        )
    reference = next(iter(experiment.trials.values()))[0].reference
    where = [f"{name} {reference[name]:.4g}" for name in experiment.costs]
    return TextTable(
        title=f"{experiment.name}: volume below the front, % of the table's",
        headings=[
            "method",
            "n",
            *(f"at {mark}" for mark in marks),
            f"minus {ordered[0]}",
        ],
        rows=cells,
        notes=[f"Up to error {reference['value']:.4g} %, {', '.join(where)}."],
    )


def front(
    title: str,
    found: Front,
    items: Sequence[str] | None = None,
    headings: Sequence[str] = ("architecture", "error, %"),
) -> TextTable:
    """Return a front as a table; `items` are what is written for its items."""
    names, knee = found.items if items is None else items, found.knee
    cells = [
        [
            str(names[i]),
            f"{found.values[i]:.6g}",
            *(f"{cost[i]:.4g}" for cost in found.costs.values()),
            "knee" if found.items[i] is knee else "",
        ]
        for i in range(min(len(found), LISTED))
    ]
    more = len(found) - LISTED
    return TextTable(
        title=title,
        headings=[*headings, *found.costs, ""],
        rows=cells,
        notes=[f"And {more} more of higher {next(iter(found.costs))}."] if more > 0 else (),
    )


def goals(experiment: Experiment, rows: Sequence[Row], target: float | None) -> TextTable:
    """Return how many trials reached the optimum or a target, and after how many queries."""
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
    """Return the times of searching and of training, separately."""
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
        *_tradeoff(common),
        ("trials", trials(experiment)),
    ]
    for used in experiment.versions:
        pairs.append(("versions", ", ".join(f"{name} {number}" for name, number in used.items())))
    return pairs


def _tradeoff(common: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what is known of costs, and which rows of the table count as one."""
    if common.get("costs"):
        yield "costs", ", ".join(common["costs"])
        yield "objective", str(common.get("objective", "error"))
    if common.get("budget"):
        limits = common["budget"].items()
        yield "budget", ", ".join(f"{cost} <= {limit:g}" for cost, limit in limits)
    merged = common.get("merge", True)
    yield "equal networks", "count as one" if merged else "are rows with results of their own"


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


def _band(band: Band, digits: int = 3) -> str:
    return _interval(band.mean[0], band.low[0], band.high[0], digits=digits)


def _interval(mean: float, low: float, high: float, *, sign: bool = False, digits: int = 3) -> str:
    texts = [f"{number:{'+' if sign else ''}.{digits}f}" for number in (mean, low, high)]
    texts = [text if float(text) else text.lstrip("+-") for text in texts]
    return texts[0] if low != low else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _reached(reached: Reached) -> list[str]:
    median = "-" if reached.median is None else f"{reached.median:g}"
    return [f"{reached.trials}/{reached.n}", median]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
