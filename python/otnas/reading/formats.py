"""Tables for papers and programs: Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from otnas.reading.text import TextTable

_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
}


def markdown(table: TextTable) -> str:
    """Return a table in the Markdown of GitHub and most other tools."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = "|---|" + "---:|" * (len(table.headings) - 1)
    body = [line(list(row)) for row in table.rows]
    lines = [f"**{table.title}**", "", line(list(table.headings)), rule, *body]
    return "\n".join([*lines, *(f"\n{note}" for note in table.notes)]) + "\n"


def latex(table: TextTable) -> str:
    """Return a table for LaTeX, which needs the package booktabs."""

    def line(cells: list[str]) -> str:
        return "  " + " & ".join(map(_escaped, cells)) + r" \\"

    return "\n".join(
        [
            r"\begin{table}",
            f"\\caption{{{_escaped(' '.join([table.title + '.', *table.notes]))}}}",
            f"\\begin{{tabular}}{{l{'r' * (len(table.headings) - 1)}}}",
            r"  \toprule",
            line(list(table.headings)),
            r"  \midrule",
            *(line(list(row)) for row in table.rows),
            r"  \bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def comma_separated(table: TextTable) -> str:
    """Return a table as CSV, with its title as the first column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", *table.headings])
    writer.writerows([table.title, *row] for row in table.rows)
    return text.getvalue()


FORMATS: dict[str, Callable[[TextTable], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
}
"""The writers by name."""


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
