"""The kernels that methods are named after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otnas.search.distances import CellDistances
from otnas.search.distances.edit import EditDistance
from otnas.search.distances.gromov_wasserstein import GromovWasserstein
from otnas.search.distances.optimal_transport import OptimalTransport
from otnas.search.distances.path import PathDistance
from otnas.search.distances.tree_wasserstein import TreeWasserstein
from otnas.search.distances.weisfeiler_lehman import WeisfeilerLehman
from otnas_fast import Taxonomy


@dataclass(frozen=True)
class KernelKind:
    """A Laplace kernel of some distance.

    Attributes
    ----------
    summary : str
    distances : callable taxonomy -> empty CellDistances
    slow : bool
        Whether "auto" candidates are mutations rather than the whole pool.
    """

    summary: str
    distances: Callable[[Taxonomy], CellDistances]
    slow: bool = False


KERNELS: dict[str, KernelKind] = {
    "tw": KernelKind("tree-Wasserstein", lambda _: TreeWasserstein("tw")),
    "tw-2g": KernelKind("tree-Wasserstein with 2-grams", lambda _: TreeWasserstein("tw-2g")),
    "tw-path": KernelKind(
        "tree-Wasserstein with 2-grams, paths and sizes", lambda _: TreeWasserstein("tw-path")
    ),
    "path": KernelKind("path encoding", lambda _: PathDistance()),
    "edit": KernelKind("edit distance", lambda _: EditDistance()),
    "ot": KernelKind("optimal transport of operations", OptimalTransport, slow=True),
    "gw": KernelKind("Gromov-Wasserstein", GromovWasserstein, slow=True),
    "wl": KernelKind("Weisfeiler-Lehman", lambda _: WeisfeilerLehman()),
}
"""By name."""
