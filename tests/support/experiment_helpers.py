"""A small table, searches that misbehave, and runs of them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from cells import NB201_OPS, nb201_string
from otnas.experiments.configuration import Configuration
from otnas.experiments.journal import read, without_timings
from otnas.experiments.runner import plan, run
from otnas.tables import Provenance, Table
from otnas_fast import as_cells


def small_table(n: int = 200, *, test_error: bool = True) -> Table:
    """Random NAS-Bench-201 cells; test errors are not ordered as validation errors are."""
    rng = np.random.default_rng(5)
    texts: dict[str, None] = {}
    while len(texts) < n:
        texts[nb201_string(tuple(rng.choice(NB201_OPS, size=6)))] = None
    error = rng.uniform(5.0, 30.0, size=n)
    metrics = {"validation_error": error, "training_seconds": rng.uniform(100.0, 200.0, size=n)}
    if test_error:
        metrics["test_error"] = error + rng.normal(0.0, 1.0, size=n)
    return Table(
        name="small",
        space="nasbench201",
        cells=as_cells(list(texts)),
        metrics=metrics,
        provenance=Provenance(
            dataset="<made> & up", metric="error", epochs=3, seeds="1", source="here", sha256=None
        ),
    )


def configuration(**changes) -> Configuration:
    return Configuration(
        **{
            "name": "trials",
            "search_space": "small",
            "methods": ("adaptive",),
            "trials": range(3),
            "initial": 7,
            "queries": 30,
            "batch_size": 4,
            **changes,
        }
    )


class Adaptive:
    """Everything asked for depends on everything told; has predictions, some of them missing."""

    def __init__(self, table: Table, seed: int, *, delay: float = 0.0) -> None:
        self._cells, self._delay = table.cells, delay
        self._left = list(range(len(table)))
        self._state = [seed]

    def ask(self, n):
        time.sleep(self._delay)
        rng = np.random.default_rng(self._state)
        rows = [self._left.pop(int(rng.integers(len(self._left)))) for _ in range(n)]
        return [self._cells[row] for row in rows]

    def tell(self, cells, errors):
        self._state += [int(1e6 * error) for error in errors]

    def predictions(self, cells):
        if len(self._state) == 1:
            return None
        mean = np.full(len(cells), float(np.mean(self._state[1:])))
        mean[0] = np.nan
        return mean, np.ones(len(cells))


class Failing(Adaptive):
    def tell(self, cells, errors):
        super().tell(cells, errors)
        if len(self._state) > 12:
            raise RuntimeError("no\nluck")


class Dying(Adaptive):
    def tell(self, cells, errors):
        super().tell(cells, errors)
        if len(self._state) > 12:
            os._exit(7)


def make(method, space, table, *, seed, initial, settings):
    kind = {"adaptive": Adaptive, "other": Adaptive, "failing": Failing, "dying": Dying}[method]
    return kind(table, seed + 1000 * (method == "other"), **settings)


def planned(config: Configuration, out: Path):
    """Plan the trials of the methods here, which depend on a package and on one not installed."""
    return plan(config, out, packages=lambda _: ("pytest", "not-installed"))


def run_all(config: Configuration, out: Path, **options):
    return list(run(planned(config, out), out, make=make, **options))


def contents(out: Path) -> dict[str, tuple]:
    """Everything in all journals that must not differ between equal runs."""
    found = {}
    for path in sorted(out.rglob("*.jsonl")):
        journal = read(path)
        header = {k: v for k, v in journal.header.items() if k != "started"}
        assert path.stat().st_size == journal.size
        found[str(path.relative_to(out))] = (header, without_timings(journal.queries))
    return found
