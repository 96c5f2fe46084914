"""From the keys and values of a configuration file to the settings of a method."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

S = TypeVar("S")


def as_settings(kind: type[S], settings: object, method: str) -> S:
    """Return `settings` as an instance of the dataclass `kind`.

    Parameters
    ----------
    kind : dataclass type
    settings : None, an instance of `kind`, or a mapping of some of its fields
        None stands for the defaults.
    method : str
        Name of the method, for messages.

    Raises
    ------
    TypeError, ValueError
        If `settings` is something else, a field does not exist (the message has the nearest one)
        or a value has another type than its field.
    """
    if settings is None:
        return kind()
    if isinstance(settings, kind):
        return settings
    if not isinstance(settings, Mapping):
        raise TypeError(
            f"settings: expected {kind.__name__} or a mapping for method {method!r}, "
            f"got {type(settings).__name__}"
        )
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in known:
            raise ValueError(
                f"settings: {unknown(str(key), known, f'setting of method {method!r}')}"
            )
        values[key] = _as_type(value, hints[key], key)
    return kind(**values)


def unknown(name: str, valid: Iterable[str], what: str) -> str:
    """Return the message for an unknown name, with the nearest valid one."""
    choices = list(valid)
    near = get_close_matches(name, choices, n=1, cutoff=0.0)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}; {hint}valid: {', '.join(choices) or 'none'}"


def check_at_least(settings: object, **least: float) -> None:
    """Raise ValueError if a field is smaller than its least value or not finite."""
    for name, bound in least.items():
        value = getattr(settings, name)
        if not bound <= value < float("inf"):
            raise ValueError(f"{name}: expected a finite number >= {bound}, got {value}")


def check_choice(settings: object, name: str, choices: Iterable[str]) -> None:
    """Raise ValueError if a field is not one of the choices."""
    value, valid = getattr(settings, name), tuple(choices)
    if value not in valid:
        raise ValueError(f"{name}: {unknown(str(value), valid, 'value')}")


def check_integer(name: str, value: object, least: int) -> None:
    """Raise TypeError if a value is no integer, ValueError if it is smaller than `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected an integer >= {least}, got {value}")


def _as_type(value: object, hint: Any, key: str) -> Any:
    if isinstance(value, (np.integer, np.floating)):
        value = value.item()
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for option in options:
        if option is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, option) and (option is bool or not isinstance(value, bool)):
            return value
    names = " or ".join("nothing" if o is type(None) else o.__name__ for o in options)
    raise TypeError(f"{key}: expected {names}, got {value!r}")
