"""``otnas methods``: a list of everything that can be asked for by name."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from otnas.registry import Registry
from otnas.search.cells.kernels import KERNELS
from otnas.search.decision.rules import RULES
from otnas.search.methods import METHODS

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to a command line."""
    parser = subparsers.add_parser(
        "methods",
        help="list search methods, kernels and batch rules",
        description="List the names that --methods takes, also those of installed packages. A "
        "batch rule can be put on a kernel: RULE:KERNEL; kernels decide in turn: KERNEL/KERNEL.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status."""
    rows = [
        row
        for kind, things in (("method", METHODS), ("kernel", KERNELS), ("batch rule", RULES))
        for row in _rows(kind, things)
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    for name, kind, summary in rows:
        print(f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {summary}")
    return 0


def _rows(kind: str, things: Registry[Any]) -> Iterator[tuple[str, str, str]]:
    for name in things:
        origin = things.origin(name)
        try:
            summary = things[name].summary
        except ValueError as error:  # a package that cannot be used; others still can
            summary = str(error)
        else:
            summary += "" if origin == "otnas" else f" ({origin})"
        yield name, kind, summary
