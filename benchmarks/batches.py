"""Batches until the optimum is found: after how many queries, and the best error on the way.

    python benchmarks/batches.py nasbenchgraph_arxiv --trials 0:20 kdpp-quality:tw-full bucb:tw-full
    python benchmarks/batches.py default --trials 1000:1015 'kdpp-quality:tw-full {"sharpness": 8}'

A method may be followed by its settings in JSON. 20 random architectures come first, equal for all
methods of a trial. Printed are means over trials with their standard errors; a trial that does not
find the optimum counts as --queries. Rows of the table are not merged; NAS-Bench-Graph is read
from the package nas-bench-graph.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from otnas import tables
from otnas.arrays import FloatArray
from otnas.search import CellPool, methods
from otnas.spaces import get
from otnas.tables import Table

INITIAL = 20
MARKS = (50, 100, 150)


def errors(
    table: Table,
    pool: CellPool,
    method: str,
    settings: Mapping[str, Any],
    seed: int,
    queries: int,
    batch: int,
) -> FloatArray:
    """Return the best validation error after every query, until the optimum."""
    value = table.metrics["validation_error"]
    search = methods.make(
        method, pool.space, seed=seed, pool=pool, initial=INITIAL, settings=settings
    )
    told: list[float] = []
    while len(told) < queries and min(told, default=np.inf) > value.min():
        cells = search.ask(min(batch if told else INITIAL, queries - len(told)))
        found = value[[pool.locate(cell) for cell in cells]]
        search.tell(cells, found)
        told += found.tolist()
    return np.minimum.accumulate(told)


def main() -> None:
    """Print a row for every method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("methods", nargs="+")
    parser.add_argument("--trials", default="0:20")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--batch", type=int, default=5)
    arguments = parser.parse_args()
    first, last = map(int, arguments.trials.split(":"))
    table = tables.load(arguments.table)
    pool = CellPool(get(table.space), table.cells, merge=False)
    print(f"queries to the optimum (found in), best error after {MARKS} and {arguments.queries}")
    for text in arguments.methods:
        method, _, settings = text.partition(" ")
        runs = []
        for seed in range(first, last):
            best = errors(
                *(table, pool, method, json.loads(settings or "{}"), seed),
                *(arguments.queries, arguments.batch),
            )
            found = best[-1] <= table.metrics["validation_error"].min()
            ends = [min(mark, len(best)) - 1 for mark in (*MARKS, arguments.queries)]
            runs.append([len(best) if found else arguments.queries, found, *best[ends]])
        means = np.mean(runs, axis=0)
        error = np.std(runs, axis=0, ddof=1) / np.sqrt(len(runs))
        shown = [f"{m:.3f} ± {e:.3f}" for m, e in zip(means[2:], error[2:], strict=True)]
        print(
            f"{text}: {means[0]:.0f} ± {error[0]:.0f} ({means[1]:.0%}), {', '.join(shown)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
