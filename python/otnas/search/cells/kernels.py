"""The kernels that methods are named after.

A kernel name is one of `KERNELS`, or measures of your choice for the tree-Wasserstein kernel,
joined by plus signs: ``operations-2+prefix``, ``tw-2g+sizes``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from otnas import checks
from otnas.registry import Registry
from otnas.search.cells.distances import CellDistances
from otnas.search.cells.distances.edit import EditDistance
from otnas.search.cells.distances.gromov_wasserstein import GromovWasserstein
from otnas.search.cells.distances.optimal_transport import OptimalTransport
from otnas.search.cells.distances.path import PathDistance
from otnas.search.cells.distances.places import PlaceDistances
from otnas.search.cells.distances.tree_wasserstein import TreeWasserstein
from otnas.search.cells.distances.weisfeiler_lehman import WeisfeilerLehman
from otnas_fast.measures import MEASURES, PRESETS, check_measures


@dataclass(frozen=True)
class KernelKind:
    """A Laplace kernel of some distance.

    Attributes
    ----------
    summary : str
    distances : callable space -> empty CellDistances
    slow : bool
        Whether "auto" candidates are mutations rather than the whole pool.
    packages : tuple of str
        See `otnas.search.methods.Method`.
    of_cells : bool
        Whether it compares cells, rather than the choices at each place of any architecture.
    """

    summary: str
    distances: Callable[[Any], CellDistances]
    slow: bool = False
    packages: tuple[str, ...] = ()
    of_cells: bool = True


def _check(name: str, kind: object) -> None:
    if not isinstance(kind, KernelKind):
        raise TypeError(f"kernel: expected a KernelKind, got {checks.shown(kind)}")
    if name in (*MEASURES, *PRESETS):
        raise ValueError(f"name: expected one that is no measure, got {name!r}")


_BUILT_IN = {
    "tw": KernelKind("tree-Wasserstein", lambda _: TreeWasserstein("tw")),
    "tw-2g": KernelKind("tree-Wasserstein with 2-grams", lambda _: TreeWasserstein("tw-2g")),
    "tw-path": KernelKind(
        "tree-Wasserstein with 2-grams, paths and sizes", lambda _: TreeWasserstein("tw-path")
    ),
    "tw-full": KernelKind(
        "tree-Wasserstein with 2-grams, paths, sizes, depth and terminals",
        lambda _: TreeWasserstein("tw-full"),
    ),
    "path": KernelKind("path encoding", lambda _: PathDistance()),
    "edit": KernelKind("edit distance", lambda _: EditDistance()),
    "ot": KernelKind(
        "optimal transport of operations",
        lambda space: OptimalTransport(space.taxonomy),
        True,
        ("POT",),
    ),
    "gw": KernelKind(
        "Gromov-Wasserstein", lambda space: GromovWasserstein(space.taxonomy), True, ("POT",)
    ),
    "wl": KernelKind("Weisfeiler-Lehman", lambda _: WeisfeilerLehman()),
    "places": KernelKind(
        "tree-Wasserstein of the choice at each place", PlaceDistances, of_cells=False
    ),
}

_ALSO = {
    "tree-wasserstein": "tw",
    "path-encoding": "path",
    "edit-distance": "edit",
    "gromov-wasserstein": "gw",
    "weisfeiler-lehman": "wl",
}

KERNELS: Registry[KernelKind] = Registry("kernel", _check, _BUILT_IN, _ALSO)
"""Kernels of cells by name; ``KERNELS.register("my-kernel", KernelKind(...))`` adds one."""


def kernel(name: str) -> KernelKind:
    """Return a kernel by name: one of `KERNELS`, or measures and presets joined by plus signs.

    Raises
    ------
    ValueError
        If there is none; the message has the nearest valid name.
    """
    if name in KERNELS:
        return KERNELS[name]
    parts = name.split("+")
    what, valid = "kernel or measure", (*KERNELS, *MEASURES)
    if len(parts) > 1:
        what, valid = "measure or preset", (*PRESETS, *MEASURES)
    for part in parts:
        if part not in valid:
            raise ValueError(checks.unknown(part, valid, what))
    measures = check_measures(parts)
    return KernelKind(
        f"tree-Wasserstein of {', '.join(measures)}", lambda _: TreeWasserstein(measures)
    )
