"""Search spaces: sets of architectures, and how to sample them and move among them.

>>> from otnas import spaces
>>> space = spaces.get("nasbench101")
>>> cell = space.parse("conv3x3-bn-relu;0-1 1-2 0-2")
>>> space.hash(cell)
'd32d0b26d534203b48d866facd98cc3e'

`NAMES` lists the named spaces; `ParameterSpace`, `CellSpace` and `SequenceSpace` make your own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from otnas import checks
from otnas.registry import Registry
from otnas.spaces.base import Space, SpaceCells
from otnas.spaces.categorical import CategoricalSpace
from otnas.spaces.custom import CellSpace
from otnas.spaces.darts import DARTS
from otnas.spaces.interface import Enumerated, SearchSpace
from otnas.spaces.nasbench101 import NASBench101
from otnas.spaces.nasbench201 import NASBench201
from otnas.spaces.nasbenchgraph import DATASETS, PROTEINS_OPERATIONS, NASBenchGraph
from otnas.spaces.nats_size import NATSSize
from otnas.spaces.parameter_space import ParameterSpace
from otnas.spaces.parameters import (
    Categorical,
    Configuration,
    Floats,
    Integers,
    Ordered,
    Parameter,
    sequence_of,
)
from otnas.spaces.sequence import SequenceSpace
from otnas_fast.enumeration import parameter_counts

__all__ = [
    "DARTS",
    "NAMES",
    "Categorical",
    "CategoricalSpace",
    "CellSpace",
    "Configuration",
    "Enumerated",
    "Floats",
    "Integers",
    "NASBench101",
    "NASBench201",
    "NASBenchGraph",
    "NATSSize",
    "Ordered",
    "Parameter",
    "ParameterSpace",
    "SearchSpace",
    "SequenceSpace",
    "Space",
    "SpaceCells",
    "get",
    "parameter_counts",
    "sequence_of",
]


def _check(name: str, make: object) -> None:
    if not callable(make):
        raise TypeError(f"space: expected a function that makes one, got {checks.shown(make)}")


_BUILT_IN: dict[str, Callable[[], Space]] = {
    "nasbench101": NASBench101,
    "nasbench201": NASBench201,
    "nasbenchgraph": NASBenchGraph,
    "nasbenchgraph_proteins": lambda: NASBenchGraph(
        PROTEINS_OPERATIONS, name="nasbenchgraph_proteins"
    ),
    "nats_size": NATSSize,
    "darts": DARTS,
}

NAMES: Registry[Callable[[], Space]] = Registry("space", _check, _BUILT_IN)
"""The spaces by name; ``NAMES.register("my-space", MySpace)`` adds one, for tables of it."""

# What users of the published code of Nguyen et al. (2021) type.
_ALIASES = {
    "nasbench": "nasbench101",
    "nasbench201_cifar10": "nasbench201",
    "nasbench201_cifar100": "nasbench201",
    "nasbench201_ImageNet16-120": "nasbench201",
    **{
        f"nats_size_{dataset}": "nats_size"
        for dataset in ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
    },
    # Tables of NAS-Bench-Graph; the one of `proteins` has a space of its own.
    **{
        f"nasbenchgraph_{dataset}": "nasbenchgraph" for dataset in DATASETS if dataset != "proteins"
    },
}


def get(name: str) -> Space:
    """Return a space by name.

    Parameters
    ----------
    name : str
        One of `NAMES`; also ``"nasbench"``, and the names of the tables of NAS-Bench-201 and
        NAS-Bench-Graph, such as ``"nasbench201_cifar10"`` and ``"nasbenchgraph_arxiv"``.

    Raises
    ------
    TypeError, ValueError
        If there is no space of this name.

    Examples
    --------
    >>> get("nasbench201_cifar100").name
    'nasbench201'
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected a string, got {type(name).__name__}")
    key = _ALIASES.get(name, name)
    if key not in NAMES:
        raise ValueError(f"name: {checks.unknown(name, (*NAMES, *_ALIASES), 'space')}")
    return _make(key)


@cache  # a space never changes; sharing it shares what it has enumerated
def _make(key: str) -> Space:
    space = NAMES[key]()
    if not isinstance(space, Space):
        raise TypeError(f"space {key}: expected a Space, got {checks.shown(space)}")
    return space
