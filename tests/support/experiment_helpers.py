"""A small table, searches that misbehave, and runs of them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np

from cells import NB201_OPS, nb201_string
from otnas.arrays import FloatArray
from otnas.experiments.configuration import Configuration
from otnas.experiments.runner import plan, run
from otnas.search import CellPool, Search
from otnas.search.cells.domain import CellDomain
from otnas.spaces import Space
from otnas.study import journal
from otnas.tables import Provenance, Table
from otnas_fast import Cell, as_cells


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


class Adaptive(Search[Cell]):
    """Everything asked for depends on everything told; has predictions, some of them missing."""

    def __init__(
        self, space: Space, pool: CellPool, seed: int, initial: int, *, delay: float = 0.0
    ) -> None:
        super().__init__(CellDomain(space, pool), seed=seed, initial=initial)
        self._delay = delay
        self._state = [seed]
        self.packages = ("pytest", "not-installed")

    def _n_uniform(self, n: int) -> int:
        return 0

    def _choose(self, n: int) -> list[Cell]:
        time.sleep(self._delay)
        rng, taken = np.random.default_rng(self._state), set()
        cells = [self._draw(rng, taken) for _ in range(n)]
        if len(self._state) > 1:
            mean = float(np.mean(self._state[1:]))
            self._predictions |= dict.fromkeys(cells[1:], (mean, 1.0))
        return cells

    def _observed(self, cells: list[Cell], errors: FloatArray) -> None:
        self._state += [int(1e6 * error) for error in errors]


class Failing(Adaptive):
    def _observed(self, cells: list[Cell], errors: FloatArray) -> None:
        super()._observed(cells, errors)
        if len(self._state) > 12:
            raise RuntimeError("no\nluck")


class Dying(Adaptive):
    def _observed(self, cells: list[Cell], errors: FloatArray) -> None:
        super()._observed(cells, errors)
        if len(self._state) > 12:
            os._exit(7)


def make(configuration, space, table, seed):
    method, initial = configuration["method"], configuration["initial"]
    kind = {"adaptive": Adaptive, "other": Adaptive, "failing": Failing, "dying": Dying}[method]
    pool = CellPool(space, table.cells)
    seed += 1000 * (method == "other")
    return kind(space, pool, seed, initial, **configuration["settings"])


def run_all(config: Configuration, out: Path, **options):
    return list(run(plan(config, out), out, make=make, **options))


def contents(out: Path) -> dict[str, tuple]:
    """Everything in all journals that must not differ between equal runs."""
    found = {}
    for path in sorted(out.rglob("*.jsonl")):
        contents = journal.read(path)
        header = {k: v for k, v in contents.header.items() if k != "started"}
        assert path.stat().st_size == contents.size
        found[str(path.relative_to(out))] = (header, without_timings(contents.events))
    return found


def cut_to(path: Path, queries: int) -> None:
    """Leave a journal as it was after so many queries, be it in the middle of a batch."""
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        event = json.loads(line)
        if event.get("event") == "tell":
            event["trials"] = [told for told in event["trials"] if told["id"] < queries]
            line = json.dumps(event) + "\n"
        if event.get("trials", [True]):
            kept.append(line)
    path.write_text("".join(kept))


def without_timings(events: list[dict]) -> list[dict]:
    return [{k: v for k, v in e.items() if k not in ("time", "seconds")} for e in events]
