"""``otnas table``: import, list and describe benchmark tables."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from otnas import spaces
from otnas.tables import catalog
from otnas.tables.describe import describe, overview
from otnas.tables.readers import READERS, analog, nasbench101, nasbench201, nats, trials201
from otnas.tables.readers import declared as declare
from otnas.tables.readers.delimited import read_csv, read_parquet
from otnas.tables.readers.tfrecord import Progress
from otnas.tables.table import Table

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

Importer = Callable[[argparse.Namespace, str, Progress | None], Table]


_COLUMNS = {
    "valid": "validation results; serve as test results too if those are not given",
    "test": "test results; serve as validation results too if those are not given",
    "seconds": "training time in seconds",
    "parameters": "number of parameters",
}


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add the command ``table`` to a command line."""
    parser = subparsers.add_parser("table", help="import, list and describe benchmark tables")
    commands = parser.add_subparsers(dest="table_command", required=True, metavar="COMMAND")
    importer = commands.add_parser("import", help="convert a benchmark's file into a table")
    kinds = importer.add_subparsers(dest="table_kind", required=True, metavar="KIND")
    _add_nasbench101(kinds)
    _add_nasbench201(kinds, "nasbench201", "NAS-Bench-201-v1_1-096897.pth or v1_0-e61699")
    _add_nasbench201(kinds, "nats", "NATS-Bench topology: -simple folder or .pickle.pbz2 file")
    size = "NATS-Bench size: -simple folder or .pickle.pbz2 file"
    _add_nasbench201(kinds, "nats-size", size, trials201.SIZE)
    _add_delimited(kinds, "csv")
    _add_delimited(kinds, "parquet")
    _add_analog(kinds)
    for kind in READERS:
        _add_registered(kinds, kind)
    commands.add_parser("list", help="list the tables that can be opened")
    info = commands.add_parser("info", help="say what a table holds and where it is from")
    info.add_argument("name", metavar="NAME")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit status, errors of the user's in one line on stderr."""
    try:
        if args.table_command == "list":
            print(overview())
        elif args.table_command == "info":
            print(describe(catalog.load(args.name), catalog.path_of(args.name)))
        else:
            _import(args)
    except BrokenPipeError:
        raise
    except (ValueError, TypeError, OSError, LookupError, ImportError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        print(f"otnas table: {message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("otnas table: interrupted, nothing was imported", file=sys.stderr)
        return 130
    return 0


def _import(args: argparse.Namespace) -> None:
    name = args.default_name(args) if args.name is None else args.name
    # Before the work, not after it.
    catalog.check_name(name)
    catalog.check_free(name, replace=args.replace)
    importer: Importer = args.importer
    with _progress_bar() as progress:
        table = importer(args, name, progress)
    path = catalog.save(table, replace=args.replace)
    print(describe(table, path))


def _common(parser: argparse.ArgumentParser, importer: Importer, default_name: str | None) -> None:
    """Add what every import has; `default_name` is filled in with the arguments."""
    default = "" if default_name is None else f" (default: {default_name})"
    parser.add_argument("--name", required=not default, help=f"name of the table{default}")
    parser.add_argument("--replace", action="store_true", help="write over a table of this name")

    def name_of(args: argparse.Namespace) -> str:
        return str(default_name).format(**vars(args))

    parser.set_defaults(importer=importer, default_name=name_of)


def _add_nasbench101(kinds: Subparsers) -> None:
    parser = kinds.add_parser("nasbench101", help="nasbench_only108.tfrecord or nasbench_full")
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--epochs", type=int, choices=nasbench101.EPOCHS, default=108)
    parser.add_argument(
        "--repeats",
        type=_mean_or_number,
        choices=("mean", 0, 1, 2),
        default="mean",
        help="mean over the three runs of a cell, or one run",
    )

    def importer(args: argparse.Namespace, name: str, progress: Progress | None) -> Table:
        return nasbench101.read(
            args.path, epochs=args.epochs, repeats=args.repeats, name=name, progress=progress
        )

    _common(parser, importer, "nasbench")


def _add_nasbench201(
    kinds: Subparsers,
    kind: str,
    what: str,
    benchmark: trials201.Benchmark = trials201.TOPOLOGY,
) -> None:
    parser = kinds.add_parser(kind, help=what)
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--dataset", choices=tuple(trials201.SPLITS), required=True)
    parser.add_argument("--epochs", type=int, choices=benchmark.epochs, required=True)
    parser.add_argument(
        "--seeds", type=_mean_or_number, choices=("mean", *benchmark.seeds), required=True
    )
    if kind.startswith("nats"):
        parser.add_argument(
            "--incomplete", action="store_true", help="accept a part of the architectures"
        )

    def importer(args: argparse.Namespace, name: str, progress: Progress | None) -> Table:
        chosen = {"dataset": args.dataset, "epochs": args.epochs, "seeds": args.seeds}
        if kind.startswith("nats"):
            chosen |= {"incomplete": args.incomplete, "benchmark": benchmark}
            return nats.read(args.path, **chosen, name=name, progress=progress)
        return nasbench201.read(args.path, **chosen, name=name, progress=progress)

    _common(parser, importer, benchmark.space + "_{dataset}")


def _add_delimited(kinds: Subparsers, kind: str) -> None:
    parser = kinds.add_parser(kind, help=f"a table of your own as {kind}")
    parser.add_argument("path", type=Path, metavar="FILE")
    parser.add_argument("--space", choices=tuple(spaces.NAMES), required=True)
    parser.add_argument(
        "--arch",
        metavar="COLUMN",
        required=True,
        help="NAS-Bench-101 hashes, architectures as their space writes them, or JSON "
        '{"matrix": ..., "ops": ...}',
    )
    for column, help_text in _COLUMNS.items():
        parser.add_argument(f"--{column}", metavar="COLUMN", help=help_text)
    parser.add_argument(
        "--unit", choices=tuple(declare.UNITS), required=True, help="of the results"
    )
    parser.add_argument(
        "--metric", choices=declare.METRICS, required=True, help="what the results are"
    )
    parser.add_argument("--dataset", default="not stated", help="for the provenance record")
    parser.add_argument("--epochs", type=int, help="for the provenance record")
    parser.add_argument("--seeds", default="not stated", help="for the provenance record")
    parser.add_argument("--split", default="not stated", help="for the provenance record")
    parser.add_argument(
        "--duplicates",
        choices=declare.DUPLICATES,
        default="refuse",
        help="what is done about an architecture in several rows (default: refuse the file)",
    )
    parser.add_argument(
        "--unknown",
        choices=declare.UNKNOWN,
        default="refuse",
        help="what is done about rows of no architecture of the space (default: refuse the file)",
    )

    def importer(args: argparse.Namespace, name: str, progress: Progress | None) -> Table:
        reader = read_csv if kind == "csv" else read_parquet
        return reader(
            args.path,
            args.space,
            declare.Columns(args.arch, args.valid, args.test, args.seconds, args.parameters),
            declare.Meaning(
                args.unit, args.metric, args.dataset, args.epochs, args.seeds, args.split
            ),
            name=name,
            tolerance=declare.Tolerance(args.duplicates, args.unknown),
        )

    _common(parser, importer, None)


def _add_analog(kinds: Subparsers) -> None:
    parser = kinds.add_parser("analog", help="an objective of the package analog-nasbench")
    parser.add_argument("--objective", choices=tuple(analog.OBJECTIVES), required=True)

    def importer(args: argparse.Namespace, name: str, progress: Progress | None) -> Table:
        return analog.load(objective=args.objective, name=name)

    _common(parser, importer, analog.PREFIX + "{objective}")


def _add_registered(kinds: Subparsers, kind: str) -> None:
    parser = kinds.add_parser(kind, help=f"a format of {READERS.origin(kind)}")
    parser.add_argument("path", type=Path, metavar="PATH")

    def importer(args: argparse.Namespace, name: str, progress: Progress | None) -> Table:
        table = READERS[kind](args.path, name=name)
        if not isinstance(table, Table):
            raise TypeError(f"the reader {kind} made a {type(table).__name__}, which is no Table")
        return table

    _common(parser, importer, None)


def _mean_or_number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


@contextlib.contextmanager
def _progress_bar() -> Iterator[Progress | None]:
    """Give a bar on a terminal, if there is one and rich is installed."""
    try:
        from rich.console import Console
        from rich.progress import Progress as Bar
    except ImportError:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
