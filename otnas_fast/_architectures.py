"""Checks of the parts of architectures: adjacency matrices and operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast.taxonomy import BUILT_IN, INPUT, OUTPUT, Taxonomy


def adjacency_of(matrix: Any, name: str) -> npt.NDArray[np.uint8]:
    """Return a square matrix of zeros and ones."""
    if isinstance(matrix, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected a matrix of zeros and ones, got a masked array")
    try:
        array = np.asarray(matrix)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{name}: expected a square matrix, got {check.shown(matrix)}") from None
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"{name}: expected a square matrix, got shape {array.shape}")
    if len(array) > _core.MAX_VERTICES:
        raise ValueError(f"{name}: expected 2 to {_core.MAX_VERTICES} vertices, got {len(array)}")
    if array.dtype.kind not in "buif" or not ((array == 0) | (array == 1)).all():
        raise ValueError(f"{name}: expected a matrix of zeros and ones, got other entries")
    return np.ascontiguousarray(array, dtype=np.uint8)


def operations_of(ops: Any, name: str) -> tuple[str, ...]:
    """Return the names of all vertices, from input to output."""
    if isinstance(ops, str) or not isinstance(ops, Iterable):
        raise TypeError(f"{name}: expected operations as strings, got {type(ops).__name__}")
    names = tuple(ops)
    if not all(isinstance(op, str) for op in names):
        raise TypeError(f"{name}: expected operations as strings, got {check.shown(names)}")
    if len(names) < 2 or names[0] != INPUT or names[-1] != OUTPUT:
        raise ValueError(
            f"{name}: expected operations from 'input' to 'output', got {check.shown(names)}"
        )
    return names


def codes_of(ops: tuple[str, ...], taxonomy: Taxonomy, name: str) -> bytes:
    """Return the codes of all vertices."""
    try:
        codes = bytes(taxonomy.codes[op] for op in ops)
    except KeyError as error:
        known = ", ".join((*taxonomy.operations, *taxonomy.absent))
        raise ValueError(
            f"{name}: expected operations of {taxonomy.name} ({known}), "
            f"got {check.shown(error.args[0])}"
        ) from None
    if INPUT in ops[1:] or OUTPUT in ops[:-1]:
        raise ValueError(
            f"{name}: expected 'input' only first and 'output' only last, got {list(ops)}"
        )
    return codes


def inferred_taxonomy(ops: Sequence[tuple[str, ...]], name: str) -> Taxonomy:
    """Return the built-in taxonomy that knows all operations."""
    used = set().union(*ops)
    for taxonomy in BUILT_IN:
        if used <= taxonomy.codes.keys():
            return taxonomy
    unknown = used - set().union(*(taxonomy.codes for taxonomy in BUILT_IN))
    if unknown:
        where = next(i for i, names in enumerate(ops) if unknown & set(names))
        raise ValueError(
            f"{name}[{where}]: expected operations of a built-in search space, or taxonomy= for "
            f"one of your own, got {check.shown(min(unknown))}"
        )
    raise ValueError(
        f"{name}: expected operations of one search space, got some of NAS-Bench-101 and of "
        "NAS-Bench-201"
    )
