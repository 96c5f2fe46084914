"""Architectures in the forms of other libraries: lists, arrays, columns of a data frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.spaces import SearchSpace, Space
from otnas_fast import DEFAULT_LENGTHSCALES, Cell, CellArray, Embedding, Taxonomy, embed
from otnas_fast.measures import MeasureNames

SpaceLike = SearchSpace[Any] | Taxonomy | None


def block_scales(embedding: Embedding, length_scale: float | ArrayLike) -> FloatArray:
    """Return the lengthscale of each block, from values in units of the usual ones, shape (B,)."""
    given = checks.numbers("length_scale", length_scale)
    usual = np.array([DEFAULT_LENGTHSCALES.get(name, 1.0) for name in embedding.block_names])
    if given.shape not in ((), usual.shape):
        raise ValueError(
            f"length_scale: expected a number or one for each of the blocks "
            f"{embedding.block_names}, got shape {given.shape}"
        )
    scaled: FloatArray = given * usual
    return scaled


def listed(X: Any, name: str) -> Any:
    """Return architectures as a list, or unchanged if they are a CellArray."""
    if isinstance(X, CellArray):
        return X
    if hasattr(X, "to_numpy"):  # a column of a data frame, or a frame of one
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        if X.ndim == 2 and X.shape[1] == 1:
            X = X[:, 0]
        if X.ndim != 1:
            raise ValueError(f"{name}: expected one column of architectures, got shape {X.shape}")
        return X.tolist()
    if isinstance(X, (str, Cell)) or not hasattr(X, "__iter__"):
        raise TypeError(f"{name}: expected a sequence of architectures, got {checks.shown(X)}")
    return list(X)


def embedded(items: Any, measures: MeasureNames, space: SpaceLike, name: str) -> Embedding:
    """Embed architectures of a space: cells by measures, others place by place."""
    if space is None or isinstance(space, Taxonomy):
        return embed(items, measures=measures, taxonomy=space)
    if not isinstance(space, SearchSpace):
        raise TypeError(f"space: expected a SearchSpace or Taxonomy, got {checks.shown(space)}")
    things = [space.parse(item) if isinstance(item, str) else item for item in items]
    if isinstance(space, Space):
        return embed(things, measures=measures, taxonomy=space.taxonomy)
    blocks = space.places(things)
    if not blocks:
        raise ValueError(f"space: expected one with places or cells, got {space.name}")
    return Embedding(blocks)


def positions(X: Any, n_items: int, name: str) -> IntArray:
    """Return pool positions, shape (n,), which other libraries may have converted to floats."""
    array = np.asarray(X)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind == "f" and (array == np.rint(array)).all():
        array = array.astype(np.intp)
    return checks.pool_items(name, array, n_items)
