"""How much of the volume below the front is found with known costs, against random search.

    python benchmarks/pareto.py --tables cora citeseer --costs latency parameters --seeds 5

On the tables of NAS-Bench-Graph (package nas-bench-graph). Values are validation errors; volumes
end at the median error and the highest costs of the table, and are shares of the volume of the
table's own front. Axes of costs are linear. Printed are means over seeds, with their standard
errors, after 50, 100 and 150 queries, ten of them random.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from otnas import tables
from otnas.search import CellPool, methods
from otnas.search.front import front
from otnas.spaces import get
from otnas.tables import Table

QUERIES = (50, 100, 150)
INITIAL = 10


def reference_of(table: Table, costs: Sequence[str]) -> dict[str, float]:
    """Return where volumes end."""
    highest = {name: float(table.metrics[name].max()) for name in costs}
    return {"value": float(np.median(table.metrics["validation_error"])), **highest}


def shares(
    table: Table, pool: CellPool, method: str, costs: Sequence[str], seed: int, batch: int
) -> list[float]:
    """Return the shares of the volume after `QUERIES`."""
    reference = reference_of(table, costs)
    error = table.metrics["validation_error"]
    known = np.column_stack([table.metrics[name] for name in costs])
    rows = np.arange(len(table))
    everything = front(rows.tolist(), error, known, costs, "minimise", reference).hypervolume()
    search = methods.make(
        method,
        pool.space,
        pool=pool,
        seed=seed,
        initial=INITIAL,
        costs={name: table.metrics[name] for name in costs},
        reference=reference,
        settings={} if method == "random" else {"objective": "pareto"},
    )
    found: list[float] = []
    for queries in QUERIES:
        while (left := queries - len(search.items)) > 0:
            cells = search.ask(min(left, INITIAL if not search.items else batch))
            search.tell(cells, error[[pool.locate(cell) for cell in cells]])
        found.append(search.front.hypervolume() / everything)
    return found


def main() -> None:
    """Print shares of the volume."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=["cora", "citeseer", "photo"])
    parser.add_argument("--methods", nargs="+", default=["random", "tw-full", "tw-full/places"])
    parser.add_argument("--costs", nargs="+", default=["latency"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    arguments = parser.parse_args()
    for name in arguments.tables:
        table = tables.load(f"nasbenchgraph_{name}")
        pool = CellPool(get(table.space), table.cells)
        for method in arguments.methods:
            runs = np.array(
                [
                    shares(table, pool, method, arguments.costs, seed, arguments.batch)
                    for seed in range(arguments.seeds)
                ]
            )
            error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
            figures = zip(100 * runs.mean(axis=0), 100 * error, strict=True)
            shown = "  ".join(f"{mean:6.2f} ± {deviation:4.2f}" for mean, deviation in figures)
            print(f"{name:9} {method:20} {shown}", flush=True)


if __name__ == "__main__":
    main()
