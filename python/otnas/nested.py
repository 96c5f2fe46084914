"""Untrusted JSON and TOML, parsed only to a depth that cannot exhaust the stack."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

DEEPEST = 64
"""Largest depth of lists and mappings in a file; deeper files are refused."""


class NestingError(ValueError):
    """Lists or mappings nest too deeply."""


def parse_json(text: str | bytes, *, parse_constant: Callable[[str], object] | None = None) -> Any:
    """Parse JSON text; `parse_constant` gets NaN and Infinity, as in `json.loads`.

    Raises
    ------
    NestingError, ValueError
        If the text is not JSON, or nests deeper than `DEEPEST`.
    """
    return _parsed(lambda: json.loads(text, parse_constant=parse_constant))


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML text.

    Raises
    ------
    NestingError, ValueError
        If the text is not TOML, or nests deeper than `DEEPEST`.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    content: dict[str, Any] = _parsed(lambda: tomllib.loads(text))
    return content


def _parsed(parse: Callable[[], Any]) -> Any:
    try:
        value = parse()
    except RecursionError:
        raise NestingError(f"expected at most {DEEPEST} levels, got many more") from None
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return value
    raise NestingError(f"expected at most {DEEPEST} levels of lists and mappings, got more")
