"""The command ``otnas``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from otnas.experiments.settings import BatchSettings
from otnas.tables import cli as table_cli


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, 1 for an error, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ValueError, OSError) as error:
        print(f"otnas: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otnas", description="Bayesian optimisation over neural architectures."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    table_cli.add_parser(commands)
    run = commands.add_parser("run", help="search a benchmark table")
    presets = run.add_subparsers(metavar="PRESET", required=True)
    batch = presets.add_parser(
        "batch",
        help="batches from a quality k-DPP",
        description="Search all 15,625 NAS-Bench-201 cells for the lowest CIFAR-10 error, asking "
        "for a diverse batch at a time: a Gaussian process with the tree-Wasserstein kernel, "
        "batches drawn from the quality k-DPP of its posterior.",
    )
    defaults = BatchSettings()
    for field in fields(BatchSettings):
        flag = "--" + field.name.replace("_", "-")
        default = getattr(defaults, field.name)
        batch.add_argument(flag, type=int, default=default, help=f"default {default}")
    batch.add_argument("--seed", type=int, default=0, help="default 0")
    batch.add_argument("--out", type=Path, help="journal to write; default runs/batch-TIME.jsonl")
    batch.set_defaults(run=_run_batch)
    return parser


def _run_batch(options: argparse.Namespace) -> int:
    settings = BatchSettings(**{f.name: getattr(options, f.name) for f in fields(BatchSettings)})
    try:
        from rich.console import Console

        from otnas.experiments import display
        from otnas.experiments.trial import run_batch_trial
    except ImportError as missing:
        raise OSError(f"{missing.name} is not installed: pip install 'otnas[run]'") from None
    from otnas.experiments.journal import JournalWriter
    from otnas.tables.readers import analog

    console = Console()
    started = time.perf_counter()
    table = analog.load()
    settings.check_fits(table)
    path = options.out or Path("runs") / time.strftime("batch-%Y%m%d-%H%M%S.jsonl")
    header = {
        "settings": asdict(settings),
        "seed": options.seed,
        "table": table.name,
        "provenance": asdict(table.provenance),
    }
    with JournalWriter(path, header) as journal:
        trial = run_batch_trial(table, settings, options.seed, journal)
        steps = display.follow(trial, settings.queries, table, console)
    if not steps:
        return 130
    console.print(display.summary(steps, table))
    for note in table.provenance.notes:
        console.print(f"Note: {note}.")
    best = steps[-1].best
    error = table.validation_error
    console.print(f"Best cell found: {table.texts[best]}", soft_wrap=True)
    console.print(
        f"{error[best]:.3f} % error, number {1 + int((error < error[best]).sum())} of "
        f"{len(table)} cells; {time.perf_counter() - started:.1f} s in all; journal: {path}",
        soft_wrap=True,
    )
    return 0 if steps[-1].queries == settings.queries else 130


if __name__ == "__main__":
    sys.exit(main())
