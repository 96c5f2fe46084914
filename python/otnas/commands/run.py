"""``otnas run``: run experiments from their configurations."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from otnas import checks
from otnas.commands import read as reading
from otnas.experiments import configuration as configurations
from otnas.experiments import searches
from otnas.experiments.configuration import Configuration, ConfigurationError
from otnas.search.methods import names
from otnas.tables import catalog as tables

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DESCRIPTION = """\
Compare search methods on a benchmark table: trials of every method, each with a journal that is
continued by the same command if it is stopped in any way. Without a preset or a --config file, all
presets run and end with plots and a report; with --search-space, those of the default table do.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to a command line."""
    known = ", ".join(names())
    parser = subparsers.add_parser(
        "run",
        help="run experiments on a benchmark table",
        description=DESCRIPTION,
        epilog=f"Methods: {known}. A batch rule can be put on a kernel: RULE:KERNEL.",
    )
    parser.add_argument(
        "preset",
        nargs="?",
        metavar="PRESET",
        help=f"{', '.join(configurations.PRESETS)}; all if left out",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file, like the presets'")
    parser.add_argument(
        "--show-preset", action="store_true", help="print the preset's TOML file, to start from"
    )
    parser.add_argument("--search-space", metavar="NAME", help="of a table; see 'otnas table list'")
    parser.add_argument("--methods", nargs="+", metavar="METHOD", help="see below")
    parser.add_argument("--trials", metavar="FIRST:END", help="trials and seeds, such as 0:30")
    parser.add_argument("--initial", type=int, metavar="N", help="random architectures at first")
    parser.add_argument("--queries", type=int, metavar="N", help="architectures trained in a trial")
    parser.add_argument("--batch-size", type=int, metavar="N", help="architectures at a time")
    parser.add_argument(
        "--candidates",
        metavar="KIND",
        help="of model-based methods: auto, space, mutation, growing",
    )
    parser.add_argument(
        "--costs", nargs="+", metavar="NAME", help="columns of the table that are known beforehand"
    )
    parser.add_argument(
        "--budget", nargs="+", metavar="NAME=NUMBER", help="costs above are never asked for"
    )
    parser.add_argument(
        "--objective", metavar="KIND", help="of model-based methods: error, pareto (with costs)"
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        default=None,
        help="let networks that are the same count as one",
    )
    parser.add_argument(
        "--prior",
        nargs="+",
        metavar="TABLE:NUMBER|FILE",
        help="earlier searches of model-based methods: random results of a table, or a journal",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="trials at a time; by default one per processor"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="default runs/NAME-OF-THE-TABLE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status."""
    if options.show_preset:
        print(configurations.preset_text(options.preset or "sequential"), end="")
        return 0
    chosen = [searches.resolve(_changed(base, options)) for base in _bases(options)]
    jobs = _processors() if options.jobs is None else checks.integer("--jobs", options.jobs, 1)
    out = options.out or Path("runs") / chosen[0].search_space
    failed = 0
    for configuration in chosen:
        failed += _run_one(configuration, out, jobs)
    if options.preset is None and options.config is None and not failed:
        reading.everything(out)
    else:
        for configuration in chosen if not failed else ():
            reading.show(out / configuration.name)
        print(f"otnas show {out}, otnas plot {out} and otnas report {out} read the results.")
    return 1 if failed else 0


def _bases(options: argparse.Namespace) -> list[Configuration]:
    if options.config is not None:
        if options.preset is not None:
            raise ConfigurationError("expected a preset or --config, got both")
        return [configurations.read(options.config)]
    if options.preset is not None:
        return [configurations.preset(options.preset)]
    bases = [configurations.preset(name) for name in configurations.PRESETS]
    if options.search_space is not None:
        return [base for base in bases if base.search_space == tables.DEFAULT]
    there = {tables.DEFAULT, *tables.names()}
    for base in bases:
        if base.search_space not in there:
            print(
                f"{base.name}: left out, as table {base.search_space} comes with a package that is "
                "not installed: pip install 'otnas[run]'"
            )
    return [base for base in bases if base.search_space in there]


def _changed(base: Configuration, options: argparse.Namespace) -> Configuration:
    trials = None if options.trials is None else configurations.parse_trials(options.trials)
    initial = options.initial
    if initial is None and options.queries is not None:
        # The preset's number was not given by the user, who should not have to correct it.
        initial = min(base.initial, max(options.queries, 1))
    return base.changed(
        search_space=options.search_space,
        methods=None if options.methods is None else _separated(options.methods),
        trials=trials,
        initial=initial,
        queries=options.queries,
        batch_size=options.batch_size,
        candidates=options.candidates,
        costs=None if options.costs is None else _separated(options.costs),
        budget=None if options.budget is None else _budget(options.budget),
        objective=options.objective,
        merge=options.merge,
        prior=None if options.prior is None else tuple(options.prior),
    )


def _separated(arguments: list[str]) -> tuple[str, ...]:
    """Read names separated by blanks or commas."""
    return tuple(name for argument in arguments for name in argument.split(",") if name)


def _budget(arguments: list[str]) -> dict[str, float]:
    budget = {}
    for argument in _separated(arguments):
        name, _, number = argument.partition("=")
        try:
            budget[name] = float(number)
        except ValueError:
            raise ConfigurationError(
                f"--budget: expected NAME=NUMBER such as latency=0.005, got {argument!r}"
            ) from None
    return budget


def _run_one(configuration: Configuration, out: Path, jobs: int) -> int:
    """Run one experiment and return how many trials failed."""
    from rich.console import Console

    from otnas.commands.display import follow
    from otnas.experiments.runner import plan, run

    console, started = Console(highlight=False), time.perf_counter()
    tasks = plan(configuration, out)
    methods, trials = configuration.methods, configuration.trials
    console.print(
        f"{configuration.name}: {len(methods)} methods, {len(trials)} trials of "
        f"{configuration.queries} queries on {configuration.search_space}",
        markup=False,
        soft_wrap=True,
    )
    failures = follow(run(tasks, out, jobs=jobs), tasks, console)
    seconds = time.perf_counter() - started
    console.print(
        f"{configuration.name}: {len(tasks) - len(failures)} of {len(tasks)} trials are complete, "
        f"{seconds:.1f} s; journals in {out / configuration.name}",
        markup=False,
        soft_wrap=True,
    )
    return len(failures)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
