"""How much of the volume below the front is found with known costs, next to peers.

    python benchmarks/pareto.py --out runs/pareto.jsonl --tables cora citeseer --costs latency

On the tables of NAS-Bench-Graph (package nas-bench-graph). Values are validation errors; volumes
end at the median error and the highest costs of the table, and are shares of the volume of the
table's own front. Axes of costs are linear. Every method of a trial starts from the same random
queries. The file gets a line a trial, and those that it has are not run again; printed are means
over trials with 95 % intervals (bootstrap), and differences within trials to the first method.

Methods: those of peers below, and every method of otnas; `random` apart, these look for the front.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from otnas import tables
from otnas.arrays import FloatArray
from otnas.reading.statistics import bootstrap_mean
from otnas.search import CellPool, methods
from otnas.search.front import front
from otnas.spaces import get
from otnas.tables import Table
from peers.pareto_peers import Problem, nsga2, scalarised_local_search, tpe

QUERIES = (50, 100, 150)
INITIAL = 10
PEERS = {
    "local-search": scalarised_local_search,
    "optuna-nsga2": nsga2(50),
    "optuna-nsga2-20": nsga2(20),
    "optuna-tpe": tpe(),
}


def reference_of(table: Table, costs: Sequence[str]) -> dict[str, float]:
    """Return where volumes end."""
    highest = {name: float(table.metrics[name].max()) for name in costs}
    return {"value": float(np.median(table.metrics["validation_error"])), **highest}


def queried(
    table: Table, pool: CellPool, method: str, costs: Sequence[str], seed: int
) -> list[int]:
    """Return the rows that a method asks for, in order."""
    error, reference = table.metrics["validation_error"], reference_of(table, costs)
    search = methods.make(
        "random" if method in PEERS else method,
        pool.space,
        pool=pool,
        seed=seed,
        initial=INITIAL,
        costs={name: table.metrics[name] for name in costs},
        reference=reference,
        settings={} if method in PEERS or method == "random" else {"objective": "pareto"},
    )
    rows: list[int] = []
    while len(rows) < QUERIES[-1]:
        cells = search.ask(1 if rows else INITIAL)
        rows += [pool.locate(cell) for cell in cells]
        if method in PEERS:
            points = np.column_stack([error, *(table.metrics[name] for name in costs)])
            problem = Problem(pool, points, np.array(list(reference.values())))
            return PEERS[method](problem, rows, QUERIES[-1], seed)
        search.tell(cells, error[rows[-len(cells) :]])
    return rows


def volume(table: Table, costs: Sequence[str], rows: Sequence[int]) -> float:
    """Return the volume below the front of some rows."""
    rows = list(rows)
    error = table.metrics["validation_error"][rows]
    known = np.column_stack([table.metrics[name][rows] for name in costs])
    return front(rows, error, known, costs, "minimise", reference_of(table, costs)).hypervolume()


def main() -> None:
    """Run what is not there yet, and print shares of the volume."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--tables", nargs="+", default=["cora", "citeseer", "photo"])
    parser.add_argument("--methods", nargs="+", default=["tw-full", "random", *PEERS])
    parser.add_argument("--costs", nargs="+", default=["latency"])
    parser.add_argument("--trials", type=int, default=20)
    arguments = parser.parse_args()
    arguments.out.touch()
    heads = [f"at {n}" for n in QUERIES] + [f"minus, at {n}" for n in QUERIES]
    print("| table | method |", " | ".join(heads), "|")
    lines = arguments.out.read_text().splitlines()
    done = {tuple(line["run"]): line["shares"] for line in map(json.loads, lines)}
    for name in arguments.tables:
        table = tables.load(f"nasbenchgraph_{name}")
        pool = CellPool(get(table.space), table.cells)
        whole = volume(table, arguments.costs, range(len(table)))
        found: dict[str, FloatArray] = {}
        for method in arguments.methods:
            shares = []
            for seed in range(arguments.trials):
                run = (name, "+".join(arguments.costs), method, seed)
                if run not in done:
                    clock = time.process_time()
                    rows = queried(table, pool, method, arguments.costs, seed)
                    seconds = time.process_time() - clock
                    done[run] = [volume(table, arguments.costs, rows[:n]) / whole for n in QUERIES]
                    with arguments.out.open("a") as file:
                        line = {"run": run, "shares": done[run], "seconds": round(seconds, 2)}
                        file.write(json.dumps(line) + "\n")
                shares.append(done[run])
            found[method] = 100 * np.array(shares)
            first = found[arguments.methods[0]]
            minus = _shown(found[method] - first) if len(found) > 1 else [""] * len(QUERIES)
            print(f"| {name} |", " | ".join([f"`{method}`", *_shown(found[method]), *minus]), "|")


def _shown(runs: FloatArray) -> list[str]:
    found = bootstrap_mean(runs)
    return [
        f"{mean:.1f} [{low:.1f}, {high:.1f}]"
        for mean, low, high in zip(found.mean, found.low, found.high, strict=True)
    ]


if __name__ == "__main__":
    main()
