"""``otnas show``, ``plot``, ``report`` and ``export``: the results in journals."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from otnas.reading.text import TextTable

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FORMATS = ("png", "pdf", "svg")
TABLE_FORMATS = ("markdown", "latex", "csv")


def add_parsers(subparsers: Subparsers) -> None:
    """Add the commands to a command line."""
    show = _add(subparsers, "show", "print rankings and costs")
    show.add_argument("--target", type=float, metavar="POINTS", help="a regret to count queries to")
    show.add_argument("--at", type=int, metavar="N", help="compare after so many queries")
    show.add_argument(
        "--checkpoints",
        type=_numbers,
        metavar="LIST",
        help="numbers of queries, separated by commas: print one table of regrets after these",
    )
    show.add_argument(
        "--reference",
        metavar="METHOD",
        help="with --checkpoints: whom to compare with; by default the best",
    )
    show.add_argument(
        "other", type=Path, nargs="?", metavar="OTHER", help="a second run: compare, trial by trial"
    )
    show.add_argument(
        "--format",
        choices=("text", *TABLE_FORMATS),
        default="text",
        help="of the tables; default text",
    )
    show.set_defaults(run=_show)

    plot = _add(subparsers, "plot", "draw curves and the best architectures")
    plot.add_argument(
        "--format",
        type=_formats,
        default=("pdf", "png"),
        metavar="LIST",
        help="of png, pdf and svg, separated by commas; default pdf,png",
    )
    plot.add_argument("--oracle", action="store_true", help="add what sees test errors would reach")
    plot.add_argument(
        "--out", type=Path, metavar="DIR", help="default PATH/plots, or beside a file"
    )
    plot.set_defaults(run=_plot)

    report = _add(subparsers, "report", "write all into one HTML file")
    report.add_argument("--target", type=float, metavar="POINTS", help="as in 'otnas show'")
    report.add_argument("--at", type=int, metavar="N", help="as in 'otnas show'")
    report.add_argument("--oracle", action="store_true", help="as in 'otnas plot'")
    report.add_argument(
        "--out", type=Path, metavar="FILE", help="default PATH/report.html, or PATH.html"
    )
    report.set_defaults(run=_report)

    export = _add(subparsers, "export", "write a row a query or trial for other programs")
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--csv", type=Path, metavar="FILE")
    kind.add_argument("--parquet", type=Path, metavar="FILE")
    export.set_defaults(run=_export)


def show(
    folder: Path, target: float | None = None, at: int | None = None, form: str = "text"
) -> None:
    """Print the rankings and costs of a folder, or the trials of a study's file."""
    from rich.console import Console

    from otnas.reading import ranking, results, text

    console = Console(highlight=False)
    if folder.is_file():
        _show_study(folder, console, form)
        return
    for experiment in results.load(folder):
        rows = ranking.rank(experiment, target=target, at=at)
        if form == "text":
            _print_facts(console, text.facts(experiment))
        for table in text.tables(experiment, rows, target):
            _print_table(console, table, form)


def show_pair(folder: Path, other: Path, at: int | None, form: str) -> None:
    """Print a comparison, trial by trial, of what two runs have in common."""
    from rich.console import Console

    from otnas.reading import paired, results, text

    for path in (folder, other):
        if path.is_file():
            raise ValueError(f"PATH: expected two folders to compare, got the file {path}")
    console = Console(highlight=False)
    for found in paired.paired(results.load(folder), results.load(other), at):
        _print_table(console, text.pairs(found), form)


def show_checkpoints(
    folder: Path, checkpoints: Sequence[int], reference: str | None, form: str
) -> None:
    """Print one table per experiment: regrets after some numbers of queries."""
    from rich.console import Console

    from otnas.reading import ranking, results, text

    console = Console(highlight=False)
    for experiment in results.load(folder):
        against, rows = ranking.standings(experiment, checkpoints, reference)
        _print_table(console, text.standings(experiment, against, rows), form)


def everything(folder: Path) -> None:
    """Print the tables of a folder, and write plots and report into it."""
    options = argparse.Namespace(
        folder=folder, target=None, at=None, format=("pdf", "png"), oracle=False, out=None
    )
    show(folder)
    _plot(options)
    _report(options)


def _add(subparsers: Subparsers, name: str, text: str) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=text, description=f"Read journals and {text}.")
    parser.add_argument(
        "folder",
        type=Path,
        metavar="PATH",
        help="a folder that 'otnas run' wrote into, or the file of a study",
    )
    return parser


def _formats(text: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in text.split(","))
    for part in chosen:
        if part not in FORMATS:
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(FORMATS)}, got {part!r}")
    return chosen


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected numbers separated by commas, got {text!r}"
        ) from None


def _show(options: argparse.Namespace) -> int:
    _check_file(options, "target", "at", "checkpoints", "reference")
    if options.other is not None:
        for name in ("target", "checkpoints", "reference"):
            if getattr(options, name) is not None:
                raise ValueError(f"--{name}: expected one PATH with it, got two")
        show_pair(options.folder, options.other, options.at, options.format)
        return 0
    if options.checkpoints is not None:
        if options.target is not None or options.at is not None:
            raise ValueError("--checkpoints: expected neither --target nor --at with it, got one")
        show_checkpoints(options.folder, options.checkpoints, options.reference, options.format)
        return 0
    if options.reference is not None:
        raise ValueError("--reference: expected --checkpoints with it, got none")
    show(options.folder, options.target, options.at, options.format)
    return 0


def _plot(options: argparse.Namespace) -> int:
    from otnas.reading import plots, results, studies
    from otnas.study import Study

    _check_file(options, "oracle")
    if options.folder.is_file():
        name = options.folder.stem
        figures = studies.figures(Study.read(options.folder), name)
        for path in plots.save(figures, options.out or options.folder.parent, options.format):
            print(path)
        return 0
    out = options.out or options.folder / "plots"
    for experiment in results.load(options.folder):
        for path in plots.write(experiment, out, options.format, oracle=options.oracle):
            print(path)
    return 0


def _report(options: argparse.Namespace) -> int:
    from otnas.reading import report, results, studies
    from otnas.study import Study

    _check_file(options, "target", "at", "oracle")
    if options.folder.is_file():
        out = options.out or options.folder.with_suffix(".html")
        studies.write_report(Study.read(options.folder), options.folder.stem, out)
        print(out)
        return 0
    out = options.out or options.folder / "report.html"
    experiments = results.load(options.folder)
    report.write(experiments, out, target=options.target, at=options.at, oracle=options.oracle)
    print(out)
    return 0


def _export(options: argparse.Namespace) -> int:
    from otnas.reading import export, results, studies
    from otnas.study import Study

    if options.folder.is_file():
        columns = studies.columns(Study.read(options.folder))
    else:
        columns = export.of_all(results.load(options.folder))
    if options.csv is not None:
        path, count = options.csv, export.write_csv(columns, options.csv)
    else:
        path, count = options.parquet, export.write_parquet(columns, options.parquet)
    print(f"{path}: {count} rows")
    return 0


def _check_file(options: argparse.Namespace, *names: str) -> None:
    """Raise if an option does not apply to the file of a study."""
    for name in names:
        value = getattr(options, name)
        if options.folder.is_file() and value is not None and value is not False:
            raise ValueError(f"--{name}: expected a folder with it, got the file {options.folder}")


def _show_study(path: Path, console: Console, form: str) -> None:
    from otnas.reading import studies
    from otnas.study import Study

    study = Study.read(path)
    if form == "text":
        _print_facts(console, studies.facts(study))
    for table in studies.tables(study):
        _print_table(console, table, form)


def _print_facts(console: Console, pairs: Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        console.print(f"{name}: {value}", markup=False, soft_wrap=True)


def _print_table(console: Console, table: TextTable, form: str) -> None:
    if form != "text":
        from otnas.reading.formats import FORMATS as WRITERS

        print(WRITERS[form](table))
        return
    from rich import box
    from rich.markup import escape
    from rich.table import Table as RichTable

    view = RichTable(
        title=escape(table.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for i, heading in enumerate(table.headings):
        view.add_column(escape(heading), justify="left" if i == 0 else "right", no_wrap=True)
    for row in table.rows:
        view.add_row(*map(escape, row))
    # A truncated number would be worse than a long line.
    usual, everything = console.width, console.options.update(width=1000)
    console.width = max(usual, console.measure(view, options=everything).maximum)
    console.print(view)
    console.width = usual
    for note in table.notes:
        console.print(note, markup=False)
