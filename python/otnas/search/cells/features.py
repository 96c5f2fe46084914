"""Features: numbers that correlate with the value of an architecture and are known beforehand.

Notation
--------
F : features; N : architectures of a pool. z : values, (k, F), s : their deviations, (k, F).

Each feature is one more block of the kernel, |z - z'|, and a linear mean of unknown weight
(`otnas.gp.linear_mean`, docs/maths.md Eq. 7). The sources of features are the user's scores
(`Scores`) and the posteriors of earlier searches (`otnas.search.cells.prior`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from otnas.arrays import FloatArray, fingerprint
from otnas.search.cells.distances import TypicalSample
from otnas.search.cells.pool import CellPool
from otnas.search.known import KnownNumbers, NumbersLike
from otnas.spaces import SearchSpace

FeaturesLike = NumbersLike
"""Functions of an architecture or arrays over a pool (N,), by name; or a single one."""

_SAMPLE = 256


class FeatureSource(Protocol):
    """A source of features of architectures, scaled to about unit standard deviation."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its f features."""
        ...

    def of(self, cells: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations of k architectures, shapes (k, f)."""
        ...

    def of_pool(self, pool: CellPool) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations of all architectures of a pool, shapes (N, f)."""
        ...

    def describe(self, sample: Sequence[Any]) -> dict[str, Any]:
        """Return, as JSON values, what distinguishes these features from others."""
        ...


class Scores:
    """The user's numbers, such as training-free scores or errors after a few epochs.

    They are standardised over the pool, or over random architectures of a space without one. For
    architectures outside the pool an array has no number; they get the mean with a deviation of
    one, since nothing is known.

    Parameters
    ----------
    given : FeaturesLike
    space : SearchSpace
    pool : CellPool, optional

    Raises
    ------
    TypeError, ValueError
        As `KnownNumbers`, or if a feature is the same for all architectures.
    """

    def __init__(self, given: FeaturesLike, space: SearchSpace[Any], pool: CellPool | None) -> None:
        self._known, self._pool = KnownNumbers("features", given, pool), pool
        self.names = self._known.names
        rows = self._known.table
        if rows is None:
            rows = self._rows(TypicalSample(space, None, _SAMPLE).cells)
        with np.errstate(over="ignore", invalid="ignore"):
            self._mean, self._scale = rows.mean(axis=0), rows.std(axis=0)
        for name, low, high, scale in zip(
            self.names, rows.min(axis=0), rows.max(axis=0), self._scale, strict=True
        ):
            if low == high or not 0 < scale < np.inf:
                raise ValueError(
                    f"features[{name!r}]: expected numbers that differ and whose deviation is "
                    f"finite, got some from {low} to {high}"
                )

    def of(self, cells: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations, shapes (k, f)."""
        return self._standardised(self._rows(cells))

    def of_pool(self, pool: CellPool) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations of the pool, shapes (N, f)."""
        assert self._known.table is not None  # made for this pool
        return self._standardised(self._known.table)

    def describe(self, sample: Sequence[Any]) -> dict[str, Any]:
        """Return names, and a fingerprint of the numbers of the pool or a sample."""
        rows = self._known.table
        return {
            "names": list(self.names),
            "fingerprint": fingerprint(self._rows(sample) if rows is None else rows),
        }

    def _rows(self, cells: Sequence[Any]) -> FloatArray:
        where = [-1 if self._pool is None else self._pool.locate(cell) for cell in cells]
        rows = [self._known.of(cell, at) for cell, at in zip(cells, where, strict=True)]
        return np.array(rows).reshape(-1, len(self.names))

    def _standardised(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        known = np.isfinite(rows)
        values = np.where(known, (rows - self._mean) / self._scale, 0.0)
        return values, np.where(known, 0.0, 1.0)


class KnownFeatures:
    """The F features of several sources, side by side.

    Parameters
    ----------
    sources : sequence of FeatureSource

    Raises
    ------
    ValueError
        If two features have the same name.
    """

    def __init__(self, sources: Sequence[FeatureSource]) -> None:
        self._sources = tuple(sources)
        self.names = tuple(name for source in sources for name in source.names)
        twice = {name for name in self.names if self.names.count(name) > 1}
        if twice:
            raise ValueError(f"features: expected a name for each, got {min(twice)!r} twice")

    def of(self, cells: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations of k architectures, shapes (k, F)."""
        return _side_by_side([source.of(cells) for source in self._sources])

    def of_pool(self, pool: CellPool) -> tuple[FloatArray, FloatArray]:
        """Return values and deviations of all architectures of a pool, shapes (N, F)."""
        return _side_by_side([source.of_pool(pool) for source in self._sources])

    def describe(self, sample: Sequence[Any]) -> list[dict[str, Any]]:
        """Return, as JSON values, what distinguishes the features of each source from others."""
        return [source.describe(sample) for source in self._sources]


def _side_by_side(parts: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    values, deviations = zip(*parts, strict=True)
    return np.concatenate(values, axis=1), np.concatenate(deviations, axis=1)
