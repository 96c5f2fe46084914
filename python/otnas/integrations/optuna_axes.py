"""The distributions of Optuna as axes: places of values, and vectors of these for a kernel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from otnas.arrays import FloatArray
from otnas.spaces import places

_ALPHA = 0.1
"""Has no effect: no two choices are of one family."""


class Axis:
    """One parameter: the place of a number lies in [0, 1], that of a choice is its index.

    Parameters
    ----------
    distribution : optuna.distributions.BaseDistribution

    Attributes
    ----------
    n_choices : int
        Number of choices; 0 for a numeric parameter.
    """

    def __init__(self, distribution: BaseDistribution) -> None:
        self._of = distribution
        self.n_choices = 0
        if isinstance(distribution, CategoricalDistribution):
            self.n_choices = len(distribution.choices)
        elif isinstance(distribution, IntDistribution | FloatDistribution):
            self._log, self._step = distribution.log, distribution.step
            self._low, self._high = float(distribution.low), float(distribution.high)
            ends = np.log([self._low, self._high]) if self._log else [self._low, self._high]
            self._from, self._width = float(ends[0]), float(ends[1] - ends[0]) or 1.0
        else:
            raise ValueError(f"distribution: expected one of Optuna's three, got {distribution}")

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Draw places of n values uniformly (log-uniformly where the axis is logarithmic)."""
        if self.n_choices:
            return rng.integers(self.n_choices, size=n).astype(np.float64)
        if self._step is None:
            return rng.random(n)
        if not self._log:
            last = round((self._high - self._low) / self._step)
            steps = rng.integers(last + 1, size=n).astype(np.float64)
            return self._place(self._low + self._step * steps)
        # The first and the last integer get as much of the axis as those between.
        low, high = math.log(self._low - 0.5), math.log(self._high + 0.5)
        return self.nearest(self._place(np.exp(rng.uniform(low, high, size=n))))

    def moved(self, at: FloatArray, drawn: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return places near the given ones, or, for choices, those that were drawn."""
        if self.n_choices:
            return drawn
        size = 10.0 ** rng.uniform(-2.5, -0.5, size=len(at))
        if self._step is not None and not self._log:
            size = np.maximum(size, self._step / self._width)
        return at + size * rng.standard_normal(len(at))

    def nearest(self, at: FloatArray) -> FloatArray:
        """Return the places of values nearest to some places."""
        return at if self.n_choices else self._place(self.internal(at))

    def internal(self, at: FloatArray) -> FloatArray:
        """Return the values at places as Optuna stores them, shape (n,)."""
        if self.n_choices:
            return at
        linear = self._from + self._width * np.clip(at, 0.0, 1.0)
        values = np.exp(linear) if self._log else linear
        if self._step is not None:
            values = self._low + self._step * np.round((values - self._low) / self._step)
        clipped: FloatArray = np.clip(values, self._low, self._high)
        return clipped

    def values(self, at: FloatArray) -> list[Any]:
        """Return the values at places as users see them."""
        return [self._of.to_external_repr(value) for value in self.internal(at).tolist()]

    def place(self, internal: FloatArray) -> FloatArray:
        """Return places of stored values; those of another range may lie outside [0, 1]."""
        return internal if self.n_choices else self._place(internal)

    def vectors(self, at: FloatArray, *, absent: bool) -> FloatArray:
        """Describe n places, NaN where the parameter does not apply; see `otnas.spaces.places`."""
        if not self.n_choices:
            return places.chain(at, absent=absent)
        chosen = np.where(np.isnan(at), places.ABSENT, at).astype(np.int64)
        return places.star(chosen, range(self.n_choices), _ALPHA, absent=absent)

    def _place(self, values: FloatArray) -> FloatArray:
        if self._log:
            values = np.log(np.maximum(values, np.finfo(np.float64).tiny))
        return (values - self._from) / self._width
