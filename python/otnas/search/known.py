"""Named numbers that are known for every item before it is evaluated.

Notation
--------
m : number of numbers per item; N : number of pool items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray

NumbersLike = (
    Mapping[str, Callable[[Any], float] | ArrayLike | str]
    | Callable[[Any], float]
    | ArrayLike
    | str
    | Sequence[str]
)
"""By name, each a function of an item or an array over a pool (N,); or one alone.

Where the pool is a table, a string stands for the column of that name, and a sequence of strings
for several columns.
"""

# Rows cached without a pool: proposals recur, and a function may be slow.
_REMEMBERED = 100_000


class Pool(Protocol):
    """A sequence of N items."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class KnownNumbers:
    """m numbers of every item.

    Parameters
    ----------
    argument : str
        Name of the numbers in messages, in the plural ("costs"); a single number is named in the
        singular.
    given : NumbersLike
        Functions get an item and return a finite number; they are called once per item of a pool,
        on construction, and must always return the same number for an item.
    pool : sequence of N items, optional

    Attributes
    ----------
    names : tuple of str
    table : array (N, m), optional
        Numbers of the pool.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, a number is not finite, or an array and the pool differ in
        length.
    """

    def __init__(self, argument: str, given: NumbersLike, pool: Pool | None) -> None:
        self._argument = argument
        named = given if isinstance(given, Mapping) else {argument[:-1]: given}
        if not named or not all(isinstance(name, str) and name for name in named):
            raise ValueError(f"{argument}: expected names of {argument}, got {list(named)}")
        self.names: tuple[str, ...] = tuple(named)
        self._functions = {name: number for name, number in named.items() if callable(number)}
        self.table: FloatArray | None = None
        self._rows: dict[Any, FloatArray] = {}
        if pool is not None:
            self.table = np.column_stack([self._column(name, named[name], pool) for name in named])
        elif len(self._functions) < len(named):
            name = next(name for name in named if name not in self._functions)
            raise TypeError(f"{argument}: expected functions without a pool, got {named[name]!r}")

    def of(self, item: Any, position: int) -> FloatArray:
        """Return the numbers of an item, shape (m,); NaN where only the pool's are known.

        Parameters
        ----------
        item : hashable
        position : int
            Position in the pool, -1 for an item from outside.

        Raises
        ------
        ValueError
            If a number is not finite.
        """
        if self.table is not None and position >= 0:
            row: FloatArray = self.table[position]
            return row
        if item not in self._rows:
            if len(self._rows) == _REMEMBERED:
                self._rows.clear()
            self._rows[item] = self._computed(item)
        return self._rows[item]

    def _column(self, name: str, number: Any, pool: Pool) -> FloatArray:
        if name in self._functions:
            return np.array([self._called(name, pool[i]) for i in range(len(pool))])
        return checks.finite_vector(f"{self._argument}[{name!r}]", number, len(pool))

    def _computed(self, item: Any) -> FloatArray:
        known = [self._called(n, item) if n in self._functions else np.nan for n in self.names]
        row = np.array(known)
        row.flags.writeable = False
        return row

    def _called(self, name: str, item: Any) -> float:
        where = f"{self._argument}[{name!r}]"
        number = checks.numbers(where, self._functions[name](item))
        if number.shape != () or not np.isfinite(number):
            raise ValueError(f"{where}: expected a finite number for {item!r}, got {number}")
        return float(number)


def with_columns(
    argument: str, given: NumbersLike, columns: Mapping[str, FloatArray] | None
) -> NumbersLike:
    """Return numbers with names of columns replaced by columns of the table.

    Raises
    ------
    TypeError, ValueError
        If there are names but no table, or no such column; the message begins with `argument`.
    """
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Mapping):
        names = list(given) if isinstance(given, Sequence) else []
        if not any(isinstance(name, str) for name in names):
            return given
        given = {name: name for name in names}
    for name in given.values():
        if isinstance(name, str):
            if columns is None:
                raise TypeError(
                    f"{argument}: expected no name of a column without a table, got {name!r}"
                )
            checks.choice(argument, name, columns, "column")
    return {
        name: columns[one] if columns is not None and isinstance(one, str) else one
        for name, one in given.items()
    }
