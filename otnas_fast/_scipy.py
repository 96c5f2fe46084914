"""SciPy's modules, imported when first used: they take longer than all of `otnas_fast`.

Without SciPy all that does not need it works: everything but some of `otnas_fast.dpp`.
"""

from __future__ import annotations

import importlib
from typing import Any


class _Module:
    """Stands for a module; its attributes are the module's."""

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
