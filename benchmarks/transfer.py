"""How many queries an earlier search on another data set saves.

    python benchmarks/transfer.py graph --trials 0:5 --out runs/transfer/graph.jsonl
    python benchmarks/transfer.py analog --trials 0:15 --out runs/transfer/analog.jsonl
    python benchmarks/transfer.py analog --earlier random --out runs/transfer/analog-random.jsonl
    python benchmarks/transfer.py graph --show --out runs/transfer/graph.jsonl

For every pair of tables of a group: a search on the first that knows an earlier search of 100
queries on the second, or 100 random results (``prior``, 5 random architectures first), one that
knows nothing, with as many and with 10 random architectures first, and one that is told the values
in a wrong order. Counted are the queries until the error is among the lowest 0.1, 0.3 and 1 percent
of the table's; searches that do not get there count as one more than they made. Ratios are to the
search that knows nothing and has 5 random architectures first. The searches of a trial have one
seed, earlier ones that plus 1000.

A command that is repeated goes on. Groups: the eight large data sets of NAS-Bench-Graph (package
nas-bench-graph), and NAS-Bench-201's cells as trained and on analog hardware (analog-nasbench).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from otnas import tables
from otnas.search import CellPool, methods
from otnas.spaces import get
from otnas.tables import Table

GRAPH = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv")
ANALOG = ("analog", "noisy", "analog_drift_3600")
GROUPS = {
    "graph": [f"nasbenchgraph_{name}" for name in GRAPH],
    "analog": [
        "default",
        *(f"analognasbench_{n}" for n in ("analog", "noisy", "analog_drift_3600")),
    ],
}
SHARES = (0.001, 0.003, 0.01)
NONE, MORE, PERMUTED = "nothing", "nothing, 10 random", "permuted"
INITIAL, INITIAL_MORE = methods.INITIAL_PRIOR, 10


class Data:
    """Tables of a group, and their pools."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.tables: dict[str, Table] = {name: tables.load(name) for name in names}
        first = self.tables[names[0]]
        self.pool = CellPool(get(first.space), first.cells, merge=False)
        self.errors = {name: self._errors(table) for name, table in self.tables.items()}

    def _errors(self, table: Table) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the errors in the order of the pool."""
        return table.validation_error[table.rows([self.pool[i] for i in range(len(self.pool))])]


def planned(names: list[str], trials: range) -> Iterator[tuple[int, str, str, bool]]:
    """Go through (trial, table, earlier table or `NONE`, whether its results are permuted)."""
    for trial in trials:
        for i, name in enumerate(names):
            yield trial, name, NONE, False
            yield trial, name, MORE, False
            others = [other for other in names if other != name]
            yield trial, name, others[(trial + i) % len(others)], True
            for other in others:
                yield trial, name, other, False


@cache
def earlier_search(data: Data, method: str, name: str, seed: int, queries: int) -> Any:
    """Return the positions that a search on a table asks for."""
    search = methods.make(method, data.pool.space, pool=data.pool, seed=seed)
    found: list[int] = []
    while len(found) < queries:
        cells = search.ask()
        found += [data.pool.locate(cell) for cell in cells]
        search.tell(cells, data.errors[name][found[-len(cells) :]])
    return np.array(found)


def best_errors(
    data: Data, method: str, trial: int, name: str, earlier: str, permuted: bool, sizes: Any
) -> list[float]:
    """Return the lowest error after each query, until it is among the lowest 0.1 percent."""
    errors, known = data.errors[name], {}
    if earlier in data.errors:
        rng = np.random.default_rng([trial, data.names.index(earlier)])
        chosen = (
            rng.choice(len(errors), sizes.results, replace=False)
            if sizes.earlier == "random"
            else earlier_search(data, method, earlier, 1000 + trial, sizes.results)
        )
        values = data.errors[earlier][chosen]
        if permuted:
            values = rng.permutation(values)
        known = {"prior": ([data.pool[i] for i in chosen.tolist()], values)}
    search = methods.make(
        method,
        data.pool.space,
        pool=data.pool,
        seed=trial,
        initial=INITIAL_MORE if earlier == MORE else INITIAL,
        **known,
    )
    goal = np.quantile(errors, SHARES[0], method="inverted_cdf")
    best: list[float] = []
    while len(best) < sizes.queries and (not best or best[-1] > goal):
        cells = search.ask()
        search.tell(cells, errors[[data.pool.locate(cell) for cell in cells]])
        best.append(search.best[1])
    return best


def counted(
    data: Data, rows: list[dict[str, Any]], n_queries: int
) -> dict[tuple[str, str], dict[int, list[int]]]:
    """Return queries to each of `SHARES` by (table, what was known), then by trial."""
    found: dict[tuple[str, str], dict[int, list[int]]] = {}
    for row in rows:
        errors, best = data.errors[row["table"]], np.array(row["best"])
        goals = [np.quantile(errors, share, method="inverted_cdf") for share in SHARES]
        hits = [np.flatnonzero(best <= goal)[:1] for goal in goals]
        queries = [int(hit[0]) + 1 if hit.size else n_queries + 1 for hit in hits]
        known = PERMUTED if row["permuted"] else row["earlier"]
        found.setdefault((row["table"], known), {})[row["trial"]] = queries
    return found


def show(data: Data, rows: list[dict[str, Any]], n_queries: int) -> None:
    """Print ratios of mean queries: of groups of pairs by how related they are, and of all pairs.

    Trials without a partner that knew nothing are left out. Intervals: 95 %, bootstrap over pairs.
    """
    found = counted(data, rows, n_queries)
    pairs: dict[tuple[str, str], tuple[Any, Any]] = {}
    for (name, known), by_trial in found.items():
        both = [t for t in by_trial if t in found.get((name, NONE), {})]
        if known != NONE and both:
            sides = [[side[t] for t in both] for side in (by_trial, found[name, NONE])]
            pairs[name, known] = tuple(np.mean(side, axis=0) for side in sides)
    rho = {
        (name, known): float(spearmanr(data.errors[name], data.errors[known])[0])
        for name, known in pairs
        if known in data.errors
    }
    groups = {
        MORE: [pair for pair in pairs if pair[1] == MORE],
        "values in a wrong order": [pair for pair in pairs if pair[1] == PERMUTED],
        "Spearman < 0.3": [pair for pair, r in rho.items() if r < 0.3],
        "0.3 to 0.5": [pair for pair, r in rho.items() if 0.3 <= r < 0.5],
        "0.5 to 0.8": [pair for pair, r in rho.items() if 0.5 <= r < 0.8],
        ">= 0.8": [pair for pair, r in rho.items() if r >= 0.8],
        "all pairs": list(rho),
    }
    print(f"{sum(map(len, found.values()))} searches of up to {n_queries} queries\n")
    print("| known | pairs | to 0.1 % | ratio | to 0.3 % | ratio | to 1 % | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for label, members in groups.items():
        if members:
            sides = np.array([pairs[pair] for pair in members])  # (pairs, with and without, shares)
            drawn = sides[rng.integers(0, len(members), (2000, len(members)))].mean(axis=1)
            low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975], axis=0)
            after, before = sides.mean(axis=0)
            cells = [
                f"{a:.1f} for {b:.1f} | {a / b:.2f} [{lo:.2f}, {hi:.2f}]"
                for a, b, lo, hi in zip(after, before, low, high, strict=True)
            ]
            print(f"| {label} | {len(members)} | {' | '.join(cells)} |")
    print("\nratio to 1 %, of each pair (Spearman)\n")
    print("|  |", " | ".join(map(short, data.names)), "|")
    print("|---" * (len(data.names) + 1) + "|")
    for name in data.names:
        cells = []
        for known in data.names:
            after, before = pairs.get((name, known), (np.full(3, np.nan), np.ones(3)))
            ratio = f"{after[2] / before[2]:.2f} ({rho.get((name, known), np.nan):.2f})"
            cells.append(ratio if (name, known) in rho else "")
        print(f"| **{short(name)}** after |", " | ".join(cells), "|")


def short(name: str) -> str:
    """Return a table's name without the benchmark's."""
    return name.removeprefix("nasbenchgraph_").removeprefix("analognasbench_")


def main() -> None:
    """Run what is not there yet, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--tables", nargs="+", help="fewer tables of the group")
    parser.add_argument("--method", default="tw-full")
    parser.add_argument("--trials", default="0:4", help="FIRST:END")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--earlier", choices=["search", "random"], default="search")
    parser.add_argument("--results", type=int, default=100, help="earlier results")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--show", action="store_true", help="run nothing")
    options = parser.parse_args()
    data = Data(options.tables or GROUPS[options.group])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.touch()
    rows = [json.loads(line) for line in options.out.read_text().splitlines()]
    there = {(row["trial"], row["table"], row["earlier"], row["permuted"]) for row in rows}
    first, end = map(int, options.trials.split(":"))
    with options.out.open("a") as file:
        for plan in planned(data.names, range(first, end)):
            if options.show or plan in there:
                continue
            best = best_errors(data, options.method, *plan, options)
            keys = ("trial", "table", "earlier", "permuted")
            rows.append({**dict(zip(keys, plan, strict=True)), "best": best})
            file.write(json.dumps(rows[-1]) + "\n")
            file.flush()
    show(data, rows, options.queries)


if __name__ == "__main__":
    main()
