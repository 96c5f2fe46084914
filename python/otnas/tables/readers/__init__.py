"""Readers of benchmark files: one module per format, each of which returns a `Table`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otnas import checks
from otnas.registry import Registry


def _check(name: str, read: object) -> None:
    if not callable(read):
        raise TypeError(f"reader: expected a function, got {checks.shown(read)}")


READERS: Registry[Callable[..., Any]] = Registry("reader", _check, {})
"""Readers of other packages, ``read(path, *, name) -> Table``.

``otnas table import KIND PATH --name NAME`` calls them with a Path and the name of the table. The
built-in ones have options of their own and are called as functions.
"""
