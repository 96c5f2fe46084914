"""Settings of a method from a flat mapping, such as a section of a configuration file.

A method is composed of parts with settings of their own (model, acquisition, candidates, rule),
each a frozen dataclass; their fields have different names, so that one mapping holds them all.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from otnas import checks

LATER = {"later": True}
"""Metadata of fields that were added, see `as_identity`."""


def as_settings(
    classes: Sequence[type[Any]], given: Mapping[str, object] | None, method: str
) -> list[Any]:
    """Return an instance of each dataclass, with the fields that a mapping gives.

    Parameters
    ----------
    classes : sequence of dataclass types
    given : mapping of some of their fields, or None
    method : str
        Name of the method, for messages.

    Raises
    ------
    TypeError, ValueError
        If `given` is something else, a field does not exist (the message has the nearest one)
        or a value has another type than its field.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"settings: expected a mapping for method {method!r}, got {type(given).__name__}"
        )
    known = [field.name for one in classes for field in fields(one)]
    for key in given:
        checks.choice("settings", key, known, f"setting of method {method!r}")
    return [_filled(one, given) for one in classes]


def as_mapping(parts: Sequence[Any]) -> dict[str, Any]:
    """Return the fields of all parts: what `as_settings` reads."""
    return {name: value for part in parts for name, value in asdict(part).items()}


def as_identity(parts: Sequence[Any]) -> dict[str, Any]:
    """Return what distinguishes settings from others, for journals.

    Fields with metadata `LATER` were added after the first journals. They are left out at their
    default, so that older journals can be continued.
    """
    known = [field for part in parts for field in fields(part)]
    later = {field.name: field.default for field in known if "later" in field.metadata}
    mapping = as_mapping(parts)
    return {n: value for n, value in mapping.items() if n not in later or value != later[n]}


def _filled(settings: type[Any], given: Mapping[str, object]) -> Any:
    hints = get_type_hints(settings)
    names = [field.name for field in fields(settings) if field.name in given]
    return settings(**{name: _as_type(given[name], hints[name], name) for name in names})


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
