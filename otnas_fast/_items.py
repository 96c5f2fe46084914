"""How the functions that compare items read their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from otnas_fast import _validate as check
from otnas_fast._validate import FloatArray
from otnas_fast.cells import Architecture, CellArray, as_cells
from otnas_fast.embedding import Embedding, embed
from otnas_fast.measures import DEFAULT_LENGTHSCALES, MeasureNames, chosen_measures
from otnas_fast.taxonomy import Taxonomy, check_taxonomy

Items: TypeAlias = Embedding | CellArray | Iterable[Architecture]
Lengthscales: TypeAlias = Sequence[float] | npt.NDArray[Any] | float | None


def as_embedding(
    items: Items,
    name: str,
    *,
    like: Embedding | None = None,
    ngram: int | None = None,
    measures: MeasureNames | None = None,
    taxonomy: Taxonomy | None = None,
    threads: int | None = None,
) -> Embedding:
    """Embed items as requested or like another embedding; an Embedding is only checked."""
    chosen = chosen_measures(ngram, measures)
    if taxonomy is not None:
        check_taxonomy(taxonomy)
    if not isinstance(items, Embedding):
        kind = like._kind if like is not None else None
        return embed(
            as_cells(items, taxonomy, name=name),
            measures=chosen or (kind.measures if kind else None),
            decay=kind.decay if kind else 1.0,
            threads=threads,
        )
    if chosen is not None and chosen != items.measures:
        if ngram is not None and items.ngram is not None:
            raise ValueError(
                f"{name}: expected an Embedding with ngram={ngram}, got ngram={items.ngram}"
            )
        if measures is not None or items.measures is not None:
            raise ValueError(
                f"{name}: expected an Embedding with measures={chosen}, got {items.measures}"
            )
    if taxonomy is not None and items.taxonomy is not None and taxonomy != items.taxonomy:
        raise ValueError(f"{name}: expected an Embedding of {taxonomy!r}, got {items.taxonomy!r}")
    return items


def block_lengthscales(embedding: Embedding, lengthscales: Lengthscales) -> FloatArray:
    """Return one lengthscale per block, shape (B,)."""
    names = embedding.block_names
    if lengthscales is None:
        values = [DEFAULT_LENGTHSCALES.get(name, 1.0) for name in names]
    elif np.ndim(lengthscales) == 0:
        values = [_lengthscale(lengthscales, "lengthscales")] * len(names)
    else:
        given = list(lengthscales)  # type: ignore[arg-type]
        if len(given) != len(names):
            raise ValueError(
                f"lengthscales: expected one for each of the blocks {names}, got {len(given)}"
            )
        values = [
            _lengthscale(value, f"lengthscales[{i}] ({name})")
            for i, (name, value) in enumerate(zip(names, given, strict=True))
        ]
    return np.array(values)


def _lengthscale(value: object, name: str) -> float:
    """Return a lengthscale whose inverse is finite."""
    return check.positive(value, name, minimum=float(np.finfo(np.float64).tiny))


def checked_variance(variance: object, dtype: npt.DTypeLike) -> float:
    """Return the variance if numbers of the result's dtype can hold it; refuse any other."""
    limits = np.finfo(check.float_dtype(dtype))
    return check.positive(
        variance, "variance", minimum=float(limits.tiny), maximum=float(limits.max)
    )


def result_array(
    out: npt.NDArray[Any] | None,
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
) -> npt.NDArray[Any]:
    """Return `out` if it can hold the result; without `out`, return a new array."""
    kind = check.float_dtype(dtype)
    if out is None:
        return np.empty(shape, dtype=kind)
    return check.output_array(out, shape, kind)
