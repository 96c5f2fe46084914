"""Tree-Wasserstein distances, Gram matrices and exact k-DPP sampling, compiled.

It needs only NumPy and SciPy. The Bayesian-optimisation layer on top is the package ``otnas``.
"""

from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING

# Started in a source checkout, Python finds this folder before the installed package that holds
# the compiled module: both folders then belong to the package.
__path__ = extend_path(__path__, __name__)

try:
    from otnas_fast._core import NumericalError
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "the compiled module otnas_fast._core is missing: run 'pip install .' in the checkout"
    ) from error

from otnas_fast.cells import Architecture, Cell, CellArray, as_cells
from otnas_fast.dpp import (
    DPP,
    KDPP,
    KernelDPP,
    KernelKDPP,
    kdpp_log_prob,
    kdpp_marginals,
    log_elementary_symmetric,
    map_kdpp,
    sample_dpp,
    sample_kdpp,
)
from otnas_fast.embedding import Embedding, embed
from otnas_fast.measures import DEFAULT_LENGTHSCALES, MEASURES, PRESETS
from otnas_fast.pairwise import distances, gram, gram_blocks
from otnas_fast.prepared import PreparedEmbedding
from otnas_fast.taxonomy import NASBENCH101, NASBENCH201, Taxonomy
from otnas_fast.trees import TreeMetric, tree_wasserstein

NumericalError.__doc__ = "An L-ensemble is indefinite, or its rank is too small to sample from."

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        # Reading the metadata takes longer than importing all the rest.
        if name == "__version__":
            return import_module("importlib.metadata").version("otnas")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "DEFAULT_LENGTHSCALES",
    "DPP",
    "KDPP",
    "MEASURES",
    "NASBENCH101",
    "NASBENCH201",
    "PRESETS",
    "Architecture",
    "Cell",
    "CellArray",
    "Embedding",
    "KernelDPP",
    "KernelKDPP",
    "NumericalError",
    "PreparedEmbedding",
    "Taxonomy",
    "TreeMetric",
    "as_cells",
    "distances",
    "embed",
    "gram",
    "gram_blocks",
    "kdpp_log_prob",
    "kdpp_marginals",
    "log_elementary_symmetric",
    "map_kdpp",
    "sample_dpp",
    "sample_kdpp",
    "tree_wasserstein",
]
