"""Search spaces: what architectures there are, and how to move among them.

>>> from otnas import spaces
>>> space = spaces.get("nasbench101")
>>> cell = space.parse("conv3x3-bn-relu;0-1 1-2 0-2")
>>> space.hash(cell)
'd32d0b26d534203b48d866facd98cc3e'

Two spaces are built in; `CellSpace` and `SequenceSpace` make one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from otnas.spaces.base import Space, SpaceCells
from otnas.spaces.categorical import CategoricalSpace
from otnas.spaces.custom import CellSpace
from otnas.spaces.nasbench101 import NASBench101
from otnas.spaces.nasbench201 import NASBench201
from otnas.spaces.sequence import SequenceSpace
from otnas_fast.enumeration import parameter_counts

__all__ = [
    "NAMES",
    "CategoricalSpace",
    "CellSpace",
    "NASBench101",
    "NASBench201",
    "SequenceSpace",
    "Space",
    "SpaceCells",
    "get",
    "parameter_counts",
]

NAMES: dict[str, Callable[[], Space]] = {"nasbench101": NASBench101, "nasbench201": NASBench201}
"""The built-in spaces."""

# What users of the published code of Nguyen et al. (2021) type.
_ALIASES = {
    "nasbench": "nasbench101",
    "nasbench201_cifar10": "nasbench201",
    "nasbench201_cifar100": "nasbench201",
    "nasbench201_ImageNet16-120": "nasbench201",
}


def get(name: str) -> Space:
    """Return a built-in space.

    Parameters
    ----------
    name : str
        ``"nasbench101"`` or ``"nasbench201"``; also ``"nasbench"`` and, for NAS-Bench-201,
        ``"nasbench201_cifar10"``, ``"nasbench201_cifar100"``, ``"nasbench201_ImageNet16-120"``.

    Raises
    ------
    TypeError, ValueError
        For another name.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {type(name).__name__}")
    key = _ALIASES.get(name, name)
    if key not in NAMES:
        raise ValueError(f"name must be one of {', '.join((*NAMES, *_ALIASES))}, got {name!r}")
    return _make(key)


@cache  # a space never changes; sharing it shares what it has enumerated
def _make(key: str) -> Space:
    return NAMES[key]()
