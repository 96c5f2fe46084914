"""Costs that are known for every item before it is evaluated, such as parameters or latency.

Notation
--------
m : number of costs; N : number of pool items. Low costs are good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import BoolArray, FloatArray, fingerprint
from otnas.search.known import KnownNumbers, NumbersLike, Pool, with_columns

CostsLike = NumbersLike
"""Functions of an item or arrays over a pool (N,), by name; a single one is named "cost"."""

VALUE = "value"
"""Name of the told value in a reference point."""


class KnownCosts(KnownNumbers):
    """Costs of items, with optional limits.

    Parameters
    ----------
    costs : CostsLike
        Functions get an item and return a finite number; they are called once per item of a pool,
        on construction, and must always return the same number for an item.
    budget : mapping of names to numbers, optional
        Items above the budget are never asked for.
    reference : mapping of names to numbers, optional
        The reference point of hypervolumes: any of "value" and the costs; see `BayesianSearch` for
        the defaults of the others.
    pool : sequence of N items, optional

    Attributes
    ----------
    names : tuple of str
    limits : array (m,)
        The budget, infinite where there is none.
    reference : mapping
    table : array (N, m), optional
        Costs of the pool.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, a name is unknown (with the nearest one), a number is not
        finite, an array and the pool differ in length, or no item of a pool is within the budget.
    """

    def __init__(
        self,
        costs: CostsLike,
        *,
        budget: Mapping[str, float] | None = None,
        reference: Mapping[str, float] | None = None,
        pool: Pool | None = None,
    ) -> None:
        super().__init__("costs", costs, pool)
        if VALUE in self.names:
            raise ValueError(
                f"costs: expected other names than that of what is told, got {VALUE!r}"
            )
        limits = _numbers("budget", budget, self.names)
        self.limits = np.array([limits.get(name, np.inf) for name in self.names])
        self.reference = _numbers("reference", reference, (VALUE, *self.names))
        if self.table is not None:
            self._check_attainable(self.table)

    def within_budget(self, costs: FloatArray) -> BoolArray:
        """Return whether all m costs are within the budget, for arrays (..., m)."""
        return np.asarray((costs <= self.limits).all(axis=-1))

    def describe(self, sample: Iterable[Any]) -> dict[str, Any]:
        """Return, as JSON values, what distinguishes these costs from others.

        Parameters
        ----------
        sample : items
            Items on which costs without a pool are compared.
        """
        rows = self.table
        if rows is None:
            rows = np.array([self.of(item, -1) for item in sample])
        bounded = zip(self.names, self.limits.tolist(), strict=True)
        return {
            "names": list(self.names),
            "fingerprint": fingerprint(rows),
            "budget": {name: limit for name, limit in bounded if np.isfinite(limit)},
            "reference": self.reference,
        }

    def _check_attainable(self, table: FloatArray) -> None:
        if self.within_budget(table).any():
            return
        least = {name: float(low) for name, low in zip(self.names, table.min(axis=0), strict=True)}
        raise ValueError(
            f"budget: expected at least the costs of some item, the least being {least}, got less"
        )


def known_costs(
    costs: CostsLike | None,
    budget: Mapping[str, float] | None,
    reference: Mapping[str, float] | None,
    pool: Pool | None,
    columns: Mapping[str, FloatArray] | None = None,
) -> KnownCosts | None:
    """Return the known costs, or None if there are none; see `KnownCosts`.

    Parameters
    ----------
    costs, budget, reference, pool
        See `KnownCosts`.
    columns : mapping of names to arrays (N,), optional
        Columns of the table that is the pool; strings in `costs` name them.

    Raises
    ------
    TypeError, ValueError
        As `KnownCosts`, if there is a budget or a reference without costs, or no such column.
    """
    if costs is not None:
        named = with_columns("costs", costs, columns)
        return KnownCosts(named, budget=budget, reference=reference, pool=pool)
    for name, given in {"budget": budget, "reference": reference}.items():
        if given:
            raise ValueError(f"{name}: expected costs beside it, got none")
    return None


def _numbers(
    name: str, given: Mapping[str, float] | None, known: tuple[str, ...]
) -> dict[str, float]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"{name}: expected a mapping of names to numbers, got {given!r}")
    for key in given:
        checks.choice(name, key, known, "name")
    keys = [key for key in known if key in given]
    return {
        key: float(checks.finite_vector(f"{name}[{key!r}]", [given[key]], 1)[0]) for key in keys
    }
