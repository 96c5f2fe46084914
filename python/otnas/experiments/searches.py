"""Searches over the architectures of a table, by the name of their method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from otnas.experiments.configuration import Configuration
from otnas.experiments.errors import ConfigurationError
from otnas.experiments.protocols import Search
from otnas.search import methods
from otnas.search.cell_pool import CellPool
from otnas.search.settings import as_settings
from otnas.spaces import Space
from otnas.tables import Table

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
    for method in (*configuration.methods, *configuration.settings):
        given = configuration.settings.get(method, {})
        try:
            kind = methods.get(method).settings
            resolved[method] = _plain(
                as_settings(kind, _with_candidates(kind, given, configuration), method)
            )
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"{method}: {error}") from None
    return configuration.changed(settings=resolved)


def packages(method: str) -> tuple[str, ...]:
    """Return what a method needs beyond NumPy and SciPy."""
    return methods.get(method).packages


def make(
    method: str,
    space: Space,
    table: Table,
    *,
    seed: int,
    initial: int,
    settings: Mapping[str, Any],
) -> Search:
    """Return a search; see `SearchMaker`."""
    return methods.make(
        method, space, seed=seed, pool=_pool(space, table), settings=settings, initial=initial
    )


def _pool(space: Space, table: Table) -> CellPool:
    if id(table) not in _pools:
        _pools.clear()
        _pools[id(table)] = (table, CellPool(space, table.cells))
    return _pools[id(table)][1]


def _with_candidates(
    kind: type[Any], given: Mapping[str, Any], configuration: Configuration
) -> dict[str, Any]:
    """Add the candidates of model-based methods, where the method has a choice of them."""
    if any(field.name == "candidates" for field in fields(kind)):
        return {"candidates": configuration.candidates, **given}
    return dict(given)


def _plain(settings: object) -> dict[str, Any]:
    if not is_dataclass(settings) or isinstance(settings, type):
        raise TypeError(f"settings: expected a dataclass, got {type(settings).__name__}")
    return asdict(settings)
