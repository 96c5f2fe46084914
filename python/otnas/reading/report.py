"""A report as one self-contained HTML file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from otnas.reading import pictures, plots, ranking, text
from otnas.reading.results import Experiment
from otnas.reading.text import TextTable
from otnas.storage import written_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write(
    experiments: Sequence[Experiment],
    path: Path,
    *,
    target: float | None = None,
    at: int | None = None,
    oracle: bool = False,
) -> None:
    """Write the report of experiments, replacing an existing one."""
    with written_atomically(path) as file:
        file.write(render(experiments, target=target, at=at, oracle=oracle).encode())


def render(
    experiments: Sequence[Experiment],
    *,
    target: float | None = None,
    at: int | None = None,
    oracle: bool = False,
) -> str:
    """Return the report of experiments: tables, plots, settings and provenance.

    All text is escaped and figures are embedded: the file has no external links.
    """
    names = sorted({experiment.table["name"] for experiment in experiments})
    sections = [_experiment(experiment, target, at, oracle) for experiment in experiments]
    return page(f"Search on {', '.join(names)}", sections)


def page(title: str, sections: Sequence[str]) -> str:
    """Return a page of sections in HTML."""
    style = resources.files("otnas.reading").joinpath("report.css").read_text(encoding="utf-8")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{style}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *sections,
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _experiment(experiment: Experiment, target: float | None, at: int | None, oracle: bool) -> str:
    rows = ranking.rank(experiment, target=target, at=at)
    summary = _front_summary(experiment) if experiment.for_front else _summary(rows)
    parts = [f"<section><h2>{escape(experiment.name)}</h2>", f"<p>{escape(summary)}</p>"]
    for name, figure in plots.figures(experiment, oracle=oracle).items():
        captions = {f"{experiment.name}-best": _BEST, f"{experiment.name}-front": FRONT}
        caption = captions.get(name, _CURVES.format(error=experiment.error_name))
        parts.append(picture(name, figure, caption))
        if name.endswith("-best"):
            parts.append(_best(experiment))
    parts += [as_table(table) for table in text.tables(experiment, rows, target)]
    parts.append("<h3>Settings and provenance</h3>")
    parts.append(as_list(text.facts(experiment)))
    parts.append(_settings(experiment))
    parts.append("</section>")
    return "\n".join(parts)


_CURVES = (
    "Left: {error} of the architecture with the lowest validation error so far. Right: its regret, "
    "on a logarithmic scale. Mean over trials and 95 % bootstrap band (of the best five methods, "
    "where there are more), from the end of the random initial design on. A curve that leaves the "
    "right panel below has come to 0 in all trials."
)
_BEST = "The architectures of lowest validation error that were found, without unused vertices."


FRONT = (
    "Dots: all that was tried. Black: what nothing else is better than in error and all costs, "
    "with its knee. Last: the hypervolume that has been found."
)


def _front_summary(experiment: Experiment) -> str:
    volumes = text.volumes(experiment)
    best, mark = volumes.rows[0], volumes.headings[-2]
    return (
        f"{best[0]} has found most, {mark} queries {best[-2]} % of the volume below the table's "
        "front."
    )


def _summary(rows: Sequence[ranking.Row]) -> str:
    first = rows[0]
    mean = f"{first.regret.mean[0]:.3f} percentage points"
    if len(rows) == 1:
        return f"{first.method} came to a mean regret of {mean} after {first.queries} queries."
    lowest = [row.method for row in rows if row.regret.mean[0] - first.regret.mean[0] < 1e-9]
    text = (
        f"After {first.queries} queries {_listed(lowest)} {'has' if len(lowest) == 1 else 'have'} "
        f"the lowest mean regret, {mean}, over {first.regret.n} trials."
    )
    if len(lowest) > 1:
        text += f" Of these, {first.method} has the lowest mean over queries."
    behind = [r.method for r in rows[1:] if r.versus is not None and r.versus.adjusted < 0.05]
    if not behind:
        return f"{text} No difference of regrets to another method is significant at the 5 % level."
    return (
        f"{text} The differences of regrets to {_listed(behind)} are significant at the 5 % level."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def picture(name: str, figure: Figure, caption: str) -> str:
    """Return a figure in HTML; names differ within a page."""
    svg = inline_svg(plots.rendered(figure, "svg").decode(), prefix=name)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(caption)}"', 1)
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def as_table(table: TextTable) -> str:
    """Return a table in HTML."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in table.headings)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    notes = "".join(f"<p class=note>{escape(note)}</p>" for note in table.notes)
    return (
        f"<h3>{escape(table.title)}</h3>\n<div class=wide><table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>\n{notes}"
    )


def as_list(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and texts as a list in HTML."""
    items = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>{items}</dl>"


def _settings(experiment: Experiment) -> str:
    pairs = [
        (method, ", ".join(f"{name} = {value}" for name, value in settings.items()) or "none")
        for method, settings in experiment.settings.items()
    ]
    return f"<h3>Settings of the methods</h3>\n{as_list(pairs)}"


def _best(experiment: Experiment) -> str:
    items = "\n".join(
        f"<li><code>{escape(found.text)}</code><br>found by {escape(', '.join(found.methods))}</li>"
        for found in pictures.best_found(experiment)
    )
    return f"<ol>{items}</ol>"


def inline_svg(svg: str, *, prefix: str) -> str:
    """Return an SVG document as an element of an HTML page that may have several.

    Parameters
    ----------
    svg : str
        As Matplotlib writes it.
    prefix : str
        Prefix of every identifier, since these must differ within the page.
    """
    prefix = re.sub(r"[^A-Za-z0-9]", "-", prefix) + "-"
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # HTML knows these namespaces without their addresses.
    element = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", element)
    element = re.sub(r'\bid="', f'id="{prefix}', element)
    element = re.sub(r'href="#', f'href="#{prefix}', element)
    return re.sub(r"url\(#", f"url(#{prefix}", element)
