"""Bayesian optimisation over neural architectures with tree-Wasserstein kernels and k-DPPs."""

from typing import TYPE_CHECKING

import otnas_fast
from otnas.search import PoolSearch
from otnas.study import Study

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        if name == "__version__":
            return otnas_fast.__version__
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["PoolSearch", "Study"]
