"""The improvement by a candidate: of the best value, or of the front of values and known costs.

Only this module distinguishes the two; rules use an `Improvement` and know neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from otnas.arrays import FloatArray, IntArray
from otnas.search.decision.acquisition import log_expected_improvement
from otnas.search.decision.hypervolume import Staircase


class Improvement(Protocol):
    """Expected improvement of M candidates, given their moments."""

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return the log improvement of candidates `where` with these moments, shape (k,)."""
        ...

    def after(self, position: int, value: float) -> Improvement:
        """Return the improvement that remains if a candidate has this value."""
        ...

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return means for ranking: up to a constant, mean minus the value that must be beaten.

        Shape (M,), low is promising.
        """
        ...


@dataclass(frozen=True)
class BelowBest:
    """Improvement below the best value f*, the same for all candidates."""

    best: float

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return log EI."""
        return log_expected_improvement(mean, std, self.best)

    def after(self, position: int, value: float) -> BelowBest:
        """Return the improvement below the lower of both."""
        return BelowBest(min(self.best, value))

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return the means."""
        return mean


@dataclass(frozen=True)
class BeyondFront:
    """Improvement of the hypervolume of a front.

    Attributes
    ----------
    front : Staircase
    costs : array (M, m)
        Costs of the candidates.
    """

    front: Staircase
    costs: FloatArray

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return log EHVI."""
        return self.front.log_ehvi(mean, std, self.costs[where])

    def after(self, position: int, value: float) -> BeyondFront:
        """Return the improvement of the front with this point."""
        return replace(self, front=self.front.with_point(self.costs[position], value))

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return mu - F(c), because a candidate only has to beat points that are as cheap."""
        return mean - self.front.threshold(self.costs)

    def of(self, positions: IntArray) -> BeyondFront:
        """Return the same for some of the candidates."""
        return replace(self, costs=self.costs[positions])
