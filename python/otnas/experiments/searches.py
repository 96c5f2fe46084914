"""Searches over the architectures of a table, by the name of the method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from otnas.experiments import priors
from otnas.experiments.configuration import Configuration, ConfigurationError, within_budget
from otnas.search import CellPool, Search, methods
from otnas.search.decision.settings import ModelSettings
from otnas.search.front import front
from otnas.spaces import Space
from otnas.tables import Table
from otnas_fast import Cell


class SearchMaker(Protocol):
    """A function that makes the search of a trial; for several processes it must be picklable."""

    def __call__(
        self, configuration: Mapping[str, Any], space: Space, table: Table, seed: int
    ) -> Search[Cell]:
        """Return a search over the architectures of a table that knows none of their errors.

        The configuration is as `Configuration.of_trial` returns it.
        """
        ...


def resolve(configuration: Configuration) -> Configuration:
    """Return a configuration with every setting of every method spelled out.

    Raises
    ------
    ConfigurationError
        If a method or a setting does not exist, or a value is invalid; the message has the nearest
        valid name.
    """
    resolved: dict[str, dict[str, Any]] = {}
    for method in (*configuration.methods, *configuration.settings):
        try:
            given = dict(configuration.settings.get(method, {}))
            known = _settings(method)
            if "candidates" in known:
                given = {"candidates": configuration.candidates, **given}
            if "objective" in known and configuration.objective == "pareto":
                given = {"objective": "pareto", **given}
            resolved[method] = methods.resolved(method, given)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"{method}: {error}") from None
    priors.check(configuration.prior)
    return configuration.changed(settings=resolved)


def make(configuration: Mapping[str, Any], space: Space, table: Table, seed: int) -> Search[Cell]:
    """Return a search; see `SearchMaker`."""
    method, costs = configuration["method"], configuration.get("costs", [])
    prior = priors.known(configuration.get("prior", []), seed) if _has_process(method) else None
    try:
        return methods.make(
            method,
            space,
            seed=seed,
            pool=_pool(space, table, configuration.get("merge", True)),
            settings=configuration["settings"],
            initial=configuration["initial"],
            costs={name: table.metrics[name] for name in costs} or None,
            budget=configuration.get("budget"),
            reference=reference(configuration, table) if costs else None,
            prior=prior,
        )
    except (TypeError, ValueError) as error:
        if prior is None:
            raise
        raise ConfigurationError(str(error)) from error  # architectures of another type


def reference(configuration: Mapping[str, Any], table: Table) -> dict[str, float]:
    """Return the reference point: the median error and the highest costs within the budget."""
    within = within_budget(table, configuration.get("budget", {}))
    highest = {name: float(table.metrics[name][within].max()) for name in configuration["costs"]}
    return {"value": float(np.median(table.validation_error[within])), **highest}


def volume(configuration: Mapping[str, Any], table: Table) -> float:
    """Return the volume of the front of all that the budget allows; see `reference`."""
    budget, ends = configuration.get("budget", {}), reference(configuration, table)
    return _volume(table, tuple(configuration["costs"]), tuple(budget.items()), tuple(ends.items()))


@lru_cache(maxsize=1)
def _volume(table: Table, names: tuple[str, ...], budget: Any, reference: Any) -> float:
    rows = np.flatnonzero(within_budget(table, dict(budget)))
    costs = np.column_stack([table.metrics[name][rows] for name in names])
    errors = table.validation_error[rows]
    return front(rows.tolist(), errors, costs, names, "minimise", dict(reference)).hypervolume()


@lru_cache(maxsize=1)
def _pool(space: Space, table: Table, merge: bool) -> CellPool:
    """Return the pool of the table in use, with what searches have computed for its cells."""
    return CellPool(space, table.cells, merge=merge)


def _has_process(method: str) -> bool:
    return ModelSettings in methods.get(method).settings


def _settings(method: str) -> set[str]:
    """Return the names of a method's settings."""
    return {field.name for kind in methods.get(method).settings for field in fields(kind)}
