"""SciPy's modules, imported when first used: their import takes longer than `otnas_fast`'s own.

Without SciPy, everything works except for parts of `otnas_fast.dpp`.
"""

from __future__ import annotations

import importlib
from typing import Any


class _Module:
    """A stand-in for a module, with the attributes of that module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        try:
            module = importlib.import_module(self._name)
        except ModuleNotFoundError as error:
            raise ImportError(
                f"otnas_fast: expected SciPy for {self._name}.{attribute}, got no such package: "
                "run 'pip install scipy'"
            ) from error
        value = getattr(module, attribute)
        setattr(self, attribute, value)
        return value


distance = _Module("scipy.spatial.distance")
lapack = _Module("scipy.linalg.lapack")
linalg = _Module("scipy.linalg")
optimize = _Module("scipy.optimize")
