"""When parameters apply: conditions on the values of earlier ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas.spaces.parameters import Parameter, Value, key_of
from otnas.spaces.places import ABSENT


@dataclass(frozen=True)
class Dependency:
    """A condition on earlier parameters, which is false where one of them does not apply.

    Attributes
    ----------
    parameters : tuple of int
        Their positions in the space.
    holds : callable
        Takes their values in this order and returns a bool.
    """

    parameters: tuple[int, ...]
    holds: Callable[..., bool]


def dependency(name: str, parameter: Parameter, earlier: Mapping[str, Parameter]) -> Dependency:
    """Return the condition of a parameter, checked against the parameters before it.

    Raises
    ------
    TypeError, ValueError
        If it names a parameter that is not before it, or a value that one does not have.
    """
    when, order = parameter.when, list(earlier)
    names = list(when) if isinstance(when, Mapping) else _arguments(when, name)
    for other in names:
        if other not in earlier:
            raise ValueError(
                f"parameters[{name!r}].when: expected earlier parameters ({', '.join(order)}), "
                f"got {other!r}"
            )
    at = tuple(order.index(other) for other in names)
    if not isinstance(when, Mapping):
        return Dependency(at, _OneOf(()) if when is None else when)
    allowed: list[set[Any]] = []
    for other, wanted in when.items():
        several = isinstance(wanted, Collection) and not isinstance(wanted, str | bytes)
        values = list(wanted) if several else [wanted]
        missing = [value for value in values if earlier[other].position(value) < 0]
        if missing or not values:
            raise ValueError(
                f"parameters[{name!r}].when[{other!r}]: expected some of "
                f"{', '.join(earlier[other].texts)}, got {wanted!r}"
            )
        allowed.append({key_of(value) for value in values})
    return Dependency(at, _OneOf(tuple(allowed)))


@dataclass(frozen=True)
class _OneOf:
    """Whether each value is among those allowed; a class, so that spaces can be pickled."""

    allowed: tuple[set[Any], ...]

    def __call__(self, *values: Value) -> bool:
        return all(key_of(v) in some for v, some in zip(values, self.allowed, strict=True))


def _arguments(function: Callable[..., bool] | None, name: str) -> list[str]:
    """Return the names of a function's arguments: the parameters that it depends on."""
    if function is None:
        return []
    arguments = inspect.signature(function).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not arguments or any(argument.kind not in positional for argument in arguments):
        raise TypeError(
            f"parameters[{name!r}].when: expected a function whose arguments are named as earlier "
            f"parameters are, got {function!r}"
        )
    return [argument.name for argument in arguments]


class Applicability:
    """Which parameters apply, given those before.

    A configuration is a row: positions of the values in order, `ABSENT` for what does not apply.

    Parameters
    ----------
    parameters : sequence of p Parameter
    dependencies : sequence of p Dependency
    """

    def __init__(self, parameters: Sequence[Parameter], dependencies: Sequence[Dependency]) -> None:
        self.parameters, self.dependencies = parameters, dependencies

    def applies(self, i: int, row: Sequence[int]) -> bool:
        """Whether parameter i applies, given (at least) what comes before it."""
        at = self.dependencies[i].parameters
        if any(row[j] == ABSENT for j in at):
            return False
        values = (self.parameters[j].values[row[j]] for j in at)
        return bool(self.dependencies[i].holds(*values))

    def completed(
        self, begun: Sequence[int], before: Sequence[int] | None, rng: np.random.Generator
    ) -> list[int]:
        """Complete a row: keep values of `before` that exist and apply, draw others uniformly."""
        row = list(begun)
        for i in range(len(row), len(self.parameters)):
            if not self.applies(i, row):
                row.append(ABSENT)
            elif before is not None and before[i] != ABSENT:
                row.append(before[i])
            else:
                row.append(int(rng.integers(len(self.parameters[i].values))))
        return row

    def completions(self, begun: Sequence[int], before: Sequence[int]) -> Iterator[list[int]]:
        """Complete a row in all ways, keeping values of `before` that exist and apply."""
        begun_rows = [list(begun)]
        while begun_rows:
            row = begun_rows.pop()
            while len(row) < len(self.parameters):
                i = len(row)
                if not self.applies(i, row):
                    row.append(ABSENT)
                elif before[i] != ABSENT:
                    row.append(before[i])
                else:
                    values = range(len(self.parameters[i].values))
                    begun_rows += [[*row, value] for value in reversed(values)]
                    break
            else:
                yield row
