"""Bayesian optimisation over neural architectures with tree-Wasserstein kernels and k-DPPs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otnas.search import PoolSearch
    from otnas.study import Study

    __version__: str

__all__ = ["PoolSearch", "Study"]

_HOMES = {"PoolSearch": "otnas.search", "Study": "otnas.study"}
_ROOMS = ("gp", "integrations", "reading", "search", "spaces", "study", "tables")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, since importing SciPy is slow."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"otnas.{name}")
    elif name == "__version__":
        value = importlib.import_module("otnas_fast").__version__
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
