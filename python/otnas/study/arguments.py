"""Checks of what is told to a study, and its form in a journal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search import Search
from otnas.search.domain import Domain
from otnas.study.trial import Run

Metrics: TypeAlias = Mapping[str, Any]


def check_new(search: object) -> None:
    """Raise unless a search is new and can be repeated."""
    if not isinstance(search, Search):
        raise TypeError(f"search: expected a Search, got {type(search).__name__}")
    if search.items or search.pending:
        raise ValueError(
            f"search: expected a new one, got one with {len(search.items)} items told and "
            f"{len(search.pending)} pending"
        )
    if search.seed is None:
        raise ValueError("search: expected one with an integer seed, to be repeated, got none")


def check_objective(objective: object) -> None:
    """Raise unless the objective is a text, and not the name of a setting of searches."""
    if not isinstance(objective, str):
        raise TypeError(f"objective: expected a text, got {objective!r}")
    if objective == "pareto":
        raise ValueError(
            "objective: expected your version of what is measured, got 'pareto', which goes into "
            "settings: settings={'objective': 'pareto'}"
        )


def results(
    values: ArrayLike,
    given: Metrics | Sequence[Metrics | None] | None,
    n: int,
    *,
    single: bool,
) -> tuple[FloatArray, list[dict[str, Any]]]:
    """Return the values of n trials, and their values and metrics in the form of events.

    Raises
    ------
    TypeError, ValueError
        If their number or types are wrong.
    """
    numbers = np.atleast_1d(checks.numbers("values", values))
    if numbers.shape != (n,):
        raise ValueError(f"values: expected shape ({n},), got {numbers.shape}")
    per_trial = metrics(given, n, single=single)
    return numbers, [
        {"value": finite(value), "metrics": more}
        for value, more in zip(numbers.tolist(), per_trial, strict=True)
    ]


def metrics(
    given: Metrics | Sequence[Metrics | None] | None, n: int, *, single: bool
) -> list[dict[str, Any]]:
    """Return the metrics of n trials in JSON types."""
    several: Sequence[Metrics | None]
    if given is None:
        several = [None] * n
    elif isinstance(given, Mapping):
        if not single and n != 1:
            raise TypeError(f"metrics: expected one mapping a trial, got one for {n}")
        several = [given]
    else:
        several = given
    if len(several) != n:
        raise ValueError(f"metrics: expected {n}, one per trial, got {len(several)}")
    return [_metrics(one) for one in several]


def _metrics(given: Metrics | None) -> dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"metrics: expected numbers and texts by name, got {given!r}")
    return {str(name): _scalar(str(name), value) for name, value in (given or {}).items()}


def _scalar(name: str, value: Any) -> Any:
    if isinstance(value, (np.integer, np.floating, np.bool_)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"metrics: expected a number, a text or None for {name!r}, got {value!r}")


def finite(value: float) -> float | None:
    """Return a number for JSON: None if it is infinite."""
    return float(value) if math.isfinite(value) else None


def trials(domain: Domain[Any], items: Sequence[Any], first: int) -> list[dict[str, Any]]:
    """Return new trials in the form of events, numbered from `first`, with known costs."""
    new = [{"id": first + i, "item": domain.to_json(item)} for i, item in enumerate(items)]
    if domain.costs is not None:
        for trial, costs in zip(new, domain.costs_of(items).tolist(), strict=True):
            known = zip(domain.costs.names, costs, strict=True)
            trial["costs"] = {name: cost for name, cost in known if math.isfinite(cost)}
    return new


def as_json(run: Run | None) -> dict[str, Any] | None:
    """Return a run in JSON types."""
    if run is not None and not isinstance(run, Run):
        raise TypeError(f"run: expected a Run or None, got {run!r}")
    return None if run is None else asdict(run)
