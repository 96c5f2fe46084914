"""The first line of a journal: everything that determines its events."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from otnas.study.errors import JournalError

FREE = ("kind", "format", "started", "versions")
"""Keys that may differ when a study goes on."""


def check_same(there: Mapping[str, Any], here: Mapping[str, Any], path: Path) -> None:
    """Raise if a journal was written with other arguments, naming the first difference.

    Raises
    ------
    JournalError
        If there is a difference.
    """
    # Through JSON, which has lists but no tuples.
    wanted = json.loads(json.dumps(dict(here), allow_nan=False))
    difference = _difference(
        {key: value for key, value in there.items() if key not in FREE},
        {key: value for key, value in wanted.items() if key not in FREE},
        "",
    )
    if difference:
        name, old, new = difference
        raise JournalError(
            f"{path}: the journal there was written with {name} = {old}, not {new}; "
            "use another file, or the same settings to continue it"
        )


def checked_about(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user's further entries of a header.

    Raises
    ------
    TypeError, ValueError
        If they are not of JSON types, or have names of others.
    """
    taken = {*FREE, "search", "objective"}.intersection(about)
    if taken:
        raise ValueError(f"about: expected keys that the header lacks, got {min(taken)!r}")
    try:
        json.dumps(dict(about), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise type(error)(f"about: expected entries of JSON types: {error}") from None
    return dict(about)


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions that results may depend on, with those of further packages."""
    found = {"python": platform.python_version()}
    for name in ("otnas", "numpy", "scipy", *packages):
        # The search itself refuses to run without what it needs, and says how to install it.
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _difference(old: Any, new: Any, name: str) -> tuple[str, str, str] | None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = (f"{name}.{key}" if name else str(key))[:120]
            found = _difference(old.get(key), new.get(key), inner)
            if found:
                return found
        return None
    if old == new and type(old) is type(new):
        return None
    return name, _shown(old), _shown(new)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
