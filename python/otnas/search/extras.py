"""Optional dependencies, imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def require(module: str, method: str, extra: str = "baselines") -> Any:
    """Import a module of an optional dependency.

    Raises
    ------
    ImportError
        If it is missing; the message contains the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"method {method!r} needs {module.split('.')[0]}, which is not installed: "
            f"pip install 'otnas[{extra}]'"
        ) from error
