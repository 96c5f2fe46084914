"""Facts, tables, figures and a report of a study, from its journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from otnas.reading import export, fronts, report, style, text
from otnas.reading.text import TextTable
from otnas.storage import written_atomically
from otnas.study import State, Trial
from otnas.study.results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LISTED = 10
"""Trials in a table."""


def facts(study: StudyResults) -> list[tuple[str, str]]:
    """Return method, space, versions and states of trials, as pairs of a name and a text."""
    # Trials of experiments of the format before have a configuration instead.
    search = _part(study.header, "search") or _part(study.header, "configuration")
    domain = _part(search, "domain")
    space = domain.get("space", search.get("search_space", "a pool"))
    if "n_items" in domain:
        space = f"{space}, {domain['n_items']} items"
    counts = [(state.value, sum(t.state is state for t in study.trials)) for state in State]
    pairs = [
        ("method", str(search.get("method", "not stated"))),
        ("space", str(space)),
        ("seed", str(search.get("seed", study.header.get("seed", "not stated")))),
        ("objective", str(study.header.get("objective") or "not stated")),
        ("direction", study.direction),
        ("versions", ", ".join(f"{name} {number}" for name, number in study.versions.items())),
        ("trials", f"{len(study.trials)}: {_listed(counts)}" if study.trials else "none yet"),
    ]
    if _done(study):
        best = study.best
        pairs.append(("best", f"{best.value:g}, trial {best.id}: {_item(best)}"))
    if has_front(study):
        front, ends = study.front, fronts.reference(study)
        where = ", ".join(f"{name} {number:.4g}" for name, number in ends.items())
        pairs += [
            ("front", f"{len(front)} trials, the knee is trial {front.knee.id}"),
            ("hypervolume", f"{front.hypervolume(ends):.6g}, up to {where}"),
        ]
    return pairs


def has_front(study: StudyResults) -> bool:
    """Whether something is done whose costs are known."""
    return any(trial.costs for trial in _done(study))


def tables(study: StudyResults) -> list[TextTable]:
    """Return the best and the last trials, and the time used per worker."""
    sign = -1.0 if study.direction == "maximise" else 1.0
    best = sorted(_done(study), key=lambda trial: (sign * (trial.value or 0.0), trial.id))
    found = [
        _trials("best trials", best[:LISTED]),
        _trials("last trials", study.trials[-LISTED:]),
        *([_front(study)] if has_front(study) else []),
        _workers(study),
    ]
    return [table for table in found if table.rows]


def figures(study: StudyResults, name: str) -> dict[str, Figure]:
    """Return the figures of a study by file name."""
    found = {name: draw(study, name)}
    return {**found, f"{name}-front": fronts.draw_study(study)} if has_front(study) else found


def draw(study: StudyResults, name: str) -> Figure:
    """Return a figure of values and the best so far over trials, failures marked above or below."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    done = _done(study)
    numbers, values = [t.id for t in done], np.array([t.value for t in done], dtype=np.float64)
    best = np.maximum if study.direction == "maximise" else np.minimum
    failed = [t.id for t in study.trials if t.state is State.FAILED]
    with style.applied():
        figure = Figure(figsize=(style.WIDTH, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.plot(numbers, values, "o", ms=3, color="#56B4E9", label="value")
        axes.plot(
            numbers, best.accumulate(values), color="#000000", drawstyle="steps-post",
            label="best so far",
        )  # fmt: skip
        if failed:
            # At the edge of the bad side: they have no value.
            edge = 0.0 if study.direction == "maximise" else 1.0
            axes.plot(
                failed, [edge] * len(failed), "x", ms=5, color="#D55E00", clip_on=False,
                transform=axes.get_xaxis_transform(), label="failed",
            )  # fmt: skip
        axes.set_xlabel("trial")
        axes.set_ylabel("value")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_axisbelow(True)
        axes.set_title(name, loc="left")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def write_report(study: StudyResults, name: str, path: Path) -> None:
    """Write the report of a study, replacing an existing one."""
    parts = [report.as_list(facts(study))]
    if study.trials:
        captions = {name: "Values told and the best so far; crosses are failed trainings."}
        for i, (which, figure) in enumerate(figures(study, name).items()):
            parts.append(report.picture(f"study{i}", figure, captions.get(which, report.FRONT)))
    parts += [report.as_table(table) for table in tables(study)]
    settings = _part(_part(study.header, "search"), "settings")
    if settings:
        pairs = [(key, json.dumps(value)) for key, value in settings.items()]
        parts += ["<h3>Settings</h3>", report.as_list(pairs)]
    section = "\n".join(["<section>", *parts, "</section>"])
    with written_atomically(path) as file:
        file.write(report.page(f"Study {name}", [section]).encode())


def columns(study: StudyResults) -> export.Columns:
    """Return the trials by column, see `Trial.to_record`; and whether they are ``on_front``."""
    records = study.to_records()
    for trial, record in zip(study.trials, records, strict=True):
        record["item"] = _item(trial)
    if has_front(study):
        best = {trial.id for trial in study.front.items}
        for record in records:
            record["on_front"] = record["id"] in best
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _front(study: StudyResults) -> TextTable:
    front = study.front
    items = [f"trial {trial.id}: {_item(trial)}" for trial in front.items]
    return text.front("front", front, items, ("trial", "value"))


def _trials(title: str, trials: Sequence[Trial]) -> TextTable:
    return TextTable(
        title=title,
        headings=["trial", "state", "value", "expected", "trained, s", "item or reason"],
        rows=[
            [
                str(trial.id) if trial.retry_of is None else f"{trial.id} (as {trial.retry_of})",
                trial.state.value,
                _number(trial.value),
                "-" if trial.mean is None else f"{trial.mean:.4g} ± {_number(trial.deviation)}",
                "-" if trial.run is None else f"{trial.run.ended - trial.run.started:.1f}",
                _item(trial) if not trial.reason else _last_line(trial.reason),
            ]
            for trial in trials
        ],
    )


def _workers(study: StudyResults) -> TextTable:
    """Return what every worker did: trials with a run, failed ones among them, and the time."""
    runs: dict[str, list[Trial]] = {}
    for trial in study.trials:
        if trial.run is not None:
            runs.setdefault(trial.run.worker, []).append(trial)
    rows = []
    for worker, trials in sorted(runs.items()):
        times = [(t.run.started, t.run.ended) for t in trials if t.run is not None]
        used = sum(ended - started for started, ended in times)
        span = max(ended for _, ended in times) - min(started for started, _ in times)
        failed = sum(t.state is State.FAILED for t in trials)
        share = f"{100 * used / span:.0f} %" if span > 0 else "-"
        rows.append([worker, str(len(trials)), str(failed), f"{used:.1f}", share])
    return TextTable(
        title="time used per worker",
        headings=["worker", "trials", "failed", "trained, s", "busy"],
        rows=rows,
        notes=["Busy: of the time between its first start and its last end."],
    )


def _part(header: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a part of a header, empty if it has none: nobody has checked it."""
    part = header.get(key)
    return part if isinstance(part, Mapping) else {}


def _done(study: StudyResults) -> list[Trial]:
    return [trial for trial in study.trials if trial.value is not None]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts if count)


def _item(trial: Trial) -> str:
    return trial.item if isinstance(trial.item, str) else json.dumps(trial.item)


def _last_line(reason: str) -> str:
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return lines[-1] if lines else "-"
