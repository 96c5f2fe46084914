"""Searches over the architectures of a table, by the name of their method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol

from otnas import checks
from otnas.experiments.configuration import Configuration, ConfigurationError
from otnas.search import CellPool, Search, methods
from otnas.search.cells.proposals import CANDIDATES
from otnas.spaces import Space
from otnas.tables import Table
from otnas_fast import Cell


class SearchMaker(Protocol):
    """Makes the search of a trial. Runs in several processes need one that can be pickled."""

    def __call__(
        self,
        method: str,
        space: Space,
        table: Table,
        *,
        seed: int,
        initial: int,
        settings: Mapping[str, Any],
    ) -> Search[Cell]:
        """Return a search over the architectures of a table that knows none of their errors."""
        ...


# The pool of the table in use: what searches compute for all of its cells is kept with it.
_pools: dict[int, tuple[Table, CellPool]] = {}


def names() -> list[str]:
    """Return all methods."""
    return list(methods.names())


def resolve(configuration: Configuration) -> Configuration:
    """Return a configuration with every setting of every method spelled out.

    Raises
    ------
    ConfigurationError
        If a method or a setting does not exist, or a value is impossible; the message has the
        nearest valid name.
    """
    resolved: dict[str, dict[str, Any]] = {}
    try:
        checks.choice("candidates", configuration.candidates, CANDIDATES)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    for method in (*configuration.methods, *configuration.settings):
        try:
            given = dict(configuration.settings.get(method, {}))
            if _chooses_candidates(method):
                given = {"candidates": configuration.candidates, **given}
            resolved[method] = methods.resolved(method, given)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"{method}: {error}") from None
    return configuration.changed(settings=resolved)


def make(
    method: str,
    space: Space,
    table: Table,
    *,
    seed: int,
    initial: int,
    settings: Mapping[str, Any],
) -> Search[Cell]:
    """Return a search; see `SearchMaker`."""
    return methods.make(
        method, space, seed=seed, pool=_pool(space, table), settings=settings, initial=initial
    )


def _pool(space: Space, table: Table) -> CellPool:
    if id(table) not in _pools:
        _pools.clear()
        _pools[id(table)] = (table, CellPool(space, table.cells))
    return _pools[id(table)][1]


def _chooses_candidates(method: str) -> bool:
    kinds = methods.get(method).settings
    return any(field.name == "candidates" for kind in kinds for field in fields(kind))
