"""Small studies of cells and of pool items, and what tests compare of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import searches

from otnas import PoolSearch
from otnas.search import Search
from otnas.search.domain import PoolItems
from otnas.study import Study

POINTS = np.random.default_rng(0).random((40, 2))
GRAM = np.exp(-np.abs(POINTS[:, None] - POINTS).sum(axis=2))

CHEAP = {"n_promising": 12, "n_mutations": 12, "n_random": 6, "n_kept": 6}
"""Settings of model-based methods."""

# Method, kind of space and settings; `pool` is a PoolSearch.
SUBJECTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "tw-full": ("tw-full", "small", CHEAP),
    "kdpp": ("kdpp-quality:tw-2g", "small", CHEAP),
    "turns": ("kdpp-quality:tw-2g/wl", "small", CHEAP),
    "growing": ("tw-2g", "open", {**CHEAP, "candidates": "growing"}),
    "evolution": ("evolution", "small", {"population": 5, "sample": 3}),
    "local-search": ("local-search", "small", {"restart_draws": 2}),
    "pool": ("pool", "", {}),
}
BOTH = ("kdpp", "pool")
"""A search of cells, and one of pool items."""


def search(name: str = "kdpp", *, seed: int = 3, initial: int = 4, **rest: Any) -> Search[Any]:
    """Return a new search."""
    method, kind, settings = SUBJECTS[name]
    settings = {**settings, **rest.pop("settings", {})}
    if name == "pool":
        return PoolSearch(gram=GRAM, seed=seed, initial=initial, settings=settings, **rest)
    space = searches.space_for(method, kind)
    return searches.make(method, space, seed=seed, initial=initial, settings=settings, **rest)


def study(name: str = "kdpp", path: Path | None = None, **rest: Any) -> Study:
    """Return a study of a new search."""
    own = {key: rest.pop(key) for key in ("objective", "verify", "about") if key in rest}
    return Study(search(name, **rest), path, **own)


def value_of(study: Study, item: Any) -> float:
    """Return the value of an item: deterministic, at least 1, lower is better."""
    if isinstance(item, int):
        return float(1.0 + POINTS[item].sum())
    return searches.error_of(study.search.domain.space, item)


def run(study: Study, sizes: list[int]) -> list[Any]:
    """Ask and tell in turn; return the items asked for. Every seventh trial fails."""
    asked = []
    for n in sizes:
        trials = study.ask(n)
        done = [trial for trial in trials if trial.id % 7 != 5]
        if done:
            study.tell(done, [value_of(study, trial.item) for trial in done])
        for trial in trials:
            if trial.id % 7 == 5:
                study.fail(trial, "no luck")
        asked += [trial.item for trial in trials]
    return asked


def mixed(study: Study) -> None:
    """Bring a study into every state, with every event but those of other versions."""
    run(study, [4, 2])
    first, second, third, fourth, fifth, sixth = study.ask(6)
    study.tell(second, value_of(study, second.item), {"size": 3, "note": "é"})
    study.lose([first, third], "the worker vanished")
    study.retry(third)
    study.cancel(fourth)
    study.late(third, 5.0)
    study.lose(fifth, "again")
    study.tell(fifth, 3.5)
    study.fail(sixth, "out of memory")
    study.attach(elsewhere(study), 4.5)
    study.ask(2)


def elsewhere(study: Study, seed: int = 5) -> Any:
    """Return an item that was not asked for."""
    domain, rng = study.search.domain, np.random.default_rng(seed)
    seen = {domain.identify(trial.item)[0] for trial in study.trials}
    while True:
        is_pool = isinstance(domain, PoolItems)
        item = int(rng.integers(len(POINTS))) if is_pool else domain.space.random(rng)
        if domain.identify(item)[0] not in seen:
            return item


def snapshot(study: Study) -> dict[str, Any]:
    """Return everything that a call which fails must leave as it was."""
    inner = study.search
    path = study.path
    return {
        "trials": study.trials,
        "versions": study.versions,
        "items": inner.items,
        "values": inner.values.tolist(),
        "pending": inner.pending,
        "left": inner.n_left,
        "state": inner.state(),
        "file": None if path is None else path.read_bytes(),
    }


def make(path=None, *, kind=Study, space=None, **rest):
    """A study of 81 cells, by random search: for tests of the runner."""
    chosen = {"method": "random", "seed": 0, **rest}
    return kind(path, space=space or searches.small_sequences(), **chosen)


def states(study):
    return [trial.state.value for trial in study.trials]


def events(path, kind):
    """The events of a kind in a journal."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line.get("event") == kind]
