"""Numbers that are known of every item before it is tried: parameters, latency.

Notation
--------
m : costs; N : items of a pool. Low is good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import BoolArray, FloatArray, fingerprint

CostsLike = (
    Mapping[str, Callable[[Any], float] | ArrayLike | str]
    | Callable[[Any], float]
    | ArrayLike
    | str
    | Sequence[str]
)
"""By name, each a function of an item or an array over a pool (N,); one alone is named "cost".

Where the pool is a table, a text stands for its column, and several alone for the columns of their
names.
"""

VALUE = "value"
"""What a reference point calls the value that is told."""

# Rows kept of items without a pool: proposals come again, and a function may be slow.
_REMEMBERED = 100_000


class Pool(Protocol):
    """A sequence of N items."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class KnownCosts:
    """Costs of items, and how much of each is allowed.

    Parameters
    ----------
    costs : CostsLike
        Functions get an item and return a finite number; they are called once an item of a pool,
        here, and must always return the same.
    budget : mapping of names to numbers, optional
        Items above are never asked for.
    reference : mapping of names to numbers, optional
        Where volumes end, any of "value" and the costs; see `BayesianSearch` for the others.
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
        If an argument is of another kind, a name is unknown (with the nearest one), a number is not
        finite, an array has another length than the pool, or nothing of a pool is in the budget.
    """

    def __init__(
        self,
        costs: CostsLike,
        *,
        budget: Mapping[str, float] | None = None,
        reference: Mapping[str, float] | None = None,
        pool: Pool | None = None,
    ) -> None:
        given = costs if isinstance(costs, Mapping) else {"cost": costs}
        if not given or not all(isinstance(name, str) and name for name in given):
            raise ValueError(f"costs: expected names of costs, got {list(given)}")
        if VALUE in given:
            raise ValueError(f"costs: expected other names than {VALUE!r}, which is what is told")
        self.names: tuple[str, ...] = tuple(given)
        self._functions = {name: cost for name, cost in given.items() if callable(cost)}
        limits = _numbers("budget", budget, self.names)
        self.limits = np.array([limits.get(name, np.inf) for name in self.names])
        self.reference = _numbers("reference", reference, (VALUE, *self.names))
        self.table: FloatArray | None = None
        self._rows: dict[Any, FloatArray] = {}
        if pool is not None:
            self.table = np.column_stack([self._column(name, given[name], pool) for name in given])
            self._check_attainable(self.table)
        elif len(self._functions) < len(given):
            name = next(name for name in given if name not in self._functions)
            raise TypeError(f"costs: expected a function for {name!r}, since there is no pool")

    def of(self, item: Any, position: int) -> FloatArray:
        """Return the costs of an item, shape (m,); NaN where only the pool's are known.

        Parameters
        ----------
        item : hashable
        position : int
            In the pool, -1 for an item from outside.

        Raises
        ------
        ValueError
            If a cost is not finite.
        """
        if self.table is not None and position >= 0:
            row: FloatArray = self.table[position]
            return row
        if item not in self._rows:
            if len(self._rows) == _REMEMBERED:
                self._rows.clear()
            self._rows[item] = self._computed(item)
        return self._rows[item]

    def within_budget(self, costs: FloatArray) -> BoolArray:
        """Tell for arrays (..., m) whether all costs are within the budget."""
        return np.asarray((costs <= self.limits).all(axis=-1))

    def describe(self, sample: Iterable[Any]) -> dict[str, Any]:
        """Return, as JSON has it, what tells these costs from others.

        Parameters
        ----------
        sample : items
            Of which costs without a pool are compared.
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

    def _column(self, name: str, cost: Any, pool: Pool) -> FloatArray:
        if name in self._functions:
            return np.array([self._called(name, pool[i]) for i in range(len(pool))])
        return checks.finite_vector(f"costs[{name!r}]", cost, len(pool))

    def _computed(self, item: Any) -> FloatArray:
        known = [self._called(n, item) if n in self._functions else np.nan for n in self.names]
        row = np.array(known)
        row.flags.writeable = False
        return row

    def _called(self, name: str, item: Any) -> float:
        number = checks.numbers(f"costs[{name!r}]", self._functions[name](item))
        if number.shape != () or not np.isfinite(number):
            raise ValueError(
                f"costs[{name!r}]: expected a finite number for {item!r}, got {number}"
            )
        return float(number)

    def _check_attainable(self, table: FloatArray) -> None:
        if self.within_budget(table).any():
            return
        least = {name: float(low) for name, low in zip(self.names, table.min(axis=0), strict=True)}
        raise ValueError(f"budget: expected one that some item is within; the least are {least}")


def known_costs(
    costs: CostsLike | None,
    budget: Mapping[str, float] | None,
    reference: Mapping[str, float] | None,
    pool: Pool | None,
    columns: Mapping[str, FloatArray] | None = None,
) -> KnownCosts | None:
    """Return costs, None if there are none; see `KnownCosts`.

    Parameters
    ----------
    costs, budget, reference, pool
        See `KnownCosts`.
    columns : mapping of names to arrays (N,), optional
        Of the table that the pool is; texts in `costs` name them.

    Raises
    ------
    TypeError, ValueError
        As `KnownCosts`, if there is a budget or a reference without costs, or no such column.
    """
    if costs is not None:
        named = _columns(costs, columns)
        return KnownCosts(named, budget=budget, reference=reference, pool=pool)
    for name, given in {"budget": budget, "reference": reference}.items():
        if given:
            raise ValueError(f"{name}: expected costs beside it, got none")
    return None


def _columns(costs: CostsLike, columns: Mapping[str, FloatArray] | None) -> CostsLike:
    """Return costs with columns of the table in the place of their names."""
    if isinstance(costs, str):
        costs = [costs]
    if not isinstance(costs, Mapping):
        names = list(costs) if isinstance(costs, Sequence) else []
        if not any(isinstance(name, str) for name in names):
            return costs
        costs = {name: name for name in names}
    for name in costs.values():
        if isinstance(name, str):
            if columns is None:
                raise TypeError(
                    f"costs: expected no name of a column without a table, got {name!r}"
                )
            checks.choice("costs", name, columns, "column")
    return {
        name: columns[cost] if columns is not None and isinstance(cost, str) else cost
        for name, cost in costs.items()
    }


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
