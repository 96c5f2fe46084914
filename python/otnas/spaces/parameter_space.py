"""Search spaces of named parameters, whose configurations are plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from otnas.arrays import FloatArray
from otnas.identities import Digests, text_digests
from otnas.spaces.conditions import Applicability, dependency
from otnas.spaces.configurations import Configurations
from otnas.spaces.interface import Enumerated, SearchSpace
from otnas.spaces.parameters import Configuration, Parameter, Value
from otnas.spaces.places import ABSENT

MAX_ENUMERATED = 1_000_000
MAX_NEIGHBOURS = 100_000
MAX_REJECTED = 100_000
"""Draws after which sampling gives up finding a valid configuration."""

Rows: TypeAlias = npt.NDArray[np.int64]
"""Configurations as positions of values, shape (n, p); `ABSENT` where one does not apply."""


class ParameterSpace(SearchSpace[Configuration]):
    """A space whose architectures are values of named parameters.

    A configuration is a dictionary of the parameters that apply, and of no others, so that one
    architecture is never two configurations (`canonical` leaves out what does not apply). Methods
    accept any mapping and return `Configuration` objects, which are immutable and hashable.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        `Ordered`, `Integers`, `Floats` and `Categorical` parameters, or those of `sequence_of`. A
        parameter can have a condition on the values of earlier ones: ``when={"head": "mlp"}``,
        ``when={"depth": (3, 4)}``, or a function whose arguments have the names of those
        parameters, ``when=lambda depth: depth > 2``. The condition is false where one of them does
        not apply.
    valid : callable, optional
        ``valid(configuration) -> bool``, a further constraint.
    name : str, default "parameters"
        Shown in messages.

    Raises
    ------
    TypeError, ValueError
        If a parameter, its name or its condition is not as described.

    Notes
    -----
    `random` draws uniformly from the valid configurations (up to rounding), by counting them. Where
    conditions depend on so many values that counting takes more than some 10^5 numbers, `uniform`
    is false and each parameter that applies is drawn uniformly instead.

    `hash` is a digest of the text that `format` writes. It is the same on every machine, and stays
    the same when further values are added to a parameter.

    Examples
    --------
    >>> from otnas.spaces import Categorical, Floats, Integers, ParameterSpace
    >>> space = ParameterSpace(
    ...     {
    ...         "depth": Integers(1, 3),
    ...         "width": Integers(16, 64, step=16),
    ...         "head": Categorical(["linear", "mlp"]),
    ...         "dropout": Floats(0.0, 0.5, points=6, when={"head": "mlp"}),
    ...     },
    ...     valid=lambda c: c["depth"] * c["width"] <= 128,
    ... )
    >>> space.size, len(space.enumerate())
    (84, 70)
    >>> space.parse("depth=2, width=64, head=linear")
    {'depth': 2, 'width': 64, 'head': 'linear'}
    >>> [space.format(c) for c in space.neighbours({"depth": 1, "width": 64, "head": "linear"})][:2]
    ['depth=2, width=64, head=linear', 'depth=1, width=48, head=linear']
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        valid: Callable[[Configuration], bool] | None = None,
        name: str = "parameters",
    ) -> None:
        if not isinstance(parameters, Mapping) or not parameters:
            raise TypeError(f"parameters: expected a mapping of at least one, got {parameters!r}")
        if valid is not None and not callable(valid):
            raise TypeError(f"valid: expected a function, got {type(valid).__name__}")
        self.name, self.valid = name, valid
        self.parameters: dict[str, Parameter] = {}
        dependencies = []
        for key, parameter in parameters.items():
            _check_name(key)
            if not isinstance(parameter, Parameter):
                raise TypeError(
                    f"parameters[{key!r}]: expected a Parameter such as Ordered or Categorical, "
                    f"got {type(parameter).__name__}"
                )
            dependencies.append(dependency(key, parameter, self.parameters))
            self.parameters[key] = parameter
        self._list = list(self.parameters.values())
        self._applicability = Applicability(self._list, dependencies)

    @property
    def uniform(self) -> bool:
        """Whether `random` draws uniformly from the valid configurations."""
        return self._counted is not None

    @property
    def size(self) -> int | None:
        """Number of configurations before `valid`; None if they are not counted."""
        return None if self._counted is None else self._counted.size

    @cached_property
    def _counted(self) -> Configurations | None:
        try:
            return Configurations(self._applicability)
        except OverflowError:
            return None

    def random(self, rng: np.random.Generator) -> Configuration:
        """Draw a valid configuration, uniformly if `uniform` is true.

        Raises
        ------
        ValueError
            If 100,000 draws in a row were not valid.
        """
        if self._counted is not None:
            return self._first_valid(lambda: self._counted.draw(rng))  # type: ignore[union-attr]
        return self._first_valid(lambda: self._applicability.completed([], None, rng))

    def mutate(self, configuration: Mapping[str, Value], rng: np.random.Generator) -> Configuration:
        """Change one parameter that applies, drawn uniformly, to another value.

        The parameter's class defines how the value is drawn (`Ordered`, `Categorical`). Parameters
        that did not apply before and now do get values drawn uniformly. This is repeated until the
        result is valid.

        Raises
        ------
        TypeError, ValueError
            If the configuration is not valid, or 100,000 mutants in a row were not valid.
        """
        row = self._row(configuration)
        free = [i for i, at in enumerate(row) if at != ABSENT and len(self._list[i].values) > 1]
        if not free:
            return self._configuration(row)

        def draw() -> list[int]:
            i = free[int(rng.integers(len(free)))]
            mutated = self._list[i].mutated(row[i], rng)
            return self._applicability.completed([*row[:i], mutated], row, rng)

        return self._first_valid(draw)

    def neighbours(self, configuration: Mapping[str, Value]) -> list[Configuration]:
        """Return all valid configurations in which one parameter is one step away.

        Parameters that did not apply before and now do take all their values, so that the relation
        is symmetric.

        Raises
        ------
        TypeError, ValueError
            If the configuration is not valid, or has more than 100,000 neighbours.
        """
        row = self._row(configuration)
        found: list[Configuration] = []
        for i, at in enumerate(row):
            for step in self._list[i].steps(at) if at != ABSENT else ():
                for other in self._applicability.completions([*row[:i], step], row):
                    if len(found) >= MAX_NEIGHBOURS:
                        raise ValueError(
                            f"configuration: expected at most {MAX_NEIGHBOURS} neighbours, got "
                            f"more: many parameters of space {self.name} apply at once when "
                            f"{list(self.parameters)[i]!r} changes"
                        )
                    candidate = self._configuration(other)
                    if self.valid is None or self.valid(candidate):
                        found.append(candidate)
        return found

    def is_valid(self, configuration: object) -> bool:
        """Whether the values are those of the parameters that apply, and `valid` accepts them."""
        try:
            self._row(configuration)
        except (TypeError, ValueError):
            return False
        return True

    def canonical(self, configuration: Mapping[str, Any]) -> Configuration:
        """Leave out parameters that do not apply, and return values as the parameters list them.

        Raises
        ------
        TypeError, ValueError
            If there are unknown parameters or values, a parameter that applies is missing, or
            `valid` does not accept the result.

        Examples
        --------
        >>> from otnas.spaces import Categorical, Integers, ParameterSpace
        >>> size = Integers(1, 9, when={"head": "mlp"})
        >>> space = ParameterSpace({"head": Categorical(["linear", "mlp"]), "size": size})
        >>> space.canonical({"head": "linear", "size": 3})
        {'head': 'linear'}
        """
        return self._configuration(self._row(configuration, strict=False))

    def format(self, configuration: Mapping[str, Value]) -> str:
        """Write ``depth=2, head=mlp``: the parameters that apply, in order."""
        return self._text(self._row(configuration))

    def parse(self, text: str) -> Configuration:
        """Read what `format` writes, with the parameters in any order.

        Raises
        ------
        TypeError, ValueError
            If the text has another form, or a parameter or value is unknown, missing or does not
            apply.
        """
        if not isinstance(text, str):
            raise TypeError(f"text: expected a string, got {type(text).__name__}")
        found: dict[str, Value] = {}
        for part in text.split(","):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or key in found:
                raise ValueError(f"text: expected the form 'a=1, b=x', got {text!r}")
            if key in self.parameters and value in self.parameters[key].texts:
                position = self.parameters[key].texts.index(value)
                found[key] = self.parameters[key].values[position]
            else:
                found[key] = value
        try:
            return self._configuration(self._row(found))
        except ValueError as error:
            raise ValueError(f"text {text!r}: {error}") from None

    def digests(self, configurations: Iterable[Mapping[str, Value]]) -> Digests:
        """Return the hashes of many configurations as bytes, shape (n, 16); see `hash`."""
        if isinstance(configurations, ListedConfigurations) and configurations.space is self:
            return text_digests(map(self._text, configurations.rows.tolist()))
        return text_digests(map(self.format, configurations))

    def places(self, configurations: Iterable[Mapping[str, Value]]) -> dict[str, FloatArray]:
        """Describe n configurations parameter by parameter, in blocks of shape (n, d).

        The block of a parameter has the parameter's name. A configuration to which it does not
        apply is at distance 1 from all its values.

        Examples
        --------
        >>> from otnas.spaces import Integers, ParameterSpace
        >>> from otnas_fast import Embedding, gram
        >>> space = ParameterSpace({"depth": Integers(1, 5), "width": Integers(1, 3)})
        >>> gram(Embedding(space.places(space.enumerate()))).shape
        (15, 15)
        """
        rows = self._rows(configurations)
        return {
            name: parameter.vectors(rows[:, i])
            for i, (name, parameter) in enumerate(self.parameters.items())
        }

    def enumerate(self) -> Enumerated[Configuration]:
        """Return all valid configurations in lexicographic order (the last parameter fastest).

        Raises
        ------
        ValueError
            If there are more than a million before `valid` is applied, or they are not counted.
        """
        return self._enumerated

    @cached_property
    def _enumerated(self) -> Enumerated[Configuration]:
        if self._counted is None or self._counted.size > MAX_ENUMERATED:
            size = "too many configurations to count" if self.size is None else str(self.size)
            raise ValueError(
                f"space {self.name} is too large to enumerate: it has {size}, the limit is "
                f"{MAX_ENUMERATED}"
            )
        listed = ListedConfigurations(self, self._counted.rows())
        if self.valid is not None:
            listed = listed[np.array([bool(self.valid(c)) for c in listed], dtype=bool)]
        return Enumerated(listed, self.digests(listed))

    def _rows(self, configurations: Iterable[Mapping[str, Value]]) -> Rows:
        if isinstance(configurations, Enumerated):
            configurations = configurations.cells
        if isinstance(configurations, ListedConfigurations) and configurations.space is self:
            return configurations.rows
        rows = [self._row(configuration) for configuration in configurations]
        return np.array(rows, dtype=np.int64).reshape(-1, len(self._list))

    def _row(self, configuration: object, *, strict: bool = True) -> list[int]:
        """Return positions of a configuration; unless strict, inapplicable ones may be present."""
        if not isinstance(configuration, Mapping):
            raise TypeError(f"configuration: expected a dict, got {type(configuration).__name__}")
        row: list[int] = []
        for i, (name, parameter) in enumerate(self.parameters.items()):
            if not self._applicability.applies(i, row):
                if strict and name in configuration:
                    raise ValueError(f"configuration: expected only what applies, got {name!r} too")
                row.append(ABSENT)
                continue
            if name not in configuration:
                raise ValueError(f"configuration: expected a value of {name!r}, got none")
            row.append(parameter.position(configuration[name]))
            if row[-1] < 0:
                raise ValueError(
                    f"configuration[{name!r}]: expected one of {', '.join(parameter.texts)}, "
                    f"got {configuration[name]!r}"
                )
        for name in configuration:
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"configuration: expected the parameters {known}, got {name!r}")
        if self.valid is not None and not self.valid(self._configuration(row)):
            raise ValueError(
                f"configuration: expected one that is valid in space {self.name}, got "
                f"{self._text(row)}"
            )
        return row

    def _configuration(self, row: Sequence[int]) -> Configuration:
        return Configuration(
            (name, parameter.values[at])
            for at, (name, parameter) in zip(row, self.parameters.items(), strict=True)
            if at != ABSENT
        )

    def _text(self, row: Sequence[int]) -> str:
        return ", ".join(
            f"{name}={parameter.texts[at]}"
            for at, (name, parameter) in zip(row, self.parameters.items(), strict=True)
            if at != ABSENT
        )

    def _first_valid(self, draw: Callable[[], list[int]]) -> Configuration:
        for _ in range(MAX_REJECTED):
            configuration = self._configuration(draw())
            if self.valid is None or self.valid(configuration):
                return configuration
        raise ValueError(
            f"space {self.name}: none of {MAX_REJECTED} drawn configurations was valid"
        )

    def __repr__(self) -> str:
        return f"<space {self.name}: {', '.join(self.parameters)}>"


class ListedConfigurations(Sequence[Configuration]):
    """Many configurations in little memory; an index array, mask or slice selects some of them."""

    def __init__(self, space: ParameterSpace, rows: Rows) -> None:
        self.space, self.rows = space, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | np.integer):
            return self.space._configuration(self.rows[index].tolist())
        return ListedConfigurations(self.space, self.rows[index])


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name or name != name.strip() or set(name) & set(",=\n\r"):
        raise ValueError(
            "parameters: expected names without ',', '=', line breaks and spaces at the ends, got "
            f"{name!r}"
        )
