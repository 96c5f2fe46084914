"""Parameters of a user's search space: ordered or categorical, and when they apply."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from otnas import checks
from otnas.arrays import FloatArray
from otnas.spaces import places
from otnas.spaces.places import ABSENT

Value: TypeAlias = str | int | float | bool | None

Choices: TypeAlias = Sequence[Value] | Mapping[str, Sequence[Value]]

Condition: TypeAlias = Mapping[str, Any] | Callable[..., bool]
"""When a parameter applies: ``{"depth": (3, 4)}``, or a function of earlier parameters."""


class Configuration(dict[str, Value]):
    """Values of named parameters: a dictionary that does not change, so that it can be a key.

    It is equal to any dictionary of the same values, and ``c | {"depth": 3}`` or ``{**c}`` makes a
    new, ordinary dictionary.

    Examples
    --------
    >>> c = Configuration(depth=2, head="mlp")
    >>> c == {"head": "mlp", "depth": 2}, {c: 1}[c]
    (True, 1)
    >>> c["depth"] = 3
    Traceback (most recent call last):
    TypeError: a Configuration does not change; make a dict of it first
    """

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Configuration], tuple[dict[str, Value]]]:
        return Configuration, (dict(self),)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        """Refuse: raise a `TypeError`."""
        raise TypeError("a Configuration does not change; make a dict of it first")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse


SCALES = ("rank", "value", "log")


class Parameter:
    """A parameter with a finite list of values; see `Ordered` and `Categorical`.

    Attributes
    ----------
    values : tuple of k values
    texts : tuple of k str
        The values as `otnas.spaces.ParameterSpace.format` writes them.
    when : Condition or None

    Examples
    --------
    >>> Ordered([16, 32, 64]).values
    (16, 32, 64)
    """

    def __init__(self, values: Sequence[Value], when: Condition | None) -> None:
        if isinstance(values, str | bytes) or not isinstance(values, Sequence) or not values:
            raise TypeError(f"values: expected a sequence of at least one value, got {values!r}")
        self.values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
        self.texts = tuple(map(_text, self.values))
        if len(set(self.texts)) < len(self.texts):
            raise ValueError(f"values: expected different ones, got {self.values}")
        if when is not None and not isinstance(when, Mapping) and not callable(when):
            raise TypeError(f"when: expected a mapping or a function, got {type(when).__name__}")
        self.when = when
        self._position = {key_of(value): i for i, value in enumerate(self.values)}

    def position(self, value: object) -> int:
        """Return the position of a value, or -1 if the parameter does not have it."""
        try:
            return self._position.get(key_of(value), -1)
        except TypeError:  # not hashable
            return -1

    def steps(self, position: int) -> list[int]:
        """Return the positions one step away."""
        raise NotImplementedError

    def mutated(self, position: int, rng: np.random.Generator) -> int:
        """Draw another position; the parameter has at least two values."""
        raise NotImplementedError

    def vectors(self, chosen: npt.NDArray[np.int64]) -> FloatArray:
        """Describe n choices (positions or `ABSENT`), shape (n, d); see `otnas.spaces.places`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.values)})"


class Ordered(Parameter):
    """A parameter whose values have an order, such as widths.

    A step goes to the value before or after. A mutation goes d places away with a probability
    proportional to 1 / d.

    Parameters
    ----------
    values : sequence
        The values, in order and all different.
    scale : {"rank", "value", "log"}, default "rank"
        How a kernel measures the distance of two values: by their ranks, differences or ratios.
        The latter two require increasing numbers.
    when : Condition, optional
        When the parameter applies; by default always.

    Raises
    ------
    TypeError, ValueError
        For other arguments.

    Examples
    --------
    >>> Ordered([16, 32, 64], scale="log").vectors(np.array([0, 1, 2])).ravel().round(3)
    array([0. , 0.5, 1. ])
    """

    def __init__(
        self, values: Sequence[Value], *, scale: str = "rank", when: Condition | None = None
    ) -> None:
        super().__init__(values, when)
        checks.choice("scale", scale, SCALES, "scale")
        self.scale = scale
        u = np.arange(len(self.values), dtype=np.float64)
        if scale != "rank":
            if not all(_is_number(value) for value in self.values):
                raise TypeError(f"values: expected numbers for scale={scale!r}, got {self.values}")
            u = np.array(self.values, dtype=np.float64)
            if (np.diff(u) <= 0).any() or (scale == "log" and u[0] <= 0):
                kind = "positive numbers" if scale == "log" else "numbers"
                raise ValueError(f"values: expected increasing {kind}, got {self.values}")
            u = np.log(u) if scale == "log" else u
        self._u = (u - u[0]) / max(u[-1] - u[0], np.finfo(float).tiny)

    def steps(self, position: int) -> list[int]:
        """Return the positions before and after."""
        return [i for i in (position - 1, position + 1) if 0 <= i < len(self.values)]

    def mutated(self, position: int, rng: np.random.Generator) -> int:
        """Draw another position: one d places away has a probability proportional to 1 / d."""
        others = np.delete(np.arange(len(self.values)), position)
        weights = 1.0 / np.abs(others - position)
        return int(rng.choice(others, p=weights / weights.sum()))

    def vectors(self, chosen: npt.NDArray[np.int64]) -> FloatArray:
        """Describe n choices as points on a chain, shape (n, 1), or (n, 3) with a condition."""
        position = np.where(chosen == ABSENT, np.nan, self._u[chosen])
        return places.chain(position, absent=self.when is not None)


MAX_VALUES = 1_000_000
"""Largest number of values of a parameter, which are all stored."""


class Integers(Ordered):
    """The integers from `low` to `high`, both included.

    Parameters
    ----------
    low, high : int
    step : int, default 1
    log : bool, default False
        Whether a kernel compares values by their ratios instead of their differences.
    when : Condition, optional

    Examples
    --------
    >>> Integers(16, 64, step=16).values
    (16, 32, 48, 64)
    """

    def __init__(
        self,
        low: int,
        high: int,
        *,
        step: int = 1,
        log: bool = False,
        when: Condition | None = None,
    ) -> None:
        low = checks.integer("low", low)
        high, step = checks.integer("high", high, low), checks.integer("step", step, 1)
        if (high - low) // step >= MAX_VALUES:
            raise ValueError(
                f"step: expected one with at most {MAX_VALUES:,} values from {low} to {high}, "
                f"got {step}"
            )
        values = list(range(low, high + 1, step))
        super().__init__(values, scale="log" if log else "value", when=when)


class Floats(Ordered):
    """A grid of numbers from `low` to `high`, both included, rounded to 12 significant digits.

    Parameters
    ----------
    low, high : float
        Finite bounds, which must be positive for a logarithmic grid.
    points : int
        Number of grid points, at least 2.
    log : bool, default False
        Whether neighbouring values have a constant ratio instead of a constant difference.
    when : Condition, optional

    Examples
    --------
    >>> Floats(1e-4, 0.1, points=4, log=True).values
    (0.0001, 0.001, 0.01, 0.1)
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        points: int,
        log: bool = False,
        when: Condition | None = None,
    ) -> None:
        points = checks.integer("points", points, 2, MAX_VALUES)
        for name, number in (("low", low), ("high", high)):
            if not _is_number(number) or not math.isfinite(number):
                raise TypeError(f"{name}: expected a finite number, got {number!r}")
        if not low < high or (log and low <= 0):
            positive = "positive and " if log else ""
            raise ValueError(f"low: expected {positive}below high ({high}), got {low}")
        grid = np.geomspace(low, high, points) if log else np.linspace(low, high, points)
        values = [float(f"{number:.12g}") for number in grid.tolist()]
        super().__init__(values, scale="log" if log else "value", when=when)


class Categorical(Parameter):
    """A parameter whose values have no order, such as operations.

    A step or a mutation goes to any other value.

    Parameters
    ----------
    values : sequence, or mapping of str to sequence
        The values, all different; a mapping groups similar values into named families.
    alpha : float in (0, 1), default 0.1
        How far apart two values of a family are to a kernel; other pairs are 1 apart.
    when : Condition, optional
        When the parameter applies; by default always.

    Raises
    ------
    TypeError, ValueError
        For other arguments.

    Examples
    --------
    >>> op = Categorical({"conv": ["conv3", "conv5"], "pool": ["pool"]})
    >>> op.values
    ('conv3', 'conv5', 'pool')
    >>> vectors = op.vectors(np.array([0, 1, 2]))
    >>> np.abs(vectors[0] - vectors).sum(axis=1).round(3).tolist()
    [0.0, 0.1, 1.0]
    """

    def __init__(
        self,
        values: Choices,
        *,
        alpha: float = 0.1,
        when: Condition | None = None,
    ) -> None:
        families = values if isinstance(values, Mapping) else {}
        for family, members in families.items():
            if isinstance(members, str | bytes) or not isinstance(members, Sequence):
                raise TypeError(f"values[{family!r}]: expected a sequence, got {members!r}")
        every = [value for members in families.values() for value in members]
        super().__init__(every if isinstance(values, Mapping) else values, when)
        if not 0.0 < alpha < 1.0:
            raise ValueError(f"alpha: expected a number in (0, 1), got {alpha!r}")
        self.alpha = float(alpha)
        family_of = [i for i, members in enumerate(families.values()) for _ in members]
        self._families = family_of or list(range(len(self.values)))

    def steps(self, position: int) -> list[int]:
        """Return all other positions."""
        return [i for i in range(len(self.values)) if i != position]

    def mutated(self, position: int, rng: np.random.Generator) -> int:
        """Draw another position uniformly."""
        return (position + int(rng.integers(1, len(self.values)))) % len(self.values)

    def vectors(self, chosen: npt.NDArray[np.int64]) -> FloatArray:
        """Describe n choices as leaves of a star, shape (n, d)."""
        absent = self.when is not None
        return places.star(chosen, self._families, self.alpha, absent=absent)


def sequence_of(
    name: str,
    values: Choices,
    lengths: tuple[int, int],
    *,
    alpha: float = 0.1,
) -> dict[str, Parameter]:
    """Return the parameters of a sequence of varying length, such as a network's layers.

    Parameters
    ----------
    name : str
        The parameters are ``name.length`` and ``name.1``, ``name.2`` and so on. As many of these
        apply as the length says, so that no sequence can be written in two ways.
    values, alpha
        Of each element; see `Categorical`.
    lengths : pair of int
        Smallest and largest length, at least 0.

    Examples
    --------
    >>> list(sequence_of("layer", ["conv", "pool"], (1, 3)))
    ['layer.length', 'layer.1', 'layer.2', 'layer.3']
    """
    low, high = lengths
    if low < 0:
        raise ValueError(f"lengths: expected at least 0, got {lengths}")
    length = f"{name}.length"
    parameters: dict[str, Parameter] = {length: Integers(low, high)}
    for i in range(1, high + 1):
        when = None if i <= low else {length: range(i, high + 1)}
        parameters[f"{name}.{i}"] = Categorical(values, alpha=alpha, when=when)
    return parameters


def key_of(value: Any) -> tuple[bool, Any]:
    """Return a key, equal for values that count as the same: True is not 1, but 1.0 is."""
    return isinstance(value, bool | np.bool_), value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _text(value: Value) -> str:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError(f"values: expected text, numbers, truth values or None, got {value!r}")
    text = str(value)
    if not text or text != text.strip() or set(text) & set(",=\n\r") or value != value:
        raise ValueError(
            "values: expected texts without ',', '=', line breaks and spaces at the ends, and no "
            f"NaN, got {value!r}"
        )
    return text
